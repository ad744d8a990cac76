"""What is wrong with a policy: each finding with its place, what was found and what to do."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

_SHOWN = 160
"""How much of a line is shown, in characters."""


@dataclass(frozen=True, slots=True)
class Source:
    """One document of a policy: the name people know it by, and its text with `\\n` line ends."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Span:
    """`width` characters from a line and column, both counted from 1."""

    source: Source
    line: int
    column: int
    width: int = 1


def _around(span: Span) -> tuple[str, int]:
    """The line of a place, as much of it as a screen shows, and where the place begins in it.

    What cannot be printed, or would turn the line round, is shown as one sign, so that the caret stays below its place.
    """
    lines = span.source.text.split("\n", span.line)
    line, start = (lines[span.line - 1] if span.line <= len(lines) else ""), span.column - 1
    first = max(0, start - _SHOWN // 2) if len(line) > _SHOWN else 0
    part = line[first : first + _SHOWN]
    before, after = "…" if first else "", "…" if first + _SHOWN < len(line) else ""
    shown = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in part)
    return f"{before}{shown}{after}", start - first + len(before)


@dataclass(frozen=True, slots=True)
class Problem:
    """`what` was found at `span`; `hint` says what to do about it."""

    what: str
    span: Span
    hint: str = ""

    def __str__(self) -> str:
        line, start = _around(self.span)
        caret = "^" * max(1, min(self.span.width, len(line) - start))
        number = f"{self.span.line:>5}"
        picture = [f"{number} | {line}", f"{' ' * len(number)} | {' ' * start}{caret}"]
        advice = [f"{' ' * len(number)} = {self.hint}"] if self.hint else []
        head = f"{self.span.source.name}:{self.span.line}:{self.span.column}: {self.what}"
        return "\n".join([head, *picture, *advice])


class PolicyError(Exception):
    """The policy cannot be used. `problems` holds every finding, in the order of files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(
            sorted(dict.fromkeys(problems), key=lambda p: (p.span.source.name, p.span.line, p.span.column))
        )
        count = len(self.problems)
        head = f"the policy has {count} problem{'s' * (count != 1)}"
        super().__init__("\n\n".join([head, *map(str, self.problems)]))


class Findings:
    """Collects problems, so that one pass reports them all."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, what: str, span: Span, hint: str = "") -> None:
        self.problems.append(Problem(what, span, hint))

    def raise_if_any(self) -> None:
        if self.problems:
            raise PolicyError(self.problems)


def did_you_mean(name: str, known: Iterable[str], *, otherwise: str = "known are") -> str:
    """A hint: the nearest known name, else all of them."""
    names = sorted(set(known))
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"{otherwise} {', '.join(names)}" if names else ""
