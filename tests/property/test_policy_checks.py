"""What the checks prove about conditions, held against all values of a small world, one by one."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.policy import load_documents
from shared.policy.checks.domains import Domains
from shared.policy.checks.meaning import senseless
from shared.policy.checks.overlap import overlapping
from shared.policy.checks.ranges import Line, Words, between, line
from shared.policy.checks.statements import Truth, possible, ways
from shared.policy.checks.stating import stated
from shared.policy.conditions.tree import Logic
from shared.policy.engine.compiler import compiled
from shared.signals.amounts import Amount
from tests.support.policies import policy_with

pytestmark = pytest.mark.property

SIGNAL = "payment.attempted"
WORLD = {
    "buyer_account_age_days": [None, 0, 1, 2, 3, 4, 5],
    "amount": [Amount(minor, currency) for currency in ("USD", "EUR", "JPY") for minor in (0, 100, 200, 300)],
    "card_country": [None, "DE", "FR", "IT"],
    "card_funding": ["credit", "debit", "prepaid", "unknown"],
    "card_is_new": [None, True, False],
    "gift_card": [True, False],
}
"""Each field at every value that a condition here can tell from its neighbours; `None` where it may be left out."""

SIGNS = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
LEAVES = st.one_of(
    st.builds(
        "buyer_account_age_days {} {}".format, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), st.integers(0, 4)
    ),
    st.builds("{} < buyer_account_age_days <= {}".format, st.integers(0, 3), st.integers(0, 4)),
    st.builds(
        "amount {} {}.00 {}".format,
        SIGNS,
        st.integers(0, 3),
        st.sampled_from(["USD", "EUR"]),
    ),
    st.builds('card_country {} "{}"'.format, st.sampled_from(["==", "!="]), st.sampled_from(["DE", "FR"])),
    st.builds('card_country {} ("DE", "{}")'.format, st.sampled_from(["in", "not in"]), st.sampled_from(["DE", "FR"])),
    st.builds('card_funding {} "{}"'.format, st.sampled_from(["==", "!="]), st.sampled_from(["credit", "debit"])),
    st.sampled_from(["card_is_new", "gift_card", "gift_card == card_is_new", "known(card_country)", "known(amount)"]),
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.builds("({} and {})".format, parts, parts),
        st.builds("({} or {})".format, parts, parts),
        st.builds("not ({})".format, parts),
    ),
    max_leaves=6,
)
MEANT = {
    Truth.TRUE: lambda value: value is True,
    Truth.FALSE: lambda value: value is False,
    Truth.NOT_TRUE: lambda value: value is not True,
    Truth.NOT_FALSE: lambda value: value is not False,
}


def worlds(condition: str) -> list[dict[str, object]]:
    """All values of the fields that the condition reads."""
    read = [name for name in WORLD if name in condition]
    return [dict(zip(read, values, strict=True)) for values in product(*(WORLD[name] for name in read))]


@given(CONDITIONS)
def test_what_is_proved_impossible_never_happens(condition: str) -> None:
    """A truth that no values can give, says the proof, is given by none of them."""
    policy = policy_with(condition)
    tree = policy.rules["the_rule"].conditions[SIGNAL]
    statement, run = stated(tree, Domains(SIGNAL, policy.uses[SIGNAL])), compiled(tree, {})
    seen = [run(values) for values in worlds(condition)]
    for truth, meant in MEANT.items():
        assert possible((statement, truth)) or not any(map(meant, seen))


@given(CONDITIONS)
def test_ways_miss_nothing(condition: str) -> None:
    """Where a condition has no way left to come true, it does not come true; each way that it has was possible."""
    policy = policy_with(condition)
    tree = policy.rules["the_rule"].conditions[SIGNAL]
    statement, run = stated(tree, Domains(SIGNAL, policy.uses[SIGNAL])), compiled(tree, {})
    found = ways(statement, 1_000)
    if found is not None:
        assert bool(found) is possible((statement, Truth.TRUE))
        assert found or not any(run(values) is True for values in worlds(condition))


RULES = """
rules:
  first_rule: {{abuse: policy, on: payment.attempted, when: '{}', then: [deny], reason: a, user_reason: a, owner: a}}
  other_rule: {{abuse: policy, on: payment.attempted, when: '{}', then: [deny], reason: a, user_reason: a, owner: a}}
"""


@given(CONDITIONS, CONDITIONS)
def test_rules_that_say_the_same_do(one: str, other: str) -> None:
    """Two rules of which one is said to say the same as the other are true of the same values."""
    policy = load_documents({"a": RULES.format(one, other)}, published=True)
    domains = {SIGNAL: Domains(SIGNAL, policy.uses[SIGNAL])}
    if any("says the same" in problem.what for problem in overlapping(policy.rules.values(), domains)):
        first, second = (compiled(rule.conditions[SIGNAL], {}) for rule in policy.rules.values())
        assert all((first(values) is True) is (second(values) is True) for values in worlds(f"{one} {other}"))


@given(CONDITIONS)
def test_a_finding_keeps_its_word(condition: str) -> None:
    """A condition that is said to be never or always true as a whole is that, wherever everything is known."""
    policy = policy_with(condition)
    tree = policy.rules["the_rule"].conditions[SIGNAL]
    assert tree.place
    run = compiled(tree, {})
    for problem in senseless(tree, tree.place.scalar, Domains(SIGNAL, policy.uses[SIGNAL])):
        if problem.span == tree.place.span and "can never be true" in problem.what:
            assert not any(run(values) is True for values in worlds(condition))
        if problem.span == tree.place.span and "is always true" in problem.what:
            assert not any(run(values) is False for values in worlds(condition))


@given(st.lists(CONDITIONS, min_size=2, max_size=4), st.sampled_from([" and ", " or "]))
def test_what_makes_no_difference_makes_none(parts: list[str], word: str) -> None:
    """Without the part that is said to make no difference, a condition is true of the same values as with it."""
    condition = word.join(f"({part})" for part in parts)
    policy = policy_with(condition)
    tree = policy.rules["the_rule"].conditions[SIGNAL]
    assert isinstance(tree, Logic)
    assert tree.place
    found = senseless(tree, tree.place.scalar, Domains(SIGNAL, policy.uses[SIGNAL]))
    needless = {problem.span for problem in found if "makes no difference" in problem.what}
    kept = [part for part in tree.operands if not part.place or part.place.span not in needless]
    if len(kept) < len(tree.operands):
        with_all, without = compiled(tree, {}), compiled(replace(tree, operands=tuple(kept)), {})
        assert all((with_all(values) is True) is (without(values) is True) for values in worlds(condition))


NUMBERS = st.integers(-3, 3)
LINES = st.recursive(
    st.builds(line, SIGNS, NUMBERS),
    lambda parts: st.one_of(st.builds(Line.__and__, parts, parts), st.builds(Line.__or__, parts, parts)),
    max_leaves=5,
)


def holds(found: Line, number: float) -> bool:
    """Whether the number is between a pair of cuts."""
    pairs = zip(found.cuts[::2], found.cuts[1::2], strict=True)
    return any(first <= (number, 0) < last for first, last in pairs)


@given(LINES, LINES, st.sampled_from([number / 2 for number in range(-9, 10)]))
def test_lines_are_sets(one: Line, other: Line, number: float) -> None:
    """What is on two lines is on both, on either line on one of them at least, and off a line not on it."""
    assert holds(one & other, number) is (holds(one, number) and holds(other, number))
    assert holds(one | other, number) is (holds(one, number) or holds(other, number))
    assert holds(~one, number) is not holds(one, number)


@given(st.sampled_from(["<", "<=", ">", ">="]), st.sampled_from([-1.5, -1, 0, 0.5, 2]), NUMBERS)
def test_lines_of_integers(sign: str, bound: float, number: int) -> None:
    """Between two neighbouring integers there is nothing, and every integer is where it belongs."""
    whole = line(sign, bound, whole=True)
    assert holds(whole, number) is eval(f"{number} {sign} {bound}")
    assert not whole & between(number + 0.25, number + 0.75)


WORDS = st.builds(Words, st.frozensets(st.sampled_from("abc")), st.booleans())


@given(WORDS, WORDS, st.sampled_from("abcd"))
def test_words_are_sets(one: Words, other: Words, word: str) -> None:
    """Words join and cut like sets, those that stand for all others too."""

    def has(found: Words) -> bool:
        return (word in found.words) is not found.others

    assert has(one & other) is (has(one) and has(other))
    assert has(one | other) is (has(one) or has(other))
    assert has(~one) is not has(one)
