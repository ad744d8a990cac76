"""Where a dead letter's payloads go when they are given another chance, and the mark that keeps them from acting."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Mark = Literal["observe", "act"]
"""`observe`: remember and decide, but act on nothing; `act`: as if it came for the first time."""

EXTENSION = "sluiceredrive"


class CannotRedriveError(Exception):
    """The letter stays where it is; says why, and what to do instead."""


@dataclass(frozen=True, slots=True)
class ToStream:
    """Back to a Kinesis stream."""

    name: str
    partition_key: str

    def __str__(self) -> str:
        return f"stream {self.name}"


@dataclass(frozen=True, slots=True)
class ToQueue:
    """Back to an SQS queue."""

    name: str

    def __str__(self) -> str:
        return f"queue {self.name}"


@dataclass(frozen=True, slots=True)
class ToFunction:
    """Straight to a function: nobody but DynamoDB can write to a table's stream."""

    name: str

    def __str__(self) -> str:
        return f"function {self.name}"


Destination = ToStream | ToQueue | ToFunction


@dataclass(frozen=True, slots=True)
class Delivery:
    """One payload on its way back.

    A `signal` carries the mark. An `action` acts by its nature. What is `unreadable` goes back as it is: it can act on
    nothing, as evaluation will refuse it, by the same reading, and keep it with its reason.
    """

    payload: bytes
    to: Destination
    content: Literal["signal", "action", "unreadable"] = "signal"

    def marked(self, mark: Mark) -> bytes:
        """The payload as it is sent; raises `CannotRedriveError` when it cannot be, or must not without `act`."""
        match self.content:
            case "signal":
                return marked(self.payload, mark)
            case "action" if mark == "observe":
                raise CannotRedriveError(f"it holds actions for the {self.to}; giving them again acts: add --act")
            case _:
                return self.payload


def marked(payload: bytes, mark: Mark) -> bytes:
    """The signal with its mark. The rest stays as it came: not even a number is written in another way."""
    document = json_object(payload)
    if document is None:
        raise CannotRedriveError(
            "its payload is not a JSON object, so it can neither be marked nor become a signal: "
            "have its producer send it again"
        )
    if EXTENSION in document:
        rest = {key: value for key, value in document.items() if key != EXTENSION}
        return json.dumps({EXTENSION: mark, **rest}, separators=(",", ":")).encode()
    rest_of_text = _text(payload).lstrip()[1:]
    return f'{{"{EXTENSION}":"{mark}"{"," if document else ""}{rest_of_text}'.encode(errors="surrogatepass")


def json_object(payload: bytes) -> dict[str, Any] | None:
    """The payload as a JSON object, read exactly as signals are; None if it is none."""
    try:
        document = json.loads(_text(payload), object_pairs_hook=_without_duplicates, parse_constant=_refused)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _text(payload: bytes) -> str:
    return payload.decode(json.detect_encoding(payload), "surrogatepass")


def partition_key(payload: bytes, otherwise: str) -> str:
    """The signal's subject, which producers set as the partition key."""
    subject = (json_object(payload) or {}).get("subject")
    return subject if isinstance(subject, str) and 0 < len(subject) <= LONGEST_KEY else otherwise


LONGEST_KEY = 256
"""Kinesis takes no longer partition key."""


def destination_of(arn: str, key: str) -> Destination:
    """The stream, queue or function that an ARN names; raises `CannotRedriveError` for anything else."""
    match arn.split(":"):
        case [_, _, "kinesis", _, _, resource]:
            return ToStream(resource.removeprefix("stream/"), key)
        case [_, _, "sqs", _, _, name]:
            return ToQueue(name)
        case [_, _, "lambda", _, _, "function", name, *_]:
            return ToFunction(name)
    raise CannotRedriveError(f"{arn or 'its position'} names no stream, queue or function of ours")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return document


def _refused(text: str) -> float:
    raise ValueError(f"{text} is not JSON")
