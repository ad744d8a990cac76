"""Where a command takes its policy from, and how it says that one does not load."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from shared.cli.telling import harmless, refuse

if TYPE_CHECKING:
    from shared.policy import Policy, PolicyError

PolicyFolder = Annotated[
    Path | None, typer.Option("--policy", metavar="FOLDER", help="A policy's folder; without it, the shipped one.")
]


def source_of(folder: Path | None) -> dict[str, str]:
    """The texts of the policy in a folder, by name; of the one that ships with this version when none is named."""
    from shared.policy import PolicyError

    try:
        return texts_at(folder)
    except PolicyError as error:
        refuse_policy(error)


def texts_at(folder: Path | None) -> dict[str, str]:
    """The same; raises `PolicyError` when a file is no text."""
    from shared.policy import shipped_folder, texts_of

    try:
        texts = texts_of(folder or shipped_folder())
    except OSError as error:
        refuse(f"{folder} cannot be read: {error.strerror}")
    if not texts:
        refuse(f"there is no .yaml file in {folder}; name the folder of a policy")
    return texts


def loaded(texts: Mapping[str, str]) -> "Policy":
    """The policy; ends the command with every problem when it has some."""
    from shared.policy import PolicyError, load_documents

    try:
        return load_documents(texts)
    except PolicyError as error:
        refuse_policy(error)


def refuse_policy(error: "PolicyError") -> NoReturn:
    """End: print every problem with its place."""
    for problem in error.problems:
        typer.echo(harmless(f"{problem}\n"), err=True)
    typer.echo(counted(len(error.problems)), err=True)
    raise typer.Exit(1)


def counted(problems: int) -> str:
    """`1 problem`, `8 problems`."""
    return f"{problems:,} problem{'s' * (problems != 1)}"


def no_rule(name: str, known: Iterable[str], *, of: str = "the policy") -> NoReturn:
    """End: the policy has no such rule; names the one that may be meant. A policy may have thousands."""
    from shared.policy.problems import did_you_mean

    near = did_you_mean(name, known)
    hint = near if near.startswith("did you mean") else "`sluice policy show` lists them"
    refuse(f"{of} has no rule {name!r}; {hint}")
