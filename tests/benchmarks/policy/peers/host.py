"""What a host program does for an engine before it asks: gives it what rules read, and what it cannot compute itself.

Generous to every peer: list membership, substrings and regular expressions reach it as plain booleans, computed once
a signal by this module's closures; amounts, hours and lengths as plain integers; and nothing that no rule reads.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from tests.benchmarks.policy.events import MONEY
from tests.benchmarks.policy.literals import (
    Contains,
    Flag,
    Listed,
    Literal,
    Matches,
    Not,
    OneOf,
    Pair,
    Source,
    Threshold,
    Unlike,
    Weighted,
)
from tests.benchmarks.policy.rules import Rule

Event = Mapping[str, Any]
Context = dict[str, Any]
Computed = Callable[[Event], Any]
KINDS = {"time": "hour", "text": "length"}


class Host:
    """The names that a set of rules reads on one signal type, and how a signal becomes a context of them."""

    def __init__(self, signal: str, rules: Sequence[Rule]) -> None:
        self.rules = rules
        self._money = MONEY[signal]
        self._computed: dict[str, Computed] = {}
        self.plain: dict[str, type] = {}
        """Names that stand in the event as they are, with their types."""
        self._facts: dict[str, str] = {}
        for literal in dict.fromkeys(literal for rule in rules for literal in rule.literals):
            self._know(literal)
        self._read = itemgetter(*self.plain, "time")  # never one name alone, so that it always gives a tuple

    @property
    def names(self) -> dict[str, type]:
        """Everything in a context, with its type."""
        integers = {name: int for name in self._computed if name not in self._facts.values()}
        return {**self.plain, **integers, **dict.fromkeys(self._facts.values(), bool)}

    def context(self, event: Event) -> Context:
        """What the engine is given for one signal."""
        context = dict(zip(self.plain, self._read(event), strict=False))
        for name, computed in self._computed.items():
            context[name] = computed(event)
        return context

    def name_of(self, source: Source) -> str:
        """The name by which a context has the source's number."""
        if source.name in self._money:
            return f"{source.name}_minor"
        return source.name if source.form == "{}" else f"{KINDS[source.name]}_of_{source.name}"

    def fact(self, literal: Literal) -> str:
        """The name of the boolean that stands for a literal which peers cannot compute."""
        return self._facts[literal.text]

    def _know(self, literal: Literal) -> None:  # noqa: C901  (one case for each kind of literal)
        match literal:
            case Not(inner):
                self._know(inner)
            case Threshold(source):
                self._number(source)
            case Pair(left, _, right):
                self._number(left)
                self._number(right)
            case Weighted(terms):
                for _, source in terms:
                    self._number(source)
            case Unlike(left, right):
                self.plain |= {left: str, right: str}
            case OneOf(name):
                self.plain[name] = str
            case Flag(name):
                self.plain[name] = bool
            case Listed() | Contains() | Matches():
                if literal.text not in self._facts:
                    fact = self._facts[literal.text] = f"fact_{len(self._facts)}"
                    self._computed[fact] = _computed(literal)

    def _number(self, source: Source) -> None:
        name = self.name_of(source)
        if name == source.name:
            self.plain[name] = int
        else:
            self._computed[name] = _number(source, money=source.name in self._money)


def _number(source: Source, *, money: bool) -> Computed:
    name = source.name
    if money:
        return lambda event: event[name]["minor"]
    return (lambda event: int(event[name][11:13])) if name == "time" else (lambda event: len(event[name]))


def _computed(literal: Listed | Contains | Matches) -> Computed:
    name = literal.name
    match literal:
        case Listed(members=members):
            return lambda event: event[name] in members
        case Contains(part=part):
            folded = part.casefold()
            return lambda event: folded in event[name].casefold()
        case Matches(pattern=pattern):
            search = pattern.search
            return lambda event: search(event[name]) is not None
