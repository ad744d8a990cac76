"""Since when series are written, and from when on features see their whole past."""

from datetime import timedelta

import pytest

from shared.decisions import Written, complete_from
from shared.decisions.beginnings import HEARD, SETTLED, UNHEARD
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
A, B, C = (f"payment.attempted#{role}#1d" for role in ("card", "buyer", "seller"))


def test_what_is_not_written_yet_begins_when_everybody_has_heard() -> None:
    """A quarter of an hour for all to hear of it, and what a clock may be ahead."""
    assert Written().handed_over([A], NOON) == Written({A: None}, {A: NOON + SETTLED})
    assert timedelta(minutes=30) == SETTLED
    assert UNHEARD + timedelta(minutes=2) < HEARD, "a batch that begins then ends, and clocks may differ"


def test_what_is_written_goes_on() -> None:
    """With the beginning that it has; without one, it was always there."""
    written = Written({A: None, B: None}, {A: NOON})
    assert written.handed_over([A, B], NOON + 9 * DAY) == written


def test_what_is_left_ends_when_everybody_has_heard() -> None:
    """Until then it is written, and known to be as young as it is; an end that is told already stays."""
    ends = NOON + timedelta(minutes=1)
    left = Written({A: None, B: ends, C: NOON - DAY}, {A: NOON, B: NOON - DAY, C: NOON}).handed_over([], NOON)
    assert left == Written({A: NOON + HEARD, B: ends}, {A: NOON, B: NOON - DAY})
    assert (left.at(NOON), left.at(ends)) == ({A, B}, {A})


def test_what_was_left_has_a_gap_and_begins_again() -> None:
    """Also when it is written still: some may have left off already, by their clocks."""
    left = Written({A: None}, {A: NOON - DAY}).handed_over([], NOON)
    assert left.handed_over([A], NOON) == Written({A: None}, {A: NOON + SETTLED})


def test_what_is_written_for_two_reasons_ends_with_the_later_and_is_as_young_as_the_younger() -> None:
    """None is later than any time; what only one tells stands."""
    one = Written({A: None, B: NOON, C: NOON}, {A: NOON, B: NOON})
    other = Written({A: NOON, B: NOON + DAY}, {A: NOON - DAY, B: NOON + DAY})
    both = Written({A: None, B: NOON + DAY, C: NOON}, {A: NOON, B: NOON + DAY})
    assert one | other == other | one == both


@pytest.mark.parametrize(
    ("kind", "days"), [("count", 7), ("delayed", 10), ("change", 30), ("ever", 90), ("sequence", 2), ("linked", 20)]
)
def test_a_feature_is_complete_once_its_series_are_as_old_as_it_looks_back(kind: str, days: int) -> None:
    """By its window and its delay, by what it compares with, and for ever: by the longest window there is."""
    feature, plan = FEATURES[kind], Plan([FEATURES[kind]])
    assert complete_from(feature, plan, dict.fromkeys(plan.series, NOON)) == NOON + days * DAY
    assert complete_from(feature, plan, {}) is None
    assert complete_from(feature, plan, {series_of(B): NOON, Series("review.completed", "user", "1d"): NOON}) is None


def test_the_youngest_of_its_series_decides() -> None:
    """A sequence whose second step is new is no older than that."""
    feature, plan = FEATURES["sequence"], Plan([FEATURES["sequence"]])
    began = {each: NOON + DAY * each.secure for each in plan.series}
    assert len(set(began.values())) == 2
    assert complete_from(feature, plan, began) == NOON + 3 * DAY
