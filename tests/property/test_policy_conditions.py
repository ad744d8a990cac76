"""Conditions against oracles: Kleene's logic by minimum and maximum, lower bounds by trying what they stand for."""

import operator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.features import AtLeast
from shared.policy.conditions.values import arithmetic, compare
from shared.signals.amounts import Amount
from tests.support.policies import truth

pytestmark = pytest.mark.property

SIGNS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
UNKNOWN = 0.5
Tree = Any

atoms = st.one_of(
    st.sampled_from(["gift_card", "card_is_new", "true", "false"]),
    st.tuples(st.just("age"), st.sampled_from(COMPARISONS), st.integers(-3, 3)),
)
trees: st.SearchStrategy[Tree] = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(st.just("not"), inner),
        st.tuples(st.sampled_from(["and", "or"]), inner, inner),
        st.tuples(st.sampled_from(["and", "or"]), inner, inner, inner),
    ),
    max_leaves=12,
)
worlds = st.fixed_dictionaries(
    {
        "gift_card": st.sampled_from([True, False, None]),
        "card_is_new": st.sampled_from([True, False, None]),
        "buyer_account_age_days": st.one_of(st.none(), st.integers(-3, 3)),
    }
)


def written(tree: Tree) -> str:
    match tree:
        case str():
            return tree
        case ("age", sign, number):
            return f"buyer_account_age_days {sign} {number}"
        case ("not", inner):
            return f"not ({written(inner)})"
    return f" {tree[0]} ".join(f"({written(part)})" for part in tree[1:])


def oracle(tree: Tree, world: dict[str, Any]) -> float:
    """1 for true, 0 for false, a half for unknown; `and` is the minimum, `or` the maximum."""
    match tree:
        case "true" | "false":
            return float(tree == "true")
        case str():
            value = world[tree]
        case ("age", sign, number):
            age = world["buyer_account_age_days"]
            value = None if age is None else SIGNS[sign](age, number)
        case ("not", inner):
            return 1 - oracle(inner, world)
        case _:
            pick = min if tree[0] == "and" else max
            return pick(oracle(part, world) for part in tree[1:])
    return UNKNOWN if value is None else float(value)


@given(trees, worlds)
def test_logic_is_kleenes(tree: Tree, world: dict[str, Any]) -> None:
    """Any nesting of and, or and not comes to what minimum, maximum and complement come to."""
    expected = oracle(tree, world)
    assert truth(written(tree), world) is (None if expected == UNKNOWN else bool(expected))


bounds = st.one_of(st.integers(-6, 6), st.integers(-6, 6).map(AtLeast))


def stands_for(value: Any) -> list[int]:
    return list(range(value.value, value.value + 40)) if isinstance(value, AtLeast) else [value]


@given(bounds, bounds, st.sampled_from(COMPARISONS))
def test_a_verdict_on_a_bound_holds_for_all_that_it_may_stand_for(left: Any, right: Any, sign: str) -> None:
    """True or false only where every value above the bound agrees; unknown only where some disagree."""
    found = {SIGNS[sign](one, other) for one in stands_for(left) for other in stands_for(right)}
    verdict = compare(sign)(left, right)
    assert verdict is None or found == {verdict}
    if not (isinstance(left, AtLeast) and isinstance(right, AtLeast)):
        assert (verdict is None) is (len(found) == 2)


@given(bounds, bounds, st.sampled_from(["+", "-", "*"]))
def test_arithmetic_keeps_bounds_honest(left: Any, right: Any, sign: str) -> None:
    """A computed bound is never above any value that its parts may stand for."""
    found = [SIGNS[sign](one, other) for one in stands_for(left) for other in stands_for(right)]
    computed = arithmetic(sign)(left, right)
    if isinstance(computed, AtLeast):
        assert computed.value <= min(found)
    elif computed is not None:
        assert set(found) == {computed}


amounts = st.builds(Amount, st.integers(-(10**6), 10**6), st.sampled_from(["USD", "EUR"]))


@given(amounts, amounts, st.sampled_from(COMPARISONS))
def test_unlike_currencies_are_unknown(left: Amount, right: Amount, sign: str) -> None:
    """Amounts compare by their minor units in one currency, and not at all in two."""
    expected = SIGNS[sign](left.minor, right.minor) if left.currency == right.currency else None
    assert compare(sign)(left, right) is expected
