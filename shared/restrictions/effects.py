"""What a rule asks for when it fires: the disposition of the thing at hand, and effects on entities by role."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

Disposition = Literal["allow", "challenge", "pend", "deny"]
DISPOSITIONS: tuple[Disposition, ...] = ("allow", "challenge", "pend", "deny")
"""Mildest first: the disposition of a decision is the strongest that any live rule asked for."""

FRICTIONS = ("step_up", "captcha", "confirmation")


@dataclass(frozen=True, slots=True)
class Dispose:
    """Challenge, pend or deny the thing that the signal asks about."""

    disposition: Disposition


@dataclass(frozen=True, slots=True)
class Restrict:
    """Leave the entity in role `of` only `allowed` percent (0 to 99) of a capability, for a while."""

    of: str
    capability: str
    allowed: int
    lasts: timedelta


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
    """Ask a person to look at the entity in role `of`."""

    of: str


@dataclass(frozen=True, slots=True)
class Score:
    """Count in the decision's score of the rule's abuse kind, as every rule does, and do nothing else."""


Effect = Dispose | Restrict | Friction | Command | Review | Score
