"""What is published reaches the queue of who must act, the log, and the archive."""

import json

import pytest
from moto.events.models import EventPattern

from shared.restrictions import CAPABILITIES, COMMANDS
from shared.restrictions.events import DATA as KNOWN

pytestmark = [pytest.mark.infra, pytest.mark.xdist_group("template")]

EVENTS = [
    *(("RestrictionPlaced", {"capability": one}, f"act-{one}") for one in CAPABILITIES),
    *(("RestrictionChanged", {"capability": one}, f"act-{one}") for one in CAPABILITIES),
    *(("RestrictionReleased", {"capability": one}, f"act-{one}") for one in CAPABILITIES),
    *(("CommandIssued", {"command": one}, f"act-{one}") for one in COMMANDS),
    ("FrictionRequired", {"ask": "step_up"}, "friction"),
    ("FrictionWithdrawn", {"ask": "step_up"}, "friction"),
    ("ReviewRequested", {}, "reviews"),
    ("DecisionMade", {"signal_type": "payout.requested", "disposition": "deny"}, "decisions"),
    ("ActionParked", {}, "parked"),
    ("GuardrailTripped", {"guardrail": "brake"}, "guardrails"),
]


def rules(template):
    """The rules on the bus by their logical id; schedules are on the default bus."""
    return {name: rule for name, rule in template.all("Events::Rule").items() if "EventPattern" in rule}


def test_every_event_that_there_is_has_a_queue():
    """A detail type that nobody routed would be seen in the log alone."""
    assert {detail_type for detail_type, _, _ in EVENTS} == set(KNOWN)


@pytest.mark.parametrize(("detail_type", "data", "queue"), EVENTS)
def test_an_event_goes_to_the_log_and_to_the_one_queue_of_who_must_act(template, detail_type, data, queue):
    """Each capability and each command has a queue of its own."""
    event = {"source": "sluice", "detail-type": detail_type, "detail": {"metadata": {}, "data": data}}
    matching = [
        rule
        for rule in rules(template).values()
        if EventPattern.load(json.dumps(rule["EventPattern"])).matches_event(event)
    ]
    names = {rule["Name"].removeprefix(f"sluice-{template.stage}-"): rule for rule in matching}
    assert set(names) == {queue, "log"}
    (target,) = names[queue]["Targets"]
    assert template.referred(target["Arn"]) == template.named("SQS::Queue", "QueueName", queue)[0]
    dead_letters, _ = template.named("SQS::Queue", "QueueName", f"{queue}-dlq")
    assert template.referred(target["DeadLetterConfig"]["Arn"]) == dead_letters


def test_the_word_that_a_thing_may_pass_is_neither_logged_nor_archived(template):
    """It is nearly all there is: whoever holds the thing gets it, and people find it in the decisions table."""
    data = {"signal_type": "payout.requested", "disposition": "allow"}
    event = {"source": "sluice", "detail-type": "DecisionMade", "detail": {"metadata": {}, "data": data}}
    assert [
        rule["Name"]
        for rule in rules(template).values()
        if EventPattern.load(json.dumps(rule["EventPattern"])).matches_event(event)
    ] == [f"sluice-{template.stage}-decisions"]


def test_an_event_that_nobody_knows_yet_is_logged(template):
    """Of a newer version of the code; it is not lost to people."""
    event = {"source": "sluice", "detail-type": "SomethingNew", "detail": {"metadata": {}, "data": {}}}
    assert [
        rule["Name"]
        for rule in rules(template).values()
        if EventPattern.load(json.dumps(rule["EventPattern"])).matches_event(event)
    ] == [f"sluice-{template.stage}-log"]


def test_events_of_others_go_nowhere(template):
    """A service that puts its own events on our bus does not trigger controls."""
    event = {"source": "shop", "detail-type": "RestrictionPlaced", "detail": {"data": {"capability": "buy"}}}
    for rule in rules(template).values():
        assert not EventPattern.load(json.dumps(rule["EventPattern"])).matches_event(event)


def test_every_rule_is_on_our_bus_with_bounded_patience_and_dead_letters(template):
    """What cannot be delivered within a day is a dead letter of the queue that it was meant for."""
    (bus,) = template.all("Events::EventBus")
    for rule in rules(template).values():
        assert template.referred(rule["EventBusName"]) == bus
        (target,) = rule["Targets"]
        assert target["DeadLetterConfig"]["Arn"]
        assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 86_400


def test_a_queue_takes_events_from_its_own_rule_alone(template):
    """No other rule of the account can put an action into a queue, nor any other service."""
    rules = template.all("Events::Rule")
    for policy in template.all("SQS::QueuePolicy").values():
        (queue,) = [template.referred(one) for one in policy["Queues"]]
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                assert statement["Principal"] == {"Service": "events.amazonaws.com"}
                assert statement["Action"] == "sqs:SendMessage"
                source = template.referred(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
                (target,) = rules[source]["Targets"]
                fed = [target["DeadLetterConfig"]["Arn"]]
                fed += [target["Arn"]] if "Fn::GetAtt" in target["Arn"] else []
                assert queue in [template.referred(arn) for arn in fed]


def test_the_archive_keeps_what_the_log_has(template):
    """Actions can be replayed to a service that lost them; the word that a thing may pass means nothing by then."""
    (archive,) = template.all("Events::Archive").values()
    (bus,) = template.all("Events::EventBus")
    assert template.referred(archive["SourceArn"]) == bus
    (log,) = (rule for rule in rules(template).values() if rule["Name"] == f"sluice-{template.stage}-log")
    assert archive["EventPattern"] == log["EventPattern"]
    assert archive["RetentionDays"] >= 7


def test_eventbridge_may_write_the_action_log(template):
    """The log group's policy names both principals under which EventBridge delivers."""
    (policy,) = template.all("Logs::ResourcePolicy").values()
    text = json.dumps(policy["PolicyDocument"])
    assert "events.amazonaws.com" in text
    assert "delivery.logs.amazonaws.com" in text
