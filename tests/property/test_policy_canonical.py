"""The canonical text of a condition: it reads back as the same condition, however the condition was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.policy import load_documents
from shared.policy.conditions.tree import Expression, source_of
from tests.support.policies import RULE

pytestmark = pytest.mark.property

HEAD = """
features:
  declines: {count: payment.declined, by: card, window: 1h}
  paid: {sum: amount, of: payment.settled, by: buyer, window: 7d}
lists:
  good: {owner: tests, values: [a]}
"""
texts = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")), max_size=8).map(
    lambda value: (
        "'" + "".join(sign for sign in value if sign.isprintable()).replace("\\", "\\\\").replace("'", "\\'") + "'"
    )
)
numbers = st.one_of(
    st.integers(-(2**62), 2**62).map(str),
    st.floats(1e-9, 1e9).map(repr),
    st.sampled_from(["25%", "0.5%", "declines", "buyer_account_age_days", "1e-07", "length(category)", "hour(time)"]),
)
durations = st.sampled_from(
    ["72h", "0s", "-90m", "2w", "time - time", "time - '2026-11-01'", "declines * 1h", "36h / 5"]
)
times = st.sampled_from(["time", "time + 3h", "1d + time", "time - 45s"])
amounts = st.sampled_from(["amount", "paid", "5 USD", "-12.50 USD", "2 * amount", "amount / 3", "amount - 1.00 USD"])
named = st.sampled_from(["category", "card_country"])


def joined(part: st.SearchStrategy[str], signs: list[str]) -> st.SearchStrategy[str]:
    """Two of a kind with a sign between, in parentheses or not, as an author might."""
    return st.builds(
        lambda left, sign, right, around: f"({left} {sign} {right})" if around else f"{left}{sign}{right}",
        part,
        st.sampled_from(signs),
        part,
        st.booleans(),
    )


sums = st.recursive(numbers, lambda inner: joined(inner, [" + ", " - ", " * ", "/"]), max_leaves=5)
ORDER = [" < ", "<=", " > ", ">=", "==", " != "]
atoms = st.one_of(
    joined(sums, ORDER),
    joined(durations, ORDER),
    joined(times, ORDER),
    joined(amounts, ORDER),
    st.builds(lambda name, text: f"{name} == {text}", named, texts),
    st.builds(lambda name, some: f"{name} in [{', '.join(some)}]", named, st.lists(texts, min_size=1, max_size=3)),
    st.sampled_from(["declines in (-5)", "declines not in [3, -0.5]", "amount in (-5 USD,)", "time - time in [1h]"]),
    st.sampled_from(["gift_card", "known(card)", "category not in lists.good", "true", "contains( category , 'x' )"]),
)
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(joined(inner, [" and ", " or "]), inner.map(lambda part: f"not ({part})")),
    max_leaves=6,
)


def tree_of(condition: str) -> Expression:
    block = ">-\n      " + condition
    rule = RULE.format(signal="payment.attempted", condition=block, actor="buyer")
    loaded = load_documents({"head.yaml": HEAD, "rule.yaml": rule}, published=True)
    return loaded.rules["the_rule"].conditions["payment.attempted"]


@given(conditions)
def test_the_canonical_text_reads_back(condition: str) -> None:
    """Written canonically, a condition is the same tree, and its canonical text is that text again."""
    tree = tree_of(condition)
    canonical = source_of(tree)
    again = tree_of(canonical)
    assert again == tree
    assert source_of(again) == canonical
