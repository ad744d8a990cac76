"""A condition with one small slip in it, for every slip that a tired author could make.

A test that comes out the same with and without the slip has not tested that place.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from shared.policy.authoring.boundaries import STEP
from shared.policy.conditions.facts import Facts
from shared.policy.conditions.tree import (
    Compare,
    Constant,
    Expression,
    Logic,
    Member,
    Name,
    Quantified,
    source_of,
)
from shared.signals.amounts import Amount

_SLIPS = {">=": ">", ">": ">=", "<=": "<", "<": "<=", "==": "!=", "!=": "=="}


@dataclass(frozen=True, slots=True)
class Mutant:
    """The whole condition with `before` written as `after`, in the place `part`.

    `buried` says that the place is inside a fact: only a test that gives the fact's raw values can notice it.
    """

    tree: Expression
    before: str
    after: str
    part: Expression
    buried: bool = False


def mutants(tree: Expression, facts: Facts) -> Iterator[Mutant]:
    """Every one-step slip in a hoisted condition; `facts` are the ones that it reads."""
    match tree:
        case Logic("not", (operand,)):
            yield Mutant(operand, source_of(tree), source_of(operand), tree)
            yield from _in_operands(tree, facts)
        case Logic():
            yield from _in_logic(tree)
            yield from _in_operands(tree, facts)
        case Compare():
            yield from _in_comparison(tree)
        case Member():
            yield _swapped(tree)
        case Quantified():
            inner = (replace(each, tree=replace(tree, predicate=each.tree)) for each in mutants(tree.predicate, facts))
            yield from inner
        case Name(name, _, "fact"):
            yield from _in_fact(tree, facts[name])
        case _:
            return


def _in_operands(tree: Logic, facts: Facts) -> Iterator[Mutant]:
    for place, operand in enumerate(tree.operands):
        for inner in mutants(operand, facts):
            operands = (*tree.operands[:place], inner.tree, *tree.operands[place + 1 :])
            yield replace(inner, tree=replace(tree, operands=operands))


def _in_logic(tree: Logic) -> Iterator[Mutant]:
    swapped = replace(tree, operator="or" if tree.operator == "and" else "and")
    yield Mutant(swapped, f" {tree.operator} ".join(_short(each) for each in tree.operands), source_of(swapped), tree)
    for place, operand in enumerate(tree.operands):
        rest = (*tree.operands[:place], *tree.operands[place + 1 :])
        left = rest[0] if len(rest) == 1 else replace(tree, operands=rest)
        yield Mutant(left, source_of(operand), "", operand)


def _short(node: Expression) -> str:
    return f"({source_of(node)})" if isinstance(node, Logic) and node.operator != "not" else source_of(node)


def _in_comparison(tree: Compare) -> Iterator[Mutant]:
    before = source_of(tree)
    for changed in _slipped(tree):
        yield Mutant(changed, before, source_of(changed), tree)


def _slipped(tree: Compare) -> Iterator[Compare]:
    for place, sign in enumerate(tree.operators):
        yield replace(tree, operators=(*tree.operators[:place], _SLIPS[sign], *tree.operators[place + 1 :]))
    for place, operand in enumerate(tree.operands):
        if isinstance(operand, Constant):
            for value in stepped(operand.value):
                changed = replace(operand, value=value)
                yield replace(tree, operands=(*tree.operands[:place], changed, *tree.operands[place + 1 :]))


def stepped(value: Any) -> tuple[Any, ...]:
    """The values one step below and above: one of what is whole, a minor unit of money, 1 % of other numbers."""
    match value:
        case bool():
            return ()
        case int():
            return (value - 1, value + 1)
        case float():
            step = abs(value) * STEP or STEP
            return (round(value - step, 12), round(value + step, 12))
        case Amount(minor, currency):
            return (Amount(minor - 1, currency), Amount(minor + 1, currency))
        case timedelta() | datetime():
            return (value - timedelta(seconds=1), value + timedelta(seconds=1))
    return ()


def _swapped(tree: Member) -> Mutant:
    other = replace(tree, negated=not tree.negated)
    return Mutant(other, source_of(tree), source_of(other), tree)


def _in_fact(name: Name, fact: Expression) -> Iterator[Mutant]:
    """A slip that turns the fact round is noticed by any test that gives the fact; the rest lies below its text."""
    if isinstance(fact, Member):
        slips = [_swapped(fact)]
    elif isinstance(fact, Compare) and fact.operators in (("==",), ("!=",)):
        slips = [next(_in_comparison(fact))]
    else:
        yield from (replace(inner, buried=True) for inner in mutants(fact, {}))
        return
    yield from (replace(slip, tree=Logic("not", (name,))) for slip in slips)
