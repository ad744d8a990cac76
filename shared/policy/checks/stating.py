"""From a checked condition to statements about ranges."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.policy.checks.domains import Domains
from shared.policy.checks.ranges import Line, Range, Stretch, line, words
from shared.policy.checks.statements import Atom, Joined, Opposite, Statement, atom
from shared.policy.conditions.tree import (
    NUMERIC,
    Compare,
    Constant,
    Expression,
    Known,
    ListName,
    Logic,
    Member,
    source_of,
)
from shared.policy.conditions.values import compare
from shared.signals.amounts import Amount

_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ORDERED = (*NUMERIC, "money", "time", "duration")
_HOLDS_FOR = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "==": "=", "!=": "<>"}
"""The outcomes of comparing two terms, `<`, `=` and `>`, for which each sign holds."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stated(node: Expression, domains: Domains) -> Statement:
    """The condition as a statement; what cannot be looked into is an atom that is true, false or missing."""
    match node:
        case Logic("not", (operand,)):
            return Opposite(stated(operand, domains))
        case Logic(operator, operands):
            return Joined(tuple(stated(operand, domains) for operand in operands), every=operator == "and")
    if node not in domains.statements:
        domains.statements[node] = _stated(node, domains)
    return domains.statements[node]


def _stated(node: Expression, domains: Domains) -> Statement:
    match node:
        case Constant(bool() as value):
            return value
        case Compare(operands, operators):
            pairs = zip(operators, operands, operands[1:], strict=False)
            compared = tuple(_compared(sign, left, right, domains) for sign, left, right in pairs)
            return compared[0] if len(compared) == 1 else Joined(compared, every=True)
        case Member(item, tuple() as among, negated):
            either = _among(item, among, domains)
            return Opposite(either) if negated else either
        case Member(item, ListName() as among, negated):
            listed = _opaque(Member(item, among, negated=False))
            return Opposite(listed) if negated else listed
        case Known(item):
            there = domains.of(item)
            return atom(source_of(item), there, there.known, ~there.known)
    return _opaque(node, domains.of(node))


def _opaque(node: Expression, domain: Range | None = None) -> Atom:
    both = domain or Range(words((True, False)), missing=True)
    return atom(source_of(node), both, Range(words((True,))), Range(words((False,))))


def _compared(sign: str, left: Expression, right: Expression, domains: Domains) -> Statement:
    if isinstance(left, Constant) and isinstance(right, Constant):
        return bool(compare(sign)(left.value, right.value))
    if isinstance(left, Constant):
        return _compared(_MIRRORED[sign], right, left, domains)
    if isinstance(right, Constant):
        domain = domains.of(left)
        true, false = _held(sign, left, right.value, domains)
        return atom(source_of(left), domain, true, false)
    return _related(sign, left, right)


def _related(sign: str, left: Expression, right: Expression) -> Atom:
    """Two terms compared with each other: what can be known of it is `<`, `=` or `>`."""
    one, other = source_of(left), source_of(right)
    if one > other:
        one, other, sign = other, one, _MIRRORED[sign]
    outcomes = words("=" if one == other else "<=>")
    true = words(_HOLDS_FOR[sign])
    return atom(f"{one} ? {other}", Range(outcomes, missing=True), Range(true), Range(outcomes & ~true))


def _held(sign: str, term: Expression, value: Any, domains: Domains) -> tuple[Range, Range]:
    """Where a term compares like this with a value, and where it does not; neither has what is missing."""
    if term.type.kind not in _ORDERED:
        equal = words((value,)) if domains.can_be(term, value) else words(())
        return (Range(equal), Range(~equal)) if sign == "==" else (Range(~equal), Range(equal))
    whole = term.type.kind in ("integer", "money")
    holds = line(sign, _number(value), whole=whole)
    fails = ~holds
    if not isinstance(value, Amount):
        return Range(holds), Range(fails)
    elsewhere: Stretch = Line((), whole)
    return tuple(Range(elsewhere, {"": part, value.currency: part}) for part in (holds, fails))  # type: ignore[return-value]  # two of them


def _number(value: Any) -> float:
    match value:
        case Amount(minor):
            return minor
        case timedelta():
            return value // timedelta(microseconds=1)
        case datetime():
            return (value - _EPOCH) // timedelta(microseconds=1)
    return float(value) if isinstance(value, float) else int(value)


def _among(item: Expression, among: tuple[Constant, ...], domains: Domains) -> Statement:
    """`x in (1, 2)`: true where it equals one of them, false where it differs from each."""
    if isinstance(item, Constant):
        return any(compare("==")(item.value, value.value) for value in among)
    held = [_held("==", item, value.value, domains) for value in among]
    true, false = held[0]
    for more_true, more_false in held[1:]:
        true, false = true | more_true, false & more_false
    return atom(source_of(item), domains.of(item), Range(true.rest, true.lines), Range(false.rest, false.lines))
