"""Python values as DynamoDB attributes and back, for the few types that Sluice stores.

boto3's own serialiser costs about ten times as much per item, and insists on Decimal.
"""

from collections.abc import Callable, Mapping
from typing import Any


def to_item(record: Mapping[str, Any]) -> dict[str, Any]:
    """Strings, numbers, booleans, bytes, frozensets of bytes, lists and mappings of these.

    DynamoDB keeps 38 digits of a number, and a float is written with the few that tell it from its neighbours: it
    comes back as it was. The table shows the same digits: a score of 20.35 stands there as 20.35.
    """
    return {name: _attribute(value) for name, value in record.items()}


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """The record that `to_item` was given; numbers come back as int or float, binary sets as frozensets."""
    return {name: _value(attribute) for name, attribute in item.items()}


def _attribute(value: Any) -> dict[str, Any]:
    tag, encode = _ENCODERS.get(type(value), (None, None))
    if tag is None or encode is None:
        raise TypeError(f"{type(value).__name__} is not stored in DynamoDB by Sluice")
    return {tag: encode(value)}


_ENCODERS: dict[type, tuple[str, Callable[[Any], Any]]] = {
    bool: ("BOOL", bool),
    str: ("S", str),
    int: ("N", str),
    float: ("N", repr),
    bytes: ("B", bytes),
    frozenset: ("BS", sorted),
    list: ("L", lambda parts: [_attribute(part) for part in parts]),
    dict: ("M", to_item),
}


def _value(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return int(value) if value.lstrip("-").isdigit() else float(value)
        case "BS":
            return frozenset(value)
        case "L":
            return [_value(part) for part in value]
        case "M":
            return from_item(value)
        case _:
            return value
