"""The load: simulated signals as producers send them, and the events in which Lambda hands them over."""

import base64
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from infra.local.simulation import Settings, simulate
from shared.signals.times import from_epoch

SEED = 7
EXAMPLES = Path(__file__).resolve().parents[2] / "shared" / "signals" / "examples"
ON_ITS_WAY = 1.5
"""Seconds from a signal's own time to its arrival."""


class Sent(NamedTuple):
    """One signal as bytes, its type, and when it arrived."""

    name: str
    subject: str
    payload: bytes
    received_at: datetime


def simulated(signals: int) -> list[Sent]:
    """About so many signals of the marketplace, in order of time."""
    return [sent(step.event, step.at) for step in simulate(Settings(seed=SEED, signals=signals))]


def sent(event: dict[str, Any], at: float) -> Sent:
    """One event, that happened `at` seconds since 1970, on its way."""
    name = event["type"].removesuffix(".v1")
    payload = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
    return Sent(name, event["subject"], payload, from_epoch(at + ON_ITS_WAY))


def example(name: str, number: int = 0) -> Sent:
    """The golden example of a signal type, under an id of its own for each number."""
    event = json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    at = datetime.fromisoformat(event["time"]).timestamp()
    return sent({**event, "id": f"{event['id']}-{number}"}, at)


def examples(name: str, copies: int) -> list[Sent]:
    """So many signals that differ in their ids alone."""
    return [example(name, number) for number in range(copies)]


def batches(signals: Sequence[Sent], size: int) -> Iterator[Sequence[Sent]]:
    """The signals in portions, as one lane of a stream gives them."""
    return (signals[start : start + size] for start in range(0, len(signals), size))


def kinesis_event(batch: Sequence[Sent]) -> dict[str, Any]:
    """The invocation of a function that reads a stream."""
    return {"Records": [_kinesis_record(signal) for signal in batch]}


def sqs_event(batch: Sequence[Sent], queue: str) -> dict[str, Any]:
    """The invocation of a function that reads a queue."""
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": f"receipt-{number}",
                "body": signal.payload.decode(),
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": str(int(signal.received_at.timestamp() * 1000)),
                },
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:{queue}",
                "awsRegion": "us-east-1",
            }
            for number, signal in enumerate(batch)
        ]
    }


_SEQUENCE = count(49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898)


def _kinesis_record(signal: Sent) -> dict[str, Any]:
    sequence = str(next(_SEQUENCE))
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": signal.subject,
            "sequenceNumber": sequence,
            "data": base64.b64encode(signal.payload).decode(),
            "approximateArrivalTimestamp": signal.received_at.timestamp(),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{sequence}",
        "eventName": "aws:kinesis:record",
        "awsRegion": "us-east-1",
        "eventSourceARN": "arn:aws:kinesis:us-east-1:123456789012:stream/sluice-dev-signals",
    }
