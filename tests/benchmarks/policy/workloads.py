"""Rules and signals together: what every engine is asked, and what the answers must be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from random import Random

from tests.benchmarks.policy.events import MIX, Event, bounded, events, values_of, with_gaps
from tests.benchmarks.policy.literals import Values
from tests.benchmarks.policy.rules import FIRING, REALISTIC, UNSELECTIVE, Recipe, Rule, rules

SIGNALS = 200


@dataclass(frozen=True)
class Setting:
    """A recipe for rules, and whether the signals lack values. Only Sluice knows what unknown is: no peer is asked."""

    name: str
    about: str
    recipe: Recipe
    gaps: bool = False


SETTINGS = (
    Setting("realistic", REALISTIC.about, REALISTIC),
    Setting("unselective", UNSELECTIVE.about, UNSELECTIVE),
    Setting("firing", FIRING.about, FIRING),
    Setting(
        "with gaps",
        "realistic, 10 % of optional fields missing, 0.2 % of counts bounds",
        REALISTIC,
        gaps=True,
    ),
)


@dataclass(frozen=True)
class Asked:
    """One signal: its type, the event as parsed from JSON, and the values that Sluice takes."""

    signal: str
    event: Event
    values: Values


@dataclass(frozen=True)
class Answer:
    """The places of the rules that fire, and of those that cannot tell."""

    fired: tuple[int, ...]
    unknown: tuple[int, ...]


@dataclass(frozen=True)
class Workload:
    """So many rules on each signal type, and signals of all types in their mix."""

    setting: Setting
    number: int
    rules: Mapping[str, Sequence[Rule]]
    asked: Sequence[Asked]

    @cached_property
    def answers(self) -> Sequence[Answer]:
        """What is right, for each signal, by the plain evaluator in `literals`."""
        return [_answer(self.rules[asked.signal], asked.values) for asked in self.asked]

    @property
    def fired(self) -> float:
        """How many rules fire on a signal, on average."""
        return sum(len(answer.fired) for answer in self.answers) / len(self.answers)

    @property
    def literals(self) -> float:
        """How many literals a rule has, on average."""
        every = list(chain.from_iterable(self.rules.values()))
        return sum(len(rule.literals) for rule in every) / len(every)


def workload(setting: Setting, number: int) -> Workload:
    """The workload of so many rules on each signal type; the same each time."""
    return Workload(
        setting, number, {signal: rules(signal, setting.recipe, number) for signal in MIX}, _asked(gaps=setting.gaps)
    )


def _asked(*, gaps: bool) -> list[Asked]:
    rng = Random("bounds")
    every = sum(MIX.values())
    drawn = {}
    for signal, share in MIX.items():
        complete = events(signal, SIGNALS * share // every, seed=2)
        drawn[signal] = iter(with_gaps(signal, complete, seed=2) if gaps else complete)
    order = [signal for signal, share in MIX.items() for _ in range(share)] * (SIGNALS // every)
    asked = []
    for signal in order:
        event = next(drawn[signal])
        values = values_of(signal, event)
        asked.append(Asked(signal, event, bounded(values, rng, 0.002) if gaps else values))
    return asked


def _answer(rules: Sequence[Rule], values: Values) -> Answer:
    truths = [rule.holds(values) for rule in rules]
    return Answer(
        tuple(place for place, truth in enumerate(truths) if truth),
        tuple(place for place, truth in enumerate(truths) if truth is None),
    )
