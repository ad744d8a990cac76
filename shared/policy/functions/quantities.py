"""Numbers. A lower bound (`AtLeast`) stays one where it can; what is then not known is unknown."""

from math import isfinite

from shared.features.model import AtLeast
from shared.signals.amounts import Amount

Number = int | float
Bounded = Number | AtLeast


def absolute(value: Bounded) -> Bounded | None:
    if isinstance(value, AtLeast):
        return value if value.value >= 0 else None
    return abs(value)


def smallest(left: Bounded, right: Bounded) -> Bounded:
    low = min(_low(left), _low(right))
    exact = [value for value in (left, right) if not isinstance(value, AtLeast)]
    return low if exact and min(exact) == low else AtLeast(low)


def largest(left: Bounded, right: Bounded) -> Bounded:
    high = max(_low(left), _low(right))
    return AtLeast(high) if isinstance(left, AtLeast) or isinstance(right, AtLeast) else high


def rounded(value: Bounded) -> Bounded | None:
    """To the nearest whole number; a half goes to the even one."""
    if isinstance(value, AtLeast):
        low = rounded(value.value)
        return None if low is None or isinstance(low, AtLeast) else AtLeast(low)
    return value if isinstance(value, int) else round(value) if isfinite(value) else None


def currency(amount: Amount | AtLeast) -> str | None:
    plain = amount.value if isinstance(amount, AtLeast) else amount
    return plain.currency or None


def _low(value: Bounded) -> Number:
    return value.value if isinstance(value, AtLeast) else value
