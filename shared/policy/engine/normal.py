"""The first stage: conditions in normal form.

`not` moves inwards until it stands at single tests (De Morgan's laws hold in three-valued logic, and with broken parts,
too), chained comparisons become pairs, literal sets of amounts become `or`, and what is the same for every signal is
worked out. A test that generated code cannot write is left `opaque`: always right, only slower.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, cast

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
    source_of,
    walk,
)
from shared.policy.engine.compiler import closure_of, guarded
from shared.policy.engine.predicates import ALWAYS, NEVER, Junction, Operand, Predicate, Test
from shared.policy.functions.text import Patterns
from shared.signals.amounts import Amount

MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_EXACT = frozenset({"integer", "money", "time", "duration"})
"""Kinds without NaN, for which `not x < 5` is `x >= 5`."""
_COUNTED = frozenset({"integer", "number", "time", "duration"})
_DEEPEST, _LONGEST = 8, 40
"""Python's own limits on nesting are far above; conditions beyond these are judged the careful way."""


Trees = Mapping[str, Expression]
"""What facts are made of, by their text."""


def normal(node: Expression, facts: Trees, *, wanted: bool = True, depth: int = 0) -> Predicate:  # noqa: PLR0911  (one return for each kind)
    """The predicate that holds where the condition is true; or false, if that is `wanted`."""
    match node:
        case Logic("not", (operand,)):
            return normal(operand, facts, wanted=not wanted, depth=depth)
        case Logic(operator, operands) if depth < _DEEPEST:
            parts = (normal(part, facts, wanted=wanted, depth=depth + 1) for part in operands)
            return joined(parts, every=(operator == "and") is wanted)
        case Compare() if depth < _DEEPEST and len(node.operators) > 1:
            pairs = (
                Compare((left, right), (sign,))
                for sign, left, right in zip(node.operators, node.operands, node.operands[1:], strict=False)
            )
            return joined((normal(pair, facts, wanted=wanted, depth=depth + 1) for pair in pairs), every=wanted)
        case _ if _same_for_all(node):
            truth = guarded(closure_of(node, {}, {}))({}, {})
            return (ALWAYS if truth is wanted else NEVER) if isinstance(truth, bool) else _opaque(node, held=wanted)
        case Compare((left, right), (sign,)):
            return _comparison(node, left, sign, right, facts, held=wanted)
        case Member(item, among) if isinstance(among, tuple):
            return _membership(item, among, facts, held=wanted is not node.negated, depth=depth)
        case Known(item):
            return Test("known", node, source_of(node), wanted, (operand_of(item, facts),), negated=not wanted)
    return Test("truth", node, source_of(node), wanted, (operand_of(node, facts),), negated=not wanted)


def joined(parts: Iterable[Predicate], *, every: bool) -> Predicate:
    """The junction, flat, without parts that change nothing."""
    word, neutral, decisive = ("every", ALWAYS, NEVER) if every else ("either", NEVER, ALWAYS)
    found: dict[Predicate, None] = {}
    for part in parts:
        if part == decisive:
            return decisive
        inner = part.parts if isinstance(part, Junction) and part.word == word else (part,)
        found.update(dict.fromkeys(one for one in inner if one != neutral))
    return next(iter(found)) if len(found) == 1 else Junction(word, tuple(found))  # type: ignore[arg-type]  # (one of the two words)


def _same_for_all(node: Expression) -> bool:
    return not any(isinstance(part, Name | ListName) for part in walk(node))


def _opaque(node: Expression, *, held: bool) -> Test:
    text = source_of(node)
    return Test("truth", node, text, held, (Operand("opaque", text, node),), negated=not held)


def _comparison(node: Compare, left: Expression, sign: str, right: Expression, facts: Trees, *, held: bool) -> Test:
    if isinstance(left, Constant):
        left, sign, right = right, MIRRORED[sign], left
    if "money" in (left.type.kind, right.type.kind):
        return _of_money(node, left, sign, right, held=held)
    if left.type.kind == "boolean" and isinstance(right, Constant) and sign in ("==", "!="):
        wanted = right.value is (sign == "==")
        return Test("truth", node, source_of(node), held, (operand_of(left, facts),), negated=wanted is not held)
    if isinstance(right, Constant):
        return _against(node, operand_of(left, facts), sign, right.value, left.type.kind, held=held)
    operands = (operand_of(left, facts), operand_of(right, facts))
    return Test("relation", node, source_of(node), held, operands, sign, negated=not held)


def _of_money(node: Compare, left: Expression, sign: str, right: Expression, *, held: bool) -> Test:
    match left, right:
        case Name(), Constant(Amount(minor, currency)) if currency:
            operand = Operand("minor", left.name, left, currency)
            return _against(node, operand, sign, minor, "money", held=held)
    return _opaque(node, held=held)


def _against(node: Compare, operand: Operand, sign: str, bound: Any, kind: str, *, held: bool) -> Test:
    text = source_of(node)
    if sign in ("==", "!="):
        return Test("equal", node, text, held, (operand,), "==", bound, negated=(sign == "==") is not held)
    if not held and kind in _EXACT:
        return Test("threshold", node, text, held, (operand,), _OPPOSITE[sign], bound)
    return Test("threshold", node, text, held, (operand,), sign, bound, negated=not held)


def _membership(item: Expression, among: tuple[Constant, ...], facts: Trees, *, held: bool, depth: int) -> Predicate:
    if item.type.kind == "money":
        pairs = (Compare((item, value), ("==",)) for value in among)
        return joined((normal(pair, facts, wanted=held, depth=depth + 1) for pair in pairs), every=not held)
    positive = Member(item, among, negated=False)
    values = tuple(dict.fromkeys(value.value for value in among))
    return Test(
        "member", positive, source_of(positive), held, (operand_of(item, facts),), "in", values, negated=not held
    )


def operand_of(node: Expression, facts: Trees) -> Operand:  # noqa: PLR0911  (one return for each kind)
    """The operand that stands for an expression."""
    text = source_of(node)
    match node:
        case Name(name, _, "fact") if name in facts:
            return Operand("fact", text, node, parts=(operand_of(facts[name], facts),))
        case Name(_, _, "field" | "feature") if node.type.kind != "money":
            return Operand("feature" if node.origin == "feature" else "field", text, node)
        case Arithmetic() if (parts := _summed(node, facts)) is not None:
            return Operand("sum", text, node, parts=tuple(dict.fromkeys(parts)))
        case Call("matches", (searched, Constant())) if not isinstance(searched, ListName):
            found = Operand("patterns", source_of(searched), searched, parts=(argument_of(searched, facts),))
            return Operand("match", text, node, parts=(found,))
        case Call(_, arguments):
            return _called(text, node, arguments, facts)
        case Member(item, ListName()):
            return _called(text, node, (item,), facts)
    return Operand("opaque", text, node)


def argument_of(node: Expression, facts: Trees) -> Operand:
    """The operand that stands for what a function is given: an amount as it is, too."""
    if isinstance(node, Name) and node.origin in ("field", "feature"):
        return Operand("feature" if node.origin == "feature" else "field", node.name, node)
    return operand_of(node, facts)


def pattern_of(match: Operand) -> tuple[str, str]:
    """The text that a `match` is sought in, as the text of its operand, and the pattern."""
    _, pattern = cast("Call", match.node).arguments
    return match.parts[0].text, cast("Constant", pattern).value


def patterns_in(operands: Iterable[Operand]) -> dict[str, Patterns]:
    """The patterns of all matches among the operands and their parts, by the text that they are sought in."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    waiting = list(operands)
    for operand in waiting:
        waiting += operand.parts
        if operand.kind == "match":
            searched, pattern = pattern_of(operand)
            found[searched].append(pattern)
    return {searched: Patterns(patterns) for searched, patterns in found.items()}


def _called(text: str, node: Call | Member, arguments: Iterable[Expression | ListName], facts: Trees) -> Operand:
    parts = [argument_of(part, facts) for part in arguments if not isinstance(part, Constant | ListName)]
    return Operand("call", text, node, parts=tuple(dict.fromkeys(parts)))


def _summed(node: Arithmetic, facts: Trees) -> list[Operand] | None:
    """What arithmetic reads, if it is of a kind that Python does as the language does."""
    found: list[Operand] = []
    steps = [node]
    for step in steps:
        for part in (step.left, step.right):
            if part.type.kind not in _COUNTED:
                return None
            if isinstance(part, Arithmetic):
                steps.append(part)
            elif not isinstance(part, Constant):
                found.append(operand_of(part, facts))
            elif isinstance(part.value, float) and not math.isfinite(part.value):
                return None
    return found if len(steps) <= _LONGEST else None
