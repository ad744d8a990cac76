"""What each kind of feature comes to, computed by hand."""

import math
from datetime import timedelta

import pytest

from shared.features import AtLeast, Feature, Plan
from shared.features.numbers import deviation, greatest, least, mean, standard_score, total
from shared.signals.amounts import Amount
from tests.support.remembering import DAY, HOUR, MINUTE, asked, remembered, sent, value_of
from tests.support.signals import moment

pytestmark = pytest.mark.unit
CARD = "card:card_4e1d90b27c"


def paid(number, minor, currency="EUR", at=None, **data):
    at = -number * MINUTE if at is None else at
    return sent("payment.attempted", number, at, amount={"minor": minor, "currency": currency}, **data)


def feature(kind, window=HOUR, **more):
    return Feature("f", kind, "payment.attempted", "card", timedelta(seconds=window), **more)


def of(kind, signals, own=0, currency="EUR", **more):
    """The feature of the amounts for a payment of so much."""
    return value_of(feature(kind, value="amount", **more), CARD, signals, asked(paid("asks", own, currency, 0)))


EUROS = [paid(n, minor) for n, minor in enumerate((100, 200, 350), 1)]


def test_amounts_add_up_in_one_currency_only():
    """A sum over unlike currencies is unknown, and a sum over nothing is zero in every currency."""
    assert of("sum", EUROS) == Amount(650, "EUR")
    assert of("sum", [*EUROS, paid(9, 5, "JPY")]) is None
    assert of("sum", []) == Amount(0, "")
    only_euros = feature("sum", value="amount", where=lambda fields: fields["amount"].currency == "EUR")
    assert value_of(only_euros, CARD, [*EUROS, paid(9, 5, "JPY")], asked(paid("a", 0, at=0))) == Amount(650, "EUR")


def test_the_greatest_amounts_there_are_add_up_exactly():
    """A tile of payments of ten million million each is no rounding error off."""
    signals = [paid(n, 10**15 - n, at=-n) for n in range(1, 100)]
    assert of("sum", signals) == Amount(99 * 10**15 - sum(range(1, 100)), "EUR")
    assert of("mean", signals) == Amount(10**15 - 50, "EUR")
    assert of("stddev", signals) == Amount(29, "EUR")


def test_means_and_deviations_of_money_are_whole_minor_units():
    """Ties go to even: the mean of 1 and 2 cents is 2 cents, as is that of 2 and 3."""
    assert of("mean", EUROS) == Amount(217, "EUR")
    assert [of("mean", [paid(1, 1), paid(2, 2)]), of("mean", [paid(1, 2), paid(2, 3)])] == [Amount(2, "EUR")] * 2
    assert of("stddev", EUROS) == Amount(126, "EUR")
    halves = [[paid(1, 0), paid(2, 0), paid(3, 0), paid(4, minor)] for minor in (3, 5)]
    assert [of("stddev", signals) for signals in halves] == [Amount(2, "EUR")] * 2
    assert [of("min", EUROS), of("max", EUROS)] == [Amount(100, "EUR"), Amount(350, "EUR")]


@pytest.mark.parametrize("kind", ["mean", "min", "max", "stddev", "zscore"])
def test_amounts_of_several_currencies_are_nothing_together(kind):
    """They have no mean, no order and no deviation."""
    assert of(kind, [*EUROS, paid(9, 5, "JPY")]) is None


@pytest.mark.parametrize(("kind", "fewest"), [("mean", 1), ("min", 1), ("max", 1), ("stddev", 2), ("zscore", 2)])
def test_before_there_is_history_nothing_is_known(kind, fewest):
    """With fewer values than `least`, and than the kind needs at all."""
    assert of(kind, EUROS[: fewest - 1]) is None
    assert of(kind, EUROS[1 : fewest + 1]) is not None
    assert of(kind, EUROS, least=3) is not None
    assert of(kind, EUROS, least=4) is None


def test_a_score_says_how_unusual_this_payment_is_for_the_card():
    """In standard deviations above the mean of what was before; 600 among 100, 200 and 350 euros is three."""
    expected = (600 - 650 / 3) / math.sqrt(((100 - 650 / 3) ** 2 + (200 - 650 / 3) ** 2 + (350 - 650 / 3) ** 2) / 2)
    assert of("zscore", EUROS, 600) == pytest.approx(expected, rel=1e-12)
    assert of("zscore", EUROS, 600, "USD") is None
    assert of("zscore", [paid(1, 5), paid(2, 5)], 6) is None
    unpriced = asked(sent("login.succeeded", 1, 0))
    assert value_of(feature("zscore", value="amount"), CARD, EUROS, unpriced) is None


def test_money_is_rounded_at_the_end_only():
    """A z-score is computed with the exact mean and deviation, though both are shown in whole cents."""
    signals = [paid(1, 0), paid(2, 1), paid(3, 1)]
    assert of("zscore", signals, 1) == pytest.approx((1 - 2 / 3) / math.sqrt(1 / 3), rel=1e-12)


def test_numbers_are_summed_without_losing_digits():
    """Close values far from zero, and values that cancel, come out right."""
    assert total([0.1] * 10, of_money=False) == 1.0
    assert total([], of_money=False) == 0.0
    assert total([2**60, 1], of_money=False) == float(2**60 + 1)
    assert [mean([1, 2]), least([3, 1, 2]), greatest([0.5, 0.25])] == [1.5, 1, 0.5]
    assert deviation([1.0, 1.0 + 2**-52]) * 2**52 == pytest.approx(1 / math.sqrt(2), rel=1e-12)
    assert deviation([1e-200, 3e-200]) / 1e-200 == pytest.approx(math.sqrt(2), rel=1e-12)
    assert deviation([2**62, 2**62 + 1]) == pytest.approx(math.sqrt(0.5), rel=1e-12)
    assert standard_score(0.2, [0.1, 0.2, 0.3]) * 2**55 == pytest.approx(1 / 3 / 0.1, rel=1e-9)


def test_distinct_counts_values_and_leaves_out_absent_ones():
    """Three payments from two devices and one without a device are two devices."""
    devices = ["dev_aaaaaaaa", "dev_aaaaaaaa", "dev_bbbbbbbb", None]
    signals = [paid(n, 1, device_id=device) for n, device in enumerate(devices, 1)]
    assert value_of(feature("distinct", value="device"), CARD, signals, asked(paid("a", 1, at=0))) == 2


def test_a_value_is_new_until_it_was_seen():
    """This device with this card, for the first time in the window; unknown where the payment names none."""
    signals = [paid(1, 1, device_id="dev_aaaaaaaa")]
    new = feature("new", value="device")
    answers = [
        value_of(new, CARD, signals, asked(paid("a", 1, at=0, device_id=device)))
        for device in ("dev_aaaaaaaa", "dev_bbbbbbbb", None)
    ]
    assert answers == [False, True, None]
    amounts = feature("new", value="amount")
    assert [value_of(amounts, CARD, signals, asked(paid("a", n, at=0))) for n in (1, 2)] == [False, True]


def test_the_first_and_its_age_look_at_the_earliest():
    """By its own time, to the millisecond; of nothing there is none."""
    asks = asked(paid("a", 1, at=0))
    assert value_of(feature("first_seen"), CARD, EUROS, asks) == moment(-3 * MINUTE)
    assert value_of(feature("age"), CARD, EUROS, asks) == timedelta(minutes=3)
    assert [value_of(feature(kind), CARD, [], asks) for kind in ("first_seen", "age")] == [None, None]


def test_a_share_is_of_all():
    """One of three payments with a new card is a third; of nothing there is no share."""
    signals = [paid(n, 1, card_is_new=n == 1) for n in (1, 2, 3)]
    asks = asked(paid("a", 1, at=0))

    def share(signals, **more):
        return value_of(feature("share", where=lambda fields: fields["card_is_new"], **more), CARD, signals, asks)

    assert share(signals) == pytest.approx(1 / 3)
    assert share(signals, least=4) is None
    assert share([]) is None
    assert share([*signals, paid(4, 1, card_is_new=None)]) is None


def test_a_change_compares_rates():
    """Three payments in the last hour and three in the 23 before are 23 times the rate; one means no change."""
    asks = asked(paid("a", 1, at=0))

    def change(hours, **more):
        signals = [paid(n, 1, at=-hour * HOUR + 1) for n, hour in enumerate(hours)]
        return value_of(feature("change", against=timedelta(days=1), **more), CARD, signals, asks)

    assert change([1, 1, 1, 2, 3, 24]) == pytest.approx(23)
    assert change(range(1, 25)) == pytest.approx(1)
    assert change([2]) == 0
    assert change([1]) is None
    assert change([1, 2, 3], least=3) is None


def test_a_change_parts_its_two_windows_at_the_millisecond():
    """What happened exactly one window ago is in the later of the two."""
    asks = asked(paid("a", 1, at=0))
    compared = feature("change", against=timedelta(days=1))
    at_the_border = [paid(1, 1, at=-HOUR), paid(2, 1, at=-HOUR - 0.001)]
    assert value_of(compared, CARD, at_the_border, asks) == pytest.approx(23)


def test_a_delayed_change_compares_what_was_before_the_delay():
    """The border of its two windows moves back with them."""
    compared = feature("change", against=timedelta(days=1), delay=timedelta(days=7))
    signals = [paid(n, 1, at=-7 * DAY - hour * HOUR + 1) for n, hour in enumerate([1, 2])]
    assert value_of(compared, CARD, signals, asked(paid("a", 1, at=0))) == pytest.approx(23)


def test_every_kind_of_a_delayed_feature_looks_at_the_same_window():
    """Payments of a week ago, as of then."""
    signals = [paid(n, n, at=-7 * DAY - n) for n in (1, 2)]
    asks = asked(paid("a", 3, at=0))
    late = {"delay": timedelta(days=7)}
    assert value_of(feature("count", **late), CARD, signals, asks) == 2
    assert value_of(feature("age", **late), CARD, signals, asks) == timedelta(days=7, seconds=2)
    assert value_of(feature("last", value="amount", **late), CARD, signals, asks) == Amount(1, "EUR")


def test_a_lower_bound_of_a_sum_needs_values_that_cannot_be_negative():
    """Money and scores cannot; so a full tile still says at least how much."""
    scores = [sent("score.computed", n, -n, score=n / 4) for n in (1, 2)]
    total_of = Feature("f", "sum", "score.computed", "scored", timedelta(hours=1), "score")
    asks = asked(sent("listing.submitted", "asks", 0))
    past = remembered(Plan([total_of]), scores, 2)
    assert past.measure(total_of, "listing:l_55310", asks) == AtLeast(0.75)
