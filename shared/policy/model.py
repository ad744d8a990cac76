"""A policy as the rest of Sluice sees it: rules, their tests and verdicts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, get_args

from shared.features.model import Feature
from shared.policy.conditions.tree import Expression, source_of
from shared.policy.problems import Span
from shared.restrictions.effects import Effect, Tier
from shared.signals.truth import AbuseKind

Mode = Literal["off", "shadow", "live"]
MODES: tuple[Mode, ...] = ("off", "shadow", "live")
IfUnknown = Literal["hold", "fire"]
ABUSE_KINDS: tuple[str, ...] = get_args(AbuseKind)


@dataclass(frozen=True, slots=True)
class Case:
    """A test beside a rule: with these values on this signal it must fire, or hold still.

    `rung` is how far up its ladder it must get, from 1, or 0 for not at all: whether a person is asked first makes no
    difference.
    """

    signal: str
    fires: bool
    values: Mapping[str, Any]
    features: Mapping[str, Any]
    facts: Mapping[str, Any]
    span: Span
    rung: int | None = None


@dataclass(frozen=True, slots=True)
class CaseFailure:
    """A test that did not come out: what the rule gave (None: unknown, an `error` if it broke), and what it saw.

    `rung` is how far up its ladder it got; 0 for not at all.
    """

    rule: str
    case: Case
    fired: bool | None
    error: str | None
    explanation: str
    rung: int = 0


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the writer of a rule expects of it: at most so many `hits` an hour, at most this share of known good."""

    hits: int | None = None
    known_good: float | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """How long a service waits for the word about a thing that it holds, and whether it then lets it through."""

    deadline: timedelta
    then: Literal["open", "closed"]


@dataclass(frozen=True, slots=True)
class Step:
    """A rung of a ladder: what it does where `rule`, a rule of its own beside the one whose ladder it is, fires too.

    `rule` is None for a rung without a condition. `person` is within what time a person must agree to it: until then
    the rung below it stands.
    """

    tier: Tier
    effects: tuple[Effect, ...]
    rule: str | None = None
    person: timedelta | None = None


class Climb(NamedTuple):
    """How far up its ladder a rule got: the rung that `stands`, and the one above it that a person is `asked` about.

    `reached` is the number of the higher of the two, from 1; 0 for none.
    """

    stands: Step | None = None
    asked: Step | None = None
    reached: int = 0


Service = Literal["rule", "known_good", "step"]


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition and what follows from it. `rollout` is the share of entities, 0 to 1, that a live rule acts on.

    From `expires` on, by the signal's own time, the rule acts on nothing; an `emergency` rule always has it.
    `if_unknown` says what an unknown condition comes to.
    """

    name: str
    abuse: str
    on: tuple[str, ...]
    effects: tuple[Effect, ...]
    mode: Mode
    rollout: float
    reason: str
    user_reason: str
    owner: str
    severity: int
    """1 to 100; where it is graded, the least: what it is as long as nothing is known."""
    stale_after: timedelta
    counterparty: bool
    tests: tuple[Case, ...]
    conditions: Mapping[str, Expression]
    """The checked condition for each signal of `on`, with everything that it names expanded."""
    span: Span
    shown: Mapping[str, Mapping[str, Expression]]
    """For each signal of `on`, what the names in the reason stand for; none of it is made of personal data or lists."""
    group: str = ""
    tags: tuple[str, ...] = ()
    expires: datetime | None = None
    emergency: bool = False
    if_unknown: IfUnknown = "hold"
    grades: Mapping[str, Expression] = field(default_factory=dict)
    """For each signal of `on`, what a graded severity is computed from; empty where it is always the same."""
    version: str = ""
    """Eight hex digits that name what the rule says and does, `R@version`: see `versions`."""
    expect: Expectation | None = None
    suppress_notice: str = ""
    """Why whom it meets is not told, where law lets us; empty where they are."""
    ladder: tuple[Step, ...] = ()
    """Its rungs, mildest first, where `then:` climbs a ladder."""
    serves: Service = "rule"
    """Those that are `known_good` or a `step` are asides: asked with the rules of a signal, they act on nothing."""
    of: str = ""
    """The role of whoever is known good; empty for rules."""

    @property
    def told_severity(self) -> str:
        """The severity as people read it: a number, or what gives it, in canonical text."""
        texts = dict.fromkeys(source_of(tree) for tree in self.grades.values())
        return " or ".join(texts) or str(self.severity)

    @property
    def every_effect(self) -> tuple[Effect, ...]:
        """All that it may ever do: its effects, and those of every rung of its ladder."""
        return self.effects + tuple(effect for step in self.ladder for effect in step.effects)

    def climbed(self, steps: Collection[str]) -> Climb:
        """How far it got where these steps fired: to the highest rung whose own did, or that has none.

        Where that one needs a person, the next below that needs none stands meanwhile, whatever its condition.
        """
        rungs = list(enumerate(self.ladder))
        top = next((place for place, step in reversed(rungs) if step.rule is None or step.rule in steps), None)
        if top is None:
            return Climb()
        stands = next(step for _, step in reversed(rungs[: top + 1]) if step.person is None)
        return Climb(stands, self.ladder[top] if self.ladder[top].person else None, top + 1)


class Judgement(NamedTuple):
    """What the rules on a signal said about it, each group in the order of the rules.

    `broken` has the error of each rule that broke, by name; those rules are among the unknown, too. `facts` are the
    facts that had to be computed, by their text.

    Asides stand apart: `known_good` has the roles of those who are, each with the abuse kind; `steps` the names of the
    rungs' conditions that hold. Of an aside that is unknown nothing is said; one that broke is among the broken.
    """

    fired: tuple[Rule, ...]
    unknown: tuple[Rule, ...]
    broken: Mapping[str, str]
    facts: Mapping[str, Any]
    known_good: frozenset[tuple[str, str]] = frozenset()
    steps: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class FeatureUse:
    """A feature that rules read on a signal, for the entity in the signal's role `role`."""

    feature: Feature
    role: str
