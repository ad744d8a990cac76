"""How the command speaks: tables for people, JSON for pipes, one sentence for what went wrong.

Exit codes: 0 it is so; 1 nothing was found, or what was looked at is not in order; 2 it could not be asked.
"""

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

NOT_FOUND, REFUSED = 1, 2
PIPE_WIDTH = 200
ROOM_FOR_WORDS = 30
"""A table's last column wraps at words; with less room than this it is no column any more."""
GAP = 3
"""Between two columns."""
COLOURS = {
    "deny": "red",
    "pend": "yellow",
    "challenge": "cyan",
    "restrict": "yellow",
    "allow": "green",
    "true": "green",
    "false": "dim",
    "unknown": "magenta",
}
_UNSEEN = re.compile(r"[^\S\n ]|[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SPAN = re.compile(r"([1-9]\d{0,3})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def refuse(sentence: str) -> NoReturn:
    """End: it cannot be done as asked; says what to do."""
    typer.echo(harmless(f"sluice: {sentence}"), err=True)
    raise typer.Exit(REFUSED)


def one_of(word: str, known: Iterable[str], what: str) -> str:
    """The word, if it is one of those known; ends the command, naming them, if not."""
    words = tuple(known)
    if word not in words:
        refuse(f"there is no {what} {word!r}; there are {', '.join(words)}")
    return word


def found_nothing(sentence: str) -> NoReturn:
    """End: the question was fine, and the answer is none."""
    typer.echo(harmless(f"sluice: {sentence}"), err=True)
    raise typer.Exit(NOT_FOUND)


def note(sentence: str) -> None:
    """A remark beside the answer, kept out of pipes."""
    typer.echo(harmless(sentence), err=True)


def as_json(value: Any) -> None:
    """One JSON document."""
    typer.echo(json.dumps(value, indent=2, default=str))


def as_lines(values: Iterable[Any]) -> None:
    """JSON lines."""
    for value in values:
        typer.echo(json.dumps(value, default=str))


def console() -> "Console":
    """Where tables go: as wide as the terminal, and wide enough for whole ids when there is none."""
    from rich.console import Console

    is_pipe = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return Console(width=PIPE_WIDTH if is_pipe else None, highlight=False, emoji=False, markup=False)


def table(*columns: str, title: str | None = None) -> "Table":
    """An empty table; what people copy from it, its first column, ids and times, is never broken."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    made = Table(box=SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", pad_edge=False)
    for column in columns:
        made.add_column(column, no_wrap=column in (columns[0], "decision") or "(UTC)" in column, overflow="fold")
    return made


def listing(columns: Sequence[str], rows: Sequence[Sequence[object]], *, labelled: bool = False) -> None:
    """Print a table; where it is too narrow for that, each row's last values stand below its first ones.

    Those of a `labelled` one stand one below the other, each beside its column's name.
    """
    from rich.padding import Padding
    from rich.text import Text

    page = console()
    cells = [[cell(value) for value in values] for values in rows]
    widths = [
        max(len(name), *(each.cell_len for each in column))
        for name, column in zip(columns, zip(*cells, strict=True), strict=True)
    ]
    if sum(widths[:-1]) + min(widths[-1], ROOM_FOR_WORDS) + GAP * len(columns) <= page.width:
        made = table(*columns)
        for column in made.columns[:-1]:
            column.no_wrap = True
        for values in cells:
            made.add_row(*values)
        page.print(made)
        return
    if labelled:
        for head, *rest in rows:
            page.print(cell(head), style="bold")
            page.print(Padding(facts(dict(zip(columns[1:], rest, strict=True))), (0, 0, 0, GAP + 1)))
        return
    first = max(sum(end + GAP * place <= page.width for place, end in enumerate(accumulate(widths))), 1)
    names = [Text(name, style="bold") for name in columns]
    for values in [names, *cells]:
        head = [value.copy() for value in values[:first]]
        for each, width in zip(head[:-1], widths, strict=False):
            each.pad_right(width - each.cell_len)
        page.print(Text(" " * GAP).join(head))
        if below := [value for value in values[first:] if value]:
            page.print(Padding(Text(" " * GAP).join(below), (0, 0, 0, GAP + 1)))


def row(to: "Table", *values: object) -> None:
    """Add a row of plain values; the words for dispositions and truths have their colours."""
    to.add_row(*(cell(value) for value in values))


def cell(value: object) -> "Text":
    """Text that comes from outside: never markup, and nothing that moves the cursor."""
    from rich.text import Text

    words = harmless(", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))
    return Text(words, style=COLOURS.get(words, ""))


def facts(pairs: Mapping[str, object]) -> "Table":
    """Names and values, one below the other; what is empty is left out."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs.items():
        if value not in (None, "", [], ()):
            grid.add_row(name, cell(value))
    return grid


def harmless(text: str) -> str:
    r"""The text with what a terminal would obey, or not show, written out as `\x1b`."""
    return _UNSEEN.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def seconds(moment: datetime | str) -> str:
    """A moment to the second, `2026-11-22 12:00:00`, in UTC."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def span(text: str) -> timedelta:
    """`90m`, `24h` or `7d`."""
    if not (found := _SPAN.fullmatch(text)):
        refuse(f"{text!r} is no span of time; write it like 90m, 24h or 7d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def moment(text: str) -> datetime:
    """A moment with its offset from UTC, such as `2026-11-22T12:00:00Z`."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        refuse(f"{text!r} is no moment; write it with its offset from UTC, like 2026-11-22T12:00:00Z")
    return at.astimezone(UTC)


def when(text: str, now: datetime) -> datetime:
    """A moment, or so long ago: `2026-11-22T12:00:00Z`, `90m`, `24h`, `7d`."""
    return now - span(text) if _SPAN.fullmatch(text) else moment(text)


def percent(share: float) -> str:
    """`10 %`, with no more digits than it needs."""
    return f"{share * 100:.4g} %"


def about_time(elapsed: timedelta) -> str:
    """A span in words: `3 d 4 h`, `12 min`, `8 s`."""
    total = int(elapsed.total_seconds())
    for unit, size, smaller, part in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60)):
        if total >= size:
            rest = total % size // part
            return f"{total // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{total // 60} min" if total >= 60 else f"{total} s"  # noqa: PLR2004  (seconds a minute)
