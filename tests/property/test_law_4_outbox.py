"""Law 4, outbox: no action without a recorded cause; every recorded action leaves, numbered once."""

import json
from collections import defaultdict
from itertools import repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.restrictions import Account, Action, applied, event_id_of, outcomes
from shared.stores.records import actions_on_the_stream
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
def test_what_every_recorded_action_changes_is_told_and_nothing_else_is(
    aws: Aws, history: list[tuple[str, str]], other: bool, struck: dict[int, Fault], cuts: list[int]
) -> None:
    """Whatever fails on the way: the events are what the recorded actions change, numbered once, none left out."""
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

    told = {event_id: _told(events) for event_id, events in world.state().events.items()}
    assert told == _expected(world.outbox())


def _told(events: frozenset[tuple[str, str]]) -> tuple[str, str, str, int]:
    """What was published under one id: the same thing, however often."""
    ((kind, text),) = events
    event_ = json.loads(text)
    return kind, event_["metadata"]["decision_id"], event_["data"]["entity"], event_["metadata"]["sequence"]


def _expected(outbox: list[dict[str, Any]]) -> dict[str, tuple[str, str, str, int]]:
    """By the pure algebra: what each recorded action changes, in the order of the records, numbered by lane."""
    pages: dict[str, Account] = defaultdict(Account)
    sequences: dict[tuple[str, str], int] = defaultdict(int)
    expected = {}
    for record in outbox:
        image = record["dynamodb"]["NewImage"]
        decision_id = image["decision_id"]["S"]
        for action in map(Action.from_json, json.loads(actions_on_the_stream(image))):
            if action.kind == "decision":
                expected[action.action_id] = ("DecisionMade", decision_id, action.entity, 1)
                continue
            page = pages[action.entity]
            pages[action.entity] = applied(page, action, decision_id)
            for outcome in outcomes(page, pages[action.entity], action, decision_id):
                sequences[action.entity, outcome.lane] += 1
                number = sequences[action.entity, outcome.lane]
                expected[event_id_of(action, outcome)] = (outcome.detail_type, decision_id, action.entity, number)
    return expected


def _fitting(fault: Fault | None, operation: str) -> Fault | None:
    """An entry can only be refused where entries are put."""
    return None if isinstance(fault, EntryRefused) and operation != "PutEvents" else fault
