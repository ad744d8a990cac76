"""Since when series are written, and from when on features see their whole past."""

from datetime import timedelta

import pytest

from shared.decisions import begun, complete_from
from shared.decisions.beginnings import SETTLED
from shared.features import Feature, Plan, Series, Step, series_of
from tests.support.aws import NOON

pytestmark = pytest.mark.unit

DAY = timedelta(days=1)
STEPS = (
    Step("login.succeeded", "user"),
    Step("account.changed", "user", lambda fields: fields["change"] == "password"),
)
FEATURES = {
    "count": Feature("it", "count", "payment.attempted", "card", 7 * DAY),
    "delayed": Feature("it", "count", "payment.attempted", "card", 7 * DAY, delay=3 * DAY),
    "change": Feature("it", "change", "payment.attempted", "card", DAY, against=30 * DAY),
    "ever": Feature("it", "new", "login.succeeded", "user", None, "device"),
    "sequence": Feature("it", "sequence", "login.succeeded", "user", 2 * DAY, steps=STEPS),
    "linked": Feature("it", "linked", "login.succeeded", "device", 20 * DAY, "user"),
}
A, B, C = (series_of(f"payment.attempted#{role}#1d") for role in ("card", "buyer", "seller"))


def test_what_is_not_written_yet_begins_when_everybody_writes_it() -> None:
    """A minute for all to read what is in force, and what a clock may be ahead."""
    assert begun({}, [], [A], NOON) == {A: NOON + SETTLED}
    assert timedelta(minutes=16) == SETTLED


def test_what_is_written_goes_on() -> None:
    """With the beginning that it has; without one, it was always there."""
    assert begun({A: NOON}, [A, B], [A, B], NOON + 9 * DAY) == {A: NOON}


def test_what_was_written_once_has_a_gap_and_begins_again() -> None:
    """A beginning that is still told, of a series that nobody writes any more, says nothing."""
    later = NOON + 9 * DAY
    assert begun({A: NOON, C: NOON}, [B], [A, B], later) == {A: later + SETTLED}


@pytest.mark.parametrize(
    ("kind", "days"), [("count", 7), ("delayed", 10), ("change", 30), ("ever", 90), ("sequence", 2), ("linked", 20)]
)
def test_a_feature_is_complete_once_its_series_are_as_old_as_it_looks_back(kind: str, days: int) -> None:
    """By its window and its delay, by what it compares with, and for ever: by the longest window there is."""
    feature, plan = FEATURES[kind], Plan([FEATURES[kind]])
    assert complete_from(feature, plan, dict.fromkeys(plan.series, NOON)) == NOON + days * DAY
    assert complete_from(feature, plan, {}) is None
    assert complete_from(feature, plan, {B: NOON, Series("review.completed", "user", "1d"): NOON}) is None


def test_the_youngest_of_its_series_decides() -> None:
    """A sequence whose second step is new is no older than that."""
    feature, plan = FEATURES["sequence"], Plan([FEATURES["sequence"]])
    began = {each: NOON + DAY * each.secure for each in plan.series}
    assert len(set(began.values())) == 2
    assert complete_from(feature, plan, began) == NOON + 3 * DAY
