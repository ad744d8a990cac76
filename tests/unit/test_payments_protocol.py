"""On which payments a score is measured."""

import csv
import gzip
from datetime import date, timedelta
from pathlib import Path

import pytest

from infra.local.payments.protocol import Payment, Protocol

pytestmark = pytest.mark.unit

PAYMENTS = Path(__file__).parents[2].parent / "shared" / "data" / "payments_handbook_2018-06-11_2018-08-14.csv.gz"
FIRST = Protocol().days[0]


def paid(day: date, card: str = "card_a", fraud: bool = False) -> Payment:
    return Payment(day, card, 1_00, fraud, 0.0)


def test_the_test_week_begins_when_the_training_week_s_disputes_are_known() -> None:
    """Seven days to train on, seven days of waiting for disputes, then the seven days that are tested."""
    assert (Protocol().days[0], Protocol().days[-1]) == (date(2018, 8, 8), date(2018, 8, 14))


def test_only_payments_of_the_test_week_are_tested() -> None:
    """What was paid the day before, or the day after, is not among them."""
    days = [FIRST - timedelta(days=1), FIRST, FIRST + timedelta(days=6), FIRST + timedelta(days=7)]
    assert [each.day for each in Protocol().test_set(paid(day) for day in days)] == days[1:3]


@pytest.mark.parametrize(
    ("fraud_days_before", "known"),
    [(14, True), (8, True), (7, False), (0, False)],
)
def test_a_card_is_left_out_once_its_fraud_is_known(fraud_days_before: int, known: bool) -> None:
    """A fraud of eight days ago is known in the morning; one of seven days ago becomes known during the day."""
    fraud = paid(FIRST - timedelta(days=fraud_days_before), fraud=True)
    tested = Protocol().test_set([fraud, paid(FIRST), paid(FIRST, "card_b")])
    assert ("card_a" not in {each.card for each in tested}) is known
    assert "card_b" in {each.card for each in tested}


def test_a_card_stays_until_the_day_on_which_its_fraud_is_known() -> None:
    """Each test day knows of one day of frauds more, whatever the order in which payments are given."""
    fraud = paid(FIRST - timedelta(days=5), fraud=True)
    later = paid(FIRST + timedelta(days=1), fraud=True)
    week = [paid(day) for day in Protocol().days]
    tested = Protocol().test_set([*week, later, fraud])
    assert [each.day for each in tested if not each.is_fraud] == list(Protocol().days[:3])


def test_what_was_disputed_before_the_training_week_is_forgotten() -> None:
    """The Handbook begins with the training week, and so does its knowledge of cards."""
    old = paid(Protocol().training - timedelta(days=1), fraud=True)
    assert Protocol().test_set([old, paid(FIRST)]) == [paid(FIRST)]


@pytest.mark.skipif(not PAYMENTS.exists(), reason="the folder ../shared/data is not beside this checkout")
def test_the_test_set_is_the_one_that_was_published_for() -> None:
    """On the Handbook's own file, as many payments and frauds are tested as there were for its published figures."""
    with gzip.open(PAYMENTS, "rt") as rows:
        tested = Protocol().test_set(
            paid(date.fromisoformat(row["event_time"][:10]), row["customer_id"], row["is_fraud"] == "1")
            for row in csv.DictReader(rows)
        )
    assert (len(tested), sum(each.is_fraud for each in tested)) == (58_264, 385)
