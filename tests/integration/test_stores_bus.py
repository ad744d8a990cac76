"""The bus: what leaves, in which form, and what EventBridge did not take."""

import json

import pytest

from shared.restrictions import Action
from shared.stores import Bus, Event
from tests.support.aws import World
from tests.support.faults import EntryRefused, on
from tests.support.signals import moment

pytestmark = pytest.mark.integration


def event(number: int) -> Event:
    details = {"capability": "buy", "allowed": 0, "expires_at": "2026-11-21T12:00:00.000Z"}
    action = Action(
        "restrict", f"action-{number}", "user:u_1", "rule:a", moment(0), "because", "phishing", moment(60), details
    )
    return Event(action, number, "d" * 32, "signal-1")


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
    assert arrived["detail"] == {
        "metadata": {
            "action_id": "action-3",
            "sequence": 3,
            "cause": "rule:a",
            "decision_id": "d" * 32,
            "occurred_at": "2026-11-20T12:00:00.000Z",
            "stale_after": "2026-11-20T12:01:00.000Z",
            "schema_version": "1",
            "correlation_id": "signal-1",
        },
        "data": {
            "entity": "user:u_1",
            "abuse": "phishing",
            "reason": "because",
            "capability": "buy",
            "allowed": 0,
            "expires_at": "2026-11-21T12:00:00.000Z",
        },
    }


def test_events_leave_ten_a_call_and_each_has_its_own_outcome(cloud: World) -> None:
    """Of 25 events in three calls, the third of the second call is refused: outcome 12, and no other."""
    cloud.wire.strike = on("PutEvents", EntryRefused(2), first=2, times=1)

    outcomes = Bus(cloud.aws.struck["events"], cloud.bus).publish([event(number) for number in range(25)])

    assert [place for place, refusal in enumerate(outcomes) if refusal] == [12]
    assert outcomes[12] == "InternalException"
    assert len(cloud.wire.calls) == 3
    assert {detail["metadata"]["sequence"] for _, detail in cloud.events()} == set(range(25)) - {12}


def test_nothing_to_publish_calls_nothing(cloud: World) -> None:
    """PutEvents refuses an empty list; it is never given one."""
    assert Bus(cloud.aws.struck["events"], cloud.bus).publish([]) == []
    assert cloud.wire.calls == []
