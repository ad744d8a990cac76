"""The values at which a condition may change its mind: each side of every threshold, every choice, both truths."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from shared.features.model import AtLeast
from shared.policy.checks.domains import Domains
from shared.policy.checks.ranges import Line, line
from shared.policy.conditions.tree import Compare, Constant, Expression, Member, Name, Type, names, walk
from shared.policy.engine.compiler import ValueList, compiled
from shared.signals.amounts import Amount

Values = Mapping[str, Any]
Evaluation = Callable[[Values], Any]

STEP = 0.01
"""One step of a number that is not whole, as a share of it."""
ELSE = ("something_else", "ZZ", "zz")
"""Texts that no policy compares anything with: the first one that the field can have stands for all of them."""
_LINED = ("integer", "number", "money", "duration", "time")


def truth_of(evaluate: Evaluation, values: Values) -> Any:
    """What an expression comes to; unknown where it breaks, as a rule that breaks is."""
    try:
        return evaluate(values)
    except Exception:  # noqa: BLE001  (whatever breaks in a rule makes it unknown, here as when signals are judged)
        return None


class Boundaries:
    """The boundary values of the names in one hoisted condition: those of its `facts`, too.

    `domains` are what the condition's signal promises.
    """

    def __init__(
        self, tree: Expression, facts: Mapping[str, Expression], lists: Mapping[str, ValueList], domains: Domains
    ) -> None:
        self.names = tuple(name for name in names(tree) if name.type.kind != "texts")
        self._facts = facts
        self._domains = domains
        self._parts = list(walk(tree))
        self._lists = lists

    def of(self, name: Name, values: Values) -> list[Any]:
        """Values worth trying in place of the present one, the nearest first."""
        present = values.get(name.name)
        found = [each for each in dict.fromkeys(self._candidates(name, values)) if each != present]
        if name.type.kind in _LINED:
            found = [each for each in found if self.possible(name, each)]
            at = on_line(present)
            currency = present.currency if isinstance(present, Amount) else ""
            found.sort(key=lambda each: (_is_of_another(each, currency), abs((on_line(each) or 0) - (at or 0))))
        return found

    def _candidates(self, name: Name, values: Values) -> Iterator[Any]:
        kind = name.type.kind
        if kind == "boolean":
            yield from (True, False)
        elif kind in _LINED:
            yield from self._on_the_line(name, values)
        else:
            yield from self._compared_with(name, values)
            yield from name.type.choices
            if kind == "entity":
                yield f"{name.type.entity.replace('*', 'user')}:{ELSE[0]}"
            elif kind == "text":
                yield from [word for word in ELSE if self._domains.can_be(name, word)][:1]

    def _compared_with(self, name: Name, values: Values) -> Iterator[Any]:
        """The texts that the name is compared with: literals, and what other names have at present."""
        for part in self._parts:
            if isinstance(part, Compare) and name in part.operands:
                yield from (each.value for each in part.operands if isinstance(each, Constant))
                others = (each.name for each in part.operands if isinstance(each, Name) and each != name)
                yield from (values[other] for other in others if values.get(other) is not None)
            elif isinstance(part, Member) and part.item == name and isinstance(part.among, tuple):
                yield from (constant.value for constant in part.among)

    def _on_the_line(self, name: Name, values: Values) -> Iterator[Any]:
        """Where each comparison with the name in it is just balanced, and one step to both sides."""
        for left, right in self._comparisons:
            inside = [name in names(side.node) for side in (left, right)]
            if not any(inside):
                continue
            side, other = (left, right) if inside[0] else (right, left)
            if all(inside) or side.node != name:
                balance = _balance(name, left, right, values)
            else:
                balance = on_line(truth_of(other.run, values))
            if balance is not None:
                yield from _around(balance, name.type, _currency(name, values, other.node))
        for part in self._parts:
            if isinstance(part, Member) and part.item == name and isinstance(part.among, tuple):
                yield from (constant.value for constant in part.among)
        if name.type.kind == "time" and isinstance(moment := values.get(name.name), datetime):
            yield from (moment + timedelta(hours=hours) for hours in range(1, 24))
            yield from (moment + timedelta(days=days) for days in range(1, 7))

    @cached_property
    def _comparisons(self) -> list[tuple["_Side", "_Side"]]:
        return [
            (_Side(one, self._lists), _Side(other, self._lists))
            for part in self._parts
            if isinstance(part, Compare)
            for one, other in zip(part.operands, part.operands[1:], strict=False)
        ]

    def possible(self, name: Name, value: Any) -> bool:
        """Whether such a value can come in at all."""
        at = on_line(value)
        if at is None:
            return False
        domain = self._domains.of(self._facts.get(name.name, name))
        stretch = domain.on(value.currency if isinstance(value, Amount) else "")
        per_second = 1_000_000 if name.type.kind in ("duration", "time") else 1
        return not isinstance(stretch, Line) or bool(stretch & line("==", at * per_second))


def _is_of_another(value: Any, currency: str) -> bool:
    return bool(currency) and isinstance(value, Amount) and value.currency != currency


class _Side:
    """One operand of a comparison."""

    def __init__(self, node: Expression, lists: Mapping[str, ValueList]) -> None:
        self.node = node
        self._lists = lists

    @cached_property
    def run(self) -> Evaluation:
        node = self.node
        if isinstance(node, Constant):
            return lambda _: node.value
        if isinstance(node, Name):
            return lambda values: values.get(node.name)
        return compiled(node, self._lists)


def on_line(value: Any) -> float | None:  # noqa: PLR0911  (one return for each type)
    """Where a value lies among its like; None for what has no order."""
    match value:
        case AtLeast(bound):
            return on_line(bound)
        case bool():
            return None
        case int() | float():
            return value
        case Amount():
            return value.minor
        case timedelta():
            return value.total_seconds()
        case datetime():
            return value.timestamp()
    return None


def shifted(name: Name, value: Any, steps: float) -> Any:
    """The value so many steps further on its line."""
    currency = value.currency if isinstance(value, Amount) else ""
    return _placed((on_line(value) or 0) + steps, name.type, currency)


def _balance(name: Name, left: _Side, right: _Side, values: Values) -> float | None:
    """Where both sides are equal, if the difference is a straight line in the name: from two points on it."""

    def difference(at: Any) -> float | None:
        given = {**values, name.name: at}
        sides = on_line(truth_of(left.run, given)), on_line(truth_of(right.run, given))
        return None if sides[0] is None or sides[1] is None else sides[0] - sides[1]

    currency = _currency(name, values)
    points = [_placed(at, name.type, currency) for at in (1_000, 3_000)]
    first, second = map(difference, points)
    if first is None or second is None or first == second:
        return None
    return 1_000 - first * 2_000 / (second - first)


def _currency(name: Name, values: Values, other: Expression | None = None) -> str:
    """The currency that the name's amounts are compared in; else the one that they have."""
    parts = walk(other) if other is not None else ()
    amounts = [part.value for part in parts if isinstance(part, Constant) and isinstance(part.value, Amount)]
    amounts += [value] if isinstance(value := values.get(name.name), Amount) else []
    return next((amount.currency for amount in amounts if amount.currency), "USD")


def _around(balance: float, kind: Type, currency: str) -> Iterator[Any]:
    if kind.kind == "number":
        step = abs(balance) * STEP or STEP
        # Half a step, too: a threshold one step away must have something on either side of it.
        yield from (round(balance + part * step, 12) for part in (0, -0.5, 0.5, -1, 1))
        return
    low = int(balance // 1)
    yield from (_placed(at, kind, currency) for at in (low, low - 1, low + 1))


def _placed(at: float, kind: Type, currency: str) -> Any:
    """The value of a type at a place on its line."""
    match kind.kind:
        case "money":
            return Amount(int(at), currency)
        case "duration":
            return timedelta(seconds=at)
        case "time":
            return datetime.fromtimestamp(at, UTC)
        case "integer":
            return int(at)
    return float(at)
