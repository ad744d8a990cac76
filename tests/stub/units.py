"""What DynamoDB bills, from the rules of its developer guide: item sizes, and read and write units.

Sizes in bytes, a name's UTF-8 included with its value:

    string, binary       the bytes
    number               one byte per two significant digits, and one more
    boolean, null        1
    list, map            3, and one more per element
    set                  its elements

A write costs one unit per started KB of the item, before or after the write, whichever is larger; and as much again,
on the projected attributes alone, for every index whose entry it adds, changes or removes (two where an entry moves to
another key). A consistent read costs one unit per started 4 KB, an eventually consistent one half of that. What does
not exist is billed as one unit of the smallest size, and so is a write whose condition failed on nothing.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tests.stub.attributes import Attribute, Item

KB = 1024
LARGEST_ITEM = 400 * KB
_CONTAINER = 3
_ELEMENT = 1


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index: its key attributes, and every attribute that it holds, keys included; None is all."""

    name: str
    keys: tuple[str, ...]
    holds: frozenset[str] | None

    def entry(self, item: Item | None) -> Item | None:
        """What the index holds of an item; None where the item lacks one of the index's keys."""
        if item is None or any(key not in item for key in self.keys):
            return None
        return {name: value for name, value in item.items() if self.holds is None or name in self.holds}


def item_size(item: Item) -> int:
    """Bytes of an item as DynamoDB counts them."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def write_units(before: Item | None, after: Item | None) -> int:
    """Of one write to a table; `before` or `after` is None where there was or will be no item."""
    return max(_started(item_size(item), KB) if item else 1 for item in (before, after))


def index_units(index: Index, before: Item | None, after: Item | None) -> int:
    """Of bringing one index up to date with a write."""
    old, new = index.entry(before), index.entry(after)
    if old == new:
        return 0
    if old and new and any(old[key] != new[key] for key in index.keys):
        return write_units(old, None) + write_units(None, new)
    return write_units(old, new)


def read_units(items: Iterable[Item | None], *, consistent: bool) -> float:
    """Of reading items by key; None stands for a key that has no item. Projections save nothing."""
    whole = sum(_started(item_size(item), 4 * KB) if item else 1 for item in items)
    return float(whole) if consistent else whole / 2


def page_units(size: int, *, consistent: bool) -> float:
    """Of one page of a query or scan: its entries together, before the filter, are rounded up once."""
    whole = _started(size, 4 * KB)
    return float(whole) if consistent else whole / 2


def _started(size: int, unit: int) -> int:
    return max(1, math.ceil(size / unit))


def _value_size(attribute: Attribute) -> int:
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            size = len(value) if value.isascii() else len(value.encode())
        case "N":
            size = _number_size(value)
        case "B":
            size = _binary_size(value)
        case "BOOL" | "NULL":
            size = 1
        case "L":
            size = _CONTAINER + sum(_ELEMENT + _value_size(each) for each in value)
        case "M":
            size = _CONTAINER + len(value) * _ELEMENT + item_size(value)
        case "BS":
            size = _binary_size("".join(value))
        case "SS" | "NS":
            size = sum(_value_size({kind[0]: each}) for each in value)
        case _:
            raise ValueError(f"{kind!r} is no type of DynamoDB")
    return size


def _binary_size(text: str) -> int:
    """Of base64, one text or several joined: three bytes for four letters, less the padding."""
    return len(text) // 4 * 3 - text.count("=")


def _number_size(text: str) -> int:
    digits = Decimal(text).normalize().as_tuple().digits
    return math.ceil(len(digits) / 2) + 1
