"""Attribute values in DynamoDB's JSON: what the service takes, and how it compares them.

Numbers are kept as the service gives them back (`7.0` becomes `7`): 38 significant digits, magnitudes from 1E-130 to
9.99…E+125.
"""

import base64
from collections.abc import Callable, Mapping
from decimal import Context, Decimal, InvalidOperation
from typing import Any

from tests.stub.errors import invalid

Attribute = Mapping[str, Any]
Item = Mapping[str, Attribute]
"""An item in DynamoDB's JSON: `{"decision_id": {"S": "…"}}`; binaries are base64 text, as on the wire."""

DIGITS = 38
HIGHEST, LOWEST = 125, -130
DEPTH = 32
SETS = frozenset({"SS", "NS", "BS"})
_PLAIN = 15
"""Integers of so few digits need no look at all."""
_EMPTY = {
    "SS": "An string set  may not be empty",
    "NS": "An number set  may not be empty",
    "BS": "Binary sets should not be empty",
}
_WRONG = "One or more parameter values were invalid: "
_EXACT = Context(prec=200)


def checked(item: Item) -> dict[str, Attribute]:
    """The item as the service keeps it; raises `ServiceError` for values that it refuses."""
    return {name: _checked(attribute, 0) for name, attribute in item.items()}


def kind_of(attribute: Attribute) -> str:
    """`S`, `N`, `BS` and so on."""
    return next(iter(attribute))


def scalar(attribute: Attribute) -> str | Decimal | bytes:
    """The value of a string, number or binary, such that Python orders values of one type as the service does."""
    ((kind, value),) = attribute.items()
    if kind == "N":
        return Decimal(value)
    return base64.b64decode(value) if kind == "B" else str(value)


def same(left: Attribute | None, right: Attribute | None) -> bool:
    """Whether two attributes are of one type and equal; what is missing is equal to nothing."""
    if left is None or right is None:
        return False
    return left == right or comparable(left) == comparable(right)


def comparable(attribute: Attribute) -> Any:
    """A hashable Python value that is equal for equal attributes of one type, and for those alone."""
    ((kind, value),) = attribute.items()
    if kind in SETS:
        return kind, frozenset(map(Decimal, value) if kind == "NS" else value)
    if kind == "L":
        return kind, tuple(map(comparable, value))
    if kind == "M":
        return kind, frozenset((name, comparable(each)) for name, each in value.items())
    return kind, Decimal(value) if kind == "N" else value


def plus(left: str, right: str) -> str:
    """The sum of two numbers in the service's form."""
    return number(str(_EXACT.add(Decimal(left), Decimal(right))))


def minus(left: str, right: str) -> str:
    """The difference of two numbers in the service's form."""
    return number(str(_EXACT.subtract(Decimal(left), Decimal(right))))


def number(text: str) -> str:
    """A number's text in the service's form; raises `ServiceError` for what is none, too long, too large or small."""
    if len(text) <= _PLAIN and text.isascii() and text.isdigit() and (text[0] != "0" or text == "0"):
        return text
    try:
        value = _EXACT.create_decimal(text).normalize(_EXACT)
    except InvalidOperation:
        raise invalid(f"The parameter cannot be converted to a numeric value: {text}") from None
    if not value.is_finite():
        raise invalid(f"The parameter cannot be converted to a numeric value: {text}")
    if not value:
        return "0"
    if len(value.as_tuple().digits) > DIGITS:
        raise invalid(f"Attempting to store more than {DIGITS} significant digits in a Number")
    if not LOWEST <= value.adjusted() <= HIGHEST:
        how = "overflow" if value.adjusted() > HIGHEST else "underflow"
        size = "larger" if how == "overflow" else "smaller"
        raise invalid(f"Number {how}. Attempting to store a number with magnitude {size} than supported range")
    return f"{value:f}"


def _checked(attribute: Attribute, depth: int) -> Attribute:
    if len(attribute) != 1:
        has = "more than one datatypes set" if attribute else "none"
        raise invalid(f"Supplied AttributeValue has {has}, must contain exactly one of the supported datatypes")
    ((kind, value),) = attribute.items()
    if kind in ("S", "B", "BOOL", "NULL"):
        return attribute
    check = _CHECKS.get(kind)
    if check is None:
        raise invalid(f"Supplied AttributeValue has {kind!r}, which is no datatype")
    if depth >= DEPTH:
        raise invalid("Nesting Levels have exceeded supported limits")
    return {kind: check(kind, value, depth + 1)}


def _set(kind: str, values: list[str], _: int) -> list[str]:
    if not values:
        raise invalid(_WRONG + _EMPTY[kind])
    kept = [number(value) for value in values] if kind == "NS" else values
    if len(set(kept)) != len(kept):
        what = f"of type {kind} contains duplicates." if kind == "BS" else f"[{', '.join(kept)}] contains duplicates."
        raise invalid(f"{_WRONG}Input collection {what}")
    return kept


_CHECKS: Mapping[str, Callable[[str, Any, int], Any]] = {
    "N": lambda _, value, __: number(value),
    "SS": _set,
    "NS": _set,
    "BS": _set,
    "L": lambda _, value, depth: [_checked(each, depth) for each in value],
    "M": lambda _, value, depth: {name: _checked(each, depth) for name, each in value.items()},
}
