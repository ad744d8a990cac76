"""The `sluice` command, run in this process."""

import json
from collections.abc import Sequence
from typing import Any

from typer.testing import CliRunner, Result

from shared.cli.main import app


def sluice(*words: str, given: str | bytes | None = None) -> Result:
    """Run the command; what it raises and does not tell by itself is raised here."""
    return CliRunner().invoke(app, words, input=given, catch_exceptions=False)


def lines(result: Result) -> Sequence[Any]:
    """What a command printed with --json, where it prints JSON lines."""
    return [json.loads(line) for line in result.stdout.splitlines()]
