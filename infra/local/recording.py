"""What can be replayed: signals in the order in which they come, and what is known to be true of them, kept apart."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TextIO

from infra.local.datasets import MAPPINGS, Mapped, MappingError
from shared.signals import FEEDBACK, decision_id_of, type_name

Door = Literal["stream", "signals queue", "feedback queue"]
NOBODY = "nobody"
"""The partition key of what names no subject: it is refused anyway, but somewhere it must go."""
THROUGH_THE_QUEUE = frozenset({"message.sent"})
"""Messages come through the queue, everything else through the stream, so that a replay uses each door."""

TRUTH_FILE = "truth.jsonl"


class RecordingError(Exception):
    """The file cannot be replayed; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One signal as it is sent: its bytes, the door, the partition key.

    `decision_id` is the one that its decision will have, and `at` its own time in seconds since 1970; both are None
    where the bytes do not tell.
    """

    payload: bytes
    door: Door = "stream"
    key: str = NOBODY
    decision_id: str | None = None
    at: float | None = None


@dataclass
class Recording:
    """Signals to replay. `labels` tells by decision id whether the signal was abusive; it fills up on the way.

    `total` is how many there are, when that is known beforehand. `truth` is the file of a simulation's truth.
    """

    parcels: Iterator[Parcel]
    total: int | None = None
    labels: dict[str, bool] = field(default_factory=dict)
    meaning: str = ""
    truth: Path | None = None


def open_recording(path: Path, mapping: str | None = None, limit: int | None = None) -> Recording:
    """Read JSON lines of signals, or a CSV through a named mapping; either may be gzipped.

    `limit` takes the first lines, or rows, alone. A simulation's truth is found beside its signals.
    """
    if not path.is_file():
        raise RecordingError(f"{path} is no file")
    is_csv = ".csv" in path.suffixes
    if is_csv and mapping is None:
        raise RecordingError(f"{path.name} is a CSV: say how to read it, --as {' or --as '.join(MAPPINGS)}")
    if mapping is None:
        total = sum(1 for _ in islice(_lines(path), limit))
        beside = path.with_name(TRUTH_FILE)
        parcels = (parcel_of(line) for line in islice(_lines(path), limit))
        return Recording(parcels, total, truth=beside if beside.is_file() else None)
    if mapping not in MAPPINGS:
        raise RecordingError(f"there is no mapping {mapping!r}; there are {' and '.join(MAPPINGS)}")
    recording = Recording(iter(()), meaning=MAPPINGS[mapping].meaning)
    recording.parcels = _mapped(path, mapping, limit, recording.labels)
    return recording


def parcel_of(line: bytes) -> Parcel:
    """How one line is sent. A line that is no signal is sent too: refusing it, with a reason, is the system's work."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return Parcel(line)
    return _addressed(event, line) if isinstance(event, dict) else Parcel(line)


def _addressed(event: Mapping[str, Any], payload: bytes) -> Parcel:
    source, signal_id, subject = (event.get(name) for name in ("source", "id", "subject"))
    return Parcel(
        payload,
        _door(str(event.get("type", ""))),
        subject if isinstance(subject, str) and subject else NOBODY,
        decision_id_of(source, signal_id) if isinstance(source, str) and isinstance(signal_id, str) else None,
        _seconds(event.get("time")),
    )


def _door(wire_type: str) -> Door:
    name = type_name(wire_type)
    if name in FEEDBACK:
        return "feedback queue"
    return "signals queue" if name in THROUGH_THE_QUEUE else "stream"


def _seconds(time: Any) -> float | None:
    try:
        return datetime.fromisoformat(time).timestamp()
    except (ValueError, TypeError):
        return None


def _lines(path: Path) -> Iterator[bytes]:
    """The lines that are not blank, without their ends."""
    with _readable(path), gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
        yield from (line.rstrip(b"\r\n") for line in lines if line.strip())


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """What keeps a file from being read, in one sentence."""
    try:
        yield
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise RecordingError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _mapped(path: Path, mapping: str, limit: int | None, labels: dict[str, bool]) -> Iterator[Parcel]:
    with _readable(path), _text(path) as lines:
        try:
            for mapped in MAPPINGS[mapping].read(lines, limit):
                parcel = _addressed(mapped.event, json.dumps(mapped.event, separators=(",", ":")).encode())
                _label(labels, mapped, parcel)
                yield parcel
        except MappingError as error:
            raise RecordingError(f"{path.name} is not what --as {mapping} reads: {error}") from error


def _label(labels: dict[str, bool], mapped: Mapped, parcel: Parcel) -> None:
    if mapped.abusive is not None and parcel.decision_id is not None:
        labels[parcel.decision_id] = mapped.abusive


def _text(path: Path) -> TextIO:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


def in_portions(parcels: Iterable[Parcel], most: int, seconds: float) -> Iterator[list[Parcel]]:
    """Consecutive parcels that happened within `seconds` of the first one, `most` at most."""
    portion: list[Parcel] = []
    ends = 0.0
    for parcel in parcels:
        if portion and (len(portion) >= most or (parcel.at is not None and parcel.at > ends)):
            yield portion
            portion = []
        if not portion:
            ends = (parcel.at or 0.0) + seconds
        portion.append(parcel)
    if portion:
        yield portion
