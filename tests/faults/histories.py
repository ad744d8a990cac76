"""Scripts out of a seed: signals about few entities, so that they meet, and faults where there are calls to strike."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any, get_args, get_type_hints

from tests.faults.crowds import COURT, DAY, FEW, MANY, RARE, arrivals_of, told_of
from tests.faults.faults import PARTS, Broken, Crash, Fault, Partial, Reset, Slow, Throttled, TimedOut
from tests.faults.replaying import replay
from tests.faults.script import (
    FEEDBACK,
    OUTBOX,
    SIGNALS,
    TIME_OUT,
    Deliver,
    Odd,
    Order,
    Publish,
    Route,
    Script,
    Step,
    Strike,
    Sweep,
    Together,
    Wait,
)

MOST_ARRIVALS = 14
HOUR = 3_600.0
ORDERS = get_args(get_type_hints(Order)["what"])
OF_PRODUCERS: tuple[Route, ...] = ("shard 0", "shard 1", "queue")
LANES = (2, 2, 2, 3, 3, 4)
"""Processes at work at once, where there are several."""
GUARDED, QUIET = 0.5, 0.3
"""The shares of histories in lanes that begin under the policy with guardrails, and in which nobody publishes one."""
EVENING = 0.6
"""The share of histories in lanes that end with the schedule, once most is enforced."""
USUAL = (0.75 * HOUR, 1.5 * HOUR, DAY + 0.25 * HOUR)
"""When the schedule calls, in seconds after noon: on the hour it looks back further, with many more calls."""
UNREAD_POLICY = 31.0
"""Seconds after which what somebody published must be in force."""


def script(seed: int) -> Script:
    """The seed's script."""
    chance = Random(seed)
    lanes = chance.random() < 0.5
    size = chance.randint(1, MOST_ARRIVALS)
    crowd = chance.choice((FEW, MANY, COURT))
    arrivals = arrivals_of(chance, size, OF_PRODUCERS if lanes else ("shard 0",), crowd)
    judged = (*(each.by for each in arrivals), *((FEEDBACK,) if lanes else ()))
    count = chance.randint(2, 4 + 2 * size)
    steps = tuple(_step(chance, Ways(judged, lanes, place / count)) for place in range(count))
    luck = chance.random()
    if lanes and luck < GUARDED:
        steps = (Publish("after"), *steps)
    if luck > 1 - QUIET:
        steps = tuple(each for each in steps if not isinstance(each, Publish))
    if lanes and chance.random() < EVENING:
        steps = (*steps, *_evening(chance))
    return Script(
        arrivals,
        steps,
        attempts=chance.choice((1, 1, 4)),
        cap=chance.choice((1, 3, 500) if lanes else (3, 500, 500)),
    )


@dataclass(frozen=True)
class Ways:
    """What can be delivered: `judged` names the route of each arrival, so that where more waits, more is delivered.

    `enforced` is the share of the outbox, which fills up only with time.
    """

    judged: tuple[Route, ...]
    lanes: bool
    enforced: float

    def route(self, chance: Random, *, beside: bool = False) -> Route:
        """Of an invocation; in one lane, what runs beside a judgement can only be enforcement."""
        enforces = chance.random() < self.enforced or (beside and not self.lanes)
        return chance.choice(OUTBOX if enforces else self.judged)


def _step(chance: Random, ways: Ways) -> Step:
    luck = chance.random()
    if ways.lanes and luck < 0.05:
        return Publish(chance.choice(("before", "after", "after")), chance.choice((None, None, 0.5)))
    if ways.lanes and luck < 0.1:
        return Wait(UNREAD_POLICY)
    if luck < 0.22:
        return _order(chance)
    if luck < 0.27:
        return _sweep(chance)
    if luck < 0.6:
        return _together(chance, ways)
    return _deliver(chance, ways.route(chance))


def _order(chance: Random) -> Order:
    """Somebody on call; clocks of people and producers agree about as well as they do."""
    what = chance.choice(ORDERS)
    return Order(what, chance.randint(1, 3), chance.randint(0, 9), chance.choice((0.0, 5.0, 30.0, 600.0, 4000.0)))


def _sweep(chance: Random) -> Sweep:
    """The schedule, on the hour now and then, when it looks back further."""
    at = chance.choice((*USUAL, *USUAL, HOUR, DAY))
    return Sweep(at, tuple(_strikes(chance, "expire", MOST_ARRIVALS)))


def _evening(chance: Random) -> Iterator[Step]:
    """What is waiting is done for the most part, and then the schedule looks for what has ended."""
    yield from (Deliver(route, MOST_ARRIVALS) for route in (*SIGNALS, *OUTBOX))
    first = _sweep(chance)
    yield from (first, Sweep(first.at))
    yield from (_deliver(chance, FEEDBACK) for _ in range(chance.randint(0, 2)))


def _together(chance: Random, ways: Ways) -> Together:
    """Some races need the same batch in several processes, or that one stands still while another one does much."""
    first, lanes = _deliver(chance, ways.route(chance)), chance.choice(LANES)
    names = "0123"[:lanes]
    turns = "".join(chance.choice(names) * chance.choice((1, 1, 2, 5, 9)) for _ in range(chance.randint(0, 12)))
    if chance.random() < 0.3 and (ways.lanes or first.route in OUTBOX):
        others = [_deliver(chance, first.route) for _ in range(lanes - 1)]
        return Together((replace(first, again=True), *others), turns)
    others = [_beside(chance, ways) for _ in range(lanes - 1)]
    return Together((first, *others), turns)


def _beside(chance: Random, ways: Ways) -> Deliver | Sweep:
    return _sweep(chance) if chance.random() < RARE else _deliver(chance, ways.route(chance, beside=True))


def _deliver(chance: Random, route: Route) -> Deliver:
    size = chance.choice((1, 2, 3, 5, MOST_ARRIVALS))
    function = {FEEDBACK: "feedback", **dict.fromkeys(OUTBOX, "enforce")}.get(route, "evaluate")
    struck = {(each.operation, each.nth): each for each in _strikes(chance, function, size)}
    return Deliver(
        route,
        size,
        tuple(struck.values()),
        again=chance.random() < 0.2,
        skip=chance.choice((0, 0, 1, 3)) if route in ("queue", FEEDBACK) else 0,
        seconds=chance.choice((TIME_OUT, TIME_OUT, 6.0)),
    )


def _strikes(chance: Random, function: str, size: int) -> Iterator[Strike]:
    """Of calls that a batch of this size may make: each has about the same chance, a rare one a little more."""
    most = {operation: min(known, 2 * size) for operation, known in calls()[function].items()}
    for _ in range(chance.choice((0, 1, 2, 3, 4))):
        (operation,) = chance.choices(list(most), [2 + count for count in most.values()])
        faults = FAULTS if operation in PARTS else FAULTS[1:]
        nth, fault = chance.randint(1, most[operation]), chance.choice(faults)(chance)
        yield Strike(operation, nth, fault, times=chance.choice((1, 1, 4)))


FAULTS: tuple[Callable[[Random], Fault], ...] = (
    lambda chance: Partial(chance.choice((1, 2, 9))),
    lambda chance: Throttled(by_the_table=chance.random() < 0.5),
    lambda chance: Broken(done=chance.random() < 0.5),
    lambda chance: TimedOut(done=chance.random() < 0.7),
    lambda chance: Reset(done=chance.random() < 0.5),
    lambda chance: Crash(done=chance.random() < 0.5),
    lambda chance: Slow(chance.choice((3.0, 8.0))),
)


@cache
def calls() -> Mapping[str, Mapping[str, int]]:
    """What there is to strike: by function, its operations and the most calls of each, seen in a calm rehearsal."""
    sent = [MANY.signal(Random(n), f"s{n}", n, "shard 0", MANY.frequent[n % 5]) for n in range(12)]
    told = [told_of(Random(n), sent, len(sent) + n, FEEDBACK, MANY) for n in range(12)]
    people = (*(Deliver(route, MOST_ARRIVALS) for route in OUTBOX), Sweep(2 * HOUR), Sweep(DAY))
    judging = (Deliver("shard 0", MOST_ARRIVALS), Deliver(FEEDBACK, MOST_ARRIVALS))
    steps = (Publish("after"), Wait(UNREAD_POLICY), *judging, *people)
    rehearsal: Mapping[str, Any] = replay(Script((*sent, Odd("{"), *told, Odd("{", FEEDBACK)), steps)).most_calls
    return {function: dict(sorted(counts.items())) for function, counts in rehearsal.items()}
