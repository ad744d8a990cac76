"""Lanes that ask the guardrails at once, on the stub: call by call in a given order, and dying where a test says."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import boto3
from aws_lambda_powertools import Logger

from shared.decisions import Controls, Proposal, Verdict, Weighed, weigh
from shared.features import Plan, Timelines
from shared.policy import Policy
from shared.runtime.guarding import Guarding
from shared.runtime.tally import Tally
from shared.signals import Signal
from shared.stores.guards import Guards
from tests.faults.turns import Turns
from tests.support.aws import PSEUDONYMS
from tests.support.backends import to_stub
from tests.support.faults import Call, Crash, CrashAfter, CrashBefore, Fault, Wire

Settled = dict[str, tuple[Verdict, ...]]
"""By decision, the verdicts on it."""
MOST_DEATHS = 20


class Lanes:
    """Clients of one stub, made once: that is what costs time. Runs are told apart by their tables."""

    def __init__(self, number: int) -> None:
        connect = to_stub()
        self._tables = count(1)
        self._log = Logger(service="lanes", level="CRITICAL")
        self._wires = [Wire() for _ in range(number)]
        self._clients = [self._connected(connect, wire) for wire in self._wires]
        self._calm = connect(boto3.Session(), "dynamodb")

    def fresh(self) -> "Run":
        """Guardrails that nobody has asked yet."""
        name = f"guards-{next(self._tables)}"
        keys = [("part", "HASH"), ("item", "RANGE")]
        self._calm.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
            BillingMode="PAY_PER_REQUEST",
        )
        guardings = [Guarding(Guards(client, name), self._log) for client in self._clients]
        return Run(self._wires, guardings, Guards(self._calm, name))

    @staticmethod
    def _connected(connect: Any, wire: Wire) -> Any:
        session = boto3.Session()
        session.events.register("before-call", wire.before_call)
        session.events.register("after-call", wire.after_call)
        return connect(session, "dynamodb")


class Run:
    """One run of some lanes against guardrails of its own; `guards` is how the test looks at them."""

    def __init__(self, wires: Sequence[Wire], guardings: Sequence[Guarding], guards: Guards) -> None:
        self._wires = wires
        self._guardings = guardings
        self.guards = guards
        self.tally = Tally()
        self.deaths = 0
        self.calls = 0

    def settle(
        self,
        lanes: Sequence[Sequence[Sequence[Proposal]]],
        turns: str = "",
        dying: Mapping[int, set[int]] | None = None,
    ) -> Settled:
        """The verdicts of all batches of all lanes, whose calls take `turns`.

        `dying` has the numbers of the calls at which each lane dies, by turns before it is carried out and after; it
        then lives again, and its batch comes again.
        """
        order, found = Turns(turns), [Settled() for _ in lanes]
        for number, wire in enumerate(self._wires[: len(lanes)]):
            wire.calm()
            wire.strike = _Taking(order, number, (dying or {}).get(number, set()))
        order.run(len(lanes), lambda number: self._work(number, lanes[number], found[number]))
        self.calls += sum(len(wire.calls) for wire in self._wires[: len(lanes)])
        return {decision: verdicts for each in found for decision, verdicts in each.items()}

    def _work(self, number: int, batches: Sequence[Sequence[Proposal]], found: Settled) -> None:
        for batch in batches:
            for _ in range(MOST_DEATHS):
                try:
                    found.update(self._guardings[number].verdicts(batch, self.tally))
                except Crash:
                    self.deaths += 1
                    self._wires[number].revive()
                else:
                    break


class _Taking:
    """Waits for the lane's turn at each call, and has it die at some."""

    def __init__(self, order: Turns, lane: int, deaths: set[int]) -> None:
        self._order = order
        self._lane = lane
        self._deaths = deaths

    def __call__(self, call: Call) -> Fault | None:
        self._order.wait(self._lane)
        if call.number not in self._deaths:
            return None
        return CrashAfter() if call.number % 2 else CrashBefore()


def weighed(signals: Sequence[Signal], policy: Policy) -> list[Weighed]:
    """What a policy says of signals that remember nothing."""
    plan = Plan(policy.features.values())
    past = Timelines(plan, {}, 500)
    return [weigh(signal, past, plan, policy, PSEUDONYMS) for signal in signals]


def proposed(judged: Sequence[Weighed], controls: Controls | None = None) -> list[Proposal]:
    """What follows from that, if the guardrails let it."""
    return [each.proposal(controls or Controls()) for each in judged]
