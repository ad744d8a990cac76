"""What conditions mean, written down once more: a plain walk over the tree, without any of the engine.

True, false, unknown (None), or BROKEN, where something raised. `and` takes the first of false, broken, unknown, true
that any part comes to; `or` the first of true, broken, unknown, false. A lower bound is all numbers from it on.
"""

from collections.abc import Callable, Mapping
from typing import Any

from shared.features.model import AtLeast
from shared.policy.conditions.tree import (
    Arithmetic,
    Call,
    Compare,
    Constant,
    Expression,
    Known,
    ListName,
    Logic,
    Member,
    Name,
    Quantified,
    source_of,
)
from shared.policy.engine.compiler import Broken, ValueList
from shared.signals.amounts import Amount

BROKEN = "broken"
Values = Mapping[str, Any]
Lists = Mapping[str, ValueList]


class FailedError(Exception):
    """Something in the expression could not be computed."""


def truth(node: Expression, values: Values, lists: Lists) -> Any:
    """True, False, None or BROKEN."""
    try:
        match node:
            case Logic("not", (operand,)):
                return _not(truth(operand, values, lists))
            case Logic(word, operands):
                return _joined(word, [truth(operand, values, lists) for operand in operands])
            case _:
                return value(node, values, lists)
    except Exception:  # noqa: BLE001  (whatever it is: that is what broken means)
        return BROKEN


def value(node: Expression | ListName, values: Values, lists: Lists) -> Any:  # noqa: C901, PLR0911, PLR0912  (one case for each kind of node)
    """The value; raises for what is broken."""
    recorded = None if isinstance(node, ListName | Constant) else values.get(source_of(node))
    if isinstance(recorded, Broken):
        raise FailedError(recorded.error)
    if recorded is not None:
        return recorded
    match node:
        case Constant(constant):
            return constant
        case Name(name):
            return values.get(name)
        case ListName(name):
            named = lists[name]
            over = named.expires is not None and values.get("time") is not None and values["time"] >= named.expires
            return frozenset() if over else named.values
        case Known(item):
            return values.get(item.name) is not None
        case Logic():
            return _sound(truth(node, values, lists))
        case Compare(operands, signs):
            pairs = zip(signs, operands, operands[1:], strict=False)
            return _sound(_joined("and", [_pair(sign, left, right, values, lists) for sign, left, right in pairs]))
        case Member(item, among, negated):
            if isinstance(among, ListName):
                found = value(item, values, lists)
                held = None if found is None else found in value(among, values, lists)
            else:
                held = _sound(_joined("or", [_pair("==", item, one, values, lists) for one in among]))
            return _not(held) if negated else held
        case Arithmetic(sign, left, right):
            return _computed(sign, value(left, values, lists), value(right, values, lists))
        case Call(_, arguments):
            given = [value(argument, values, lists) for argument in arguments]
            return None if None in [each if each is None else 0 for each in given] else node.run(*given)
        case Quantified(word, source, predicate):
            items = value(source, values, lists)
            if items is None:
                return None
            truths = [truth(predicate, {**values, "it": item}, lists) for item in items]
            return _sound(_joined("or" if word == "any" else "and", truths))


def _sound(found: Any) -> Any:
    if found is BROKEN:
        raise FailedError
    return found


def _not(found: Any) -> Any:
    return {True: False, False: True}.get(found, found)


def _joined(word: str, truths: list[Any]) -> Any:
    ranking = (False, BROKEN, None, True) if word == "and" else (True, BROKEN, None, False)
    return next((each for each in ranking if any(found is each for found in truths)), ranking[-1])


def _pair(sign: str, left: Expression, right: Expression, values: Values, lists: Lists) -> Any:
    try:
        return _compared(sign, value(left, values, lists), value(right, values, lists))
    except Exception:  # noqa: BLE001  (whatever it is: that is what broken means)
        return BROKEN


_SIGNS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}
_TURNED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _compared(sign: str, one: Any, other: Any) -> Any:
    if one is None or other is None:
        return None
    if isinstance(one, AtLeast) and isinstance(other, AtLeast):
        return None
    if isinstance(other, AtLeast):
        one, sign, other = other, _TURNED[sign], one
    if isinstance(one, AtLeast):
        # From the bound on, up to infinity: certain if the bound is past the other, or at it where that is enough.
        past, reached = _compared(">", one.value, other), _compared(">=", one.value, other)
        certain = {">=": reached, ">": past, "<": reached, "<=": past, "==": past, "!=": past}[sign]
        return (sign in (">", ">=", "!=")) if certain else None
    if isinstance(one, Amount) and isinstance(other, Amount):
        return _SIGNS[sign](one.minor, other.minor) if _alike(one, other) else None
    return _SIGNS[sign](one, other)


def _alike(one: Amount, other: Amount) -> bool:
    return "" in (one.currency, other.currency) or one.currency == other.currency


def _computed(sign: str, one: Any, other: Any) -> Any:  # noqa: C901, PLR0911  (one case for each pair of kinds)
    if one is None or other is None:
        return None
    if isinstance(one, AtLeast) or isinstance(other, AtLeast):
        low, bound = getattr(one, "value", one), getattr(other, "value", other)
        if sign in "-/" and isinstance(other, AtLeast):
            return None
        if sign in "*/" and not (_rising(bound) and (sign == "/" or _rising(low))):
            return None
        found = _computed(sign, low, bound)
        return None if found is None else AtLeast(found)
    match sign, one, other:
        case "+" | "-", Amount(), Amount():
            minor = one.minor + other.minor if sign == "+" else one.minor - other.minor
            return Amount(minor, one.currency or other.currency) if _alike(one, other) else None
        case "*", Amount(), _:
            return Amount(round(one.minor * other), one.currency)
        case "*", _, Amount():
            return Amount(round(one * other.minor), other.currency)
        case "/", Amount(), Amount():
            return one.minor / other.minor if other.minor and _alike(one, other) else None
        case "/", Amount(), _:
            return Amount(round(one.minor / other), one.currency) if other else None
        case "/", _, _:
            return one / other if other else None
    return one + other if sign == "+" else one - other if sign == "-" else one * other


def _rising(number: Any) -> bool:
    """Whether multiplying or dividing by the number keeps a bound a bound."""
    amount = number.minor if isinstance(number, Amount) else number
    return bool(amount >= type(amount)())
