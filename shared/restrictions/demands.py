"""Friction: what a user is asked for, and what came of it. Nobody is asked for the same twice at a time.

Unlike all else in an account this depends on the order of arrival: what has been asked of a user cannot be unasked by
what becomes known later.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.restrictions.causes import moment
from shared.signals.times import stamp

PASSED = "passed"


@dataclass(frozen=True, slots=True, order=True)
class Demand:
    """A step-up, CAPTCHA or confirmation that a user was asked for, until it expires.

    Whoever passed one stays unasked for `remember_hours`.
    """

    asked_at: datetime
    action_id: str
    ask: str
    expires_at: datetime
    remember_hours: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "ask": self.ask,
            "asked_at": stamp(self.asked_at),
            "action_id": self.action_id,
            "expires_at": stamp(self.expires_at),
            "remember_hours": self.remember_hours,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Demand":
        return cls(
            moment(document["asked_at"]),
            document["action_id"],
            document["ask"],
            moment(document["expires_at"]),
            int(document.get("remember_hours") or 0),
        )

    @property
    def lasts(self) -> timedelta:
        """How long the user has to answer."""
        return self.expires_at - self.asked_at

    def is_open(self, answers: Iterable["Answer"], at: datetime) -> bool:
        """Whether the user was asked by then, and has neither answered nor let the time pass."""
        return self.asked_at <= at < self.expires_at and not any(
            answer.ask == self.ask and self.asked_at <= answer.at <= at for answer in answers
        )

    def is_abandoned(self, answers: Iterable["Answer"], at: datetime) -> bool:
        """Whether its time has run out by then without an answer."""
        return self.expires_at <= at and not any(
            answer.ask == self.ask and self.asked_at <= answer.at <= self.expires_at for answer in answers
        )

    def is_needless(self, asked: Iterable["Demand"], answers: Iterable["Answer"]) -> bool:
        """Whether not to ask: it is being asked, was asked later, was answered since, or was passed lately.

        What is asked for a shorter time is no reason: whoever is to have a day must not have the hour that is left.
        """
        memory = timedelta(hours=self.remember_hours)
        own = [answer for answer in answers if answer.ask == self.ask]
        return (
            any(self.asked_at <= answer.at for answer in own)
            or any(answer.outcome == PASSED and self.asked_at < answer.at + memory for answer in own)
            or any(
                other.ask == self.ask
                and (
                    other.asked_at > self.asked_at or (other.lasts >= self.lasts and other.is_open(own, self.asked_at))
                )
                for other in asked
            )
        )


@dataclass(frozen=True, slots=True, order=True)
class Answer:
    """What came of what was asked: `passed`, `failed` or `abandoned`."""

    at: datetime
    ask: str
    outcome: str

    def to_json(self) -> dict[str, str]:
        return {"at": stamp(self.at), "ask": self.ask, "outcome": self.outcome}

    @classmethod
    def from_json(cls, document: Mapping[str, str]) -> "Answer":
        return cls(moment(document["at"]), document["ask"], document["outcome"])
