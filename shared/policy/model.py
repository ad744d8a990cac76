"""A policy as the rest of Sluice sees it: rules, their tests and verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal, NamedTuple

from shared.features.model import Feature
from shared.policy.conditions.tree import Expression
from shared.policy.problems import Span
from shared.restrictions.effects import Effect

Mode = Literal["off", "shadow", "live"]
MODES: tuple[Mode, ...] = ("off", "shadow", "live")


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
    """A condition and what follows from it. `rollout` is the share of entities, 0 to 1, that a live rule acts on."""

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
    stale_after: timedelta
    counterparty: bool
    tests: tuple[Case, ...]
    conditions: Mapping[str, Expression]
    """The checked condition for each signal of `on`."""
    span: Span


class Verdict(NamedTuple):
    """What one rule said: it fired, it did not, or it could not tell; `error` is set when it broke."""

    rule: Rule
    fired: bool | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class FeatureUse:
    """A feature that rules read on a signal, for the entity in the signal's role `role`."""

    feature: Feature
    role: str
