"""Three-valued arithmetic and comparison: what rules compute with at run time.

`None` is unknown, and unknown in gives unknown out, unless the rest decides (`false and unknown` is false). A lower
bound, `AtLeast(5)`, decides what it can: it is >= 5, it is not < 5, and whether it is >= 6 is unknown.
"""

import operator
from collections.abc import Callable
from typing import Any

from shared.features.model import AtLeast
from shared.signals.amounts import Amount

Truth = bool | None

_PLAIN: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
# What a lower bound settles: the plain comparison of the bound itself that must hold, and the verdict if it does.
_SETTLED = {
    ">=": (">=", True),
    ">": (">", True),
    "<": (">=", False),
    "<=": (">", False),
    "==": (">", False),
    "!=": (">", True),
}


def compare(sign: str) -> Callable[[Any, Any], Truth]:
    """The three-valued comparison for one of `== != < <= > >=`."""
    plain = _PLAIN[sign]

    def compared(left: Any, right: Any) -> Truth:
        if left is None or right is None:
            return None
        if left.__class__ is AtLeast or right.__class__ is AtLeast:
            return _bounded(sign, left, right)
        if left.__class__ is Amount and right.__class__ is Amount:
            return plain(left.minor, right.minor) if _alike(left, right) else None
        return plain(left, right)

    return compared


def _bounded(sign: str, left: Any, right: Any) -> Truth:
    if not isinstance(left, AtLeast):
        return None if not isinstance(right, AtLeast) else _bounded(_MIRRORED[sign], right, left)
    if isinstance(right, AtLeast):
        return None
    test, verdict = _SETTLED[sign]
    return verdict if compare(test)(left.value, right) else None


def _alike(left: Amount, right: Amount) -> bool:
    return left.currency == right.currency or not left.currency or not right.currency


def arithmetic(sign: str) -> Callable[[Any, Any], Any]:
    """`+ - * /` with unknowns, lower bounds and money; division by zero and unlike currencies give unknown."""
    plain = {"+": _added, "-": _subtracted, "*": _multiplied, "/": _divided}[sign]

    def computed(left: Any, right: Any) -> Any:
        if left is None or right is None:
            return None
        if left.__class__ is AtLeast or right.__class__ is AtLeast:
            return _computed_bound(sign, plain, left, right)
        return plain(left, right)

    return computed


def _computed_bound(sign: str, plain: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """A lower bound stays one where the operation cannot turn it round; otherwise nothing is known."""
    low, other = (
        (left.value if isinstance(left, AtLeast) else left),
        (right.value if isinstance(right, AtLeast) else right),
    )
    match sign:
        case "+":
            rising = True
        case "-":
            rising = not isinstance(right, AtLeast)
        case "*":
            rising = _not_negative(low) and _not_negative(other)
        case _:
            rising = not isinstance(right, AtLeast) and _not_negative(other)
    result = plain(low, other) if rising else None
    return None if result is None else AtLeast(result)


def _not_negative(value: Any) -> bool:
    number = value.minor if isinstance(value, Amount) else value
    return bool(number >= type(number)())


def _added(left: Any, right: Any) -> Any:
    if isinstance(left, Amount):
        return Amount(left.minor + right.minor, left.currency or right.currency) if _alike(left, right) else None
    return left + right


def _subtracted(left: Any, right: Any) -> Any:
    if isinstance(left, Amount):
        return Amount(left.minor - right.minor, left.currency or right.currency) if _alike(left, right) else None
    return left - right


def _multiplied(left: Any, right: Any) -> Any:
    if isinstance(left, Amount):
        return Amount(round(left.minor * right), left.currency)
    if isinstance(right, Amount):
        return Amount(round(left * right.minor), right.currency)
    return left * right


def _divided(left: Any, right: Any) -> Any:
    if isinstance(right, Amount):
        return left.minor / right.minor if right.minor and _alike(left, right) else None
    if not right:
        return None
    return Amount(round(left.minor / right), left.currency) if isinstance(left, Amount) else left / right
