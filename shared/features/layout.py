"""The bytes of a timeline's element, layout version 2.

    offset  size  content
    0       1     layout version
    1       1     flags; bit 0: one of our own actions caused the signal (law 8)
    2       6     event time, milliseconds since 1970, big-endian
    8       8     event hash: the first 8 bytes of the decision id
    16      n     presence bitmap of the remembered fields, bit i of byte i // 8
    16 + n  …     the fields in the order of the signal model, each with a fixed width:
                  entity 8 (keyed hash) · text 16 (see `kept`) · money 8 + 3 (minor units, currency)
                  choice, boolean 1 (index) · integer 8 (signed) · number 8 (IEEE 754)

Version 1 kept texts, too, under the key, so that no policy could compare them; it was never deployed.
The bytes depend on the signal and this version alone (the key of the hashes belongs to the version), so that adding
the same signal to a set twice changes nothing. Choices are packed by index: a model may only append to them.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

from shared.signals import CATALOGUE, FieldSpec, Pseudonyms, Signal, SignalSpec
from shared.signals.amounts import Amount

VERSION = 2
CAUSED = 1
TEXT = 16
"""Bytes of a text: enough for most names of countries, categories, models and versions."""
_FORMATS = {
    "entity": "8s",
    "text": f"{TEXT}s",
    "money": "q3s",
    "choice": "B",
    "boolean": "B",
    "integer": "q",
    "number": "d",
}
_NOTHING: Mapping[str, tuple[Any, ...]] = {
    "entity": (b"",),
    "text": (b"",),
    "money": (0, b""),
    "choice": (0,),
    "boolean": (0,),
    "integer": (0,),
    "number": (0.0,),
}


@dataclass(frozen=True, slots=True)
class Element:
    """One remembered signal: when (ms since 1970), which (event hash), its fields by visible name (absent is None).

    Texts are as `kept` gives them, entities are keyed marks.
    """

    time_ms: int
    event: bytes
    caused: bool
    fields: Mapping[str, Any]


class Layout:
    """Packs and unpacks the elements of one signal type."""

    def __init__(self, spec: SignalSpec) -> None:
        self._spec = spec
        self._fields = spec.remembered
        self._bitmap = (len(self._fields) + 7) // 8

    @classmethod
    def of(cls, signal_name: str) -> "Layout":
        """The layout of a signal type; built once."""
        if signal_name not in _LAYOUTS:
            _LAYOUTS[signal_name] = cls(CATALOGUE[signal_name])
        return _LAYOUTS[signal_name]

    @cached_property
    def _struct(self) -> struct.Struct:
        widths = "".join(_FORMATS[field.type] for field in self._fields)
        return struct.Struct(f">BB6s8s{self._bitmap}s{widths}")

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return self._struct.size

    def pack(self, signal: Signal, entities: Mapping[str, str], pseudonyms: Pseudonyms) -> bytes:
        """The element of a signal, `size` bytes."""
        presence = 0
        packed: list[Any] = []
        for position, field in enumerate(self._fields):
            value = _value(field, signal, entities)
            if value is None:
                packed += _NOTHING[field.type]
            else:
                presence |= 1 << position
                packed += _packed(field, value, pseudonyms)
        return self._struct.pack(
            VERSION,
            CAUSED if signal.cause else 0,
            milliseconds(signal).to_bytes(6, "big"),
            event_hash(signal.decision_id),
            presence.to_bytes(self._bitmap, "little"),
            *packed,
        )

    def unpack(self, element: bytes) -> Element | None:
        """The element, or None where another layout version, or another hand, wrote it."""
        if len(element) != self._struct.size or element[0] != VERSION:
            return None
        _, flags, time, event, bitmap, *packed = self._struct.unpack(element)
        presence = int.from_bytes(bitmap, "little")
        fields: dict[str, Any] = {}
        values = iter(packed)
        for position, field in enumerate(self._fields):
            raw = (next(values), next(values)) if field.type == "money" else next(values)
            fields[field.visible_as] = _unpacked(field, raw) if presence >> position & 1 else None
        return Element(int.from_bytes(time, "big"), event, bool(flags & CAUSED), fields)


_LAYOUTS: dict[str, Layout] = {}


def milliseconds(signal: Signal) -> int:
    """The signal's own time in whole milliseconds since 1970; never below zero."""
    return max(0, int(signal.time.timestamp() * 1000))


def event_hash(decision_id: str) -> bytes:
    """Eight bytes that stand for a signal inside elements."""
    return bytes.fromhex(decision_id)[:8]


def kept(text: str) -> str:
    """A text as timelines keep it: as it is when it fits into 16 bytes, else `~` and 15 hex digits of its hash.

    So texts are equal when, and only when, what is kept of them is.
    """
    if len(text.encode()) <= TEXT and not text.startswith("~") and "\0" not in text:
        return text
    return f"~{blake2b(text.encode(), digest_size=8).hexdigest()[: TEXT - 1]}"


def _value(field: FieldSpec, signal: Signal, entities: Mapping[str, str]) -> Any:
    if field.type == "entity" and field.role:
        return entities.get(field.role.name)
    return getattr(signal.data, field.name)


def _packed(field: FieldSpec, value: Any, pseudonyms: Pseudonyms) -> tuple[Any, ...]:
    if field.type == "entity":
        return (pseudonyms.mark(value),)
    if field.type == "text":
        return (kept(value).encode(),)
    if field.type == "money":
        return (value.minor, value.currency.encode())
    return (field.choices.index(value) if field.type == "choice" else value,)


def _unpacked(field: FieldSpec, raw: Any) -> Any:
    if field.type == "money":
        return Amount(raw[0], raw[1].decode())
    if field.type == "text":
        return raw.rstrip(b"\0").decode(errors="replace")
    if field.type == "choice":
        return field.choices[raw] if raw < len(field.choices) else None
    return bool(raw) if field.type == "boolean" else raw
