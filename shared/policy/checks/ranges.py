"""Sets of values, exact enough to prove that two comparisons cannot hold together, or that one covers another.

A value is a number on a line (amounts in minor units, times and durations in microseconds), or a word (texts, choices,
entities, true and false). Money has a line for each currency, since amounts of two currencies never compare; and a
value can be missing, which no comparison holds for.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Cut = tuple[float, int]
"""Where a line is cut: just before a number (0), or just after it (1)."""

_LEAST: Cut = (-math.inf, 0)
_MOST: Cut = (math.inf, 1)


@dataclass(frozen=True, slots=True)
class Line:
    """Numbers between each pair of cuts. `whole` lines have integers only."""

    cuts: tuple[Cut, ...]
    whole: bool = False

    def __and__(self, other: "Line") -> "Line":
        whole, found, at, beside = self.whole or other.whole, [], 0, 0
        while at < len(self.cuts) and beside < len(other.cuts):
            first = max(self.cuts[at], other.cuts[beside])
            last = min(self.cuts[at + 1], other.cuts[beside + 1])
            if first < last:
                found += [first, last]
            if self.cuts[at + 1] <= other.cuts[beside + 1]:
                at += 2
            else:
                beside += 2
        return Line(tuple(found), whole) if not whole else Line(_on_integers(found), whole)

    def __or__(self, other: "Line") -> "Line":
        return ~(~self & ~other)

    def __invert__(self) -> "Line":
        cuts = list(self.cuts)
        cuts = cuts[1:] if cuts[:1] == [_LEAST] else [_LEAST, *cuts]
        cuts = cuts[:-1] if cuts[-1:] == [_MOST] else [*cuts, _MOST]
        return Line(tuple(cuts), self.whole)

    def __bool__(self) -> bool:
        return bool(self.cuts)


def _on_integers(cuts: list[Cut]) -> tuple[Cut, ...]:
    """The same integers between the fewest cuts: each just before an integer, so that touching stretches join."""
    found: list[Cut] = []
    for first, last in zip(cuts[::2], cuts[1::2], strict=True):
        begin, end = _before_integer(first), _before_integer(last)
        if begin >= end:
            continue
        if found and found[-1] == begin:
            found[-1] = end
        else:
            found += [begin, end]
    return tuple(found)


def _before_integer(cut: Cut) -> Cut:
    number, after = cut
    if math.isinf(number):
        return cut
    return (math.floor(number) + 1 if after else math.ceil(number), 0)


def line(sign: str, number: float, *, whole: bool = False) -> Line:
    """The numbers for which `x <sign> number` holds."""
    before, after = (number, 0), (number, 1)
    cuts = {
        "<": (_LEAST, before),
        "<=": (_LEAST, after),
        ">": (after, _MOST),
        ">=": (before, _MOST),
        "==": (before, after),
        "!=": (_LEAST, before, after, _MOST),
    }[sign]
    return Line(cuts) & Line((_LEAST, _MOST), whole)


def between(low: float, high: float, *, whole: bool = False) -> Line:
    """The numbers from `low` to `high`, both included; either may be infinite."""
    return line(">=", low, whole=whole) & line("<=", high, whole=whole)


@dataclass(frozen=True, slots=True)
class Words:
    """These words, or all words but these."""

    words: frozenset[object]
    others: bool = False

    def __and__(self, other: "Words") -> "Words":
        if self.others and other.others:
            return Words(self.words | other.words, others=True)
        if self.others:
            return Words(other.words - self.words)
        return Words(self.words - other.words if other.others else self.words & other.words)

    def __or__(self, other: "Words") -> "Words":
        return ~(~self & ~other)

    def __invert__(self) -> "Words":
        return Words(self.words, others=not self.others)

    def __bool__(self) -> bool:
        return self.others or bool(self.words)


def words(found: Iterable[object]) -> Words:
    """These words and no others."""
    return Words(frozenset(found))


Stretch = Line | Words


@dataclass(frozen=True, slots=True)
class Range:
    """The values that a term may have: `rest`, but on the lines that `lines` has by currency. `missing` is one more.

    All ranges of one term are made of one kind of stretch, so that they can be joined and cut.
    """

    rest: Stretch
    lines: Mapping[str, Stretch] = field(default_factory=dict)
    missing: bool = False

    def __and__(self, other: "Range") -> "Range":
        named = dict.fromkeys([*self.lines, *other.lines])
        lines = {name: _joined(self.on(name), other.on(name)) for name in named}
        return Range(_joined(self.rest, other.rest), lines, self.missing and other.missing)

    def __or__(self, other: "Range") -> "Range":
        return ~(~self & ~other)

    def __invert__(self) -> "Range":
        return Range(~self.rest, {name: ~stretch for name, stretch in self.lines.items()}, not self.missing)

    def __bool__(self) -> bool:
        return self.missing or bool(self.rest) or any(self.lines.values())

    def meets(self, other: "Range") -> bool:
        """Whether the two have a value in common: what `&` would tell, without making it."""
        if (self.missing and other.missing) or _joined(self.rest, other.rest):
            return True
        named = {*self.lines, *other.lines}
        return any(_joined(self.on(name), other.on(name)) for name in named)

    def on(self, currency: str) -> Stretch:
        """The stretch on one currency's line."""
        return self.lines.get(currency, self.rest)

    @property
    def known(self) -> "Range":
        """The same without what is missing."""
        return Range(self.rest, self.lines) if self.missing else self


def _joined(one: Stretch, other: Stretch) -> Stretch:
    return one & other  # type: ignore[operator]  # the ranges of one term are of one kind
