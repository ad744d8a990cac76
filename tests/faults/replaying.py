"""A script, run: the real handlers' work, in processes that die and come back, over services that forget nothing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial, reduce
from hashlib import blake2b
from typing import Any
from zlib import crc32

from shared.runtime.arrivals import Arrival, from_kinesis, from_sqs
from shared.signals import InvalidSignal, Signal, parse
from shared.stores import Pointer
from tests.faults.mappings import Mapping, Outcome, Queue, Stream, receipt
from tests.faults.people import ordered
from tests.faults.policies import TEXTS, policy
from tests.faults.processes import Builders, Happened, Process
from tests.faults.script import (
    FEEDBACK,
    MOST_LANES,
    OUTBOX,
    SIGNALS,
    Deliver,
    Order,
    Publish,
    Route,
    Script,
    Sent,
    Step,
    Sweep,
    Together,
)
from tests.faults.services import DECISIONS, Services
from tests.faults.turns import Turns
from tests.faults.wire import Wire
from tests.faults.world import world_of
from tests.support.aws import Clock, a_change, naming
from tests.support.signals import kinesis_record, moment, sqs_record

FIRST_RECEIVED = 60
"""Seconds after noon at which the first record arrives; the others follow, one a second."""
SOURCE = "shop"
"""Of every signal that `tests.support.signals` makes."""
MOST_ROUNDS = 60
AS_BUILT = Builders()
"""Our own code as it stands."""


@dataclass(kw_only=True)
class Run(Happened):
    """What one run left behind."""

    script: Script
    services: Services = field(default_factory=Services)
    invocations: int = 0

    @cached_property
    def told(self) -> list[Signal]:
        """What producers sent that is valid, parsed, one for each time."""
        sent = [(place, each) for place, each in enumerate(self.script.arrivals) if isinstance(each, Sent)]
        return [parse(each.payload(), moment(FIRST_RECEIVED + place)) for place, each in sent]

    @property
    def digest(self) -> str:
        """Of every call in its order and what became of it: equal for equal runs."""
        return blake2b("\n".join(self.trace).encode(), digest_size=8).hexdigest()


def replay(script: Script, builders: Builders = AS_BUILT) -> Run:
    """Run a script to its end, and calmly what is left after it. The same script always gives the same run."""
    run = Run(script=script)
    stage = _Stage(run, builders)
    for step in script.steps:
        stage.play(step)
    stage.finish()
    return run


def arrivals(script: Script, route: Route) -> list[Arrival]:
    """The records of a route, as the functions' handlers decode them."""
    received = [(FIRST_RECEIVED + place, each) for place, each in enumerate(script.arrivals) if each.by == route]
    if route in ("queue", FEEDBACK):
        return [from_sqs(sqs_record(at, each.payload(), at)) for at, each in received]
    return [from_kinesis(kinesis_record(at, each.payload(), at)) for at, each in received]


def abandoned(run: Run) -> list[Arrival]:
    """What our own schedule said by the feedback queue, as the function's handler decodes it."""
    first = len(run.script.arrivals) + FIRST_RECEIVED
    return [
        from_sqs(sqs_record(first + place, text.encode(), at)) for place, (at, text) in enumerate(run.services.feedback)
    ]


def valid_of(batch: Iterable[Arrival]) -> Iterator[Signal]:
    """The valid signals of a batch, parsed."""
    for arrival in batch:
        try:
            yield parse(arrival.payload, arrival.received_at)
        except InvalidSignal:
            continue


def sent_signals(run: Run) -> list[Signal]:
    """The valid signals, parsed, one for each time that it was sent; our own schedule's, too."""
    return [*run.told, *(parse(each.payload, each.received_at) for each in abandoned(run))]


@cache
def _wires() -> tuple[Wire, ...]:
    """The ways to AWS of as many processes as can be at work at once, and of people."""
    return tuple(Wire() for _ in range(MOST_LANES + 1))


class _Stage:
    """Where a script is played."""

    def __init__(self, run: Run, builders: Builders) -> None:
        self._run = run
        self._builders = builders
        self._clock = Clock()
        self._orders = 0
        *ours, people = _wires()
        self._processes = [Process(wire, run.services, self._clock, run, place) for place, wire in enumerate(ours)]
        for process in self._processes:
            process.start(run.script, builders)
        people.connect(run.services.answer, 1, lambda _: None)
        self._people = world_of(people)
        # What both policies read is written from the beginning: no number depends on who could ask for it when.
        named = reduce(naming, map(policy, TEXTS), Pointer())
        self._people.policy_stores().table.move(Pointer(), named, a_change("publish", "what both read"))
        self._mappings: dict[Route, Mapping] = {
            "shard 0": Stream(lambda: shard_0),
            "shard 1": Stream(lambda: shard_1),
            "queue": Queue(lambda: queue),
            "feedback": Queue(lambda: [*feedback, *abandoned(run)]),
            **{route: Stream(partial(self._outbox, shard)) for shard, route in enumerate(OUTBOX)},
        }
        shard_0, shard_1, queue, feedback = (arrivals(run.script, route) for route in SIGNALS)

    def play(self, step: Step) -> None:
        if isinstance(step, Deliver | Sweep):
            self._together(Together((step,)))
        elif isinstance(step, Together):
            self._together(step)
        elif isinstance(step, Publish):
            self._publish(step)
        elif isinstance(step, Order):
            self._order(step)
        else:
            self._clock.seconds += step.seconds

    def _publish(self, step: Publish) -> None:
        """What `sluice policy publish` does, by people's clients."""
        stores, digest = self._people.policy_stores(), policy(step.policy).digest
        stores.sources.keep(digest, {"policy.yaml": TEXTS[step.policy]})
        read, change = stores.table.pointer(), a_change("publish", digest)
        wanted = naming(read, policy(step.policy))
        in_part = step.share is not None and replace(wanted, staged=digest, share=step.share)
        stores.table.move(read, in_part or wanted.moved_to(digest, change), change)

    def _order(self, step: Order) -> None:
        """What the commands of people on call do, by people's clients: they record it, and `enforce` does it."""
        self._orders += 1
        if record := ordered(step, self._orders, self._run.services.items(DECISIONS)):
            self._people.decision_log().command(record)

    def finish(self) -> None:
        """Whatever waits, delivered in full until nothing does."""
        for _ in range(MOST_ROUNDS):
            waiting = [route for route, mapping in self._mappings.items() if mapping.waiting]
            if not waiting:
                return
            for route in waiting:
                self.play(Deliver(route, self._mappings[route].waiting))
        left = {route: mapping.waiting for route, mapping in self._mappings.items() if mapping.waiting}
        self._run.broken.append(f"never done: {left}")

    def _together(self, step: Together) -> None:
        """All batches are taken before any is worked at."""
        work: list[tuple[Deliver | Sweep, Sequence[Any]]] = []
        busy: dict[Route, frozenset[str]] = defaultdict(frozenset)
        for each in step.invocations:
            if isinstance(each, Sweep):
                work.append((each, ()))
            elif batch := self._mappings[each.route].take(each, busy[each.route]):
                work.append((each, batch))
                busy[each.route] |= frozenset() if each.again else frozenset(map(receipt, batch))
        outcomes = self._worked(work, step.turns)
        self._run.invocations += len(work)
        for (each, batch), outcome in zip(work, outcomes, strict=True):
            if isinstance(each, Deliver):
                self._mappings[each.route].settle(batch, outcome, each)
        for process in self._processes:
            if process.is_dead:
                process.start(self._run.script, self._builders)

    def _worked(self, work: Sequence[tuple[Deliver | Sweep, Sequence[Any]]], turns: str) -> list[Outcome]:
        """How each ended; what is alone needs no turns."""
        if len(work) == 1:
            return [self._processes[0].invoke(*work[0])]
        taken = Turns(turns)
        outcomes: dict[int, Outcome] = {}

        def lane(number: int) -> None:
            outcomes[number] = self._processes[number].invoke(*work[number], taken)

        taken.run(len(work), lane)
        return [outcomes[number] for number in range(len(work))]

    def _outbox(self, shard: int) -> list[Any]:
        """The decisions that ask for action, as the mapping's filter lets them through; one decision, one shard."""
        return [
            change
            for change in self._run.services.changes()
            if change["eventName"] == "INSERT"
            and "S" in change["dynamodb"]["NewImage"].get("outbox", {})
            and crc32(change["dynamodb"]["NewImage"]["decision_id"]["S"].encode()) % len(OUTBOX) == shard
        ]
