"""Guardrails as a policy declares them: budgets, brakes, and what may never be held back. Plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from shared.restrictions.effects import Tier

Period = Literal["hour", "day"]


@dataclass(frozen=True, slots=True)
class Budget:
    """At most so many effects, or so much money at risk, an hour or a day.

    It counts the effects that match all of `abuse`, `rule`, `tier` and `entity_kind` that are not None. `count` is how
    many, `money` how much by currency in minor units; at least one of the two is given. The share `kept` (0 to 1) of
    either is for effects with at least `high_value` at risk in one of its currencies: cheap noise cannot use it up.
    """

    name: str
    per: Period
    count: int | None = None
    money: Mapping[str, int] = field(default_factory=dict)
    abuse: str | None = None
    rule: str | None = None
    tier: Tier | None = None
    entity_kind: str | None = None
    kept: float = 0.0
    high_value: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Brake:
    """When a rule is stopped by itself: over `known_good` (share, 0 to 1) of its hits in an hour met known-good
    entities, at least `least` did, and these were at least `least` different ones, so that nobody can stop a rule by an
    account of their own; or, while it is new or edited (for `settling`), it has more hits than it `expect`s.
    """

    known_good: float = 0.05
    least: int = 10
    settling: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Guardrails:
    """What stands between a policy's rules and harm.

    `takeover_hold` is how long takeover rules may hold withdrawals and changes of payout accounts of known-good
    entities, too. `friction_memory` is for how long someone who passed is not asked again, `clearance` how long a
    person's finding of honesty keeps automation off by default. `default_restriction` is how long restrictions last
    that do not say so; None where each must.
    """

    budgets: tuple[Budget, ...] = ()
    brake: Brake = Brake()
    takeover_hold: timedelta = timedelta(hours=72)
    friction_memory: timedelta = timedelta(hours=24)
    clearance: timedelta = timedelta(days=30)
    default_restriction: timedelta | None = None
