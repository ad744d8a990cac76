"""What a rule asks for when it fires: the disposition of the thing at hand, and effects on entities by role."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from shared.restrictions.limits import NONE, Limit

Disposition = Literal["allow", "challenge", "pend", "deny"]
DISPOSITIONS: tuple[Disposition, ...] = ("allow", "challenge", "pend", "deny")
"""Mildest first: the disposition of a decision is the strongest that any live rule asked for."""

FRICTIONS = ("step_up", "captcha", "confirmation")

OnExpiry = Literal["release", "person"]
Condition = Literal["step_up", "review", "documents", "rate_recovered"]
CONDITIONS: tuple[Condition, ...] = ("step_up", "review", "documents", "rate_recovered")
"""What can release a restriction before it ends."""

Tier = Literal["review", "friction", "limit", "hold", "deny", "release"]
TIERS: tuple[Tier, ...] = ("review", "friction", "limit", "hold", "deny", "release")
"""How hard an effect is on whom it meets, mildest first; and to release, which is hard on everybody else."""

_HOLDS = frozenset({"receive_payout", "withdraw", "change_credentials", "change_payout_account", "ship"})
"""Without these people wait, without the others they cannot take part."""


@dataclass(frozen=True, slots=True)
class Dispose:
    """Challenge, pend or deny the thing that the signal asks about."""

    disposition: Disposition


@dataclass(frozen=True, slots=True)
class Restrict:
    """Limit a capability of the entity in role `of`, for a while.

    `only` is a role, order or listing, if the limit is for that one thing. `on_expiry` says what happens at the end:
    it is released, or a person must decide. `until` is what releases it before. `linked` names a `linked` feature:
    then it meets not `of`, but those whom that feature found linked to it, as long as `of` is restricted itself.
    """

    of: str
    capability: str
    limit: Limit
    lasts: timedelta
    only: str | None = None
    on_expiry: OnExpiry = "release"
    until: tuple[Condition, ...] = ()
    linked: str | None = None


@dataclass(frozen=True, slots=True)
class Friction:
    """Ask the user in role `of` for a step-up, CAPTCHA or confirmation; the demand ends by itself."""

    of: str
    ask: str
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class Command:
    """Give a one-time command about the entity in role `of`."""

    of: str
    command: str


@dataclass(frozen=True, slots=True)
class Review:
    """Ask a person to look at the entity in role `of`, `within` a time if one is given."""

    of: str
    within: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Lift:
    """End those restrictions of the entity in role `of` that wait for a condition: it is met.

    Documents count whatever they were asked for; a rate has recovered for the rule's own abuse kind.
    """

    of: str
    met: Condition


@dataclass(frozen=True, slots=True)
class Score:
    """Count in the decision's score of the rule's abuse kind, as every rule does, and do nothing else."""


Effect = Dispose | Restrict | Friction | Command | Review | Lift | Score


def tier_of(effect: Effect) -> Tier | None:
    """How hard an effect is; None for one that nobody feels. Commands cannot be taken back, so they are the hardest on
    whom they meet; money that a release lets go does not come back either."""
    match effect:
        case Dispose(disposition):
            return _DISPOSING.get(disposition)
        case Restrict():
            hardest: Tier = "hold" if effect.capability in _HOLDS else "deny"
            return hardest if effect.limit == NONE else "limit"
        case _:
            return _ALWAYS.get(type(effect))


_DISPOSING: Mapping[Disposition, Tier] = {"challenge": "friction", "pend": "hold", "deny": "deny"}
_ALWAYS: Mapping[type, Tier] = {Friction: "friction", Review: "review", Lift: "release", Command: "deny"}
