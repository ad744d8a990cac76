"""What is remembered for ever: of each value of a field, the earliest signal that had it.

A fact is the head of that signal's element (see `layout`) and eight bytes for the value: the mark of an entity, the
number of a month, or a hash; zero where only the earliest signal of all is kept. Of two facts about one value, apart
for echoes, the earlier one stands: a summary is a set union too, to which what is dominated need not be added.
"""

from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b
from typing import Any

from shared.features.elements import CAUSED, EVENT, FLAGS, HEAD, MOMENT, VERSION, Element, time_of
from shared.signals.amounts import Amount

VALUE = slice(HEAD, HEAD + 8)
SIZE = HEAD + 8
MONTHS = "months"
"""Stands for the field in the name of a family that has the earliest signal of each calendar month."""
NO_VALUE = bytes(8)
ABOUT = slice(HEAD - 1, SIZE)
"""The flags and the value: what two facts are about."""


class Facts:
    """The layout of facts about `field`, for what reads tiles."""

    def __init__(self, field: str = "") -> None:
        self._field = field

    def is_readable(self, element: bytes) -> bool:
        """Whether this version wrote the fact."""
        return len(element) == SIZE and element[0] == VERSION

    def unpack(self, fact: bytes) -> Element | None:
        """The fact, its value under the name of the field: a month as text, all else as eight bytes."""
        if not self.is_readable(fact):
            return None
        value: Any = fact[VALUE]
        if self._field == MONTHS:
            year, month = divmod(int.from_bytes(value, "big"), 12)
            value = f"{year}-{month + 1:02}"
        fields = {self._field: value} if self._field else {}
        return Element(time_of(fact), fact[EVENT], bool(fact[FLAGS] & CAUSED), fields)


FACTS = Facts()


def marked(value: Any) -> bytes:
    """Eight bytes that stand for a value as timelines keep it; equal for equal values of one field."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, float):
        value += 0.0  # Zero has two signs, and they are equal.
    text = f"{value.minor} {value.currency}" if isinstance(value, Amount) else str(value)
    return blake2b(text.encode(), digest_size=8).digest()


def month_of(moment: datetime) -> bytes:
    """A calendar month in UTC: months since the year 0."""
    return (moment.year * 12 + moment.month - 1).to_bytes(8, "big")


def undominated(elements: Iterable[bytes], stored: Iterable[bytes]) -> set[bytes]:
    """The facts that must still be written: those about which none, given or stored, is as early or earlier."""
    earliest: dict[bytes, bytes] = {}
    for fact in filter(FACTS.is_readable, stored):
        moment = fact[MOMENT]
        earliest[fact[ABOUT]] = min(moment, earliest.get(fact[ABOUT], moment))
    standing = set()
    for fact in sorted(elements):
        if (known := earliest.get(fact[ABOUT])) is None or fact[MOMENT] < known:
            earliest[fact[ABOUT]] = fact[MOMENT]
            standing.add(fact)
    return standing
