"""When records arrive: now, or, while history is replayed, at the signal's own time, as if it came in when it happened.

Without this, rules would take every signal of an old file for one that is hopelessly late, and act on nothing.
"""

import base64
import json
from collections.abc import Callable
from datetime import datetime

from infra.local.events import Record

Arrivals = Callable[[Record], Record]


def as_received(record: Record) -> Record:
    """The record as its service stamped it."""
    return record


def as_it_happened(record: Record) -> Record:
    """The record with its arrival at the signal's own time; left as it is when that lies ahead, or cannot be read."""
    return _restamped(record, min)


def at_its_own_time(record: Record) -> Record:
    """The same also when that lies ahead: where time is let pass, the real time says nothing."""
    return _restamped(record, lambda _arrived, happened: happened)


def _restamped(record: Record, at: Callable[[float, float], float]) -> Record:
    """With the arrival that `at` makes of it and the signal's own time, both in seconds since 1970."""
    if "kinesis" in record:
        data = record["kinesis"]
        happened = _own_time(base64.b64decode(data["data"]))
        arrived = data["approximateArrivalTimestamp"]
        stamped = arrived if happened is None else at(arrived, happened)
        return {**record, "kinesis": {**data, "approximateArrivalTimestamp": stamped}}
    if record.get("eventSource") == "aws:sqs":
        attributes = record["attributes"]
        happened = _own_time(record["body"])
        sent = int(attributes["SentTimestamp"])
        milliseconds = sent if happened is None else round(at(sent / 1000, happened) * 1000)
        return {**record, "attributes": {**attributes, "SentTimestamp": str(milliseconds)}}
    return record


def _own_time(payload: bytes | str) -> float | None:
    """Seconds since 1970; None for what is no signal, which the functions will say better."""
    try:
        moment = datetime.fromisoformat(json.loads(payload)["time"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return moment.timestamp() if moment.tzinfo else None
