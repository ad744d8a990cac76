"""The oracle itself, held against values that were computed by hand from CONTRACT.md."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.features.model import AtLeast, Feature, Limit, Step, Unless
from shared.signals.amounts import Amount
from tests.support import oracle
from tests.support.oracle_sight import Asker, Gap, Past, Record, milliseconds

pytestmark = pytest.mark.unit

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
T = (NOW - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAID = "payment.attempted"


def ago(span: timedelta, number: int = 0, **fields: Any) -> Record:
    """A payment so long before `NOW`."""
    return Record(PAID, bytes([number]), T - milliseconds(span), {"buyer": "user:u_1"}, fields)


def eur(minor: int) -> Amount:
    return Amount(minor, "EUR")


def asker(late: timedelta = timedelta(seconds=1), **fields: Any) -> Asker:
    return Asker(Record(PAID, b"asker", T, {"buyer": "user:u_1"}, fields), NOW + late)


def feature(kind: Any, window: timedelta | None = HOUR, **more: Any) -> Feature:
    return Feature("it", kind, PAID, "buyer", window, **more)


def came_to(asked: Feature, *records: Record, by: Asker | None = None, **past: Any) -> Any:
    return oracle.value(
        asked, by or asker(), lambda signal, _: Past([r for r in records if r.signal == signal], **past)
    )


MINUTE = timedelta(minutes=1)
MILLISECOND = timedelta(milliseconds=1)
PAYMENTS = [ago(MINUTE * number, number, amount=eur(minor)) for number, minor in ((1, 100), (2, 200), (3, 400), (4, 1))]
DEVICES = [
    ago(MINUTE, 1, device="a"),
    ago(MINUTE * 2, 2, device="b"),
    ago(MINUTE * 3, 3, device="b"),
    ago(MINUTE * 4, 4),
]


@pytest.mark.parametrize(
    ("kind", "records", "own", "expected"),
    [
        ("count", PAYMENTS, {}, 4),
        ("sum", PAYMENTS, {}, eur(701)),
        ("sum", [], {}, Amount(0, "")),
        ("mean", PAYMENTS, {}, eur(175)),  # 175.25
        ("mean", PAYMENTS[:1] + PAYMENTS[3:], {}, eur(50)),  # 50.5 to the even one
        ("min", PAYMENTS, {}, eur(1)),
        ("max", PAYMENTS, {}, eur(400)),
        ("stddev", PAYMENTS, {}, eur(170)),  # sqrt(87150.75 / 3) = 170.44
        ("stddev", PAYMENTS[:1], {}, None),
        ("zscore", PAYMENTS[:3], {"amount": eur(400)}, pytest.approx(1.0910894511799618)),  # (400 - 233.33) / 152.75
        ("zscore", PAYMENTS[:3], {"amount": Amount(400, "USD")}, None),
        ("zscore", PAYMENTS[:3], {}, None),
        ("sum", [*PAYMENTS, ago(HOUR, 9, amount=Amount(0, "USD"))], {}, None),
        ("mean", [*PAYMENTS, ago(HOUR, 9, amount=Amount(0, "USD"))], {}, None),
        ("last", PAYMENTS, {}, eur(100)),
        ("last", [ago(MINUTE, 2, amount=eur(2)), ago(MINUTE, 1, amount=eur(1))], {}, eur(2)),
        ("last", [ago(MINUTE, 2), *PAYMENTS], {}, None),
        ("since", PAYMENTS, {}, MINUTE),
        ("since", [], {}, None),
        ("first_seen", PAYMENTS, {}, NOW - MINUTE * 4),
        ("first_seen", [], {}, None),
        ("age", PAYMENTS, {}, MINUTE * 4),
    ],
)
def test_kinds_of_amounts_and_times(kind: str, records: Any, own: Any, expected: Any) -> None:
    """What the table of kinds says, on four payments."""
    assert came_to(feature(kind, value="amount"), *records, by=asker(**own)) == expected


@pytest.mark.parametrize(
    ("kind", "own", "expected"),
    [
        ("distinct", {}, 2),
        ("new", {"device": "c"}, True),
        ("new", {"device": "b"}, False),
        ("new", {}, None),
        ("linked", {}, 2),
        ("linked", {"device": "a"}, 1),
    ],
)
def test_kinds_of_values(kind: str, own: Any, expected: Any) -> None:
    """What the table of kinds says, on two devices, and on a payment without one."""
    assert came_to(feature(kind, value="device"), *DEVICES, by=asker(**own)) == expected


@pytest.mark.parametrize(
    ("distance", "delay", "counted"),
    [
        (timedelta(0), timedelta(0), 0),
        (MILLISECOND, timedelta(0), 1),
        (HOUR, timedelta(0), 1),
        (HOUR + MILLISECOND, timedelta(0), 0),
        (DAY, DAY, 0),
        (DAY + MILLISECOND, DAY, 1),
        (DAY + HOUR, DAY, 1),
        (DAY + HOUR + MILLISECOND, DAY, 0),
    ],
)
def test_windows_begin_with_their_first_millisecond_and_end_before_their_last(
    distance: timedelta, delay: timedelta, counted: int
) -> None:
    """`t - d - w <= time < t - d`."""
    assert came_to(feature("count", delay=delay), ago(distance)) == counted


def test_echoes_challengers_and_the_asking_signal_are_not_seen() -> None:
    """Echoes are where the feature asks for them; the other two never are."""
    echo = Record(PAID, b"1", T - 1, {}, {}, caused=True)
    challenger = Record(PAID, b"2", T - 1, {}, {}, challenger=True)
    itself = Record(PAID, b"asker", T - 1, {}, {})
    assert came_to(feature("count"), echo, challenger, itself) == 0
    assert came_to(feature("count", echoes=True), echo, challenger, itself) == 1


def test_months_are_those_of_utc() -> None:
    """2 March, 1 March and 28 February of one year are two months."""
    records = [ago(MINUTE), ago(DAY + HOUR * 12, 1), ago(DAY + HOUR * 12 + MILLISECOND, 2)]
    assert came_to(feature("months", None), *records) == 2


def test_share_is_the_part_of_which_where_holds() -> None:
    """Two of three; unknown where there is nothing, or `where` is unknown of one."""
    asked = feature("share", where=lambda fields: fields.get("new"))
    records = [ago(MINUTE, 1, new=True), ago(MINUTE, 2, new=False), ago(MINUTE, 3, new=True)]
    assert came_to(asked, *records) == 2 / 3
    assert came_to(asked) is None
    assert came_to(asked, *records, ago(MINUTE, 4)) is None


def test_change_compares_two_rates() -> None:
    """Two within the last hour, against three in the 23 hours before: fifteen and a third times the rate."""
    records = [ago(span, number) for number, span in enumerate([MINUTE, HOUR, HOUR * 2, HOUR * 24, HOUR * 23])]
    assert came_to(feature("change", against=DAY), *records) == pytest.approx(2 / (3 / 23))
    assert came_to(feature("change", against=DAY, least=4), *records) is None


STEPS = (
    Step(PAID, "buyer", lambda fields: None if "step" not in fields else fields["step"] == 1),
    Step(PAID, "buyer", lambda fields: None if "step" not in fields else fields["step"] == 2),
)


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([ago(MINUTE * 2, 1, step=1), ago(MINUTE, 2, step=2)], True),
        ([ago(MINUTE, 1, step=1), ago(MINUTE, 2, step=2)], False),
        ([ago(MINUTE, 1, step=1), ago(MINUTE * 2, 2, step=2)], False),
        ([ago(MINUTE * 2, 1, step=1), ago(MINUTE, 2)], None),
        ([ago(MINUTE * 2, 1), ago(MINUTE, 2, step=1)], False),
        ([], False),
    ],
)
def test_sequences_rise_strictly(records: Any, expected: bool | None) -> None:
    """An element of which nobody knows the step makes it unknown only where it would complete the chain."""
    assert came_to(feature("sequence", steps=STEPS), *records) is expected


def test_unless_takes_away_what_has_the_same() -> None:
    """A dispute that was resolved does not count, whichever came first; if nobody knows whether, nothing is known."""
    undone = Unless("dispute.resolved", "order", lambda fields: fields.get("won"))
    asked = feature("count", unless=undone)
    disputes = [ago(MINUTE, 1, order="a"), ago(MINUTE, 2, order="b"), ago(MINUTE, 3)]
    won = Record("dispute.resolved", b"4", T - 1, {}, {"order": "a", "won": True})
    earlier = Record("dispute.resolved", b"5", T - milliseconds(HOUR), {}, {"order": "b", "won": True})
    too_early = Record("dispute.resolved", b"5", T - milliseconds(HOUR) - 1, {}, {"order": "b", "won": True})
    assert came_to(asked, *disputes, won, too_early) == 2
    assert came_to(asked, *disputes, won, earlier) == 1
    assert came_to(asked, *disputes, Record("dispute.resolved", b"4", T - 1, {}, {"order": "a", "won": False})) == 3
    assert came_to(asked, *disputes, Record("dispute.resolved", b"4", T - 1, {}, {"order": "a"})) is None


FULL = {"gaps": [Gap(T - milliseconds(HOUR * 2), T - milliseconds(HOUR * 2) + milliseconds(MINUTE * 90))]}


@pytest.mark.parametrize(
    ("kind", "own", "expected"),
    [
        ("count", {}, AtLeast(4)),
        ("sum", {}, AtLeast(eur(701))),
        ("distinct", {}, AtLeast(4)),
        ("mean", {}, None),
        ("min", {}, None),
        ("max", {}, None),
        ("stddev", {}, None),
        ("zscore", {"amount": eur(1)}, None),
        ("last", {}, eur(100)),
        ("since", {}, MINUTE),
        ("first_seen", {}, None),
        ("age", {}, AtLeast(MINUTE * 4)),
        ("new", {"amount": eur(400)}, False),
        ("new", {"amount": eur(7)}, None),
        ("share", {}, None),
    ],
)
def test_what_a_full_tile_makes_of_each_kind(kind: str, own: Any, expected: Any) -> None:
    """A tile that ends half an hour ago, before the payments, took no more."""
    assert came_to(feature(kind, value="amount"), *PAYMENTS, by=asker(**own), **FULL) == expected


def test_a_gap_after_the_last_one_found_may_hide_a_later_one() -> None:
    """So nothing is known of it; a gap outside the window hides nothing."""
    found = ago(MINUTE * 40, amount=eur(1))
    assert came_to(feature("since"), found, **FULL) is None
    assert came_to(feature("count", MINUTE * 20), ago(MINUTE), **FULL) == 1


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        (timedelta(days=7), 1),
        (timedelta(days=7) + MILLISECOND, AtLeast(1)),
        (timedelta(days=90), AtLeast(1)),
        (timedelta(days=90) + MILLISECOND, None),
    ],
)
def test_lateness_makes_a_lower_bound_and_then_unknown(late: timedelta, expected: Any) -> None:
    """Up to seven days are nothing, more than ninety too much."""
    assert came_to(feature("count"), ago(MINUTE), by=asker(late)) == expected


@pytest.mark.parametrize(
    ("window", "began", "expected"),
    [
        (HOUR, NOW - HOUR, 1),
        (HOUR, NOW - HOUR + MILLISECOND, AtLeast(1)),
        (None, NOW - DAY * 90, 1),
        (None, NOW - DAY * 90 + MILLISECOND, AtLeast(1)),
    ],
)
def test_a_young_series_gives_lower_bounds(window: timedelta | None, began: datetime, expected: Any) -> None:
    """It is complete for a window that it has seen all of, and for ever at ninety days."""
    assert came_to(feature("distinct", window, value="device"), ago(MINUTE, device="a"), began=began) == expected


def test_limited_counts_those_under_a_restriction_at_arrival() -> None:
    """Of its kind, from its beginning on, to before its end; of more than fifty only the latest are asked about."""
    by, during = asker(), (NOW, NOW + timedelta(seconds=2))
    over, ahead = (NOW, NOW + timedelta(seconds=1)), (NOW + timedelta(seconds=2), NOW + DAY)
    limits = {
        "user:a": [Limit("account_takeover", *during)],
        "user:b": [Limit("phishing", *during)],
        "user:c": [Limit("phishing", *over), Limit("phishing", *ahead)],
    }
    records = [ago(MINUTE, number, seller=f"user:{name}") for number, name in enumerate("abcd")]

    def limited(kind: str | None, *more: Record) -> Any:
        asked = feature("linked", value="seller", limited=kind)
        return oracle.value(asked, by, lambda *_: Past([*records, *more]), limits)

    assert (limited(None), limited("any"), limited("phishing"), limited("seller_fraud")) == (4, 2, 1, 0)
    crowd = [ago(MILLISECOND, number, seller=f"user:{number}") for number in range(48)]
    assert limited("any", *crowd) == AtLeast(0)
    assert limited(None, *crowd) == 52
