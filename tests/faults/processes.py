"""Processes in which our functions run: they start, are struck at their calls, die, and are started again."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import blake2b
from typing import Any

from shared.runtime.arrivals import Arrival
from shared.runtime.enforcement import Enforcement
from shared.runtime.evaluation import Evaluation
from shared.runtime.expiry import Expiry
from shared.runtime.tally import Tally
from shared.stores import StoreUnavailable
from shared.stores.failures import INFRASTRUCTURE
from tests.faults.calls import Call, Reply
from tests.faults.faults import Death, Fault
from tests.faults.mappings import Outcome, Record, receipt
from tests.faults.policies import policy
from tests.faults.script import FEEDBACK, OUTBOX, Deliver, Script, Sweep
from tests.faults.services import DECISIONS, TIMELINES, Services
from tests.faults.turns import Turns
from tests.faults.wire import Wire
from tests.faults.world import world_of
from tests.support.aws import Clock, World
from tests.support.signals import moment

ANSWER = 0.005
"""Seconds that a service takes to answer."""
OK = 200
NONE = Fault()
"""Nothing happens to a call."""


@dataclass(frozen=True)
class Builders:
    """How a process makes what it runs: as the composition roots do, unless a test plants a bug.

    `evaluation` is for all functions that judge; each gets its own, with what it knows of policies.
    """

    evaluation: Callable[[World, Clock, Script], Evaluation] = lambda world, clock, script: world.evaluation(
        world.live_policies(partial(policy, "before"), clock), cap=script.cap
    )
    enforcement: Callable[[World, Clock, Script], Enforcement] = lambda world, *_: world.enforcement()
    expiry: Callable[[World, Clock, Script], Expiry] = lambda world, *_: world.expiry()


@dataclass(frozen=True)
class Judging:
    """Of the invocation that wrote a decision: its batch, how many changes of the decisions table came before it, and
    the timelines' items as they were at its first look at them and at the last one before it wrote."""

    batch: Sequence[Arrival]
    before: int
    first: Sequence[Mapping[str, Any]] | None = None
    last: Sequence[Mapping[str, Any]] = ()


@dataclass
class Happened:
    """What happened in a run, call by call, and what went wrong at once."""

    trace: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    """By kind, those that struck a call."""
    most_calls: dict[str, Counter[str]] = field(
        default_factory=lambda: {name: Counter() for name in ("evaluate", "feedback", "enforce", "expire")}
    )
    """By function and operation, the most calls of one invocation."""
    judged: dict[str, Judging] = field(default_factory=dict)
    """By the decision that came of it."""
    broken: list[str] = field(default_factory=list)
    """Errors of our own code, which no fault may cause, and records that are never done."""


class Process:
    """One environment of our functions: one invocation at a time, in which some calls are struck."""

    def __init__(self, wire: Wire, services: Services, clock: Clock, happened: Happened, number: int) -> None:
        self._wire = wire
        self._services = services
        self._clock = clock
        self._happened = happened
        self._number = number

    def start(self, script: Script, builders: Builders) -> None:
        """As Lambda starts one: nothing is known from before."""
        world = world_of(self._wire)
        self._dead = ""
        self._wire.connect(self._answer, script.attempts, self.elapse)
        self._evaluation = builders.evaluation(world, self._clock, script)
        self._feedback = builders.evaluation(world, self._clock, script)
        self._enforcement = builders.enforcement(world, self._clock, script)
        self._expiry = builders.expiry(world, self._clock, script)

    @property
    def is_dead(self) -> bool:
        return bool(self._dead)

    def invoke(self, step: Deliver | Sweep, batch: Sequence[Record], turns: Turns | None = None) -> Outcome:
        """One invocation, to its end or to the death of the process."""
        self._step, self._turns, self._counts = step, turns, Counter[str]()
        self._judging = Judging(batch, len(self._services.changes()))
        self._until = self._clock.seconds + step.seconds
        whole = Outcome(frozenset(map(receipt, batch)), as_a_whole=True)
        try:
            return Outcome(frozenset(self._handled(batch)))
        except (*INFRASTRUCTURE, StoreUnavailable, Death):
            return whole
        except Exception as error:  # noqa: BLE001  (whatever else comes out of our code is what this looks for)
            self._happened.broken.append(f"broken: {type(error).__name__}: {error}")
            return whole
        finally:
            self._happened.most_calls[self._function] |= self._counts

    @property
    def _function(self) -> str:
        if isinstance(self._step, Sweep):
            return "expire"
        return {FEEDBACK: "feedback", **dict.fromkeys(OUTBOX, "enforce")}.get(self._step.route, "evaluate")

    def _handled(self, batch: Sequence[Any]) -> list[str]:
        if isinstance(self._step, Sweep):
            self._expiry.run(moment(self._step.at), Tally(), lambda: True)
            return []
        if self._function == "enforce":
            return self._enforcement.run(batch, Tally())
        if self._function == "feedback":
            return self._feedback.run(batch, ordered=False)[0]
        return self._evaluation.run(batch, ordered=self._step.route != "queue")[0]

    def _answer(self, call: Call) -> Reply:
        """Where the network would begin."""
        if self._dead:
            raise Death(self._dead)
        if self._turns:
            self._turns.wait(self._number)
        self._counts[call.operation] += 1
        fault = self._fault(call)
        try:
            reply = fault.around(call, self._carried_out, self)
        except BaseException as error:
            self._note(call, type(error).__name__, fault)
            self._dead = str(error) if isinstance(error, Death) else ""
            raise
        self._note(call, f"{reply.status} {blake2b(reply.body, digest_size=4).hexdigest()}", fault)
        return reply

    def _note(self, call: Call, outcome: str, fault: Fault) -> None:
        words = f"{self._number} {self._function} {call.operation} {call.about} {outcome}"
        if fault is not NONE:
            words += f" {fault!r}"
            self._happened.faults[fault.kind] += 1
        self._happened.trace.append(words)

    def _fault(self, call: Call) -> Fault:
        count = self._counts[call.operation]
        struck = (each.fault for each in self._step.strikes if each.hits(call.operation, count))
        return next((fault for fault in struck if fault.applies(call)), NONE)

    def _carried_out(self, call: Call) -> Reply:
        reply = self._services.answer(call, self._step.at if isinstance(self._step, Sweep) else self._clock.seconds)
        self._notice(call, reply)
        self.elapse(ANSWER)
        return reply

    def _notice(self, call: Call, reply: Reply) -> None:
        """What expectations about decisions must know of how they came about."""
        if call.operation == "BatchGetItem" and TIMELINES in call.json["RequestItems"]:
            items = self._services.tables.items(TIMELINES)
            first = items if self._judging.first is None else self._judging.first
            self._judging = replace(self._judging, first=first, last=items)
        if call.operation == "PutItem" and reply.status == OK and call.about == DECISIONS:
            self._happened.judged[call.json["Item"]["decision_id"]["S"]] = self._judging

    def elapse(self, seconds: float) -> None:
        """Time passes; past the invocation's time-out Lambda ends the process."""
        self._clock.seconds += seconds
        if self._clock.seconds > self._until:
            self._dead = "past its time-out"
            raise Death(self._dead)
