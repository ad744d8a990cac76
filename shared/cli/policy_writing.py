"""`sluice policy fmt` and `schema`: what helps while a policy is being written."""

import difflib
from pathlib import Path
from typing import Annotated

import typer

from shared.cli.policies import refuse_policy
from shared.cli.telling import as_json, note, refuse


def fmt(
    paths: Annotated[list[Path] | None, typer.Argument(metavar="PATH", help="Folders of policies, or files.")] = None,
    *,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; show what would change.")] = False,
) -> None:
    """Lay out the documents in one way: conditions, the order of keys, line breaks. Comments stay where they are.

    What a document says never changes, nor does the policy's digest. With --check: exit code 1 when a file would
    change.

    \b
    Examples:
      sluice policy fmt policies
      sluice policy fmt policies/payment_fraud.yaml --check
    """
    from shared.policy import PolicyError, shipped_folder
    from shared.policy.authoring.layout import LayoutError, laid_out

    changed = 0
    files = [file for path in paths or [shipped_folder()] for file in _documents(path)]
    for file in files:
        try:
            before = file.read_text(encoding="utf-8-sig")
            after = laid_out(file.name, before)
        except PolicyError as error:
            refuse_policy(error)
        except LayoutError as error:
            note(str(error))
            continue
        except (OSError, UnicodeDecodeError) as error:
            refuse(f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}")
        if before == after:
            continue
        changed += 1
        if check:
            _show(file, before, after)
        else:
            file.write_text(after, encoding="utf-8")
            typer.echo(file)
    note(f"{changed:,} of {len(files):,} documents {'would change' if check else 'changed'}")
    if check and changed:
        raise typer.Exit(1)


def schema() -> None:
    """Print the JSON Schema of policy documents, so that an editor completes keys and words.

    It comes from the tables that the checker reads by. What fits together only `sluice policy check` can tell.

    \b
    Examples:
      sluice policy schema > policy.schema.json
    """
    from shared.policy.authoring.schema import schema as made

    as_json(made())


def _documents(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(path.glob("*.yaml"))
    if not path.exists():
        refuse(f"there is no {path}; name the folder of a policy, or a file in it")
    return [path] if path.suffix == ".yaml" else []


def _show(file: Path, before: str, after: str) -> None:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), str(file), str(file), lineterm="", n=1)
    for line in lines:
        typer.echo(line)
