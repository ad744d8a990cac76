"""Arrivals while history is replayed."""

import base64
import json
from typing import Any

import pytest

from infra.local.arrivals import as_it_happened, as_received, at_its_own_time

pytestmark = pytest.mark.unit

THEN, NOW = 1_000_000.0, 1_700_000_000.0


def kinesis(payload: bytes) -> dict[str, Any]:
    return {"kinesis": {"data": base64.b64encode(payload).decode(), "approximateArrivalTimestamp": NOW}}


def sqs(payload: str) -> dict[str, Any]:
    return {"eventSource": "aws:sqs", "body": payload, "attributes": {"SentTimestamp": str(int(NOW * 1000))}}


def signal(time: str) -> str:
    return json.dumps({"time": time})


def test_history_arrives_when_it_happened() -> None:
    """A record of the stream and a message of a queue each get the time in their signal."""
    assert (
        as_it_happened(kinesis(signal("1970-01-12T13:46:40Z").encode()))["kinesis"]["approximateArrivalTimestamp"]
        == THEN
    )
    assert as_it_happened(sqs(signal("1970-01-12T15:46:40.250+02:00")))["attributes"]["SentTimestamp"] == "1000000250"


@pytest.mark.parametrize(
    "payload", ["no json", "[]", "{}", signal("soon"), signal("1970-01-12T13:46:40"), signal("2100-01-01T00:00:00Z")]
)
def test_what_has_no_past_time_arrives_now(payload: str) -> None:
    """Without a readable time of its own, or with one that lies ahead, a record keeps its service's stamp."""
    for record in (kinesis(payload.encode()), sqs(payload)):
        assert as_it_happened(record) == record


def test_changes_of_a_table_keep_their_time() -> None:
    """Only what brings signals is stamped anew."""
    record = {"eventSource": "aws:dynamodb", "dynamodb": {"ApproximateCreationDateTime": NOW}}
    assert as_it_happened(record) == record
    assert at_its_own_time(record) == record


def test_where_time_is_let_pass_signals_arrive_at_their_own_time_ahead_too() -> None:
    """The real time says nothing of them; it stands where they tell no time."""
    ahead = signal("2100-01-01T00:00:00Z")
    assert at_its_own_time(sqs(ahead))["attributes"]["SentTimestamp"] == "4102444800000"
    assert at_its_own_time(kinesis(ahead.encode()))["kinesis"]["approximateArrivalTimestamp"] == 4_102_444_800
    for record in (kinesis(b"no json"), sqs("[]")):
        assert at_its_own_time(record) == record


def test_otherwise_nothing_is_stamped() -> None:
    """Live signals arrive when they arrive."""
    record = kinesis(signal("1970-01-12T13:46:40Z").encode())
    assert as_received(record) is record
