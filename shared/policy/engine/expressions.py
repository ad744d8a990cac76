"""Operands and tests as Python expressions.

Nothing that an analyst wrote stands in them: names become locals, texts and other constants are bound, and only numbers
are written out. They raise if a value is not what its type says.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from shared.features.model import AtLeast
from shared.policy.conditions.tree import Arithmetic, Call, Constant, Expression, ListName, Member
from shared.policy.engine.compiler import Broken, BrokenFactError, Closure, ValueList
from shared.policy.engine.normal import Trees, argument_of, operand_of, pattern_of
from shared.policy.engine.predicates import Junction, Operand, Predicate, Test, tests_in
from shared.policy.engine.uses import Uses
from shared.policy.functions.text import Patterns
from shared.signals.amounts import Amount

_PLAIN_NAME = re.compile(r"[a-z][a-z0-9_]{0,60}")
_EXACT_INTEGER = 2**63
UNSET = type("Unset", (), {"__repr__": lambda _: "UNSET"})()
"""Stands in a local that nothing was read into yet."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the code of a program refers to: `patterns` are those that are sought in each text, by its source.

    `ask` gives how to find an opaque operand.
    """

    facts: Trees
    lists: Mapping[str, ValueList]
    patterns: Mapping[str, Patterns]
    ask: Callable[[Operand], Closure]


def plain(value: Any) -> Any:
    """A value that can be compared; a lower bound cannot, and counts as unknown. Raises for a broken one."""
    if value.__class__ is Broken:
        raise BrokenFactError(value.error)
    return None if value.__class__ is AtLeast else value


def no_minor(value: Any) -> None:
    """An amount in another currency and a lower bound are unknown; raises for what is no amount."""
    if value.__class__ is not Amount and value.__class__ is not AtLeast:
        raise TypeError


class Expressions:
    """Writes expressions for one function, and keeps what the names in them are bound to."""

    def __init__(self, uses: Uses, around: Surroundings) -> None:
        self._uses, self._around = uses, around
        self.bound: dict[str, Any] = {
            "UNSET": UNSET,
            "AtLeast": AtLeast,
            "Amount": Amount,
            "plain": plain,
            "no_minor": no_minor,
        }
        self._constants: dict[tuple[type, Any], str] = {}
        self._locals: dict[Operand, str] = {}
        self._numbers = count(1)

    @property
    def remembered(self) -> list[str]:
        """The locals that have to be set before the first use that finds them."""
        return [local for operand, local in self._locals.items() if self._is_remembered(operand)]

    def _is_remembered(self, operand: Operand) -> bool:
        return self._uses.often[operand] > 1 and operand not in self._uses.always

    def _name(self, prefix: str, text: str = "") -> str:
        """A name of our own; it hints at the text if that is harmless."""
        return f"{prefix}_{text}" if _PLAIN_NAME.fullmatch(text) else f"{prefix}_{next(self._numbers)}"

    def bind(self, prefix: str, value: Any) -> str:
        name = self._name(prefix)
        self.bound[name] = value
        return name

    def local(self, operand: Operand) -> str:
        if operand not in self._locals:
            named = operand.kind in ("field", "feature", "minor")
            hint = f"{operand.text}_{operand.currency.lower()}" if operand.currency else operand.text
            self._locals[operand] = self._name(operand.kind, hint if named else "")
        return self._locals[operand]

    def literal(self, value: Any) -> str:
        if isinstance(value, bool):
            return repr(value)
        if (isinstance(value, int) and abs(value) < _EXACT_INTEGER) or (
            isinstance(value, float) and math.isfinite(value)
        ):
            return repr(value)
        key = (type(value), id(value) if isinstance(value, frozenset) else value)
        if key not in self._constants:
            self._constants[key] = self.bind("constant", value)
        return self._constants[key]

    def value(self, operand: Operand) -> str:
        """The operand's value, read now unless it was before."""
        local = self.local(operand)
        if operand in self._uses.always:
            return local
        found = f"({local} := {self.found(operand)})"
        return f"({local} if {local} is not UNSET else {found})" if self._is_remembered(operand) else found

    def _got(self, operand: Operand) -> str:
        return f"get({operand.text!r})" if _PLAIN_NAME.fullmatch(operand.text) else f"get({self.literal(operand.text)})"

    def found(self, operand: Operand) -> str:  # noqa: PLR0911  (one return for each kind)
        """How the operand is found out."""
        local = self.local(operand)
        match operand.kind:
            case "field":
                return self._got(operand)
            case "feature" if operand not in self._uses.exposed:
                return self._got(operand)
            case "feature":
                return f"(None if ({local} := {self._got(operand)}).__class__ is AtLeast else {local})"
            case "minor":
                currency = self.literal(operand.currency)
                amount = f"({local} := {self._got(operand)}).__class__ is Amount"
                alike = f"({local}.currency == {currency} or not {local}.currency)"
                return f"{local}.minor if {amount} and {alike} else None if {local} is None else no_minor({local})"
            case "sum":
                divisors: list[str] = []
                written = self._arithmetic(operand.node, divisors)
                return self._unless_unknown(operand, written, divisors)
            case "fact":
                key, derived = self.literal(operand.text), self.found(operand.parts[0])
                computed = f"computed.setdefault({key}, {local})"
                found = f"None if ({local} := {derived}) is None else {computed}"
                return f"plain({local}) if ({local} := get({key})) is not None else {found}"
            case "match":
                searched, pattern = pattern_of(operand)
                place = self._around.patterns[searched].places[pattern]
                return self._unless_unknown(operand, f"{place} in {self.local(operand.parts[0])}", [])
            case "patterns":
                found = self.bind("found_in", self._around.patterns[operand.text].found_in)
                return self._unless_unknown(operand, f"{found}({self.local(operand.parts[0])})", [])
            case "call" if (called := self._called(operand.node)) is not None:
                return self._unless_unknown(operand, called, [])
        name = f"ask_{local}"
        self.bound.setdefault(name, self._around.ask(operand))
        return f"{name}(values, computed)"

    def _unless_unknown(self, operand: Operand, written: str, divisors: Iterable[str]) -> str:
        """What is written, if all parts are known and nothing divides by zero."""
        doubts = [f"{self.value(part)} is None" for part in operand.parts] + [f"not {by}" for by in divisors]
        return f"None if {' or '.join(doubts)} else {written}" if doubts else written

    def _called(self, node: Expression) -> str | None:
        """A call, or a look into a list; None where a list comes to its end, which the careful way minds."""
        if isinstance(node, Call):
            arguments = [self._argument(part) for part in node.arguments]
            return None if None in arguments else f"{self.bind('run', node.run)}({', '.join(map(str, arguments))})"
        if isinstance(node, Member) and isinstance(node.among, ListName):
            item, among = self._argument(node.item), self._argument(node.among)
            return None if among is None else f"{item} {'not ' * node.negated}in {among}"
        return None

    def _argument(self, part: Expression | ListName) -> str | None:
        if isinstance(part, ListName):
            named = self._around.lists[part.name]
            return None if named.expires or named.table else self.literal(named.values)
        if isinstance(part, Constant):
            return self.literal(part.value)
        return self.local(argument_of(part, self._around.facts))

    def _arithmetic(self, node: Expression, divisors: list[str]) -> str:
        match node:
            case Constant(value):
                return f"({self.literal(value)})"
            case Arithmetic(sign, left, right):
                first, second = self._arithmetic(left, divisors), self._arithmetic(right, divisors)
                if sign == "/" and not (isinstance(right, Constant) and right.value):
                    divisors.append(second)
                return f"({first} {sign} {second})"
        return self.local(operand_of(node, self._around.facts))

    def compared(self, test: Test) -> str:
        """The bare comparison of operands that are read and known."""
        first = self.local(test.operands[0])
        if test.kind == "relation":
            bare = f"{first} {test.sign} {self.local(test.operands[1])}"
        elif test.kind == "member":
            bare = f"{first} in {self.literal(frozenset(test.bound))}"
        else:
            bare = f"{first} {test.sign} {self.literal(test.bound)}"
        return f"not {bare}" if test.negated else bare

    def unknown(self, test: Test) -> str:
        """Whether the test is unknown, reading its operands."""
        return " or ".join(f"{self.value(operand)} is None" for operand in test.operands)

    def holds(self, predicate: Predicate) -> str:
        """Whether the predicate is certainly true, reading what it takes."""
        if isinstance(predicate, Junction):
            word = " and " if predicate.word == "every" else " or "
            return f"({word.join(map(self.holds, predicate.parts))})"
        if predicate.kind == "known":
            found = self._got(predicate.operands[0]).replace("get(", "values.get(")
            return f"{found} is {'None' if predicate.negated else 'not None'}"
        if predicate.kind == "truth":
            value = self.value(predicate.operands[0])
            return f"{value} is False" if predicate.negated else value
        known = " and ".join(f"{self.value(operand)} is not None" for operand in predicate.operands)
        return f"{known} and {self.compared(predicate)}"

    def doubted(self, predicate: Predicate) -> str:
        """Whether a predicate that is not certainly true may be unknown: something that was read for it is.

        What was not read is UNSET: something else had already settled its part as false, or in doubt.
        """
        operands = dict.fromkeys(
            operand for test in tests_in(predicate) if test.kind != "known" for operand in test.operands
        )
        return " or ".join(f"{self.local(operand)} is None" for operand in operands) or "False"

    def not_false(self, predicate: Predicate) -> str:
        """Whether the predicate is true or may be unknown, reading what it takes."""
        if isinstance(predicate, Junction):
            return f"{self.holds(predicate)} or {self.doubted(predicate)}"
        if predicate.kind == "known":
            return self.holds(predicate)
        if predicate.kind == "truth":
            value = self.value(predicate.operands[0])
            return f"not {value}" if predicate.negated else f"{value} is not False"
        return f"{self.unknown(predicate)} or {self.compared(predicate)}"
