"""How well scores rank payments, and between which bounds."""

from datetime import date, timedelta

import pytest

from infra.local.payments.intervals import drawn, interval
from infra.local.payments.measures import TOP, NothingToMeasureError, Ranking
from infra.local.payments.protocol import Payment

pytestmark = pytest.mark.unit

DAY = date(2018, 8, 8)


def paid(score: float, fraud: bool = False, card: str = "card_a", amount: int = 1_00, day: date = DAY) -> Payment:
    return Payment(day, card, amount, fraud, score)


def test_card_precision_looks_into_the_highest_hundred_cards_of_a_day() -> None:
    """A card counts once, by its highest payment, whichever of its payments was the fraud."""
    honest = [paid(50, card=f"honest_{number}") for number in range(TOP)]
    found = [paid(60, card="found"), paid(1, fraud=True, card="found")]
    hidden = [paid(40, fraud=True, card="hidden")]
    assert Ranking([*honest, *found, *hidden]).measure().card_precision == 1 / TOP


def test_a_card_that_was_found_is_not_found_again() -> None:
    """On the next day it makes room for others."""
    days = [paid(9, fraud=True, card="a", day=DAY + timedelta(days=number)) for number in range(2)]
    assert Ranking([*days, paid(0, card="b")]).measure().card_precision == 1 / TOP / 2


def test_the_loss_caught_is_counted_in_money() -> None:
    """The bar lies where one honest payment in a thousand, or one in a hundred, reaches it."""
    honest = [paid(score, amount=1_000_00) for score in range(1, 1001)]
    frauds = [paid(1000.5, True, amount=30), paid(999.5, True, amount=20), paid(990.5, True, amount=40), paid(1, True)]
    assert Ranking([*honest, *frauds]).measure().caught == (50 / 190, 90 / 190)


def test_where_the_highest_score_touches_too_many_nothing_is_caught() -> None:
    """Payments of equal score cannot be told apart, so all or none of them are touched."""
    ranking = Ranking([paid(5, card="b") for _ in range(10)] + [paid(5, True)])
    assert ranking.measure().caught == (0.0, 0.0)
    assert ranking.at(ranking.bar(0.01)) == (0.0, 0.0)


def test_a_bar_set_on_one_week_is_tried_on_another() -> None:
    """It is a score: what reaches it there is what would have been touched and caught."""
    before = Ranking([paid(score) for score in range(1, 101)] + [paid(100.5, True)])
    assert before.bar(0.01) == 100
    after = Ranking([paid(100), paid(99), paid(101, True, amount=75), paid(98, True, amount=25)])
    assert after.at(before.bar(0.01)) == (0.5, 0.75)


@pytest.mark.parametrize("fraud", [True, False])
def test_one_kind_alone_cannot_be_ranked(fraud: bool) -> None:
    """Without a fraud, or without an honest payment, the message says how many there are of each."""
    with pytest.raises(NothingToMeasureError, match=f"{2 * fraud} frauds and {2 - 2 * fraud} honest payments"):
        Ranking([paid(1, fraud), paid(2, fraud)]).measure()


def test_equal_seeds_draw_equal_cards_for_every_ranking() -> None:
    """So the same scores differ by nothing in any draw, and a second run gives the same numbers."""
    payments = [paid(number % 7, number % 3 == 0, f"card_{number % 40}") for number in range(400)]
    once = drawn([Ranking(payments), Ranking(payments)], draws=20)
    assert all(first == second for first, second in once)
    assert once == drawn([Ranking(payments), Ranking(payments)], draws=20)
    assert len({first.auc for first, _ in once}) > 1


def test_an_interval_leaves_out_the_outermost_fortieth_on_either_side() -> None:
    """Of 1,000 values the 25 lowest and the 25 highest."""
    assert interval([float(number) for number in range(1000)]) == (25.0, 974.0)
