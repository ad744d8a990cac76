"""What all elements begin with, in layout version 3, which is told in `layout`.

    offset  size  content
    0       1     layout version
    1       6     event time, milliseconds since 1970, big-endian
    7       8     event: the first 8 bytes of the decision id
    15      1     flags; bit 0: one of our own actions caused the signal (law 8); bit 1: a model on trial gave it

So the elements of a tile, sorted as bytes, are in order of `(time, event)`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

VERSION = 3
CAUSED, CHALLENGER = 1, 2
LACKING = bytes((VERSION,))
"""Stands in a tile to say that others were turned away from it, though it is not, or not any more, full. It begins as
elements do, so that no other hand is thought to have been there."""
HEAD = 16
EVENT, FLAGS = slice(7, 15), 15
MOMENT = slice(1, 15)
"""Time and event."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Element:
    """One remembered signal: when (ms since 1970), which (event hash), its fields by visible name (absent is None).

    Texts are as `kept` gives them, entities are keyed marks. `link` is the name of the entity that a link leads to.
    """

    time_ms: int
    event: bytes
    caused: bool
    fields: Mapping[str, Any]
    link: str | None = None


def head(time_ms: int, event: bytes, flags: int) -> bytes:
    """The first 16 bytes of an element."""
    return bytes((VERSION,)) + time_ms.to_bytes(6, "big") + event + bytes((flags,))


def bound(time_ms: int) -> bytes:
    """What sorts before every element from that time on, and after every earlier one."""
    return bytes((VERSION,)) + time_ms.to_bytes(6, "big")


def time_of(element: bytes) -> int:
    """Milliseconds since 1970."""
    return int.from_bytes(element[1:7], "big")


def milliseconds(moment: datetime) -> int:
    """A moment in whole milliseconds since 1970: signals are no older than 1971, and windows than 90 days."""
    return (moment - _EPOCH) // _MILLISECOND


def moment_of(time_ms: int) -> datetime:
    """The moment, in UTC, of so many milliseconds since 1970."""
    return _EPOCH + time_ms * _MILLISECOND


LATEST = milliseconds(datetime.max.replace(tzinfo=UTC))
"""The last moment that there is: an element with a later one is by another hand, and in nobody's window."""


def event_hash(decision_id: str) -> bytes:
    """Eight bytes that stand for a signal inside elements."""
    return bytes.fromhex(decision_id[:16])
