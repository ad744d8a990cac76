"""A policy as the rest of Sluice sees it: rules, their tests and verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, get_args

from shared.features.model import Feature
from shared.policy.conditions.tree import Expression, source_of
from shared.policy.problems import Span
from shared.restrictions.effects import Effect
from shared.signals.truth import AbuseKind

Mode = Literal["off", "shadow", "live"]
MODES: tuple[Mode, ...] = ("off", "shadow", "live")
IfUnknown = Literal["hold", "fire"]
ABUSE_KINDS: tuple[str, ...] = get_args(AbuseKind)


@dataclass(frozen=True, slots=True)
class Case:
    """A test beside a rule: with these values on this signal it must fire, or hold still."""

    signal: str
    fires: bool
    values: Mapping[str, Any]
    features: Mapping[str, Any]
    facts: Mapping[str, Any]
    span: Span


@dataclass(frozen=True, slots=True)
class CaseFailure:
    """A test that did not come out: what the rule gave (None: unknown, an `error` if it broke), and what it saw."""

    rule: str
    case: Case
    fired: bool | None
    error: str | None
    explanation: str


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

    @property
    def told_severity(self) -> str:
        """The severity as people read it: a number, or what gives it, in canonical text."""
        texts = dict.fromkeys(source_of(tree) for tree in self.grades.values())
        return " or ".join(texts) or str(self.severity)


class Judgement(NamedTuple):
    """What the rules on a signal said about it, each group in the order of the rules.

    `broken` has the error of each rule that broke, by name; those rules are among the unknown, too. `facts` are the
    facts that had to be computed, by their text.
    """

    fired: tuple[Rule, ...]
    unknown: tuple[Rule, ...]
    broken: Mapping[str, str]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FeatureUse:
    """A feature that rules read on a signal, for the entity in the signal's role `role`."""

    feature: Feature
    role: str
