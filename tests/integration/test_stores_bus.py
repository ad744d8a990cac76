"""The bus: what leaves, in which form, and what EventBridge did not take."""

import json
from dataclasses import replace

import pytest

from shared.restrictions import Action, Applied
from shared.stores import Bus, Event
from shared.stores.bus import MOST_BYTES, NOT_VALID, OVERSIZE
from tests.support.aws import World
from tests.support.bus_examples import delivered
from tests.support.faults import EntryRefused, on
from tests.support.signals import moment

pytestmark = pytest.mark.integration

LIMIT = {"none": True}
ENDS = "2026-11-21T12:00:00.000Z"
STATE = {"steps": [{"limit": LIMIT, "until": ENDS}], "since": "2026-11-20T12:00:00.000Z"}


def event(number: int, reason: str = "because") -> Event:
    details = {"capability": "buy", "limit": LIMIT, "expires_at": ENDS, "version": "12345678"}
    action = Action(
        "restrict", f"action-{number}", "user:u_1", "rule:a", moment(0), reason, "phishing", moment(60), details
    )
    return Event(Applied("RestrictionPlaced", action, action.action_id, "buy", number, "d" * 32, STATE), "signal-1")


def of_size(size: int, number: int = 1) -> Event:
    """An event whose entry is so many bytes large; a letter more is a byte more."""
    counted = [14, "sluice", "RestrictionPlaced", json.dumps(event(number, "").detail(), separators=(",", ":"))]
    return event(number, "x" * (size - sum(each if isinstance(each, int) else len(each) for each in counted)))


def test_an_event_arrives_where_a_rule_sends_it_in_the_documented_form(cloud: World) -> None:
    """A rule that matches on what consumers match on gets source, detail-type, metadata and data."""
    calm = cloud.aws.calm
    queue = calm["sqs"].create_queue(QueueName=f"{cloud.name}-buy")["QueueUrl"]
    pattern = {"source": ["sluice"], "detail-type": ["RestrictionPlaced"], "detail": {"data": {"capability": ["buy"]}}}
    calm["events"].put_rule(Name="buy", EventBusName=cloud.bus, EventPattern=json.dumps(pattern))
    target = {"Id": "queue", "Arn": f"arn:aws:sqs:us-east-1:123456789012:{cloud.name}-buy"}
    calm["events"].put_targets(Rule="buy", EventBusName=cloud.bus, Targets=[target])

    assert Bus(cloud.aws.struck["events"], cloud.bus).publish([event(3)]) == [None]

    (arrived,) = cloud.messages(queue)
    assert arrived["time"] == "2026-11-20T12:00:00Z"
    assert arrived["detail"] == delivered(event(3))["detail"]
    assert arrived["detail"]["metadata"] == {
        "action_id": "action-3",
        "sequence": 3,
        "cause": "rule:a",
        "decision_id": "d" * 32,
        "occurred_at": "2026-11-20T12:00:00.000Z",
        "stale_after": "2026-11-20T12:01:00.000Z",
        "schema_version": "1.1",
        "correlation_id": "signal-1",
    }


def test_events_leave_ten_a_call_and_each_has_its_own_outcome(cloud: World) -> None:
    """Of 25 events in three calls, the third of the second call is refused: outcome 12, and no other."""
    cloud.wire.strike = on("PutEvents", EntryRefused(2), first=2, times=1)

    outcomes = Bus(cloud.aws.struck["events"], cloud.bus).publish([event(number) for number in range(1, 26)])

    assert [place for place, refusal in enumerate(outcomes) if refusal] == [12]
    assert outcomes[12] == "InternalException"
    assert len(cloud.wire.calls) == 3
    assert {detail["metadata"]["sequence"] for _, detail in cloud.events()} == set(range(1, 26)) - {13}


def test_an_event_just_within_what_eventbridge_takes_leaves_whole(cloud: World) -> None:
    """Nothing of it is cut off."""
    largest = of_size(MOST_BYTES)

    assert Bus(cloud.aws.struck["events"], cloud.bus).publish([largest]) == [None]

    ((_, detail),) = cloud.events()
    assert detail == largest.detail()


def test_an_event_over_what_eventbridge_takes_is_refused_by_name_and_takes_no_other_with_it(cloud: World) -> None:
    """One byte too many: its outcome says so, and what stands beside it in the batch leaves."""
    events = [event(1), of_size(MOST_BYTES + 1, 2), event(3)]

    outcomes = Bus(cloud.aws.struck["events"], cloud.bus).publish(events)

    assert [outcomes[0], outcomes[2]] == [None, None]
    assert outcomes[1] == f"{OVERSIZE}: 262144 bytes, EventBridge takes 262143"
    assert [detail["metadata"]["sequence"] for _, detail in cloud.events()] == [1, 3]


def test_large_events_share_a_call_only_as_far_as_eventbridge_takes_it(cloud: World) -> None:
    """Of five events of 100 KB no more than two go together, and all arrive, in their order."""
    events = [of_size(100_000, number) for number in range(1, 6)]

    assert Bus(cloud.aws.struck["events"], cloud.bus).publish(events) == [None] * 5

    assert len(cloud.wire.calls) == 3
    assert [detail["metadata"]["sequence"] for _, detail in cloud.events()] == [1, 2, 3, 4, 5]


def test_the_size_is_that_of_the_bytes_and_not_of_the_letters(cloud: World) -> None:
    """A reason in another script counts as it is written on the wire."""
    wide = replace(event(1).applied.action, reason="ж" * (MOST_BYTES // 4))

    (outcome,) = Bus(cloud.aws.struck["events"], cloud.bus).publish(
        [Event(replace(event(1).applied, action=wide), "signal-1")]
    )

    assert str(outcome).startswith(OVERSIZE)
    assert cloud.wire.calls == []


def test_what_does_not_keep_the_contract_is_refused_by_name_and_takes_no_other_with_it(cloud: World) -> None:
    """A state without any step, and one with an unknown limit: their outcomes say where, and what is sound leaves."""
    strange = {"steps": [{"limit": {"mood": 1}, "until": ENDS}], "since": ENDS}
    states = [STATE, {"steps": []}, strange]
    events = [Event(replace(event(1).applied, state=state), "signal-1") for state in states]

    outcomes = Bus(cloud.aws.struck["events"], cloud.bus).publish(events)

    assert outcomes[0] is None
    assert outcomes[1] == f"{NOT_VALID}: IndexError: list index out of range"
    assert str(outcomes[2]).startswith(f"{NOT_VALID}: ")
    assert "mood" in str(outcomes[2])
    assert len(cloud.events()) == 1


def test_nothing_to_publish_calls_nothing(cloud: World) -> None:
    """PutEvents refuses an empty list; it is never given one."""
    assert Bus(cloud.aws.struck["events"], cloud.bus).publish([]) == []
    assert cloud.wire.calls == []
