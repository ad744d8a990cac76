"""A condition as atoms joined by `and`, `or` and `not`, and the search for values under which it has a given truth.

Conditions are three-valued. So there are four things to ask of a part: that it is true, that it is false, that it is
not true (false or unknown), that it is not false. Each atom answers with ranges of one term.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from shared.policy.checks.ranges import Range

MOST_STEPS = 4_000
"""Where the search gives up, and nothing is said: a page of nested `or`s, which no person reads either."""


class Truth(Enum):
    """What is asked of a statement."""

    TRUE = "true"
    FALSE = "false"
    NOT_TRUE = "not true"
    NOT_FALSE = "not false"

    @property
    def reversed(self) -> "Truth":
        """The same asked of the statement's opposite."""
        return _REVERSED[self]


_REVERSED = {
    Truth.TRUE: Truth.FALSE,
    Truth.FALSE: Truth.TRUE,
    Truth.NOT_TRUE: Truth.NOT_FALSE,
    Truth.NOT_FALSE: Truth.NOT_TRUE,
}


@dataclass(frozen=True, slots=True)
class Atom:
    """Something about one term, by the ranges in which it is true, false, and neither."""

    term: str
    ranges: Mapping[Truth, Range]


def atom(term: str, domain: Range, true: Range, false: Range) -> Atom:
    """The atom that is true and false in these parts of the term's domain."""
    true, false = true & domain, false & domain
    return Atom(
        term,
        {
            Truth.TRUE: true,
            Truth.FALSE: false,
            Truth.NOT_TRUE: ~true & domain,
            Truth.NOT_FALSE: ~false & domain,
        },
    )


@dataclass(frozen=True, slots=True)
class Joined:
    """Statements joined by `and` (`every`) or by `or`."""

    parts: tuple["Statement", ...]
    every: bool


@dataclass(frozen=True, slots=True)
class Opposite:
    """`not`."""

    part: "Statement"


Statement = Atom | Joined | Opposite | bool
Goal = tuple[Statement, Truth]


def possible(*goals: Goal, nothing_missing: bool = False) -> bool:
    """Whether values exist under which all goals hold. False is proved; True may also mean that nobody knows."""
    return _Search(nothing_missing=nothing_missing).possible(list(goals), {})


def never(statement: Statement) -> bool:
    """Proved never to be true."""
    return not possible((statement, Truth.TRUE))


def always(statement: Statement) -> bool:
    """Proved to be true wherever all values are known, and to be false nowhere."""
    return not possible((statement, Truth.FALSE)) and not possible((statement, Truth.NOT_TRUE), nothing_missing=True)


class _Search:
    def __init__(self, *, nothing_missing: bool) -> None:
        self.steps = 0
        self.nothing_missing = nothing_missing

    def possible(self, goals: list[Goal], found: dict[str, Range]) -> bool:
        """Atoms narrow what was found; each choice is tried after everything that leaves none."""
        choices: list[list[Goal]] = []
        while goals:
            statement, truth = goals.pop()
            self.steps += 1
            match statement:
                case bool():
                    if statement is not (truth in (Truth.TRUE, Truth.NOT_FALSE)):
                        return False
                case Opposite(part):
                    goals.append((part, truth.reversed))
                case Joined(parts, every):
                    asked = [(part, truth) for part in parts]
                    if every is (truth in (Truth.TRUE, Truth.NOT_FALSE)):
                        goals += asked
                    else:
                        choices.append(asked)
                case Atom(term, ranges):
                    asked_range = ranges[truth].known if self.nothing_missing else ranges[truth]
                    narrowed = found[term] & asked_range if term in found else asked_range
                    if not narrowed:
                        return False
                    found[term] = narrowed
        if not choices:
            return True
        first = min(choices, key=len)
        rest = [goal for choice in choices if choice is not first for goal in (_again(choice),)]
        return any(self.steps > MOST_STEPS or self.possible([*rest, goal], dict(found)) for goal in first)


def _again(choice: list[Goal]) -> Goal:
    """A choice that was put off, as one goal."""
    truth = choice[0][1]
    return Joined(tuple(part for part, _ in choice), every=truth in (Truth.FALSE, Truth.NOT_TRUE)), truth


def terms(statement: Statement) -> Iterator[str]:
    """The term of each atom."""
    match statement:
        case Atom(term):
            yield term
        case Joined(parts):
            for part in parts:
                yield from terms(part)
        case Opposite(part):
            yield from terms(part)


Cube = dict[str, Range]
"""Terms with the values that they must have: one of the ways in which a statement comes true."""


def ways(statement: Statement, most: int) -> list[Cube] | None:
    """The ways in which the statement comes true, impossible ones left out; None if there are more than `most`."""
    found: list[Cube] = [{}]
    for goals in _choices((statement, Truth.TRUE)):
        widened = [joined for cube in found for goal in goals for joined in _narrowed(cube, goal, most)]
        if len(widened) > most:
            return None
        found = widened
    return found


def _choices(goal: Goal) -> Iterator[list[Goal]]:
    """What must hold, as choices of which one must hold."""
    statement, truth = goal
    positive = truth in (Truth.TRUE, Truth.NOT_FALSE)
    match statement:
        case Opposite(part):
            yield from _choices((part, truth.reversed))
        case Joined(parts, every) if every is positive:
            for part in parts:
                yield from _choices((part, truth))
        case Joined(parts):
            yield [(part, truth) for part in parts]
        case _:
            yield [goal]


def _narrowed(cube: Cube, goal: Goal, most: int) -> list[Cube]:
    """The cube with the goal added: none when they cannot hold together, several when the goal has choices."""
    statement, truth = goal
    if isinstance(statement, bool):
        return [cube] if statement is (truth in (Truth.TRUE, Truth.NOT_FALSE)) else []
    if isinstance(statement, Atom):
        there = cube.get(statement.term)
        narrowed = there & statement.ranges[truth] if there else statement.ranges[truth]
        return [{**cube, statement.term: narrowed}] if narrowed else []
    found = [cube]
    for goals in _choices(goal):
        found = [joined for one in found for choice in goals for joined in _narrowed(one, choice, most)][: most + 1]
    return found
