"""Signals as producers send them, made from the golden examples."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import shared.signals
from shared.runtime.arrivals import Arrival, from_kinesis, from_sqs
from shared.signals import CATALOGUE, Signal, parse
from shared.signals.times import stamp

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
STREAM_ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/sluice-dev-signals"
QUEUE_ARN = "arn:aws:sqs:us-east-1:123456789012:sluice-dev-signals"
EXAMPLES = Path(shared.signals.__file__).parent / "examples"


@cache
def _example(name: str) -> str:
    return (EXAMPLES / f"{name}.json").read_text(encoding="utf-8")


def moment(seconds: float) -> datetime:
    """A moment, counted from noon."""
    return NOON + timedelta(seconds=seconds)


def event(name: str, signal_id: str, at: float = 0, extensions: dict[str, Any] | None = None, **data: Any) -> Any:
    """The golden example of a type, with another id, time (seconds after noon) and some other data; None drops."""
    made = json.loads(_example(name))
    made |= {"id": signal_id, "source": "shop", "time": stamp(moment(at)), **(extensions or {})}
    given = made["data"] | data
    made["data"] = {key: value for key, value in given.items() if value is not None}
    field = CATALOGUE[name].roles[CATALOGUE[name].actor]
    if field.name in made["data"] and field.role:
        kind = "" if field.role.kind == "*" else f"{field.role.kind}:"
        made["subject"] = f"{kind}{made['data'][field.name]}"
    return made


def payload(document: Any) -> bytes:
    """Bytes as they are; everything else as JSON."""
    return document if isinstance(document, bytes) else json.dumps(document).encode()


def signal(document: Any, received: float = 60) -> Signal:
    """A parsed signal, received some seconds after noon."""
    return parse(payload(document), moment(received))


def kinesis_record(number: int, document: Any, received: float = 60, *, data: str | None = None) -> dict[str, Any]:
    """A record of a Kinesis event; `data` overrules the base64 text."""
    subject = document.get("subject", "nobody") if isinstance(document, dict) else "nobody"
    return {
        "eventID": f"shardId-000000000000:{number}",
        "eventSourceARN": STREAM_ARN,
        "kinesis": {
            "sequenceNumber": str(number),
            "partitionKey": subject,
            "data": b64encode(payload(document)).decode() if data is None else data,
            "approximateArrivalTimestamp": moment(received).timestamp(),
        },
    }


def sqs_record(number: int, document: Any, received: float = 60) -> dict[str, Any]:
    """A message of an SQS event."""
    return {
        "messageId": f"message-{number}",
        "receiptHandle": f"handle-{number}",
        "eventSourceARN": QUEUE_ARN,
        "body": payload(document).decode(errors="surrogateescape"),
        "attributes": {"SentTimestamp": str(int(moment(received).timestamp() * 1000))},
    }


def streamed(documents: list[Any], first: int = 1) -> list[Arrival]:
    """Arrivals of a stream, numbered, one second apart."""
    return [from_kinesis(kinesis_record(first + i, each, 60 + first + i)) for i, each in enumerate(documents)]


def queued(documents: list[Any], first: int = 1) -> list[Arrival]:
    """Arrivals of a queue, numbered, one second apart."""
    return [from_sqs(sqs_record(first + i, each, 60 + first + i)) for i, each in enumerate(documents)]
