"""What a feature sees of the past: its window, what is left out, and when there may be more."""

from datetime import timedelta

import pytest

from shared.features import AtLeast, Feature, Plan, Series, Timelines, Unless, is_full
from shared.signals import entities_of
from shared.signals.amounts import Amount
from tests.support.remembering import DAY, HOUR, KEY, MINUTE, asked, remembered, sent, value_of
from tests.support.signals import moment

pytestmark = pytest.mark.unit
CARD, ABOUT = "card:card_4e1d90b27c", "listing:l_55310"
MILLISECOND = 0.001


def declined(number, at, **data):
    return sent("payment.declined", number, at, amount={"minor": 100 * number, "currency": "USD"}, **data)


def scored(number, at, score, **data):
    return sent("score.computed", number, at, score=score, **data)


def feature(kind="count", window=HOUR, **more):
    return Feature("f", kind, "payment.declined", "card", timedelta(seconds=window), **more)


def seen(asks_for, signals, at=0, cap=500, **more):
    """The value of a feature of the card for a payment at a time."""
    return value_of(asks_for, CARD, signals, asked(sent("payment.attempted", "asks", at)), cap, **more)


def told(kind, signals, *, value=None, where=None, cap=500, window=3 * HOUR):
    """A feature of the listing's scores, as of noon."""
    asks_for = Feature("f", kind, "score.computed", "scored", timedelta(seconds=window), value, where)
    return value_of(asks_for, ABOUT, signals, asked(sent("listing.submitted", "asks", 0)), cap)


def test_a_window_is_closed_at_its_start_and_open_at_its_end():
    """A signal exactly one window ago counts; one at the very moment does not."""
    signals = [declined(1, -HOUR), declined(2, -HOUR - MILLISECOND), declined(3, 0), declined(4, -MILLISECOND)]
    assert seen(feature(), signals) == 2


@pytest.mark.parametrize(("at", "number"), [(-MINUTE, 0), (0, 0), (MILLISECOND, 1), (HOUR, 1), (HOUR + MILLISECOND, 0)])
def test_a_delay_moves_the_whole_window_back(at, number):
    """What happened within the delay is not seen yet, and what it moved out of the window no more."""
    assert seen(feature(delay=timedelta(hours=2)), [declined(1, 0)], 2 * HOUR + at) == number


def test_a_signal_never_sees_itself():
    """Its own element is left out, even if it stands in the past of a resent one with another time."""
    signals = [declined(1, -5 * MINUTE), declined(2, -4 * MINUTE)]
    resent = asked(declined(1, 0))
    assert value_of(feature(), CARD, signals, resent) == 1


def test_two_elements_of_one_event_count_once():
    """A backfill can have known less of a signal than the producer told later: the one that tells more is seen."""
    number, devices = feature(), feature("distinct", value="device")
    plan, asks = Plan([number, devices]), asked(sent("payment.attempted", "asks", 0))
    past = remembered(plan, [declined(1, -5 * MINUTE, device_id=None)])
    assert [past.measure(each, CARD, asks) for each in (number, devices)] == [1, 0]
    past.add(plan.entries(declined(1, -5 * MINUTE), entities_of(declined(1, -5 * MINUTE), KEY), KEY))
    assert [past.measure(each, CARD, asks) for each in (number, devices)] == [1, 1]


def test_what_our_own_actions_caused_is_left_out_unless_it_is_asked_for():
    """A signal with a cause of ours is remembered, and counted by features with `echoes` only."""
    echo = sent("payment.declined", 2, -MINUTE, {"sluicecause": "a" * 32})
    assert seen(feature(), [declined(1, -MINUTE), echo]) == 1
    assert seen(feature(echoes=True), [declined(1, -MINUTE), echo]) == 2
    plan, asks = Plan([feature()]), asked(sent("payment.attempted", "asks", 0))
    past = remembered(plan, [declined(1, -MINUTE)])
    assert past.measure(feature(), CARD, asks) == 1
    past.add(plan.entries(echo, entities_of(echo, KEY), KEY))
    assert past.measure(feature(), CARD, asks) == 1


@pytest.mark.parametrize("echoes", [False, True])
@pytest.mark.parametrize("kind", ["count", "distinct", "sum", "last", "since", "mean", "first_seen", "new"])
def test_no_feature_sees_a_model_on_trial(kind, echoes):
    """A challenger's scores are remembered, and a feature is what it would be without them."""
    value = None if kind in ("count", "since", "first_seen") else "score"
    asks_for = Feature("f", kind, "score.computed", "scored", timedelta(hours=3), value, echoes=echoes)
    signals = [scored(1, -2 * MINUTE, 0.25)]
    tried = [*signals, scored(2, -MINUTE, 0.99, challenger=True)]
    asks = asked(scored(3, 0, 0.99))
    assert value_of(asks_for, ABOUT, tried, asks) == value_of(asks_for, ABOUT, signals, asks)


def test_the_order_and_repetition_of_what_arrives_do_not_matter():
    """Also not to a view of the tile that was opened before."""
    signals = [declined(number, -number * MINUTE) for number in range(1, 20)]
    asks = asked(sent("payment.attempted", "asks", 0))
    plan = Plan([feature(), feature("sum", value="amount", where=lambda fields: fields["amount"].minor > 500)])
    past = Timelines(plan, {}, 500)
    for each in [*signals[::-1], *signals]:
        past.add(plan.entries(each, entities_of(each, KEY), KEY))
        past.measure(feature(), CARD, asks)
    assert past.measure(feature(), CARD, asks) == 19


def test_what_is_undone_is_not_seen():
    """A dispute that was resolved for the seller counts no more, whichever came first; one that was lost does."""
    opened = [sent("dispute.opened", number, -number * HOUR, order_id=f"o_{number}") for number in (1, 2, 3)]
    resolved = [
        sent("dispute.resolved", 1, -HOUR / 2, order_id="o_1", outcome="won", seller_id="u_771"),
        sent("dispute.resolved", 2, -3 * HOUR, order_id="o_2", outcome="withdrawn", seller_id="u_771"),
        sent("dispute.resolved", 3, -HOUR, order_id="o_3", outcome="lost", seller_id="u_771"),
    ]
    for_seller = Unless("dispute.resolved", "order", lambda fields: fields["outcome"] != "lost")
    disputes = Feature("f", "count", "dispute.opened", "seller", timedelta(days=30), unless=for_seller)
    asks = asked(sent("payout.requested", "asks", 0, seller_id="u_771"))
    assert value_of(disputes, "user:u_771", [*opened, *resolved], asks) == 1
    now = asked(sent("payout.requested", "asks", -HOUR / 2, seller_id="u_771"))
    assert value_of(disputes, "user:u_771", [*opened, *resolved], now) == 2


def retried(**more):
    """Refused payments of the card, but for those that the same device then made good."""
    paid = Unless("payment.attempted", "device", lambda fields: fields["amount"].minor > 0)
    return feature("count", unless=paid, **more)


def attempted(number, at, extensions=None, **data):
    return sent("payment.attempted", number, at, extensions, **data)


def test_what_came_within_the_delay_undoes_too():
    """What counts is what is known when the signal asks, and not what was known then."""
    undone = [declined(1, -HOUR), attempted(2, -MINUTE)]
    assert seen(retried(delay=timedelta(minutes=30)), undone) == 0
    assert seen(retried(delay=timedelta(minutes=30)), undone[:1]) == 1


def test_what_our_own_actions_caused_undoes_nothing():
    """Not even for a feature that counts echoes: law 8 is about what others did."""
    echo = attempted(2, -MINUTE, {"sluicecause": "a" * 32})
    assert seen(retried(echoes=True), [declined(1, -2 * MINUTE), echo]) == 1


def test_nothing_is_undone_by_what_both_lack():
    """Two absent fields are not equal."""
    absent = [declined(1, -2 * MINUTE, device_id=None), attempted(2, -MINUTE, device_id=None)]
    assert seen(retried(), absent) == 1


def test_a_condition_need_not_tell_about_what_is_undone_anyway():
    """It is not seen, whatever the condition would say."""
    unsure = retried(where=lambda _: None)
    assert seen(unsure, [declined(1, -2 * MINUTE), attempted(2, -MINUTE)]) == 0
    assert seen(unsure, [declined(1, -2 * MINUTE)]) == AtLeast(0)


def test_nothing_can_be_said_where_it_is_unknown_what_is_undone():
    """There may be less than was found, so that not even a lower bound is left."""
    opened = [sent("dispute.opened", 1, -HOUR, order_id="o_1")]
    resolved = [sent("dispute.resolved", 1, -MINUTE, order_id="o_2", seller_id="u_771")]
    asks = asked(sent("payout.requested", "asks", 0, seller_id="u_771"))

    def disputes(where=None):
        unless = Unless("dispute.resolved", "order", where)
        return Feature("f", "count", "dispute.opened", "seller", timedelta(days=30), unless=unless)

    assert value_of(disputes(), "user:u_771", [*opened, *resolved], asks) == 1
    assert value_of(disputes(), "user:u_771", [*opened, *resolved], asks, cap=1) is None
    assert value_of(disputes(lambda _: None), "user:u_771", [*opened, *resolved], asks) is None


def test_a_condition_that_cannot_tell_makes_a_lower_bound():
    """An element on which it is unknown, or on which it breaks, counts as not seen, and the count says so."""
    signals = [declined(1, -MINUTE, device_id=None), declined(2, -MINUTE)]
    assert seen(feature(where=lambda fields: None if fields["device"] is None else True), signals) == AtLeast(1)
    assert seen(feature(where=lambda fields: len(fields["device"]) > 0), signals) == AtLeast(1)
    assert seen(feature(where=lambda fields: fields["amount"].minor > 100), signals) == 1


def test_a_condition_is_asked_once_for_what_looks_the_same_to_it():
    """Two hundred elements with two decline codes are two questions, and each gets its own answer."""
    questions = []

    def where(fields):
        questions.append(fields.get("decline_code"))
        return fields.get("decline_code") == "other" and fields.get("device") is None

    codes = ["other", "blocked"]
    signals = [declined(n, -n, decline_code=codes[n % 2], device_id=None) for n in range(1, 201)]
    assert seen(feature(where=where), signals) == 100
    assert len(questions) <= 4


def test_what_a_condition_looks_at_later_counts_from_then_on():
    """It may look at a second field for some elements only, and still tells all of them apart."""

    def where(fields):
        return fields["gift_card"] if fields["card_is_new"] else fields["amount"].minor > 500

    signals = [
        sent("payment.attempted", n, -n, card_is_new=n % 2 == 0, gift_card=n % 3 == 0, amount=amount(n * 10))
        for n in range(1, 100)
    ]
    expected = sum(n % 3 == 0 if n % 2 == 0 else n * 10 > 500 for n in range(1, 100))
    asks_for = Feature("f", "count", "payment.attempted", "card", timedelta(hours=1), where=where)
    assert seen(asks_for, signals) == expected


def amount(minor):
    return {"minor": minor, "currency": "EUR"}


FULL = [declined(number, -number * MINUTE) for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("asks_for", "value"),
    [
        (feature("count"), AtLeast(3)),
        (feature("distinct", value="card"), AtLeast(1)),
        (feature("sum", value="amount"), AtLeast(Amount(600, "USD"))),
        (feature("age"), AtLeast(timedelta(minutes=3))),
        (feature("mean", value="amount"), None),
        (feature("min", value="amount"), None),
        (feature("max", value="amount"), None),
        (feature("stddev", value="amount"), None),
        (feature("zscore", value="amount"), None),
        (feature("last", value="amount"), None),
        (feature("since"), None),
        (feature("first_seen"), None),
        (feature("share", where=lambda _: True), None),
        (feature("change", window=MINUTE, against=timedelta(hours=1)), None),
        (feature("new", value="card"), False),
        (feature("new", value="device"), None),
    ],
    ids=lambda each: each.kind if isinstance(each, Feature) else "",
)
@pytest.mark.parametrize("why", ["full", "unreadable", "young", "late"])
def test_an_incomplete_past_gives_what_can_be_said(asks_for, value, why):
    """A full tile, bytes that nobody can read, a series that is too young, an asker that is too late."""
    plan = Plan([asks_for])
    signals = [declined(n, -n * MINUTE, device_id=None) for n in (1, 2, 3)]
    stored = {}
    for each in signals:
        for key, element in plan.entries(each, entities_of(each, KEY), KEY):
            stored.setdefault(key, set()).add(element)
    if why == "unreadable":
        for elements in stored.values():
            elements.add(b"\x04 of a newer layout")
    young = dict.fromkeys(plan.series, moment(-MILLISECOND)) if why == "young" else {}
    past = Timelines(plan, stored, 3 if why == "full" else 500, began=young)
    asks = asked(sent("payment.attempted", "asks", 0, amount=amount(1)), moment(8 * DAY if why == "late" else 0))
    assert past.measure(asks_for, CARD, asks) == value


def test_a_past_that_nothing_hides_is_complete():
    """A tile of one less than the cap, a series as old as the window, an asker of just seven days."""
    plan = Plan([feature()])
    began = dict.fromkeys(plan.series, moment(-HOUR))
    past = remembered(plan, FULL, 4, began=began)
    asks = asked(sent("payment.attempted", "asks", 0), moment(7 * DAY))
    assert past.measure(feature(), CARD, asks) == 3
    assert [is_full(range(number), 3) for number in (2, 3)] == [False, True]


def test_a_full_tile_beside_the_window_hides_nothing():
    """Only tiles that the window overlaps are looked at."""
    signals = [*[declined(n, -HOUR - n * MINUTE) for n in (1, 2, 3)], declined(4, -MINUTE)]
    assert seen(feature(), signals, cap=3) == 1


def test_ninety_days_late_nothing_is_known():
    """No window reaches so far back, and the tiles are gone."""
    plan = Plan([feature()])
    past = remembered(plan, FULL)
    asker = sent("payment.attempted", "asks", 0)
    assert past.measure(feature(), CARD, asked(asker, moment(90 * DAY))) == AtLeast(3)
    assert past.measure(feature(), CARD, asked(asker, moment(90 * DAY + MILLISECOND))) is None


def test_a_clock_that_is_ahead_sees_what_it_would_have_seen_then():
    """A signal that came before its own time looks back from that time, and is not late."""
    asks = asked(sent("payment.attempted", "asks", 10 * MINUTE), moment(0))
    assert value_of(feature(), CARD, [declined(1, -MINUTE), declined(2, 5 * MINUTE)], asks) == 2


def test_the_last_is_the_latest_by_its_own_time():
    """Not the one that arrived last; and `since` says how long ago it was."""
    signals = [scored(1, -5 * MINUTE, 0.7, model_version="v2"), scored(2, -9 * MINUTE, 0.2), scored(3, MINUTE, 0.9)]
    assert told("last", signals, value="score") == 0.7
    assert told("last", signals, value="model_version") == "v2"
    assert told("last", signals, value="abuse") == "prohibited_item"
    assert told("since", signals) == timedelta(minutes=5)


def test_the_last_of_two_at_one_moment_does_not_depend_on_their_order():
    """The event hash decides."""
    signals = [scored(number, -MINUTE, number / 10) for number in range(9)]
    assert told("last", signals, value="score") == told("last", signals[::-1], value="score")


def test_the_last_of_none_is_unknown():
    """There is no score to speak of before the window, nor where the latest one does not say."""
    assert told("last", [scored(1, -3 * HOUR - MINUTE, 0.7)], value="score") is None
    assert told("since", []) is None
    assert told("last", [scored(1, -2 * MINUTE, 0.7, owner_id="u_2"), scored(2, -MINUTE, 0.7)], value="owner") is None


def test_the_last_takes_what_its_where_takes():
    """An element of which the condition cannot tell hides what came before it, and not what came after it."""
    signals = [scored(1, -3 * MINUTE, 0.3), scored(2, -2 * MINUTE, 0.4), scored(3, -MINUTE, 0.5)]
    unsure_later = {0.3: True, 0.4: None, 0.5: False}
    assert told("last", signals, value="score", where=lambda fields: unsure_later[fields["score"]]) is None
    unsure_before = {0.3: None, 0.4: True, 0.5: False}
    assert told("last", signals, value="score", where=lambda fields: unsure_before[fields["score"]]) == 0.4


def test_a_full_tile_hides_the_last_unless_a_later_one_has_it():
    """What a full tile did not take may be later than all that it has."""
    earlier = [scored(number, -2 * HOUR - number * MINUTE, 0.3) for number in range(1, 4)]
    assert told("last", earlier, value="score", cap=3) is None
    assert told("since", earlier, cap=3) is None
    assert told("last", [*earlier, scored(9, -MINUTE, 0.8)], value="score", cap=3) == 0.8


@pytest.mark.parametrize(("began", "value"), [(-2 * HOUR, None), (-2 * MINUTE, 0.8), (-MINUTE, 0.8), (0, None)])
def test_a_young_series_hides_what_was_before_its_beginning(began, value):
    """What was found from its beginning on is the last; what is older may have had something after it."""
    asks_for = Feature("f", "last", "score.computed", "scored", timedelta(hours=3), "score")
    signals = [scored(1, -HOUR, 0.3), scored(2, -MINUTE, 0.8)] if began > -HOUR else [scored(1, -3 * HOUR, 0.3)]
    asks = asked(sent("listing.submitted", "asks", 0))
    series = Series("score.computed", "scored", "1h")
    assert value_of(asks_for, ABOUT, signals, asks, began={series: moment(began)}) == value


def test_two_parts_are_read_in_one_order_of_time():
    """The latest change is the latest of both, whichever part it is in."""
    latest = Feature("f", "last", "account.changed", "user", timedelta(days=7), "change")
    asks = asked(sent("payout.requested", "asks", 0))
    for changes in (["password", "address"], ["address", "password"]):
        signals = [sent("account.changed", n, n - HOUR, change=change) for n, change in enumerate(changes)]
        assert value_of(latest, "user:u_1042", signals, asks) == changes[-1]


def test_of_two_parts_the_one_that_is_full_hides_the_last_of_the_other():
    """A flood of harmless changes leaves open whether the latest change is one of them."""
    changes = [sent("account.changed", n, -DAY - n - 1, change="address") for n in range(3)]
    password = sent("account.changed", 9, -DAY, change="password")
    latest = Feature("f", "last", "account.changed", "user", timedelta(days=7), "change")
    security = Feature(
        "f", "last", "account.changed", "user", timedelta(days=7), "change", lambda f: secure(f["change"])
    )
    asks = asked(sent("payout.requested", "asks", 0))
    assert value_of(latest, "user:u_1042", [*changes, password], asks) == "password"
    assert value_of(latest, "user:u_1042", [*changes, password], asks, cap=3) is None
    assert value_of(security, "user:u_1042", [*changes, password], asks, cap=3) == "password"


def secure(change):
    return None if change is None else change == "password"
