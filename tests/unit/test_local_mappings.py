"""Event source mappings and their filters, as read from a template."""

import base64
import json
from typing import Any

import pytest

from infra.local.filters import wanted
from infra.local.mappings import EventSourceMapping, MappingError

pytestmark = pytest.mark.unit

STREAM = "arn:aws:kinesis:us-east-1:123456789012:stream/s"


def mapping(**properties: Any) -> EventSourceMapping:
    return EventSourceMapping.from_template(
        "Mapping", {"FunctionName": "f", "EventSourceArn": STREAM, "MaximumRetryAttempts": 1, **properties}
    )


def test_defaults_are_lambdas() -> None:
    """What the template leaves out is what Lambda would take."""
    read = mapping()
    assert (read.batch_size, read.bisects, read.reports_item_failures, read.max_age) == (
        100,
        False,
        False,
        float("inf"),
    )
    assert read.on_failure_arn is None


def test_a_function_may_be_named_by_its_arn() -> None:
    """The mapping's function is known by name, whichever way the template puts it."""
    assert mapping(FunctionName="arn:aws:lambda:us-east-1:123456789012:function:f").function == "f"


@pytest.mark.parametrize("given", [True, "true", "True"])
def test_booleans_may_come_back_as_strings(given: object) -> None:
    """A true that moto turned into a string is still true, and so is a false still false."""
    assert mapping(BisectBatchOnFunctionError=given).bisects
    assert not mapping(BisectBatchOnFunctionError="false").bisects


def test_endless_retries_are_refused() -> None:
    """A stream mapping without a bound would block its shard for ever, so that it is an error."""
    with pytest.raises(MappingError, match="set MaximumRetryAttempts"):
        mapping(MaximumRetryAttempts=-1)


def test_other_sources_are_refused() -> None:
    """A source that is not polled here is an error that names those that are."""
    with pytest.raises(MappingError, match="kinesis, dynamodb and sqs"):
        mapping(EventSourceArn="arn:aws:kafka:us-east-1:123456789012:cluster/c")


def kinesis_record(data: bytes) -> dict[str, Any]:
    return {"kinesis": {"partitionKey": "k", "data": base64.b64encode(data).decode()}, "eventSource": "aws:kinesis"}


@pytest.mark.parametrize(
    ("data", "expected"), [(b'{"type": "a"}', True), (b'{"type": "b"}', False), (b"not JSON", False), (b"\xff", False)]
)
def test_kinesis_filters_look_into_the_data(data: bytes, expected: bool) -> None:
    """A pattern on `data` sees the decoded JSON, and what is not JSON never matches."""
    assert wanted(kinesis_record(data), ({"data": {"type": ["a"]}},)) is expected


def test_any_of_several_filters_is_enough() -> None:
    """Filters are alternatives, and no filter wants everything."""
    record = {"body": json.dumps({"n": 2})}
    assert wanted(record, ({"body": {"n": [1]}}, {"body": {"n": [2]}}))
    assert not wanted(record, ({"body": {"n": [1]}},))
    assert wanted(record, ())
