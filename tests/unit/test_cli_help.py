"""What the command tells about itself, and what is told of it."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from shared.cli.main import app
from tests.support.cli import sluice

pytestmark = pytest.mark.unit


def commands() -> list[tuple[str, ...]]:
    """Every command, as the words that call it."""
    root = typer.main.get_command(app)
    found: list[tuple[str, ...]] = []
    for name, command in root.commands.items():  # type: ignore[attr-defined]  # the root is a group
        inner = getattr(command, "commands", None)
        found += [(name, each) for each in inner] if inner else [(name,)]
    return found


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_shows_examples(words: tuple[str, ...]) -> None:
    """Each command's help says what it does and shows how it is called, by its own name."""
    result = sluice(*words, "--help")
    assert result.exit_code == 0
    _, _, examples = result.stdout.partition("Examples:")
    assert f"sluice {' '.join(words)}" in examples


def told_commands() -> list[str]:
    """Every command that stands in the README on a line of its own."""
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")
    return re.findall(r"^ *(?:\.venv/bin/)?(sluice .+)$", text, re.MULTILINE)


@pytest.mark.parametrize("told", told_commands())
def test_every_command_in_the_readme_exists(told: str) -> None:
    """With its options: what somebody copies from there can be run."""
    command, rest = typer.main.get_command(app), shlex.split(told, comments=True)[1:]
    while rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest.pop(0)]  # type: ignore[attr-defined]  # it is a group
    assert not hasattr(command, "commands"), f"there is no `{told}`"
    context = command.make_context(told, [], resilient_parsing=True)
    context.resilient_parsing = False
    command.make_parser(context).parse_args(rest)


@pytest.mark.parametrize("words", [[], ["decisions"], ["local"]])
def test_a_group_alone_shows_its_commands(words: list[str]) -> None:
    """Called without a command, a group lists what it has."""
    assert "Commands:" in sluice(*words).output


def test_help_is_quick() -> None:
    """Nothing heavy is loaded before a command is known."""
    heavy = {"boto3", "moto", "aws_cdk", "pydantic", "rich", "infra", "shared.policy", "shared.signals"}
    code = f"import sys, shared.cli.main; print({heavy!r} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_an_unknown_outcome_is_a_usage_error() -> None:
    """A word that is none of the choices is refused with the choices."""
    result = sluice(*"decisions list --outcome denied".split())
    assert result.exit_code == 2
    assert "'challenge'" in result.stderr
