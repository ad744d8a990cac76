"""What came in: records of Kinesis and SQS, decoded to bytes with their position and time of arrival."""

import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.signals import InvalidSignal, Problem
from shared.signals.times import from_epoch


@dataclass(frozen=True, slots=True)
class Arrival:
    """One record.

    `receipt` is what a partial-batch response names it by, `position` where it stood for people, `received_at` the
    service's own time stamp: never a wall clock, so that a retry judges alike. `undecodable` holds the verdict for a
    record whose bytes could not even be read; `payload` is then what came.
    """

    receipt: str
    position: str
    payload: bytes
    received_at: datetime
    partition_key: str | None = None
    undecodable: InvalidSignal | None = None


def from_kinesis(record: Mapping[str, Any]) -> Arrival:
    """A record of a Kinesis event."""
    data = record["kinesis"]
    sequence = data["sequenceNumber"]
    payload, undecodable = _decoded(data["data"])
    return Arrival(
        sequence,
        f"{record['eventSourceARN']} {record['eventID']}",
        payload,
        from_epoch(data["approximateArrivalTimestamp"]),
        data["partitionKey"],
        undecodable,
    )


def from_sqs(record: Mapping[str, Any]) -> Arrival:
    """A message of an SQS event."""
    return Arrival(
        record["messageId"],
        f"{record['eventSourceARN']} {record['messageId']}",
        record["body"].encode(errors="surrogatepass"),
        from_epoch(int(record["attributes"]["SentTimestamp"]) / 1000),
    )


def _decoded(text: str) -> tuple[bytes, InvalidSignal | None]:
    try:
        return binascii.a2b_base64(text, strict_mode=True), None
    except (binascii.Error, ValueError) as error:
        return text.encode(errors="replace"), InvalidSignal("not_base64", Problem("data", str(error)))
