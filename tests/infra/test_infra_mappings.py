"""Every event source mapping: nothing is lost, nothing is tried for ever."""

import json
import re

import pytest

pytestmark = [pytest.mark.infra, pytest.mark.xdist_group("template")]

DAY = 24 * 60 * 60


def mapping_of(template, name):
    """The one mapping of a function, and the resource that it reads."""
    function, _ = template.named("Lambda::Function", "FunctionName", name)
    (found,) = [
        one
        for one in template.all("Lambda::EventSourceMapping").values()
        if template.referred(one["FunctionName"]) == function
    ]
    return found, template.resource(template.referred(found["EventSourceArn"]))


@pytest.fixture(params=["evaluate-stream", "evaluate-queue", "record-feedback", "enforce"])
def mapping(request, template):
    """Each mapping with what it reads."""
    return mapping_of(template, request.param)


@pytest.fixture(params=["evaluate-stream", "enforce"])
def stream_mapping(request, template):
    """Each mapping that reads a stream, with the stream (or the table that has it)."""
    return mapping_of(template, request.param)


def test_a_mapping_reports_partial_failures(mapping):
    """One record that fails does not have its neighbours tried again."""
    assert mapping[0]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_mapping_has_somewhere_for_failures_to_go(mapping):
    """Streams fail to the bucket of dead letters, queues to their own dead-letter queue."""
    found, source = mapping
    if source["Type"] == "AWS::SQS::Queue":
        assert "RedrivePolicy" in source["Properties"]
    else:
        assert found["DestinationConfig"]["OnFailure"]["Destination"]


def test_a_mapping_stays_within_the_limits_of_the_service(mapping):
    """A batch above ten messages of a queue needs a window, and no window is longer than five minutes."""
    found, source = mapping
    assert 0 <= found["MaximumBatchingWindowInSeconds"] <= 300
    if source["Type"] == "AWS::SQS::Queue" and found["BatchSize"] > 10:
        assert found["MaximumBatchingWindowInSeconds"] >= 1


def test_a_stream_is_read_from_its_beginning_with_bounded_patience(stream_mapping):
    """A batch that fails is cut in two, tried a bounded number of times, and given up on at a bounded age."""
    found, _ = stream_mapping
    assert found["StartingPosition"] == "TRIM_HORIZON"
    assert found["BisectBatchOnFunctionError"] is True
    assert 1 <= found["MaximumRetryAttempts"] <= 100
    assert 1 <= found["ParallelizationFactor"] <= 10


def test_a_record_is_given_up_on_before_its_stream_forgets_it(stream_mapping):
    """What is too old goes to the dead letters while it can still be read."""
    found, source = stream_mapping
    kept = source["Properties"].get("RetentionPeriodHours", 24) * 3600
    assert kept - DAY < found["MaximumRecordAgeInSeconds"] < kept


def test_a_function_may_put_what_its_stream_mapping_gives_up_on(template):
    """The role, not the mapping, is what writes to the bucket of dead letters."""
    bucket = template.referred(template.body["Outputs"]["DeadLettersBucket"]["Value"])
    for mapping in template.all("Lambda::EventSourceMapping").values():
        if "DestinationConfig" in mapping:
            assert template.referred(mapping["DestinationConfig"]["OnFailure"]["Destination"]) == bucket
            function = template.resource(template.referred(mapping["FunctionName"]))["Properties"]
            statements = json.dumps(template.statements(template.referred(function["Role"])))
            assert re.search(rf'"{bucket}", "Arn"\]}}, "/aws/lambda/\*"', statements)


def test_only_new_records_that_ask_for_action_reach_enforce(template):
    """The outbox is what was inserted with a string `outbox`."""
    (filters,) = [
        mapping["FilterCriteria"]["Filters"]
        for mapping in template.all("Lambda::EventSourceMapping").values()
        if "FilterCriteria" in mapping
    ]
    assert [json.loads(one["Pattern"]) for one in filters] == [
        {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"outbox": {"S": [{"exists": True}]}}}}
    ]
