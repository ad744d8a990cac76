"""`sluice signals`: the contract for producers, and a check of what they send."""

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, nullcontext
from datetime import UTC, datetime
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.cli.options import Json
from shared.cli.signal_files import lines_of
from shared.cli.telling import as_json, as_lines, console, note, refuse, row, table

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The contract for producers, and a check of what they send."
)

SHOWN = 50
"""So many findings are printed for people; the rest is counted."""


@app.command("list")
def list_(as_json_lines: Json = False) -> None:
    """List the types of signals.

    A gating signal is held by its producer until the decision comes; feedback goes to the queue of feedback.

    \b
    Examples:
      sluice signals list
      sluice signals list --json | jq -r .type
    """
    from shared.signals import CATALOGUE

    specs: list[dict[str, Any]] = [
        {
            "type": spec.type,
            "gating": spec.gating,
            "feedback": spec.feedback,
            "actor": spec.actor,
            "roles": list(spec.roles),
            "description": spec.description,
        }
        for spec in CATALOGUE.values()
    ]
    if as_json_lines:
        as_lines(specs)
        return
    listed = table("type", "what it says", "about (the first acts)", "kind")
    for each in specs:
        roles = [each["actor"], *(role for role in each["roles"] if role != each["actor"])]
        row(listed, each["type"], each["description"], roles, _kind(each))
    console().print(listed)


@app.command("schema", short_help="Print the JSON Schema of one type, or of all.")
def schema(
    signal: Annotated[str | None, typer.Argument(metavar="[TYPE]", help="One type; all of them without it.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write one file a type into this folder.")] = None,
) -> None:
    """Print the JSON Schema of a type of signal, or of all, or write one file for each.

    Beside each field it says in which role Sluice sees its entity (x-role), whether timelines keep it (x-remembered)
    and whether it is personal data (x-personal).

    \b
    Examples:
      sluice signals schema payment.attempted
      sluice signals schema --out schemas
    """
    from shared.signals import CATALOGUE, json_schema

    names = [_named(signal)] if signal else list(CATALOGUE)
    if out is None:
        as_json(json_schema(names[0]) if signal else {CATALOGUE[name].type: json_schema(name) for name in names})
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in names:
            path = out / f"{CATALOGUE[name].type}.schema.json"
            path.write_text(json.dumps(json_schema(name), indent=2) + "\n", encoding="utf-8")
            typer.echo(path)
    except OSError as error:
        refuse(f"{out} cannot be written to: {error.strerror}")


@app.command("example", short_help="Print a valid signal of a type, to start from.")
def example(
    signal: Annotated[str, typer.Argument(metavar="TYPE", help="Such as payment.attempted.")],
    as_json_line: Json = False,
) -> None:
    """Print a valid signal of a type, to start from; with --json on one line.

    \b
    Examples:
      sluice signals example payment.attempted
      sluice signals example payment.attempted --json | sluice signals check -
    """
    name = _named(signal)
    text = files("shared.signals").joinpath("examples", f"{name}.json").read_text(encoding="utf-8").rstrip()
    if as_json_line:
        as_lines([json.loads(text)])
    else:
        typer.echo(text)


@app.command("check", short_help="Check signals: which line, which field, what is wrong.")
def check(
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="JSON lines; - for standard input.")],
    as_json_lines: Json = False,
) -> None:
    """Check signals, one a line: which line, which field, what is wrong, what is allowed.

    It is the check that Sluice makes of what arrives, as if it arrived now. A file may be gzipped (.gz).
    Exit code 1 when a line is invalid.
    With --json: one JSON object for each finding.

    \b
    Examples:
      sluice signals check events.jsonl
      tail -n 1000 events.jsonl | sluice signals check - --json
    """
    total, invalid, findings, spread = 0, 0, 0, False
    with closing(lines_of(Path(file))) if file != "-" else nullcontext(sys.stdin.buffer) as lines:
        for number, line, problems in _checked(lines):
            spread = spread or (not total and line in (b"{", b"["))
            total += 1
            invalid += bool(problems)
            for problem in problems:
                findings += 1
                if as_json_lines:
                    as_lines([{"line": number, **problem}])
                elif findings <= SHOWN:
                    where = f"{problem['where']}: " if problem["where"] else ""
                    typer.echo(f"line {number}: {where}{problem['what']}  [{problem['reason']}]")
    if findings > SHOWN and not as_json_lines:
        note(f"… and {findings - SHOWN:,} findings more; see all with --json")
    note(f"{total - invalid:,} valid, {invalid:,} invalid of {total:,} signals")
    if spread and invalid == total:
        note("This looks like JSON over many lines: put each signal on a line of its own, such as by `jq -c .`")
    if invalid:
        raise typer.Exit(1)


def _checked(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes, list[dict[str, str]]]]:
    """Each line that is not blank, and its problems."""
    from shared.signals import InvalidSignal, parse

    now = datetime.now(UTC)
    for number, line in enumerate(lines, start=1):
        payload = line.strip()
        if not payload:
            continue
        try:
            parse(payload, now)
        except InvalidSignal as verdict:
            yield (
                number,
                payload,
                [{"reason": verdict.reason, "where": p.where, "what": p.what} for p in verdict.problems],
            )
        else:
            yield number, payload, []


def _named(text: str) -> str:
    """`payment.attempted`, of it or of `payment.attempted.v1`."""
    from shared.signals import CATALOGUE

    name = text.removesuffix(".v1")
    if name not in CATALOGUE:
        near = get_close_matches(name, CATALOGUE, n=1)
        refuse(
            f"{text!r} is no signal; " + (f"did you mean {near[0]!r}?" if near else f"there are {', '.join(CATALOGUE)}")
        )
    return name


def _kind(spec: dict[str, Any]) -> str:
    return "gating" if spec["gating"] else "feedback" if spec["feedback"] else ""
