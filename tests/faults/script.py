"""The words of a run: what arrives, how it is delivered, which call is struck by what, and what people do meanwhile.

A `Script` is plain data that prints as the code that makes it: the same script always gives the same run.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tests.faults.faults import Fault
from tests.faults.readable import Readable, lines
from tests.support.signals import event, payload

Route = Literal["shard 0", "shard 1", "queue", "feedback", "outbox 0", "outbox 1", "outbox 2"]
FEEDBACK: Route = "feedback"
"""The queue that `record_feedback` takes truth from; what `expire_restrictions` says comes by it, too."""
SIGNALS: tuple[Route, ...] = ("shard 0", "shard 1", "queue", FEEDBACK)
OUTBOX: tuple[Route, ...] = ("outbox 0", "outbox 1", "outbox 2")
MOST_LANES = 4
"""Processes that can be at work at once."""
TIME_OUT = 60.0
"""Seconds that an invocation may take, unless a script gives it less."""


@dataclass(frozen=True, repr=False)
class Sent(Readable):
    """A valid signal: the golden example of its type under an id, `at` seconds after noon, with some other data.

    The same id again is the same signal, resent; with other data or time it is a changed one.
    """

    id: str
    name: str
    at: float
    data: Mapping[str, Any] = field(default_factory=dict)
    by: Route = "shard 0"
    extensions: Mapping[str, Any] | None = None

    def payload(self) -> bytes:
        return payload(event(self.name, self.id, self.at, dict(self.extensions or {}), **self.data))


@dataclass(frozen=True, repr=False)
class Odd(Readable):
    """Something that is no valid signal."""

    text: str
    by: Route = "shard 0"

    def payload(self) -> bytes:
        return self.text.encode()


@dataclass(frozen=True, repr=False)
class Strike(Readable):
    """A fault of an invocation's `nth` call (from 1) of one operation, and of the next ones, `times` in all.

    The SDK's own retries count as calls.
    """

    operation: str
    nth: int
    fault: Fault
    times: int = 1

    def hits(self, operation: str, count: int) -> bool:
        """Whether the call that is the `count`-th of its operation is struck."""
        return operation == self.operation and self.nth <= count < self.nth + self.times


@dataclass(frozen=True, repr=False)
class Deliver(Readable):
    """One invocation: at most `size` records of a route, of a queue those after the first `skip`.

    `again`: the service forgets that it delivered them, so that they come again whatever became of them.
    """

    route: Route
    size: int
    strikes: tuple[Strike, ...] = ()
    again: bool = False
    skip: int = 0
    seconds: float = TIME_OUT


@dataclass(frozen=True, repr=False)
class Publish(Readable):
    """Somebody puts a policy in force: `before` or `after`, for everyone or for a share of entities."""

    policy: Literal["before", "after"]
    share: float | None = None


@dataclass(frozen=True, repr=False)
class Order(Readable):
    """Somebody asks for something about the user `u_<user>`, `at` seconds after noon; see `tests.faults.people`.

    `nth` says which of what can be chosen from: capabilities, limits, or the restrictions that are recorded by then.
    """

    what: Literal["place", "release", "clear", "take back", "undo", "undo again", "answer", "let through", "void"]
    user: int
    nth: int
    at: float


@dataclass(frozen=True, repr=False)
class Sweep(Readable):
    """The schedule calls `expire_restrictions`, at so many seconds after noon by its own clock."""

    at: float
    strikes: tuple[Strike, ...] = ()
    seconds: float = TIME_OUT
    route: Literal["clock"] = "clock"


@dataclass(frozen=True, repr=False)
class Together(Readable):
    """Some invocations at once, each in a process of its own, `MOST_LANES` at most.

    `turns` says whose next call goes first, as long as it lasts: places among those that still run.
    """

    invocations: tuple[Deliver | Sweep, ...]
    turns: str = ""


@dataclass(frozen=True, repr=False)
class Wait(Readable):
    """So many seconds pass."""

    seconds: float


Arrival = Sent | Odd
Step = Deliver | Together | Publish | Order | Sweep | Wait


@dataclass(frozen=True, repr=False)
class Script:
    """One run. What is still waiting after the last step is delivered calmly until nothing is left.

    `attempts` is how often the SDK tries a call, `cap` how many elements a tile holds.
    """

    arrivals: tuple[Arrival, ...] = ()
    steps: tuple[Step, ...] = ()
    attempts: int = 4
    cap: int = 500

    def __repr__(self) -> str:
        rest = "".join(
            f"    {name}={value},\n"
            for name, value, usual in (("attempts", self.attempts, 4), ("cap", self.cap, 500))
            if value != usual
        )
        return f"Script(\n{lines('arrivals', self.arrivals)}{lines('steps', self.steps)}{rest})"

    @property
    def calm(self) -> "Script":
        """The same arrivals, and nothing goes wrong."""
        return replace(self, steps=(), attempts=1)

    @property
    def is_one_lane(self) -> bool:
        """Whether everything is judged in order of arrival, by one policy: then decisions may not differ at all, as
        long as no tile is full, and beyond that not in what is complete."""
        in_order = all(each.by == "shard 0" for each in self.arrivals)
        return in_order and not any(isinstance(step, Publish) or _judges_twice(step) for step in self.steps)

    @property
    def is_roomy(self) -> bool:
        """Whether no tile can be full."""
        return self.cap >= len(self.arrivals)

    @property
    def invocations(self) -> tuple[Deliver | Sweep, ...]:
        """All that the steps ask for."""
        return tuple(each for step in self.steps for each in _invocations(step))


def _invocations(step: Step) -> tuple[Deliver | Sweep, ...]:
    if isinstance(step, Together):
        return step.invocations
    return (step,) if isinstance(step, Deliver | Sweep) else ()


def _judges_twice(step: Step) -> bool:
    """Whether several processes judge at once: no longer one lane."""
    return sum(each.route in SIGNALS for each in _invocations(step)) > 1
