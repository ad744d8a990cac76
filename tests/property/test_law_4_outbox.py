"""Law 4, outbox: no action without a recorded cause; every recorded action leaves, numbered once."""

import json
from collections import defaultdict
from itertools import repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.aws import Aws
from tests.support.faults import CrashAfter, CrashBefore, EntryRefused, Fault, Lost, Refused, Unreachable
from tests.support.lambdas import deliver_stream, enforce, evaluate_stream, sizes
from tests.support.signals import event, streamed
from tests.support.two_policies import first, second

pytestmark = pytest.mark.property

FEW = settings(max_examples=settings.default.max_examples // 4)
USERS, CARD = ["u_1", "u_2"], "card_11111111"
faults = st.sampled_from(
    [CrashBefore(), CrashAfter(), Lost(), Unreachable(), Refused(), Refused("InternalFailure", 500), EntryRefused(0)]
)
histories = st.lists(
    st.tuples(st.sampled_from(USERS), st.sampled_from(["declined", "attempted", "attempted"])), max_size=12
)


@FEW
@given(
    histories,
    st.booleans(),
    st.dictionaries(st.integers(1, 60), faults, max_size=12),
    st.lists(st.integers(1, 4), max_size=9),
)
def test_every_recorded_action_leaves_and_nothing_else_does(
    aws: Aws, history: list[tuple[str, str]], other: bool, struck: dict[int, Fault], cuts: list[int]
) -> None:
    """Whatever fails on the way: the events are the recorded actions, each under one sequence, none left out."""
    world = aws.fresh()
    policy = second() if other else first()
    documents = [
        event(f"payment.{kind}", f"s{number}", number, buyer_id=user, card_fingerprint=CARD)
        for number, (user, kind) in enumerate(history)
    ]
    deliver_stream(repeat(evaluate_stream(world.evaluation(policy))), streamed(documents), sizes(), world.wire)
    world.wire.calm()
    world.wire.strike = lambda call: _fitting(struck.get(call.number), call.operation)

    deliver_stream(repeat(enforce(world.enforcement())), world.outbox(), sizes(*cuts), world.wire)

    recorded = {
        action["action_id"]: (action, decision_id)
        for decision_id, record in world.state().decisions.items()
        for action in json.loads(record.get("actions", "[]"))
    }
    published = world.state().events
    assert published.keys() == recorded.keys()
    numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
    for action_id, events in published.items():
        ((_, text),) = events
        event_ = json.loads(text)
        action, decision_id = recorded[action_id]
        assert event_["metadata"]["decision_id"] == decision_id
        assert event_["data"].items() >= action["details"].items()
        if action["kind"] != "decision":
            numbers[action["entity"], _lane(action)].append(event_["metadata"]["sequence"])
    assert all(sorted(each) == list(range(1, len(each) + 1)) for each in numbers.values())


def _fitting(fault: Fault | None, operation: str) -> Fault | None:
    """An entry can only be refused where entries are put."""
    return None if isinstance(fault, EntryRefused) and operation != "PutEvents" else fault


def _lane(action: dict[str, Any]) -> str:
    details = action["details"]
    return str(details.get("capability") or details.get("command") or details.get("ask") or action["kind"])
