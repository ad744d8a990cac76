"""The part of DynamoDB's expression language that Sluice's stores speak: conditions, and `ADD` and `SET` updates."""

import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.units import Item

_TOKEN = re.compile(r"\s*(<=|>=|<>|[(),=<>]|[#:]?\w+)")
_COMPARISONS = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SETS = ("SS", "NS", "BS")


class ExpressionError(Exception):
    """An expression that the stub does not understand; the message names it."""


@dataclass(frozen=True)
class Substitutions:
    """`ExpressionAttributeNames` and `ExpressionAttributeValues` of a request."""

    names: Mapping[str, str]
    values: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> "Substitutions":
        return cls(request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {}))

    def name(self, token: str) -> str:
        return self.names[token] if token.startswith("#") else token


def holds(condition: str, item: Item | None, given: Substitutions) -> bool:
    """Whether a condition expression holds of an item; None is an item that does not exist."""
    reader = _Reader(condition)
    verdict = _disjunction(reader, item or {}, given)
    reader.end()
    return verdict


def updated(expression: str, item: Item, given: Substitutions) -> dict[str, Any]:
    """The item after an update expression of `ADD` and `SET` clauses."""
    reader, after = _Reader(expression), dict(item)
    clause = ""
    while reader.peek():
        if reader.peek() in ("ADD", "SET"):
            clause = reader.take()
        else:
            reader.take(",")
        name = given.name(reader.take())
        if clause == "SET":
            reader.take("=")
        value = given.values[reader.take()]
        after[name] = _added(after.get(name), value) if clause == "ADD" else value
    return after


def projected(expression: str | None, item: Item, given: Substitutions) -> Item:
    """The attributes that a projection expression asks for; all where there is none."""
    if not expression:
        return item
    wanted = {given.name(part.strip()) for part in expression.split(",")}
    return {name: value for name, value in item.items() if name in wanted}


class _Reader:
    """The tokens of one expression, taken one by one."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[str] = _TOKEN.findall(text)
        if "".join(self._tokens) != re.sub(r"\s+", "", text):
            raise ExpressionError(f"the stub cannot read {text!r}")

    def peek(self) -> str:
        return self._tokens[0] if self._tokens else ""

    def take(self, expected: str | None = None) -> str:
        if not self._tokens or expected not in (None, self._tokens[0]):
            raise ExpressionError(f"the stub expected {expected or 'more'} in {self._text!r}")
        return self._tokens.pop(0)

    def end(self) -> None:
        if self._tokens:
            raise ExpressionError(f"the stub cannot read {self._tokens[0]!r} in {self._text!r}")


def _disjunction(reader: _Reader, item: Item, given: Substitutions) -> bool:
    verdict = _conjunction(reader, item, given)
    while reader.peek() == "OR":
        reader.take()
        verdict = _conjunction(reader, item, given) or verdict
    return verdict


def _conjunction(reader: _Reader, item: Item, given: Substitutions) -> bool:
    verdict = _term(reader, item, given)
    while reader.peek() == "AND":
        reader.take()
        verdict = _term(reader, item, given) and verdict
    return verdict


def _term(reader: _Reader, item: Item, given: Substitutions) -> bool:
    if reader.peek() in ("attribute_exists", "attribute_not_exists"):
        function = reader.take()
        return (_argument(reader, given) in item) is (function == "attribute_exists")
    left = _operand(reader, item, given)
    compare = _COMPARISONS.get(sign := reader.take())
    if compare is None:
        raise ExpressionError(f"the stub knows no comparison {sign!r}")
    right = _operand(reader, item, given)
    return left is not None and right is not None and bool(compare(left, right))


def _argument(reader: _Reader, given: Substitutions) -> str:
    reader.take("(")
    name = given.name(reader.take())
    reader.take(")")
    return name


def _operand(reader: _Reader, item: Item, given: Substitutions) -> Any:
    token = reader.take()
    if token == "size":
        attribute = item.get(_argument(reader, given))
        return None if attribute is None else len(next(iter(attribute.values())))
    attribute = given.values[token] if token.startswith(":") else item.get(given.name(token))
    if attribute is None:
        return None
    ((kind, value),) = attribute.items()
    return float(value) if kind == "N" else value


def _added(attribute: Mapping[str, Any] | None, value: Mapping[str, Any]) -> Mapping[str, Any]:
    ((kind, content),) = value.items()
    if kind == "N":
        return {"N": str(int(attribute["N"] if attribute else 0) + int(content))}
    if kind not in _SETS:
        raise ExpressionError(f"ADD takes a number or a set, this is {kind}")
    return {kind: sorted({*(attribute[kind] if attribute else ()), *content})}
