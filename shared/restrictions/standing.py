"""What is in force, and how it will end: causes joined into a staircase over time."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.restrictions.causes import Cause
from shared.restrictions.limits import UNLIMITED, Limit
from shared.signals.times import stamp


@dataclass(frozen=True, slots=True)
class Step:
    """One limit until a moment."""

    limit: Limit
    until: datetime

    def to_json(self) -> dict[str, Any]:
        return {"limit": self.limit.to_json(), "until": stamp(self.until)}


@dataclass(frozen=True, slots=True)
class Standing:
    """What an entity may do now: `capability` is limited by `limit`, since then, because of `causes`.

    `steps` tell how it goes on: the limit now and until when, what is left of it then, and so on to `until`, when the
    last cause ends.
    """

    capability: str
    limit: Limit
    since: datetime
    until: datetime
    steps: tuple[Step, ...]
    causes: tuple[Cause, ...]


def staircase(causes: Iterable[Cause]) -> tuple[Step, ...]:
    """The join of the causes over time, the nearest first: milder with each step, nothing after the last."""
    steps: list[Step] = []
    limit = UNLIMITED
    for cause in sorted(causes, key=lambda cause: cause.ends_at, reverse=True):
        joined = limit.joined(cause.limit)
        if joined != limit:
            limit = joined
            if steps and steps[-1].until == cause.ends_at:
                steps[-1] = Step(limit, cause.ends_at)
            else:
                steps.append(Step(limit, cause.ends_at))
    return tuple(reversed(steps))


def standings(causes: Collection[Cause], at: datetime) -> tuple[Standing, ...]:
    """What causes limit at a moment, by capability."""
    live = [cause for cause in causes if at < cause.ends_at]
    return tuple(
        _standing(capability, tuple(cause for cause in live if cause.capability == capability))
        for capability in sorted({cause.capability for cause in live})
    )


def covers(steps: Collection[Step], others: Collection[Step]) -> bool:
    """Whether one staircase limits at least as much as the other, which is no older, at every moment."""
    return all(_limit_up_to(steps, step.until).covers(step.limit) for step in others)


def _limit_up_to(steps: Iterable[Step], end: datetime) -> Limit:
    """The limit just before a moment; staircases only fall, so it is the mildest until then."""
    return next((step.limit for step in steps if end <= step.until), UNLIMITED)


def _standing(capability: str, causes: tuple[Cause, ...]) -> Standing:
    steps = staircase(causes)
    since = min(cause.starts_at for cause in causes)
    return Standing(capability, steps[0].limit, since, steps[-1].until, steps, causes)
