"""The three kinds of dead letter, read into one shape that people can list, look at and redrive."""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from shared.signals.times import from_epoch
from shared.stores.redrive import CannotRedriveError, Delivery, ToQueue, destination_of, json_object, partition_key

Kind = Literal["invalid", "given_up", "queue"]
"""Signals that can never be judged; batches that Lambda gave up on; messages that their queue gave up on."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One dead letter, whole. `content` is what is kept; `receipt` is by what a queue's message can be deleted."""

    letter_id: str
    kind: Kind
    kept_at: datetime
    origin: str
    reason: str
    content: Mapping[str, Any]
    receipt: str = ""


def read_object(key: str, kept_at: datetime, body: bytes) -> DeadLetter:
    """A letter that lies in the bucket: a refused signal, or a batch that Lambda gave up on."""
    kept = json_object(body) or {"unreadable": body.decode(errors="replace")}
    if key.startswith("invalid/"):
        problems = "; ".join(map(str, kept.get("problems", [])))
        reason = f"{kept.get('reason', 'unreadable')}: {problems}" if problems else str(kept.get("reason"))
        return DeadLetter(key, "invalid", kept_at, _name(_arn(kept)), reason, kept)
    context = _part(kept, "requestContext")
    source = _part(kept, "KinesisBatchInfo") or _part(kept, "DDBStreamBatchInfo")
    reason = f"{context.get('condition', 'unreadable')} after {context.get('approximateInvokeCount', '?')} tries"
    error = _part(kept, "responseContext").get("functionError")
    return DeadLetter(
        key,
        "given_up",
        kept_at,
        _name(str(source.get("streamArn", ""))),
        f"{reason}{f', the function failed: {error}' if error else ''}; {source.get('batchSize', '?')} records",
        kept,
    )


def read_message(queue: str, message: Mapping[str, Any]) -> DeadLetter:
    """A letter that lies in a dead-letter queue."""
    noted = {name: value.get("StringValue", "") for name, value in message.get("MessageAttributes", {}).items()}
    tries = message["Attributes"].get("ApproximateReceiveCount", "?")
    undelivered = f"EventBridge could not deliver it: {noted.get('ERROR_CODE')} {noted.get('ERROR_MESSAGE', '')}"
    return DeadLetter(
        f"sqs/{queue}/{message['MessageId']}",
        "queue",
        from_epoch(int(message["Attributes"]["SentTimestamp"]) / 1000),
        queue,
        undelivered.strip() if "ERROR_CODE" in noted else f"its consumer failed every time; received {tries} times",
        {"message_id": message["MessageId"], "attributes": noted, "body": message["Body"]},
        message["ReceiptHandle"],
    )


def payload_of(letter: DeadLetter) -> bytes:
    """A refused signal's, or a message's, bytes as they came."""
    kept = letter.content
    if "payload_base64" in kept:
        return b64decode(kept["payload_base64"])
    return str(kept.get("payload", kept.get("body", ""))).encode(errors="surrogatepass")


def records_of(letter: DeadLetter) -> list[Mapping[str, Any]]:
    """The records of a batch that Lambda gave up on; raises `CannotRedriveError` when they are not in the letter."""
    payload = letter.content.get("payload")
    event = json.loads(payload) if isinstance(payload, str) else payload
    records: list[Mapping[str, Any]] | None = event.get("Records") if isinstance(event, dict) else None
    if not records:
        raise CannotRedriveError("it does not hold the records, only where they were: look at the stream itself")
    return records


def object_deliveries(letter: DeadLetter) -> Iterator[Delivery]:
    """What goes back of a letter that lies in the bucket; raises `CannotRedriveError`."""
    if letter.kind == "invalid":
        payload = payload_of(letter)
        yield Delivery(payload, destination_of(_arn(letter.content), partition_key(payload, letter.letter_id[-64:])))
        return
    records = records_of(letter)
    if all("dynamodb" in record for record in records):
        function = str(_part(letter.content, "requestContext").get("functionArn", ""))
        yield Delivery(json.dumps({"Records": records}).encode(), destination_of(function, ""), "action")
        return
    for record in records:
        payload = b64decode(record["kinesis"]["data"])
        key = partition_key(payload, record["kinesis"]["partitionKey"])
        content: Literal["signal", "unreadable"] = "unreadable" if json_object(payload) is None else "signal"
        yield Delivery(payload, destination_of(record["eventSourceARN"], key), content)


def message_delivery(letter: DeadLetter, source: str, *, signals: bool) -> Delivery:
    """What goes back to the queue `source` that gave the message up; `signals` tells whether it is read by us."""
    return Delivery(payload_of(letter), ToQueue(source), "signal" if signals else "action")


def _arn(kept: Mapping[str, Any]) -> str:
    """Of a position, `<ARN of the source> <where in it>`."""
    return str(kept.get("position", "")).partition(" ")[0]


def _name(arn: str) -> str:
    """`stream/sluice-dev-signals` of the stream's ARN, `table/sluice-dev-decisions` of a table's stream's."""
    return arn.split(":", maxsplit=5)[-1].partition("/stream/")[0]


def _part(kept: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = kept.get(name)
    return part if isinstance(part, dict) else {}
