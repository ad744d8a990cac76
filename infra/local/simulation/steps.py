"""One step of the simulation: an event, and beside it, never in it, what is true of it."""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from infra.local.simulation.dice import Dice


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of one signal.

    `campaign` or `look_alike` says what it belongs to; `case` is one actor's part of it; `entity` is who is behind it
    (the taken-over account, the tester, the family member), and `harm` marks the signal at which the harm is done.
    A report or dispute about a campaign belongs to it, but is not abusive.
    """

    entity: str
    campaign: str | None = None
    look_alike: str | None = None
    case: str | None = None
    abusive: bool = False
    harm: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One event in CloudEvents' JSON form as a dict, its truth, and its time in seconds since 1970."""

    event: dict[str, Any]
    truth: Truth | None
    at: float


@dataclass(slots=True)
class Stage:
    """Where the acts of one part leave their steps; each part has a random stream of its own."""

    rng: Dice
    steps: list[Step] = field(default_factory=list)

    def put(self, at: float, name: str, subject: str, data: dict[str, Any], truth: Truth | None = None) -> None:
        """Add one event; fields without a value are left out, as a service would."""
        event = {
            "specversion": "1.0",
            "id": f"{self.rng.getrandbits(96):024x}",
            "source": SOURCES[name],
            "type": f"{name}.v1",
            "time": rfc3339(at),
            "subject": subject,
            "datacontenttype": "application/json",
            "data": {key: value for key, value in data.items() if value is not None},
        }
        self.steps.append(Step(event, truth, at))

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_{self.rng.getrandbits(48):012x}"


SOURCES = {
    "account.created": "accounts",
    "account.changed": "accounts",
    "account.verified": "accounts",
    "login.succeeded": "logins",
    "login.failed": "logins",
    "stepup.completed": "logins",
    "listing.submitted": "listings",
    "message.sent": "messages",
    "report.submitted": "safety",
    "payment.attempted": "payments",
    "payment.declined": "payments",
    "payment.settled": "payments",
    "refund.issued": "payments",
    "order.shipped": "orders",
    "order.delivered": "orders",
    "payout.requested": "payouts",
    "payout.paid": "payouts",
    "score.computed": "models",
    "dispute.opened": "disputes",
    "dispute.resolved": "disputes",
    "review.completed": "reviews",
    "appeal.decided": "reviews",
}
"""The service of the marketplace that sends each signal."""

Episode = tuple[float, Callable[[], None]]
"""When something starts, and what puts its steps on the stage; no step comes before the start."""


def rfc3339(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def played(stage: Stage, episodes: Iterable[Episode]) -> Iterator[Step]:
    """The steps of episodes in order of time, keeping in memory only what is still to come.

    `episodes` come in order of their start.
    """
    coming: list[tuple[float, int, Step]] = []
    ties = count()
    for start, act in episodes:
        while coming and coming[0][0] < start:
            yield heapq.heappop(coming)[2]
        act()
        for step in stage.steps:
            heapq.heappush(coming, (step.at, next(ties), step))
        stage.steps.clear()
    while coming:
        yield heapq.heappop(coming)[2]


def merged(*parts: Iterator[Step]) -> Iterator[Step]:
    """The steps of all parts in order of time; at equal times the earlier part goes first."""
    return heapq.merge(*parts, key=lambda step: step.at)
