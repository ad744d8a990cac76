"""Generated rules: seeded, calibrated on a sample so that each fires on as few signals, or as many, as its set asks.

Every literal's truth over the sample is one big integer, a bit for each event, so that trying a rule costs an `and`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache, cached_property
from random import Random

from tests.benchmarks.policy.candidates import literals
from tests.benchmarks.policy.events import events, values_of
from tests.benchmarks.policy.literals import Literal, Not, Threshold, Truth, Values

SAMPLE = 600
WEIGHTS = {
    "numeric": 30,
    "velocity": 20,
    "categorical": 12,
    "boolean": 8,
    "field against field": 5,
    "list": 8,
    "weighted": 8,
    "substring": 5,
    "regex": 4,
}
"""Shares of the kinds of literals, in per cent; what a signal type lacks goes to the other kinds."""


@dataclass(frozen=True)
class Rule:
    """All parts must hold; a part of several literals holds when one of them does."""

    name: str
    parts: tuple[tuple[Literal, ...], ...]

    @cached_property
    def literals(self) -> tuple[Literal, ...]:
        return tuple(literal for part in self.parts for literal in part)

    @property
    def text(self) -> str:
        ways = (" or ".join(literal.text for literal in part) for part in self.parts)
        return " and ".join(f"({way})" if len(part) > 1 else way for part, way in zip(self.parts, ways, strict=True))

    @property
    def meaning(self) -> AbstractSet[AbstractSet[str]]:
        """The same for rules that differ in the order of their parts only."""
        return frozenset(frozenset(_plainly(literal) for literal in part) for part in self.parts)

    def holds(self, values: Values) -> Truth:
        """Three-valued, by the tables of `and` and `or`."""
        parts = [_either([literal.holds(values) for literal in part]) for part in self.parts]
        return False if False in parts else None if None in parts else True


@dataclass(frozen=True)
class Recipe:
    """How the rules of a set are made: how many parts, how often their literals hold, how often they fire."""

    name: str
    about: str
    parts: Mapping[int, int]
    literal_holds: tuple[float, float]
    fires: tuple[float, float]


REALISTIC = Recipe(
    "realistic", "each rule fires on at most 3 % of signals", {2: 26, 3: 40, 4: 24, 5: 10}, (0.002, 0.6), (0.0, 0.03)
)
UNSELECTIVE = Recipe(
    "unselective", "every literal holds on 30 to 70 % of signals", {5: 30, 6: 50, 7: 20}, (0.3, 0.7), (0.0, 0.03)
)
FIRING = Recipe("firing", "each rule fires on about 30 % of signals", {1: 35, 2: 50, 3: 15}, (0.2, 0.95), (0.25, 0.35))
RECIPES = (REALISTIC, UNSELECTIVE, FIRING)


@dataclass(frozen=True)
class Candidate:
    """A literal with the sample's events on which it holds, as bits."""

    literal: Literal
    mask: int


def rules(signal: str, recipe: Recipe, number: int) -> list[Rule]:
    """So many rules on the signal type, no two alike; fewer of them are the first of more."""
    return drawn(signal, recipe, number, _candidates(signal))


def drawn(signal: str, recipe: Recipe, number: int, candidates: Iterable[tuple[str, Candidate]]) -> list[Rule]:
    """So many rules made of these candidates."""
    kitchen = _Kitchen(signal, recipe, candidates)
    made: dict[AbstractSet[AbstractSet[str]], Rule] = {}
    while len(made) < number:
        rule = kitchen.rule(f"{signal.partition('.')[0]}_{len(made)}")
        if rule:
            made.setdefault(rule.meaning, rule)
    return list(made.values())


class _Kitchen:
    """Candidates of one signal type for one recipe, and the dice."""

    def __init__(self, signal: str, recipe: Recipe, candidates: Iterable[tuple[str, Candidate]]) -> None:
        self._rng = Random(f"{signal} {recipe.name}")
        self._recipe = recipe
        low, high = (share * SAMPLE for share in recipe.literal_holds)
        self._candidates: dict[str, list[Candidate]] = defaultdict(list)
        for kind, candidate in candidates:
            if low <= candidate.mask.bit_count() <= high:
                self._candidates[kind].append(candidate)
        self._kinds = [kind for kind in WEIGHTS if kind in self._candidates]
        self._shares = [WEIGHTS[kind] for kind in self._kinds]

    def rule(self, name: str) -> Rule | None:
        """One try; None when it fires too seldom, too often, or looks at something twice."""
        rng, recipe = self._rng, self._recipe
        size = rng.choices(list(recipe.parts), list(recipe.parts.values()))[0]
        parts = [[self._drawn()] for _ in range(size)]
        if rng.random() < 0.2:
            parts[0].append(self._drawn())
        if rng.random() < 0.1:
            parts[-1] = [self._negated(parts[-1][0])]
        subjects = [candidate.literal.subject for part in parts for candidate in part]
        if len(set(subjects)) < len(subjects):
            return None
        holding = _ALL
        for part in parts:
            ways = 0
            for candidate in part:
                ways |= candidate.mask
            holding &= ways
        fires = holding.bit_count() / SAMPLE
        low, high = recipe.fires
        # Of the rules that never fired on the sample, one in three is taken: real sets have such rules too.
        if not low <= fires <= high or (not holding and rng.random() < 0.67):
            return None
        return Rule(name, tuple(tuple(candidate.literal for candidate in part) for part in parts))

    def _drawn(self) -> Candidate:
        return self._rng.choice(self._candidates[self._rng.choices(self._kinds, self._shares)[0]])

    def _negated(self, candidate: Candidate) -> Candidate:
        return Candidate(Not(candidate.literal), candidate.mask ^ _ALL)


_ALL = (1 << SAMPLE) - 1


@cache
def _candidates(signal: str) -> Sequence[tuple[str, Candidate]]:
    """Every literal that rules on the signal type are drawn from, by kind, tried on the sample."""
    sample = [values_of(signal, event) for event in events(signal, SAMPLE, seed=1)]
    return tried(literals(signal, sample), sample)


def tried(some: Iterable[tuple[str, Literal]], sample: Sequence[Values]) -> list[tuple[str, Candidate]]:
    """Literals, by kind, tried on a sample of `SAMPLE` values."""
    return [(kind, Candidate(literal, _mask(literal, sample))) for kind, literal in some]


def _mask(literal: Literal, sample: Sequence[Values]) -> int:
    return sum(1 << place for place, values in enumerate(sample) if literal.holds(values))


def _plainly(literal: Literal) -> str:
    """Its text, without `not` where the opposite sign says the same."""
    match literal:
        case Not(Threshold(source, ">=", bound, money)):
            return Threshold(source, "<", bound, money).text
        case Not(Threshold(source, "<", bound, money)):
            return Threshold(source, ">=", bound, money).text
    return literal.text


def _either(truths: Sequence[Truth]) -> Truth:
    return True if True in truths else None if None in truths else False
