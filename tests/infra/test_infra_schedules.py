"""What runs by the clock: called soon, by nobody else, and noticed when it is not."""

import re

import pytest

pytestmark = [pytest.mark.infra, pytest.mark.xdist_group("template")]


@pytest.fixture
def schedule(template):
    """The one rule that goes by the clock: its logical id and its properties."""
    (found,) = [item for item in template.all("Events::Rule").items() if "ScheduleExpression" in item[1]]
    return found


@pytest.fixture
def called(template):
    """The function that it calls: its logical id and its properties."""
    return template.named("Lambda::Function", "FunctionName", "expire-restrictions")


def test_what_ends_is_looked_for_every_minute(schedule, called):
    """On the default bus, where alone there are schedules."""
    _, rule = schedule
    assert rule["ScheduleExpression"] == "rate(1 minute)"
    assert "EventBusName" not in rule
    assert [one["Arn"] for one in rule["Targets"]] == [{"Fn::GetAtt": [called[0], "Arn"]}]


def test_only_the_schedule_may_call_the_function(template, schedule, called):
    """Not any rule of the account, and nobody else's."""
    (permission,) = template.all("Lambda::Permission").values()
    assert template.referred(permission["FunctionName"]) == called[0]
    assert permission["Principal"] == "events.amazonaws.com"
    assert template.referred(permission["SourceArn"]) == schedule[0]


def test_a_call_has_ended_before_the_next_one(called):
    """Two at once would do the same work, and only cost."""
    assert called[1]["Timeout"] < 60


def test_a_call_that_could_not_be_made_is_put_aside_soon(template, schedule):
    """Its queue takes it from this rule alone; the next call does all that it should have done."""
    _, rule = schedule
    (target,) = rule["Targets"]
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 3_600
    queue = template.referred(target["DeadLetterConfig"]["Arn"])
    (allowed,) = [
        statement
        for policy in template.all("SQS::QueuePolicy").values()
        if queue in [template.referred(one) for one in policy["Queues"]]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    assert template.referred(allowed["Condition"]["ArnEquals"]["aws:SourceArn"]) == schedule[0]


def test_a_failed_call_is_not_made_again(template, called):
    """Lambda would do so for hours, beside the calls of later minutes."""
    (config,) = template.all("Lambda::EventInvokeConfig").values()
    assert template.referred(config["FunctionName"]) == called[0]
    assert config["MaximumRetryAttempts"] == 0
    assert config["MaximumEventAgeInSeconds"] <= 3_600


def test_somebody_is_told_when_it_is_not_called(template, called):
    """No data is the very trouble here, other than with all other alarms."""
    (alarm,) = [
        one
        for one in template.all("CloudWatch::Alarm").values()
        if one["MetricName"] == "Invocations" and {"Ref": called[0]} in [each["Value"] for each in one["Dimensions"]]
    ]
    assert alarm["ComparisonOperator"] == "LessThanThreshold"
    assert alarm["TreatMissingData"] == "breaching"
    assert re.search("not called", alarm["AlarmDescription"])
