"""What timelines hold, and what features read from them."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from shared.features import AtLeast, Feature, Layout, Plan, TileKey, Timelines, expires_at, kept
from shared.signals import CATALOGUE, Pseudonyms, entities_of, parse
from shared.signals.amounts import Amount

pytestmark = pytest.mark.unit
START = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = Pseudonyms(b"k" * 32)
HOUR = timedelta(hours=1)


def declined(number, after, **data):
    """The `number`-th declined payment, `after` the start."""
    moment = START + after
    event = {
        "specversion": "1.0",
        "id": f"d_{number}",
        "source": "test",
        "type": "payment.declined.v1",
        "time": moment.isoformat(),
        "subject": "user:u_1",
        "data": {
            "payment_id": f"p_{number}",
            "order_id": f"o_{number}",
            "buyer_id": "u_1",
            "seller_id": "u_2",
            "amount": {"minor": 100 * number, "currency": "USD"},
            "card_fingerprint": "card_aaaa",
            "decline_code": "other",
        }
        | data,
    }
    return parse(json.dumps(event).encode(), moment)


def remembering(plan, signals, cap=500):
    past = Timelines(plan, {}, cap)
    for signal in signals:
        past.add(plan.entries(signal, entities_of(signal, KEY), KEY))
    return past


def feature(kind="count", window=HOUR, **more):
    return Feature("f", kind, "payment.declined", "card", window, **more)


def measured(feature, signals, at, *, itself="f" * 32, cap=500):
    plan = Plan([feature])
    return remembering(plan, signals, cap).measure(feature, "card:card_aaaa", START + at, itself)


def test_an_element_reads_back_what_was_packed():
    """Money, choices and absent fields come back; entities come back as their marks."""
    signal = declined(7, HOUR)
    layout = Layout.of("payment.declined")
    element = layout.unpack(layout.pack(signal, entities_of(signal, KEY), KEY))
    assert element.fields["amount"] == Amount(700, "USD")
    assert element.fields["decline_code"] == "other"
    assert element.fields["buyer"] == KEY.mark("user:u_1")
    assert element.fields["device"] is None
    assert element.time_ms == int((START + HOUR).timestamp() * 1000)


def test_the_bytes_of_an_element_never_change():
    """Layout version 2 is written down: these bytes are in customers' tables."""
    signal = declined(7, HOUR)
    packed = Layout.of("payment.declined").pack(signal, entities_of(signal, KEY), KEY)
    written = (
        "02 00 01a1f90ad880 e51da266c1164a83"  # version, flags, time, event
        "1f d38057bc8b7a1953 ecf3d8159f1f75ae"  # present: five of seven; buyer, seller
        "00000000000002bc 555344 773abcfc3f8cffc1 06"  # 700 minor units, USD; card; decline code
        "0000000000000000 0000000000000000"  # no device, no address
    )
    assert packed == bytes.fromhex(written)


def test_an_element_of_another_hand_is_not_guessed_at():
    """Other lengths and other versions are no elements."""
    layout = Layout.of("payment.declined")
    assert layout.unpack(b"short") is None
    assert layout.unpack(b"\x01" + b"\x00" * (layout.size - 1)) is None


def test_a_window_is_closed_at_its_start_and_open_at_its_end():
    """A signal exactly one window ago counts; one at the very moment does not."""
    signals = [declined(1, -HOUR), declined(2, timedelta(0)), declined(3, timedelta(milliseconds=-1))]
    assert measured(feature(), signals, timedelta(0)) == 2


def test_a_signal_never_sees_itself():
    """The signal's own element is left out, even if it stands in the past of a resent one."""
    signals = [declined(1, timedelta(minutes=-5)), declined(2, timedelta(minutes=-4))]
    assert measured(feature(), signals, timedelta(0), itself=signals[0].decision_id) == 1


def test_distinct_counts_values_and_leaves_out_absent_ones():
    """Three signals from two devices and one without a device are two devices."""
    devices = ["dev_aaaaaaaa", "dev_aaaaaaaa", "dev_bbbbbbbb", None]
    signals = [declined(i, timedelta(minutes=-i - 1), device_id=device) for i, device in enumerate(devices)]
    assert measured(feature("distinct", value="device"), signals, timedelta(0)) == 2


def test_amounts_add_up_in_one_currency_only():
    """A sum over unlike currencies is unknown, and a sum over nothing is zero in every currency."""
    dollars = [declined(1, timedelta(minutes=-2)), declined(2, timedelta(minutes=-1))]
    yen = declined(3, timedelta(minutes=-3), amount={"minor": 5, "currency": "JPY"})
    total = feature("sum", value="amount")
    assert measured(total, dollars, timedelta(0)) == Amount(300, "USD")
    assert measured(total, [*dollars, yen], timedelta(0)) is None
    assert measured(total, [], timedelta(0)) == Amount(0, "")


def test_a_full_tile_gives_a_lower_bound():
    """At the cap a count is said to be at least what was seen."""
    signals = [declined(i, timedelta(minutes=-i - 1)) for i in range(3)]
    assert measured(feature(), signals, timedelta(0), cap=3) == AtLeast(3)


def test_what_our_own_actions_caused_is_left_out():
    """A signal with a cause of ours is remembered, and not counted."""
    caused = parse(
        json.dumps(
            {
                "specversion": "1.0",
                "id": "r",
                "source": "test",
                "type": "refund.issued.v1",
                "time": START.isoformat(),
                "subject": "user:u_1",
                "sluicecause": "a" * 32,
                "data": {
                    "refund_id": "r",
                    "payment_id": "p",
                    "order_id": "o",
                    "buyer_id": "u_1",
                    "seller_id": "u_2",
                    "amount": {"minor": 1, "currency": "USD"},
                    "reason": "fraud",
                    "initiated_by": "system",
                },
            }
        ).encode(),
        START,
    )
    refunds = Feature("refunds", "count", "refund.issued", "seller", HOUR)
    plan = Plan([refunds])
    past = remembering(plan, [caused])
    assert past.measure(refunds, "user:u_2", START + HOUR / 2, "f" * 32) == 0


def scored(number, after, score, **data):
    """The `number`-th score of one listing."""
    moment = START + after
    event = {
        "specversion": "1.0",
        "id": f"s_{number}",
        "source": "models",
        "type": "score.computed.v1",
        "time": moment.isoformat(),
        "subject": "listing:l_1",
        "data": {
            "score_id": f"sc_{number}",
            "about": "listing:l_1",
            "abuse": "prohibited_item",
            "model": "listing-text",
            "model_version": "2026-10-02",
            "score": score,
        }
        | data,
    }
    return parse(json.dumps(event).encode(), moment)


def told(kind, signals, *, value=None, where=None, cap=500, window=3 * HOUR):
    """A feature of the listing's scores, as of the start."""
    asked = Feature("f", kind, "score.computed", "scored", window, value, where)
    return remembering(Plan([asked]), signals, cap).measure(asked, "listing:l_1", START, "f" * 32)


MINUTE = timedelta(minutes=1)


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
    verdicts = {0.3: True, 0.4: None, 0.5: False}
    assert told("last", signals, value="score", where=lambda fields: verdicts[fields["score"]]) is None
    verdicts = {0.3: None, 0.4: True, 0.5: False}
    assert told("last", signals, value="score", where=lambda fields: verdicts[fields["score"]]) == 0.4


def test_a_full_tile_hides_the_last_unless_a_later_one_has_it():
    """What a full tile did not take may be later than all that it has."""
    earlier = [scored(number, -2 * HOUR - number * MINUTE, 0.3) for number in range(1, 4)]
    assert told("last", earlier, value="score", cap=3) is None
    assert told("since", earlier, cap=3) is None
    assert told("last", [*earlier, scored(9, -MINUTE, 0.8)], value="score", cap=3) == 0.8


@pytest.mark.parametrize("kind", ["count", "distinct", "sum", "last", "since"])
def test_no_feature_sees_a_model_on_trial(kind):
    """A challenger's scores are remembered, and a feature is what it would be without them."""
    value = None if kind in ("count", "since") else "score"
    signals = [scored(1, -2 * MINUTE, 0.25)]
    tried = [*signals, scored(2, -MINUTE, 0.99, challenger=True)]
    assert told(kind, tried, value=value) == told(kind, signals, value=value)


def test_a_lower_bound_has_no_bound_of_its_own():
    """A full tile with elements that cannot be told apart is one `AtLeast`, not two."""
    signals = [scored(number, -number * MINUTE, 0.5) for number in (1, 2)]
    assert told("count", signals, where=lambda _: None, cap=2) == AtLeast(0)


@pytest.mark.parametrize("text", ["RO", "home and garden", "", "2026-10-02T10:00Z"])
def test_a_short_text_is_kept_as_it_is(text):
    """Sixteen bytes hold most names; they read as they were written."""
    assert kept(text) == text or len(text.encode()) > 16


def test_texts_are_told_apart_by_what_is_kept_of_them():
    """Long ones by their hash; what looks like a hash, or would lose its end, is hashed itself."""
    texts = ["a" * 16, "a" * 17, "a" * 18, kept("a" * 17), "~", "b", "b\0", "b\0\0", "ж" * 8, "ж" * 9]
    marks = [kept(text) for text in texts]
    assert len(set(marks)) == len(texts)
    assert all(len(mark.encode()) <= 16 for mark in marks)
    signals = [scored(number, -number * MINUTE, 0.5, model=text) for number, text in enumerate(texts, 1)]
    assert [told("last", [signal], value="model") for signal in signals] == marks


def test_no_remembered_text_is_personal():
    """Texts are kept without the key, so a personal one must not be."""
    remembered = [field for spec in CATALOGUE.values() for field in spec.remembered]
    assert not [field.name for field in remembered if field.type == "text" and field.personal]


@pytest.mark.parametrize(("days", "span"), [(0.5, "6h"), (1, "1d"), (3, "1d"), (7, "7d"), (30, "30d"), (90, "30d")])
def test_a_read_touches_at_most_four_tiles(days, span):
    """The span of a series follows from its longest window."""
    asked = feature(window=timedelta(days=days))
    tiles = Plan([asked]).tiles(asked, "card:c", START)
    assert len(tiles) <= 4
    assert f"#{span}#" in tiles[0].tile


def test_a_series_is_written_only_where_a_feature_reads_it():
    """Signals that no feature reads leave nothing, and each role that is read leaves one entry."""
    signal = declined(1, HOUR)
    entities = entities_of(signal, KEY)
    assert Plan([]).entries(signal, entities, KEY) == ()
    (entry,) = Plan([feature()]).entries(signal, entities, KEY)
    assert entry.key == TileKey("card:card_aaaa", "payment.declined#card#1h#2026-11-20T13Z")


def test_a_tile_expires_after_nothing_can_read_it():
    """Four spans after its start, and the grace for late signals."""
    key = TileKey("card:c", "payment.declined#card#1h#2026-11-20T13Z")
    assert expires_at(key, timedelta(days=1)) == int(datetime(2026, 11, 21, 17, tzinfo=UTC).timestamp())


def test_a_window_beyond_what_is_kept_is_refused():
    """Ninety days is the most that timelines keep."""
    with pytest.raises(ValueError, match="longer than 90 days"):
        Plan([feature(window=timedelta(days=91))])
