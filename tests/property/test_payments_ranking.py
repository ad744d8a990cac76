"""The measures of ranked payments, held against their definitions written out."""

from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from infra.local.payments.measures import Ranking
from infra.local.payments.protocol import Payment

pytestmark = pytest.mark.property

DAY = date(2018, 8, 8)
MIXED = st.lists(
    st.builds(
        Payment,
        day=st.sampled_from([DAY, DAY + timedelta(days=1)]),
        card=st.sampled_from(["card_a", "card_b", "card_c"]),
        amount=st.integers(1, 500),
        is_fraud=st.booleans(),
        score=st.sampled_from([0.0, 10.0, 10.5, 99.0]),
    ),
    min_size=2,
    max_size=25,
).filter(lambda payments: len({each.is_fraud for each in payments}) == 2)


@given(MIXED)
def test_auc_is_the_chance_that_a_fraud_ranks_above_an_honest_payment(payments: list[Payment]) -> None:
    """Counted pair by pair, ties for one half, it is the same."""
    frauds = [each.score for each in payments if each.is_fraud]
    honest = [each.score for each in payments if not each.is_fraud]
    won = sum((fraud > other) + (fraud == other) / 2 for fraud, other in product(frauds, honest))
    assert Ranking(payments).measure().auc == pytest.approx(won / (len(frauds) * len(honest)))


@given(MIXED)
def test_average_precision_weighs_the_precision_at_each_score_by_the_recall_it_adds(payments: list[Payment]) -> None:
    """Written out score by score, as the textbook has it, it is the same."""
    frauds = sum(each.is_fraud for each in payments)
    total = 0.0
    for score in {each.score for each in payments}:
        above = [each for each in payments if each.score >= score]
        added = sum(each.is_fraud for each in payments if each.score == score)
        total += added / frauds * sum(each.is_fraud for each in above) / len(above)
    assert Ranking(payments).measure().average_precision == pytest.approx(total)


@given(MIXED, st.tuples(*[st.integers(0, 2)] * 3))
def test_a_card_of_weight_two_is_there_twice(payments: list[Payment], counts: tuple[int, ...]) -> None:
    """Measuring with weights is measuring what the weights stand for, copies being cards of their own."""
    weights = dict(zip(("card_a", "card_b", "card_c"), counts, strict=True))
    copies = [
        Payment(each.day, f"{each.card}{copy}", each.amount, each.is_fraud, each.score)
        for each in payments
        for copy in range(weights[each.card])
    ]
    assume(len({each.is_fraud for each in copies}) == 2)
    assume({each.day for each in copies} == {each.day for each in payments})
    ranking = Ranking(payments)
    *ranked, caught = ranking.measure([weights[card] for card in ranking.cards])
    *expected, caught_of_copies = Ranking(copies).measure()
    assert ranked == pytest.approx(expected)
    assert caught == pytest.approx(caught_of_copies)
