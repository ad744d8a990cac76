"""Scripts out of a seed: signals about few entities, so that they meet, and faults where there are calls to strike."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any, get_args, get_type_hints

from shared.signals import CATALOGUE
from tests.faults.faults import PARTS, Broken, Crash, Fault, Partial, Reset, Slow, Throttled, TimedOut
from tests.faults.replaying import replay
from tests.faults.script import (
    OUTBOX,
    SIGNALS,
    TIME_OUT,
    Arrival,
    Deliver,
    Odd,
    Order,
    Publish,
    Route,
    Script,
    Sent,
    Step,
    Strike,
    Sweep,
    Together,
    Wait,
)

MOST_ARRIVALS = 14
HOUR, DAY = 3_600.0, 86_400.0
ORDERS = get_args(get_type_hints(Order)["what"])
RARE, TOO_LATE = 0.1, 0.03
GUARDED = 0.7
"""The share of histories in lanes that begin under the policy with guardrails."""
ODD = ("", "{", "[]", '{"id": "s1"}', '{"specversion": "1.0", "id": "é", "type": "nothing.v1"}', "null" * 9)
UNREAD_POLICY = 31.0
"""Seconds after which what somebody published must be in force."""


@dataclass(frozen=True)
class Crowd:
    """Whom signals are about, of which types most of them are, and by how many seconds they are off their turn."""

    frequent: tuple[str, ...]
    fields: Mapping[str, tuple[Any, ...]]
    off: tuple[float, ...]

    def signal(self, chance: Random, signal_id: str, number: int, by: Route, name: str = "") -> Sent:
        """The signal of a turn; of any type now and then."""
        name = name or chance.choice(sorted(CATALOGUE) if chance.random() < RARE else self.frequent)
        known = CATALOGUE[name].model.model_fields
        data = {field: chance.choice(values) for field, values in self.fields.items() if field in known}
        data = {field: value for field, value in data.items() if value is not None or not known[field].is_required()}
        at = number + chance.choice((*self.off, -float(number)))
        at -= 100 * DAY if chance.random() < TOO_LATE else 0
        extensions = chance.choice(({}, {}, {}, {}, {}, {"sluicecause": "a1"}, {"sluiceredrive": "observe"}))
        return Sent(signal_id, name, at, data, by, extensions or None)


AMOUNTS = ({"minor": 100, "currency": "EUR"}, {"minor": 20_000, "currency": "EUR"})
MANY = Crowd(
    ("payment.attempted", "payment.attempted", "payment.declined", "login.failed", "login.succeeded"),
    {
        "buyer_id": ("u_1", "u_2"),
        "user_id": ("u_1", "u_2"),
        "seller_id": ("u_2", "u_3"),
        "card_fingerprint": ("card_11111111", "card_22222222", None),
        "ip": ("203.0.113.1", "203.0.113.2"),
        "amount": AMOUNTS,
    },
    (0.0, 0.0, 0.0, 0.0, -2.5, -60.0, -3600.0, -2 * DAY, 600.0),
)
FEW = Crowd(
    ("payment.attempted", "payment.attempted", "payment.declined"), {"amount": AMOUNTS}, (0.0, -2.5, -60.0, 600.0)
)
"""One buyer with one card, whose signals overtake each other: what one of them may not see is never far."""


def script(seed: int) -> Script:
    """The seed's script."""
    chance = Random(seed)
    lanes = chance.random() < 0.5
    size = chance.randint(1, MOST_ARRIVALS)
    crowd = FEW if chance.random() < 0.5 else MANY
    arrivals = _arrivals(chance, size, SIGNALS if lanes else ("shard 0",), crowd)
    judged = tuple(each.by for each in arrivals)
    count = chance.randint(2, 4 + 2 * size)
    steps = tuple(_step(chance, Ways(judged, lanes, place / count)) for place in range(count))
    if lanes and chance.random() < GUARDED:
        steps = (Publish("after"), *steps)
    return Script(
        arrivals,
        steps,
        attempts=chance.choice((1, 1, 4)),
        cap=chance.choice((1, 3, 500)) if lanes else 500,
    )


def _arrivals(chance: Random, size: int, routes: tuple[Route, ...], crowd: Crowd) -> tuple[Arrival, ...]:
    made: list[Arrival] = []
    for number in range(size):
        by, luck = chance.choice(routes), chance.random()
        earlier = [each for each in made if isinstance(each, Sent)]
        if luck < 0.08:
            made.append(Odd(chance.choice(ODD), by))
        elif luck < 0.3 and earlier:
            made.append(_resent(chance, chance.choice(earlier), number, by, crowd))
        else:
            made.append(crowd.signal(chance, f"s{number}", number, by))
    return tuple(made)


def _resent(chance: Random, earlier: Sent, number: int, by: Route, crowd: Crowd) -> Sent:
    """What a producer sends twice is in the same shard; sometimes it says something else."""
    if chance.random() < 0.5:
        return replace(earlier, by=by if by == "queue" else earlier.by)
    return crowd.signal(chance, earlier.id, number, by, earlier.name)


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
    at = chance.choice((HOUR, 2 * HOUR, 90 * 60.0, DAY, DAY + 90 * 60.0, 3 * DAY))
    return Sweep(at, tuple(_strikes(chance, "expire", MOST_ARRIVALS)))


def _together(chance: Random, ways: Ways) -> Together:
    """Some races need the same batch in both processes, or that one stands still while the other one does much."""
    first = _deliver(chance, ways.route(chance))
    turns = "".join(chance.choice("01") * chance.choice((1, 1, 2, 5, 9)) for _ in range(chance.randint(0, 12)))
    if chance.random() < 0.3 and (ways.lanes or first.route in OUTBOX):
        return Together(replace(first, again=True), _deliver(chance, first.route), turns)
    return Together(first, _deliver(chance, ways.route(chance, beside=True)), turns)


def _deliver(chance: Random, route: Route) -> Deliver:
    size = chance.choice((1, 2, 3, 5, MOST_ARRIVALS))
    function = "enforce" if route in OUTBOX else "evaluate"
    struck = {(each.operation, each.nth): each for each in _strikes(chance, function, size)}
    return Deliver(
        route,
        size,
        tuple(struck.values()),
        again=chance.random() < 0.2,
        skip=chance.choice((0, 0, 1, 3)) if route == "queue" else 0,
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
    people = (Deliver("outbox 0", MOST_ARRIVALS), Deliver("outbox 1", MOST_ARRIVALS), Sweep(2 * HOUR), Sweep(DAY))
    steps = (Publish("after"), Wait(UNREAD_POLICY), Deliver("shard 0", MOST_ARRIVALS), *people)
    rehearsal: Mapping[str, Any] = replay(Script((*sent, Odd("{")), steps)).most_calls
    return {function: dict(sorted(counts.items())) for function, counts in rehearsal.items()}
