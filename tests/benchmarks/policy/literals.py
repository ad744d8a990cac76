"""What generated rules are made of: literals that can be written in the policy language and judged here, plainly.

`holds` is the yardstick: it knows nothing of Sluice's parser and engine. Three-valued, None is unknown; a number that
is a lower bound only is the interval from there to infinity.
"""

import math
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from shared.features.model import AtLeast
from shared.policy.conditions.literals import written
from shared.signals.amounts import Amount
from tests.benchmarks.policy.events import CURRENCY

Values = Mapping[str, Any]
Truth = bool | None
Interval = tuple[float, float]

SIGNS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}
_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}


class Literal(Protocol):
    """One atomic condition. `subject` is what it looks at: no rule looks twice at the same."""

    @property
    def subject(self) -> str: ...

    @property
    def text(self) -> str: ...

    def holds(self, values: Values) -> Truth: ...


@dataclass(frozen=True)
class Source:
    """Where a number comes from: `form` is its text in the policy language, with `{}` for the name."""

    name: str
    form: str = "{}"

    @property
    def text(self) -> str:
        return self.form.format(self.name)

    def number(self, values: Values) -> float | None:
        """Its number, exact or the bound that it is at least; money in minor units; None when unknown."""
        match values.get(self.name):
            case None:
                return None
            case Amount(minor, currency):
                return minor if currency == CURRENCY else None
            case AtLeast(bound):
                return bound
            case str() as text:
                return len(text)
            case datetime() as time:
                return time.hour
            case number:
                return number

    def interval(self, values: Values) -> Interval | None:
        low = self.number(values)
        bounded = isinstance(values.get(self.name), AtLeast)
        return None if low is None else (low, math.inf if bounded else low)


@dataclass(frozen=True)
class Threshold:
    """`source > bound`."""

    source: Source
    sign: str
    bound: int
    money: bool = False

    @property
    def subject(self) -> str:
        return self.source.name

    @property
    def text(self) -> str:
        bound = written(Amount(self.bound, CURRENCY)) if self.money else str(self.bound)
        return f"{self.source.text} {self.sign} {bound}"

    def holds(self, values: Values) -> Truth:
        return _compared(self.source.interval(values), self.sign, (self.bound, self.bound))


@dataclass(frozen=True)
class Pair:
    """`left > right`: one count or amount against another."""

    left: Source
    sign: str
    right: Source

    @property
    def subject(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        return f"{self.left.text} {self.sign} {self.right.text}"

    def holds(self, values: Values) -> Truth:
        return _compared(self.left.interval(values), self.sign, self.right.interval(values))


@dataclass(frozen=True)
class Weighted:
    """`3 * a + 2 * b >= bound`."""

    terms: tuple[tuple[int, Source], ...]
    bound: int

    @property
    def sum_text(self) -> str:
        return " + ".join(f"{weight} * {source.text}" if weight > 1 else source.text for weight, source in self.terms)

    @property
    def subject(self) -> str:
        return self.sum_text

    @property
    def text(self) -> str:
        return f"{self.sum_text} >= {self.bound}"

    def holds(self, values: Values) -> Truth:
        parts = [(weight, source.interval(values)) for weight, source in self.terms]
        known = [(weight * part[0], weight * part[1]) for weight, part in parts if part is not None]
        if len(known) < len(parts):
            return None
        total = (sum(low for low, _ in known), sum(high for _, high in known))
        return _compared(total, ">=", (self.bound, self.bound))


@dataclass(frozen=True)
class Unlike:
    """`country != card_country`: two texts that should be the same."""

    left: str
    right: str

    @property
    def subject(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        return f"{self.left} != {self.right}"

    def holds(self, values: Values) -> Truth:
        left, right = values.get(self.left), values.get(self.right)
        return None if left is None or right is None else left != right


@dataclass(frozen=True)
class OneOf:
    """`name == "value"`, or `name in ("a", "b")`."""

    name: str
    among: tuple[str, ...]

    @property
    def subject(self) -> str:
        return self.name

    @property
    def text(self) -> str:
        values = [f'"{value}"' for value in self.among]
        return f"{self.name} == {values[0]}" if len(values) == 1 else f"{self.name} in ({', '.join(values)})"

    def holds(self, values: Values) -> Truth:
        value = values.get(self.name)
        return None if value is None else value in self.among


@dataclass(frozen=True)
class Flag:
    """A boolean field."""

    name: str

    @property
    def subject(self) -> str:
        return self.name

    @property
    def text(self) -> str:
        return self.name

    def holds(self, values: Values) -> Truth:
        return values.get(self.name)


@dataclass(frozen=True)
class Listed:
    """`name in lists.list_name`."""

    name: str
    list_name: str
    members: frozenset[str]

    @property
    def subject(self) -> str:
        return self.name

    @property
    def text(self) -> str:
        return f"{self.name} in lists.{self.list_name}"

    def holds(self, values: Values) -> Truth:
        value = values.get(self.name)
        return None if value is None else value in self.members


@dataclass(frozen=True)
class Contains:
    """`contains(name, "part")`, whatever the case."""

    name: str
    part: str

    @property
    def subject(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        return f'contains({self.name}, "{self.part}")'

    def holds(self, values: Values) -> Truth:
        value = values.get(self.name)
        return None if value is None else self.part.casefold() in value.casefold()


@dataclass(frozen=True)
class Matches:
    """`matches(name, "pattern")`, anywhere in the text, whatever the case."""

    name: str
    pattern: re.Pattern[str]

    @property
    def subject(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        return f'matches({self.name}, "{self.pattern.pattern}")'

    def holds(self, values: Values) -> Truth:
        value = values.get(self.name)
        return None if value is None else self.pattern.search(value) is not None


@dataclass(frozen=True)
class Not:
    """`not literal`."""

    literal: Literal

    @property
    def subject(self) -> str:
        return self.literal.subject

    @property
    def text(self) -> str:
        return f"not {self.literal.text}" if isinstance(self.literal, Flag) else f"not ({self.literal.text})"

    def holds(self, values: Values) -> Truth:
        truth = self.literal.holds(values)
        return None if truth is None else not truth


def _compared(left: Interval | None, sign: str, right: Interval | None) -> Truth:
    """True or false when every pair of numbers from the two intervals says so."""
    if left is None or right is None:
        return None
    if sign in ("<", "<="):
        left, sign, right = right, _TURNED[sign], left
    compare = SIGNS[sign]
    if compare(left[0], right[1]):
        return True
    return None if compare(left[1], right[0]) else False
