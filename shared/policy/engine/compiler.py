"""From a checked tree to a function of the values by name.

Each node becomes a closure over its children's closures. The same closures judge, explain and run the tests beside
the rules, so that these cannot disagree.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.policy.conditions.tree import (
    Arithmetic,
    Call,
    Compare,
    Constant,
    Expression,
    ListName,
    Logic,
    Member,
    Name,
)
from shared.policy.conditions.values import arithmetic, compare

Values = Mapping[str, Any]
Evaluation = Callable[[Values], Any]


@dataclass(frozen=True, slots=True)
class ValueList:
    """A named set of values. Past `expires`, in the signal's own time, it is empty."""

    name: str
    values: frozenset[str]
    owner: str
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Broken:
    """Stands for a fact whose computation failed, so that each rule that needs it fails, and no other."""

    error: str


class BrokenFactError(Exception):
    """A rule needs a fact that could not be computed."""


def compiled(node: Expression, lists: Mapping[str, ValueList]) -> Evaluation:  # noqa: PLR0911  (one return for each kind of node)
    """A function from values by name to the value of the expression; None is unknown."""
    match node:
        case Constant(value):
            return lambda _: value
        case Name(name, _, origin):
            return _fact(name) if origin == "fact" else lambda values: values.get(name)
        case Member():
            return _member(node, lists)
        case Compare():
            return _comparison(node, lists)
        case Logic("not", (operand,)):
            return _negation(compiled(operand, lists))
        case Logic(operator, operands):
            return _junction([compiled(operand, lists) for operand in operands], decisive=operator == "or")
        case Arithmetic(operator, left, right):
            run, first, second = arithmetic(operator), compiled(left, lists), compiled(right, lists)
            return lambda values: run(first(values), second(values))
        case Call():
            return _call(node, lists)


def _fact(name: str) -> Evaluation:
    def read(values: Values) -> Any:
        value = values.get(name)
        if value.__class__ is Broken:
            raise BrokenFactError(f"{name}: {value.error}")
        return value

    return read


def _negation(operand: Evaluation) -> Evaluation:
    def negated(values: Values) -> bool | None:
        value: bool | None = operand(values)
        return None if value is None else not value

    return negated


def _junction(operands: list[Evaluation], *, decisive: bool) -> Evaluation:
    """`or` when true is decisive, `and` when false is: the first decisive operand ends it, an unknown one does not."""

    def joined(values: Values) -> bool | None:
        result: bool | None = not decisive
        for operand in operands:
            value: bool | None = operand(values)
            if value is decisive:
                return decisive
            if value is None:
                result = None
        return result

    return joined


def _comparison(node: Compare, lists: Mapping[str, ValueList]) -> Evaluation:
    operands = [compiled(operand, lists) for operand in node.operands]
    signs = [compare(sign) for sign in node.operators]
    if len(signs) == 1:
        (first, second), (sign,) = operands, signs
        return lambda values: sign(first(values), second(values))
    pairs = [_pair(*pair) for pair in zip(signs, operands, operands[1:], strict=False)]
    return _junction(pairs, decisive=False)


def _pair(sign: Callable[[Any, Any], bool | None], left: Evaluation, right: Evaluation) -> Evaluation:
    return lambda values: sign(left(values), right(values))


def _member(node: Member, lists: Mapping[str, ValueList]) -> Evaluation:
    item = compiled(node.item, lists)
    if isinstance(node.among, ListName):
        group = _list(lists[node.among.name])
        return lambda values: None if (value := item(values)) is None else (value in group(values)) is not node.negated
    equal = compare("==")
    either = _junction([_pair(equal, item, compiled(value, lists)) for value in node.among], decisive=True)
    return _negation(either) if node.negated else either


def _list(named: ValueList) -> Evaluation:
    members, expires, nothing = named.values, named.expires, frozenset[str]()
    if expires is None:
        return lambda _: members

    def current(values: Values) -> frozenset[str]:
        time = values.get("time")
        return nothing if time is not None and time >= expires else members

    return current


def _call(node: Call, lists: Mapping[str, ValueList]) -> Evaluation:
    run = node.run
    arguments = [
        _list(lists[part.name]) if isinstance(part, ListName) else compiled(part, lists) for part in node.arguments
    ]

    def called(values: Values) -> Any:
        given = [argument(values) for argument in arguments]
        return None if any(value is None for value in given) else run(*given)

    return called
