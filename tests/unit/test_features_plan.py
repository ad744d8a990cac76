"""Which series and tiles follow from a policy's features."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.features import (
    Feature,
    Plan,
    Series,
    Step,
    TileKey,
    Unless,
    expires_at,
    series_here,
    series_of,
    series_of_tile,
)
from shared.signals import CATALOGUE, entities_of
from tests.support.remembering import DAY, HOUR, KEY, sent
from tests.support.signals import NOON, event, moment, signal

pytestmark = pytest.mark.unit
MINUTES, HOURS, DAYS = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def feature(kind="count", window=HOURS, about="payment.declined", by="card", **more):
    return Feature(f"{kind} {window}", kind, about, by, window, **more)


def spans(*features):
    return sorted(str(series) for series in Plan(features).series)


def entries(plan, each):
    return plan.entries(each, entities_of(each, KEY), KEY)


def keys(plan, each):
    return [key.tile for key, _ in entries(plan, each)]


def changes(*choices, window=DAYS):
    return feature(
        window=window,
        about="account.changed",
        by="user",
        where=lambda fields: None if fields.get("change") is None else fields["change"] in choices,
    )


@pytest.mark.parametrize(
    ("window", "span"),
    [
        (MINUTES, "1h"),
        (3 * HOURS, "1h"),
        (3 * HOURS + MINUTES, "6h"),
        (12 * HOURS, "6h"),
        (DAYS, "1d"),
        (3 * DAYS, "1d"),
        (7 * DAYS, "7d"),
        (30 * DAYS, "30d"),
        (90 * DAYS, "30d"),
    ],
)
def test_a_read_touches_at_most_four_tiles(window, span):
    """The span of a series follows from its longest window, wherever in a tile that begins."""
    asked = feature(window=window)
    assert spans(asked) == [f"payment.declined#card#{span}"]
    for late in range(0, 40 * DAY, 7 * HOUR + 1):
        assert len(Plan([asked]).tiles(asked, "card:c", moment(late))) <= 4


def test_the_tiles_are_those_that_the_window_overlaps():
    """From the one in which it begins to the one in which it ends: what starts at its end is not read."""
    asked = feature(window=2 * HOURS)
    tiles = Plan([asked]).tiles(asked, "card:c", NOON)
    assert tiles == tuple(TileKey("card:c", f"payment.declined#card#1h#2026-11-20T{hour}Z") for hour in (10, 11))


def test_a_delay_counts_as_a_part_of_how_far_back_a_feature_looks():
    """The span is for delay and window together, and the tiles of the delay are not read."""
    asked = feature(window=DAYS, delay=7 * DAYS)
    plan = Plan([asked])
    assert spans(asked) == ["payment.declined#card#7d"]
    assert [key.tile[-14:] for key in plan.tiles(asked, "card:c", NOON)] == ["2026-11-12T00Z"]
    assert spans(feature("change", HOURS, against=30 * DAYS)) == ["payment.declined#card#30d"]


@pytest.mark.parametrize(
    "asked",
    [
        feature(window=91 * DAYS),
        feature(window=60 * DAYS, delay=31 * DAYS),
        feature("change", DAYS, against=91 * DAYS),
        feature(window=3650 * DAYS),
    ],
)
def test_what_looks_further_back_than_timelines_keep_is_refused(asked):
    """Ninety days is the most, delay included; the message names the feature."""
    with pytest.raises(ValueError, match=f"{asked.name}.*longer than 90 days"):
        Plan([asked])


@pytest.mark.parametrize(
    ("windows", "series"),
    [
        ([15 * MINUTES, 90 * DAYS], ["30d", "30d+1h"]),
        ([HOURS, 7 * DAYS], ["7d", "7d+1h"]),
        ([3 * HOURS, 7 * DAYS], ["7d", "7d+1h"]),
        ([4 * HOURS, 7 * DAYS], ["7d", "7d+6h"]),
        ([DAYS, 4 * DAYS, 90 * DAYS], ["30d", "30d+1d"]),
        ([7 * DAYS, 30 * DAYS], ["30d", "30d+5d"]),
        ([16 * DAYS, 90 * DAYS], ["30d"]),
        ([4 * DAYS, 7 * DAYS], ["7d"]),
        ([HOURS], ["1h"]),
        ([2 * HOURS, 3 * HOURS], ["1h"]),
        ([HOURS, 4 * HOURS], ["6h", "6h+1h"]),
        ([30 * DAYS], ["30d"]),
    ],
)
@pytest.mark.parametrize("role", ["ip", "card", "buyer", "order"])
def test_a_series_has_an_overflow_where_shorter_tiles_help_its_shortest_window(windows, series, role):
    """Of whatever kind the entity is: of the spans that divide its own, the shortest that four tiles are enough of."""
    asked = [feature(window=window, by=role) for window in windows]
    assert spans(*asked) == [f"payment.declined#{role}#{each}" for each in series]
    written = entries(Plan(asked), sent("payment.declined", 1, 0, order_id="o_1"))
    assert [str(series_of_tile(key.tile)) for key, _ in written] == spans(*asked)[:1], "while there is room"


def test_an_overflow_is_read_by_those_that_four_of_its_tiles_are_enough_for():
    """Where one of their tiles is full, and as far as that one reaches; all others read their own tiles alone."""
    short, middle, long = (feature(window=window, by="ip") for window in (HOURS, 3 * HOURS, 7 * DAYS))
    plan = Plan([short, middle, long])
    full = plan.tiles(long, "ip:i", NOON)

    def read(asked, at):
        return [key.tile.partition("#ip#")[2] for key in plan.overflow_tiles(asked, "ip:i", at, full)]

    assert read(short, NOON) == ["7d+1h#2026-11-20T11Z"]
    assert read(short, NOON + MINUTES) == ["7d+1h#2026-11-20T11Z", "7d+1h#2026-11-20T12Z"]
    assert len(read(middle, NOON + MINUTES)) == 4
    assert read(long, NOON) == []
    assert plan.overflow_tiles(short, "ip:i", NOON, set()) == ()
    border = datetime(2026, 11, 19, tzinfo=UTC)
    (later,) = (key for key in full if key.tile.endswith("11-19T00Z"))
    assert plan.tiles(short, "ip:i", border + MINUTES)[-1] == later
    full = [later]
    assert read(short, border + MINUTES) == ["7d+1h#2026-11-19T00Z"], "what came before is in the tile before"


def test_what_a_full_tile_turns_away_goes_to_its_overflows_tile_of_its_time():
    """Into each overflow that is written, be it of another policy; facts and series without one have none."""
    asked = [feature(window=window, by="ip") for window in (HOURS, 7 * DAYS)]
    plan = Plan(
        [*asked, feature("new", None, value="card", by="ip")], {Series("payment.declined", "ip", "7d", "", False, "1d")}
    )
    found = {key.tile: plan.overflow_of(key, element) for key, element in entries(plan, sent("payment.declined", 1, 0))}
    tile, entity = "payment.declined#ip#7d", next(iter(found.values()))[0].entity
    assert found == {
        f"{tile}#2026-11-19T00Z": (
            TileKey(entity, f"{tile}+1h#2026-11-20T12Z"),
            TileKey(entity, f"{tile}+1d#2026-11-20T00Z"),
        ),
        "payment.declined#ip>card#ever": (),
    }


def test_security_events_stand_apart_from_other_changes():
    """A flood of harmless changes cannot push out a change of the password: it goes elsewhere."""
    plan = Plan([feature(about="account.changed", by="user")])
    for change in ("password", "email", "phone", "two_factor", "payout_account"):
        assert keys(plan, sent("account.changed", 1, 0, change=change)) == ["account.changed!#user#1h#2026-11-20T12Z"]
    for change in ("address", "display_name"):
        assert keys(plan, sent("account.changed", 1, 0, change=change)) == ["account.changed#user#1h#2026-11-20T12Z"]


def test_what_is_about_security_is_declared_in_words_that_the_signals_use():
    """A choice that no signal can make would leave its events among the others."""
    declared = [(spec, spec.security) for spec in CATALOGUE.values() if spec.security]
    assert [spec.name for spec, _ in declared] == ["account.changed"]
    for spec, (name, choices) in declared:
        (field,) = (each for each in spec.remembered if each.name == name)
        assert choices < set(field.choices)
        assert not field.optional


def test_only_the_part_that_a_condition_may_take_is_read():
    """Credentials alone, harmless changes alone, or both where the condition leaves it open."""
    assert spans(changes("password", "email", window=7 * DAYS)) == ["account.changed!#user#7d"]
    assert spans(changes("address", window=7 * DAYS)) == ["account.changed#user#7d"]
    both = changes("address", "email", window=7 * DAYS)
    assert spans(both) == ["account.changed!#user#7d", "account.changed#user#7d"]
    other = feature(about="account.changed", by="user", where=lambda fields: fields.get("device_is_new"))
    assert len(spans(other)) == 2
    broken = feature(about="account.changed", by="user", where=lambda fields: fields["no such field"])
    assert len(spans(broken)) == 2


@pytest.mark.parametrize("days", [1, 3, 7, 30, 31, 90])
def test_two_parts_together_are_four_tiles_at_most(days):
    """What reads both has tiles twice as long, so that it reads no more of them."""
    asked = feature(window=days * DAYS, about="account.changed", by="user")
    plan = Plan([asked])
    assert max(len(plan.tiles(asked, "user:u", moment(at))) for at in range(0, 99 * DAY, 11 * HOUR)) <= 4


def test_a_share_reads_all_of_which_it_is_a_part():
    """Its condition says which part, and the others count too."""
    part = changes("password").where
    assert len(spans(feature("share", DAYS, "account.changed", "user", where=part))) == 2


def test_steps_and_what_undoes_are_remembered_too():
    """Each step and `unless` are series of their own, with the feature's reach; links carry who is linked."""
    takeover = Feature(
        "takeover",
        "sequence",
        "login.failed",
        "user",
        3 * DAYS,
        steps=(Step("login.failed", "user"), Step("payout.requested", "seller")),
    )
    assert spans(takeover) == ["login.failed#user#1d", "payout.requested#seller#1d"]
    disputes = feature("count", 30 * DAYS, "dispute.opened", "seller", unless=Unless("dispute.resolved", "order"))
    assert spans(disputes) == ["dispute.opened#seller#30d", "dispute.resolved#seller#30d"]
    assert len(Plan([disputes]).tiles(disputes, "user:u", NOON)) == 4
    sharing = feature("linked", 30 * DAYS, "login.succeeded", "device", value="user")
    assert spans(sharing) == ["login.succeeded#device>user#30d"]


def test_a_feature_for_ever_has_one_tile_which_is_a_part_of_the_summary():
    """A family of facts for each field; the earliest of all is shared."""
    ever = [feature(kind, None, "login.succeeded", "user") for kind in ("first_seen", "age", "months")]
    ever += [feature(kind, None, "login.succeeded", "user", value="device") for kind in ("new", "distinct")]
    assert spans(*ever) == [
        "login.succeeded#user#ever",
        "login.succeeded#user>device#ever",
        "login.succeeded#user>months#ever",
    ]
    plan = Plan(ever)
    assert plan.tiles(ever[3], "user:u", NOON) == (TileKey("user:u", "login.succeeded#user>device#ever"),)
    assert sorted(keys(plan, sent("login.succeeded", 1, 0))) == spans(*ever)
    assert "login.succeeded#user>device#ever" not in keys(plan, sent("login.succeeded", 1, 0, device_id=None))


def test_a_model_on_trial_makes_no_facts():
    """Its fact would stand in the way of a later one that counts."""
    plan = Plan(
        [feature("first_seen", None, "score.computed", "scored"), feature("count", DAYS, "score.computed", "scored")]
    )
    assert keys(plan, sent("score.computed", 1, 0, challenger=True)) == ["score.computed#scored#1d#2026-11-20T00Z"]


def test_a_series_is_written_only_where_a_feature_reads_it():
    """Signals that no feature reads leave nothing, nor do roles and links that nobody has."""
    each = sent("payment.declined", 1, 0)
    assert entries(Plan([]), each) == ()
    assert keys(Plan([feature()]), each) == ["payment.declined#card#1h#2026-11-20T12Z"]
    assert keys(Plan([feature()]), sent("payment.declined", 1, 0, card_fingerprint=None)) == []
    sharing = feature("linked", DAYS, "login.failed", "device", value="user")
    nobody = sent("login.failed", 1, 0, user_id=None)
    assert keys(Plan([sharing]), nobody) == []


def test_what_another_policy_reads_is_written_beside():
    """`also` are series that are written though no feature here reads them."""
    also = {Series("payment.declined", "buyer", "7d"), Series("payment.declined", "card", "ever", "device")}
    assert keys(Plan([feature()], also), sent("payment.declined", 1, 0)) == [
        "payment.declined#card#1h#2026-11-20T12Z",
        "payment.declined#buyer#7d#2026-11-19T00Z",
        "payment.declined#card>device#ever",
    ]


@pytest.mark.parametrize(("late", "remembered"), [(90 * DAY, 1), (90 * DAY + 0.001, 0)])
def test_what_no_window_will_ever_see_is_not_remembered(late, remembered):
    """Ninety days after it happened a signal is too late for timelines."""
    each = signal(event("payment.declined", "late", 0), late)
    assert len(entries(Plan([feature()]), each)) == remembered


@pytest.mark.parametrize(
    ("text", "series"),
    [
        ("login.succeeded#user#7d", Series("login.succeeded", "user", "7d")),
        ("account.changed!#user#90d", Series("account.changed", "user", "90d", secure=True)),
        ("login.succeeded#device>user#30d", Series("login.succeeded", "device", "30d", "user")),
        ("login.succeeded#user>device#ever", Series("login.succeeded", "user", "ever", "device")),
        ("account.created#user#ever", Series("account.created", "user", "ever")),
        ("login.failed#ip#7d+1h", Series("login.failed", "ip", "7d", overflow="1h")),
        ("account.changed!#user#90d+30d", Series("account.changed", "user", "90d", secure=True, overflow="30d")),
        ("login.failed#ip>user#30d+5d", Series("login.failed", "ip", "30d", "user", overflow="5d")),
    ],
)
def test_a_series_reads_back_from_its_name(text, series):
    """As it stands in keys, in the pointer and in settings; a tile tells its series."""
    assert str(series) == text
    assert series_of(text) == series
    assert series_of_tile(text if series.is_fact else f"{text}#2026-11-20T00Z") == series
    assert series_here(text) == series


@pytest.mark.parametrize(
    "text", ["login.failed#ip#7d+7d", "login.failed#ip#1h+7d", "login.failed#ip#30d+7d", "login.failed#ip#ever+1h"]
)
def test_an_overflow_that_no_series_can_have_is_another_hands(text):
    """Its tiles are shorter than those that it is for, and lie within them."""
    assert series_here(text) is None


@pytest.mark.parametrize(
    ("span", "days"),
    [("1h", 4 / 24), ("6h", 1), ("7d", 28), ("30d", 120), ("90d", 180), ("7d+1h", 4 / 24), ("30d+5d", 20)],
)
def test_a_tile_expires_after_nothing_can_read_it(span, days):
    """Its span and the longest window after its start, and the grace for late signals."""
    key = TileKey("card:c", f"payment.declined#card#{span}#2026-11-20T12Z")
    begins = datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert expires_at(key, DAYS) == int((begins + timedelta(days=days) + DAYS).timestamp())
