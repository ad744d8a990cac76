"""Sums, means and deviations. Integers and money are exact; other numbers are rounded once, where that can be.

Values of one feature are all `Amount`, all integers or all floats. Amounts of several currencies are nothing together.
"""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import repeat
from typing import Any

from shared.signals.amounts import Amount

Values = Sequence[Any]


def total(values: Values, *, of_money: bool) -> float | Amount | None:
    """The sum; of no money at all it is zero, which goes with every currency."""
    if not of_money:
        return _float_sum(values)
    return _in_one_currency(values or [Amount(0, "")], sum)


def mean(values: Values) -> float | Amount | None:
    """The mean of at least one value; of money in whole minor units, ties to even."""
    if _are_money(values):
        return _in_one_currency(values, lambda minors: round(Fraction(sum(minors), len(minors))))
    if isinstance(values[0], int):
        return sum(values) / len(values)
    return _float_sum(values) / len(values)


def least(values: Values) -> Any:
    """The smallest of at least one value."""
    return _in_one_currency(values, min) if _are_money(values) else min(values)


def greatest(values: Values) -> Any:
    """The greatest of at least one value."""
    return _in_one_currency(values, max) if _are_money(values) else max(values)


def deviation(values: Values) -> float | Amount | None:
    """The standard deviation of a sample of at least two; of money in whole minor units, ties to even."""
    if _are_money(values):
        return _in_one_currency(values, _whole_deviation)
    return _deviation(values)


def standard_score(own: Any, values: Values) -> float | None:
    """How many standard deviations of at least two values `own` lies above their mean."""
    if own is None:
        return None
    if _are_money(values):
        if {amount.currency for amount in values} != {own.currency}:
            return None
        own, values = own.minor, [amount.minor for amount in values]
    spread = _deviation(values)
    if spread == 0:
        return None
    # Summed once, so that nothing is lost where `own` is next to the mean.
    above = _float_sum([*repeat(own, len(values)), *(-value for value in values)])
    return above / len(values) / spread


def _float_sum(values: Values) -> float:
    return float(sum(values)) if all(isinstance(value, int) for value in values) else math.fsum(values)


def _deviation(values: Values) -> float:
    if isinstance(values[0], int):
        return math.sqrt(_variance(values))
    # From the first value: deviations of close values are then exact, however large they are.
    shifted = [value - values[0] for value in values]
    middle = math.fsum(shifted) / len(shifted)
    return math.hypot(*(value - middle for value in shifted)) / math.sqrt(len(values) - 1)


def _variance(values: Sequence[int]) -> Fraction:
    number = len(values)
    return Fraction(number * sum(value * value for value in values) - sum(values) ** 2, number * (number - 1))


def _whole_deviation(values: Sequence[int]) -> int:
    """The square root of the variance, rounded to an integer, ties to even, without any float."""
    variance = _variance(values)
    floor = math.isqrt(variance.numerator // variance.denominator)
    halfway = Fraction(2 * floor + 1, 2) ** 2
    return floor + (variance > halfway or (variance == halfway and floor % 2 == 1))


def _are_money(values: Values) -> bool:
    return isinstance(values[0], Amount)


def _in_one_currency(amounts: Sequence[Amount], of: Callable[[list[int]], int]) -> Amount | None:
    currencies = {amount.currency for amount in amounts}
    return Amount(of([amount.minor for amount in amounts]), currencies.pop()) if len(currencies) == 1 else None
