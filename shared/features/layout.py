"""The bytes of a timeline's element, layout version 3.

    offset  size  content
    0       16    head: version, time, event, flags (see `elements`)
    16      n     presence bitmap of the remembered fields, bit i of byte i // 8
    16 + n  …     the fields in the order of the signal model, each with a fixed width:
                  entity 8 (keyed hash) · text 16 (see `kept`) · money 8 + 3 (minor units, currency)
                  choice, boolean 1 (index) · integer 8 (signed) · number 8 (IEEE 754)

In a series of links (`login.succeeded#device>user#30d`) the name of the entity that stands in the field follows, in
UTF-8: marks tell entities apart, and names can be asked for in the ledger. In a series of facts (`…#ever`) an element
is the head and eight bytes: see `facts`.

No earlier version was ever deployed. The bytes depend on the signal and this version alone (the key of the hashes
belongs to the version), so that adding the same signal to a set twice changes nothing. Choices are packed by index: a
model may only append to them. What another version, or another hand, wrote is unreadable, and never guessed at.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import accumulate
from operator import itemgetter
from typing import Any

from shared.features.elements import (
    CAUSED,
    CHALLENGER,
    EVENT,
    FLAGS,
    HEAD,
    VERSION,
    Element,
    event_hash,
    head,
    milliseconds,
    time_of,
)
from shared.features.remembered import TEXT, is_on_trial, kept_value
from shared.signals import CATALOGUE, FieldSpec, Pseudonyms, Signal, SignalSpec
from shared.signals.amounts import Amount

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
Reader = Callable[[bytes], Any]
"""Finds one field in an element: its value, None where it is absent."""


class Fields(Mapping[str, Any]):
    """The fields of one element, each found when it is asked for. `asked_for` are the names of those that were."""

    __slots__ = ("_element", "_readers", "asked_for")

    def __init__(self, readers: Mapping[str, Reader], element: bytes) -> None:
        self._readers = readers
        self._element = element
        self.asked_for: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.asked_for.add(name)
        return self._readers[name](self._element)

    def __iter__(self) -> Iterator[str]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)


class Layout:
    """Packs and unpacks the elements of one signal type; of its links, where `links` says so."""

    def __init__(self, spec: SignalSpec, *, links: bool = False) -> None:
        self._fields = spec.remembered
        self._links = links
        self._bitmap = (len(self._fields) + 7) // 8

    @classmethod
    def of(cls, signal_name: str, *, links: bool = False) -> "Layout":
        """The layout of a signal type; built once."""
        if (signal_name, links) not in _LAYOUTS:
            _LAYOUTS[signal_name, links] = cls(CATALOGUE[signal_name], links=links)
        return _LAYOUTS[signal_name, links]

    @cached_property
    def _struct(self) -> struct.Struct:
        widths = "".join(_FORMATS[field.type] for field in self._fields)
        return struct.Struct(f">{self._bitmap}s{widths}")

    @cached_property
    def size(self) -> int:
        """Bytes of one element, without the name in a link."""
        return HEAD + self._struct.size

    def pack(self, signal: Signal, entities: Mapping[str, str], pseudonyms: Pseudonyms) -> bytes:
        """The element of a signal, `size` bytes."""
        presence = 0
        packed: list[Any] = []
        for position, field in enumerate(self._fields):
            value = kept_value(field, signal, entities, pseudonyms)
            if value is None:
                packed += _NOTHING[field.type]
            else:
                presence |= 1 << position
                packed += _packed(field, value)
        return head_of(signal) + self._struct.pack(presence.to_bytes(self._bitmap, "little"), *packed)

    def is_readable(self, element: bytes) -> bool:
        """Whether this version wrote the element."""
        return element[:1] == _WRITTEN and (len(element) > self.size if self._links else len(element) == self.size)

    def unpack(self, element: bytes) -> Element | None:
        """The element, or None where another layout version, or another hand, wrote it."""
        if not self.is_readable(element):
            return None
        fields = {name: read(element) for name, read in self.readers.items()}
        caused = bool(element[FLAGS] & CAUSED)
        return Element(time_of(element), element[EVENT], caused, fields, self.link(element) if self._links else None)

    def fields(self, element: bytes) -> Fields:
        """The fields of a readable element."""
        return Fields(self.readers, element)

    def link(self, element: bytes) -> str:
        """The name of the entity that a link leads to."""
        return element[self.size :].decode(errors="replace")

    @cached_property
    def readers(self) -> Mapping[str, Reader]:
        """For each field, by visible name, what finds it in an element."""
        return {
            field.visible_as: _reader(field, self._places[field.visible_as].start, HEAD + number // 8, 1 << number % 8)
            for number, field in enumerate(self._fields)
        }

    def bytes_of(self, names: Iterable[str]) -> Callable[[bytes], Any]:
        """What takes from an element the bytes of these fields: where those are equal, so are the fields."""
        return itemgetter(slice(HEAD, HEAD + self._bitmap), *(self._places[name] for name in sorted(names)))

    @cached_property
    def _places(self) -> Mapping[str, slice]:
        widths = [struct.calcsize(f">{_FORMATS[field.type]}") for field in self._fields]
        ends = [HEAD + self._bitmap + end for end in accumulate(widths)]
        return {
            field.visible_as: slice(end - width, end)
            for field, width, end in zip(self._fields, widths, ends, strict=True)
        }


_LAYOUTS: dict[tuple[str, bool], Layout] = {}
_WRITTEN = bytes((VERSION,))


def head_of(signal: Signal) -> bytes:
    """The head of each element about the signal."""
    flags = (CAUSED if signal.cause else 0) | (CHALLENGER if is_on_trial(signal) else 0)
    return head(milliseconds(signal.time), event_hash(signal.decision_id), flags)


def _packed(field: FieldSpec, value: Any) -> tuple[Any, ...]:
    if field.type == "text":
        return (value.encode(),)
    if field.type == "money":
        return (value.minor, value.currency.encode())
    return (field.choices.index(value) if field.type == "choice" else value,)


def _reader(field: FieldSpec, at: int, byte: int, bit: int) -> Reader:  # noqa: PLR0911  (one case for each type of field)
    """What finds a field that begins at `at`, if the bit for its presence is set."""
    # One call each, as they are called for each element: the test is repeated and not shared.
    match field.type:
        case "entity":
            return lambda element: element[at : at + 8] if element[byte] & bit else None
        case "text":
            return lambda element: _text(element[at : at + TEXT]) if element[byte] & bit else None
        case "money":
            return lambda element: _money(element[at : at + 11]) if element[byte] & bit else None
        case "choice":
            choices = dict(enumerate(field.choices))
            return lambda element: choices.get(element[at]) if element[byte] & bit else None
        case "boolean":
            return lambda element: element[at] != 0 if element[byte] & bit else None
        case "integer":
            return lambda element: _INTEGER.unpack_from(element, at)[0] if element[byte] & bit else None
        case _:
            return lambda element: _NUMBER.unpack_from(element, at)[0] if element[byte] & bit else None


@lru_cache(maxsize=8192)
def _money(packed: bytes) -> Amount:
    """Several features read the same amounts, and of texts there are few."""
    return Amount(_INTEGER.unpack_from(packed)[0], packed[8:].decode(errors="replace"))


@lru_cache(maxsize=8192)
def _text(packed: bytes) -> str:
    return packed.rstrip(b"\0").decode(errors="replace")


_INTEGER, _NUMBER = struct.Struct(">q"), struct.Struct(">d")
