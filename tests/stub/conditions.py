"""Condition, filter and key condition expressions: parsed once for each text, then held against items.

Of the functions `attribute_exists`, `attribute_not_exists`, `begins_with` and `size` are known, `contains` and
`attribute_type` are not. What is missing compares as false with everything, but for `<>`, which is then true.
"""

import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from tests.stub.attributes import SETS, Attribute, Item, kind_of, same, scalar
from tests.stub.errors import ExpressionError
from tests.stub.syntax import Path, Reader, Substitutions, found

Condition = Callable[[Item, Substitutions], bool]
Operand = Callable[[Item, Substitutions], Attribute | None]

_ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ORDERED = frozenset({"S", "N", "B"})
_BEGUN = frozenset({"S", "B"})
_SIZED = frozenset({"S", "L", "M"}) | SETS


def holds(condition: str, item: Item | None, given: Substitutions) -> bool:
    """Whether a condition expression holds of an item; None is an item that does not exist."""
    return parsed(condition)(item or {}, given)


@lru_cache(maxsize=4096)
def parsed(text: str) -> Condition:
    """The condition that a text writes; raises `ExpressionError`."""
    reader = Reader(text)
    condition = _disjunction(reader)
    reader.end()
    return condition


def _disjunction(reader: Reader) -> Condition:
    condition = _conjunction(reader)
    while reader.word() == "OR":
        reader.take()
        condition = _either(condition, _conjunction(reader))
    return condition


def _conjunction(reader: Reader) -> Condition:
    condition = _negation(reader)
    while reader.word() == "AND":
        reader.take()
        condition = _both(condition, _negation(reader))
    return condition


# Both sides are always asked: so every placeholder is found to be defined and used, whatever the item says.
def _either(left: Condition, right: Condition) -> Condition:
    return lambda item, given: left(item, given) | right(item, given)


def _both(left: Condition, right: Condition) -> Condition:
    return lambda item, given: left(item, given) & right(item, given)


def _negation(reader: Reader) -> Condition:
    if reader.word() == "NOT":
        reader.take()
        inner = _negation(reader)
        return lambda item, given: not inner(item, given)
    if reader.takes("("):
        inner = _disjunction(reader)
        reader.take(")")
        return inner
    if reader.peek(1) == "(" and reader.peek() != "size":
        return _function(reader)
    return _comparison(reader)


def _function(reader: Reader) -> Condition:
    name = reader.take()
    reader.take("(")
    path = reader.path()
    if name == "begins_with":
        reader.take(",")
        prefix = _of(_BEGUN, name, reader)
        condition = _begins(path, prefix)
    elif name in ("attribute_exists", "attribute_not_exists"):
        condition = _exists(path, wanted=name == "attribute_exists")
    else:
        raise ExpressionError(f"the stub knows no function {name!r}")
    reader.take(")")
    return condition


def _exists(path: Path, *, wanted: bool) -> Condition:
    return lambda item, given: (found(item, given.path(path)) is not None) is wanted


def _begins(path: Path, prefix: Operand) -> Condition:
    def condition(item: Item, given: Substitutions) -> bool:
        whole, start = found(item, given.path(path)), prefix(item, given)
        if whole is None or start is None or kind_of(whole) != kind_of(start) or kind_of(whole) not in ("S", "B"):
            return False
        beginning: Any = scalar(start)
        return bool(scalar(whole)[: len(beginning)] == beginning)  # type: ignore[index]  # strings and binaries alone

    return condition


def _comparison(reader: Reader) -> Condition:
    left, sign = _operand(reader), reader.take().upper()
    if sign == "BETWEEN":
        low = _of(_ORDERED, sign, reader)
        reader.take("AND")
        return _between(left, low, _of(_ORDERED, sign, reader))
    if sign == "IN":
        reader.take("(")
        among = [_operand(reader)]
        while reader.takes(","):
            among.append(_operand(reader))
        reader.take(")")
        return lambda item, given: _among(left(item, given), [each(item, given) for each in among])
    if sign not in ("=", "<>") and sign not in _ORDERINGS:
        raise ExpressionError(f"the stub knows no comparison {sign!r}")
    if sign in ("=", "<>"):
        other = _operand(reader)
        return lambda item, given: same(left(item, given), other(item, given)) is (sign == "=")
    right = _of(_ORDERED, sign, reader)
    return lambda item, given: _ordered(sign, left(item, given), right(item, given))


def _among(attribute: Attribute | None, among: list[Attribute | None]) -> bool:
    return any(same(attribute, each) for each in among)


def _between(middle: Operand, low: Operand, high: Operand) -> Condition:
    def condition(item: Item, given: Substitutions) -> bool:
        bottom, value, top = low(item, given), middle(item, given), high(item, given)
        if _ordered(">", bottom, top):
            raise ExpressionError(
                "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
                f"lower bound operand: {bottom}, upper bound operand: {top}"
            )
        return _ordered("<=", bottom, value) and _ordered("<=", value, top)

    return condition


def _ordered(sign: str, left: Attribute | None, right: Attribute | None) -> bool:
    if left is None or right is None:
        return False
    kind = kind_of(left)
    return kind == kind_of(right) and kind in _ORDERED and _ORDERINGS[sign](scalar(left), scalar(right))


def _operand(reader: Reader) -> Operand:
    if reader.peek() == "size" and reader.peek(1) == "(":
        reader.take()
        reader.take("(")
        sized = reader.path()
        reader.take(")")
        return lambda item, given: _size(found(item, given.path(sized)))
    if reader.peek().startswith(":"):
        token = reader.value()
        return lambda _, given: given.value(token)
    path = reader.path()
    return lambda item, given: found(item, given.path(path))


def _of(kinds: frozenset[str], operator: str, reader: Reader) -> Operand:
    """An operand, which must be of one of these kinds if it is a value of the request."""
    literal, operand = reader.peek(), _operand(reader)

    def checked(item: Item, given: Substitutions) -> Attribute | None:
        attribute = operand(item, given)
        if literal.startswith(":") and attribute and kind_of(attribute) not in kinds:
            raise ExpressionError(
                "Incorrect operand type for operator or function; "
                f"operator or function: {operator}, operand type: {kind_of(attribute)}"
            )
        return attribute

    return checked


def _size(attribute: Attribute | None) -> Attribute | None:
    """Letters of a string, bytes of a binary, elements of what has elements; the others have no size."""
    if attribute is None:
        return None
    kind = kind_of(attribute)
    if kind == "B":
        return {"N": str(len(scalar(attribute)))}  # type: ignore[arg-type]  # a binary's scalar is bytes
    return {"N": str(len(attribute[kind]))} if kind in _SIZED else None
