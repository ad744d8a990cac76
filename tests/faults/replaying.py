"""A script, run: the real handlers' work, in processes that die and come back, over services that forget nothing."""

from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import blake2b
from typing import Any
from zlib import crc32

from shared.runtime.arrivals import Arrival, from_kinesis, from_sqs
from shared.signals import Signal, parse
from tests.faults.mappings import Mapping, Outcome, Queue, Stream, receipt
from tests.faults.people import ordered
from tests.faults.policies import TEXTS, policy
from tests.faults.processes import Builders, Happened, Process
from tests.faults.script import OUTBOX, Deliver, Order, Publish, Route, Script, Sent, Step, Sweep, Together
from tests.faults.services import DECISIONS, Services
from tests.faults.turns import Turns
from tests.faults.wire import Wire
from tests.faults.world import world_of
from tests.support.aws import Clock, a_change
from tests.support.signals import kinesis_record, moment, sqs_record

FIRST_RECEIVED = 60
"""Seconds after noon at which the first record arrives; the others follow, one a second."""
MOST_ROUNDS = 60
AS_BUILT = Builders()
"""Our own code as it stands."""


@dataclass(kw_only=True)
class Run(Happened):
    """What one run left behind."""

    script: Script
    services: Services = field(default_factory=Services)
    invocations: int = 0

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
    if route == "queue":
        return [from_sqs(sqs_record(at, each.payload(), at)) for at, each in received]
    return [from_kinesis(kinesis_record(at, each.payload(), at)) for at, each in received]


def sent_signals(script: Script) -> list[Signal]:
    """The valid signals, parsed, one for each time that it was sent."""
    return [
        parse(each.payload(), moment(FIRST_RECEIVED + place))
        for place, each in enumerate(script.arrivals)
        if isinstance(each, Sent)
    ]


@cache
def _wires() -> tuple[Wire, ...]:
    """The ways to AWS of two processes, and of people."""
    return Wire(), Wire(), Wire()


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
        self._mappings: dict[Route, Mapping] = {
            "shard 0": Stream(lambda: shard_0),
            "shard 1": Stream(lambda: shard_1),
            "queue": Queue(arrivals(run.script, "queue")),
            "outbox 0": Stream(lambda: self._outbox(0)),
            "outbox 1": Stream(lambda: self._outbox(1)),
        }
        shard_0, shard_1 = arrivals(run.script, "shard 0"), arrivals(run.script, "shard 1")

    def play(self, step: Step) -> None:
        if isinstance(step, Deliver):
            self._deliver(step)
        elif isinstance(step, Together):
            self._together(step)
        elif isinstance(step, Publish):
            self._publish(step)
        elif isinstance(step, Order):
            self._order(step)
        elif isinstance(step, Sweep):
            self._run.invocations += 1
            self._processes[0].invoke(step, ())
            self._bury()
        else:
            self._clock.seconds += step.seconds

    def _publish(self, step: Publish) -> None:
        """What `sluice policy publish` does, by people's clients."""
        stores, digest = self._people.policy_stores(), policy(step.policy).digest
        stores.sources.keep(digest, {"policy.yaml": TEXTS[step.policy]})
        read, change = stores.table.pointer(), a_change("publish", digest)
        in_part = step.share is not None and replace(read, staged=digest, share=step.share)
        stores.table.move(read, in_part or read.moved_to(digest, change), change)

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
                self._deliver(Deliver(route, self._mappings[route].waiting))
        left = {route: mapping.waiting for route, mapping in self._mappings.items() if mapping.waiting}
        self._run.broken.append(f"never done: {left}")

    def _deliver(self, step: Deliver) -> None:
        mapping = self._mappings[step.route]
        if batch := mapping.take(step):
            self._run.invocations += 1
            mapping.settle(batch, self._processes[0].invoke(step, batch), step)
            self._bury()

    def _together(self, step: Together) -> None:
        """Both batches are taken before either is worked at."""
        one = self._mappings[step.first.route].take(step.first)
        same = step.first.route == step.second.route and not step.first.again
        two = self._mappings[step.second.route].take(step.second, frozenset(map(receipt, one if same else ())))
        work = [(each, batch) for each, batch in ((step.first, one), (step.second, two)) if batch]
        turns = Turns(step.turns)
        outcomes: dict[int, Outcome] = {}

        def lane(number: int) -> None:
            outcomes[number] = self._processes[number].invoke(*work[number], turns)

        turns.run(len(work), lane)
        self._run.invocations += len(work)
        for number, (each, batch) in enumerate(work):
            self._mappings[each.route].settle(batch, outcomes[number], each)
        self._bury()

    def _bury(self) -> None:
        for process in self._processes:
            if process.is_dead:
                process.start(self._run.script, self._builders)

    def _outbox(self, shard: int) -> list[Any]:
        """The decisions that ask for action, as the mapping's filter lets them through; one decision, one shard."""
        return [
            change
            for change in self._run.services.changes()
            if change["eventName"] == "INSERT"
            and "S" in change["dynamodb"]["NewImage"].get("outbox", {})
            and crc32(change["dynamodb"]["NewImage"]["decision_id"]["S"].encode()) % len(OUTBOX) == shard
        ]
