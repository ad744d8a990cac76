"""What features see of a past of which a part was turned away by full tiles, into their overflow."""

from datetime import timedelta

import pytest

from shared.features import LACKING, AtLeast, Entry, Feature, Plan, Step, TileKey, Timelines, Unless, series_of
from shared.features.elements import EVENT
from shared.signals import entities_of
from shared.signals.amounts import Amount
from tests.support.remembering import DAY, HOUR, KEY, MINUTE, asked, sent, stored
from tests.support.signals import moment

pytestmark = pytest.mark.unit
CARD, CAP = "card:card_4e1d90b27c", 5
TILE = TileKey(CARD, "payment.declined#card#7d#2026-11-19T00Z")
HOURLY = "payment.declined#card#7d+1h"
SOONER, NOW = (TileKey(CARD, f"{HOURLY}#2026-11-20T{hour}Z") for hour in (10, 11))
MILLISECOND = 0.001


def declined(number, at, **data):
    return sent("payment.declined", number, at, amount={"minor": 100, "currency": "EUR"}, **data)


def feature(kind="count", window=HOUR, signal="payment.declined", by="card", **more):
    return Feature(f"{kind} {window}", kind, signal, by, timedelta(seconds=window), **more)


HOURS, WEEK = feature(), feature(window=7 * DAY)
PLAN = Plan([HOURS, WEEK])
FLOOD = [declined(number, -6 * HOUR + number) for number in range(CAP)]
"""Fills the week's tile in one hour of the morning."""
LATELY = [declined(f"late {number}", -30 * MINUTE + number) for number in range(CAP - 1)]
"""Comes within the hour before noon: one less than would fill that hour's tile."""
ASKS = asked(sent("payment.attempted", "asks", 0))


def settling(name, number, at, **data):
    """Of our card: that of a settled payment is another one, unless one says so."""
    return sent(name, number, at, card_fingerprint=CARD.removeprefix("card:"), **data)


def element(each, plan=PLAN):
    return next(entry.element for entry in plan.entries(each, entities_of(each, KEY), KEY))


def measured(feature, held, plan=PLAN, asks=ASKS, **more):
    return Timelines(plan, held, CAP, **more).measure(feature, CARD, asks)


def test_the_last_hour_is_exact_in_whatever_flood_there_was_before():
    """The week is at least what its tile took in; the hour is all that there was."""
    held = stored(PLAN, [*FLOOD, *LATELY], CAP)
    assert held.keys() == {TILE, NOW}
    assert measured(HOURS, held) == len(LATELY)
    assert measured(WEEK, held) == AtLeast(CAP)


def test_an_hour_that_is_itself_a_flood_is_a_lower_bound():
    """From as many on as one tile takes: the next one might have been turned away."""
    held = stored(PLAN, [*FLOOD, *LATELY, *(declined(f"more {n}", -MINUTE) for n in range(2))], CAP)
    assert measured(HOURS, held) == AtLeast(CAP)
    later = asked(sent("payment.attempted", "later", HOUR))
    assert measured(HOURS, held, asks=later) == 0, "and over with the hour"


@pytest.mark.parametrize(("lately", "expected"), [(CAP - 1, CAP - 1), (CAP, AtLeast(CAP))])
@pytest.mark.parametrize("before", range(CAP + 1))
def test_it_makes_no_difference_which_of_the_tiles_took_an_event(before, lately, expected):
    """How many of the hour the full tile had room for depends on what came before, and nothing else does."""
    hour = [declined(f"lately {number}", -30 * MINUTE + number) for number in range(lately)]
    held = stored(PLAN, [*FLOOD[:before], *hour, *FLOOD[before:]], CAP)
    assert measured(HOURS, held) == expected


def test_what_stands_in_both_is_seen_once():
    """A signal that comes again after its tile has filled is added to the overflow, too."""
    held = stored(PLAN, [LATELY[0], *FLOOD, *LATELY], CAP)
    assert element(LATELY[0]) in held[TILE] & held[NOW]
    assert measured(HOURS, held) == len(LATELY)


def test_of_two_elements_of_one_event_the_one_that_knows_more_is_seen():
    """What a backfill added to the tile before it was full, and the signal itself to the overflow, or the other way."""
    counted = feature(where=lambda fields: None if fields.get("device") is None else True)
    plan = Plan([counted, WEEK])
    whole, less = (element(declined("one", -MINUTE, device_id=device), plan) for device in ("dev_11111111", None))
    assert whole[EVENT] == less[EVENT]
    flood = {element(each, plan) for each in FLOOD}
    for first, second in ((whole, less), (less, whole)):
        held = {TILE: {*flood, first}, NOW: {second}}
        assert measured(counted, held, plan) == 1
        assert measured(HOURS, held) == 1


def test_a_tile_of_the_overflow_is_full_of_elements_and_not_of_events():
    """Of two for one event both took room: the next one was turned away."""
    counted = feature(where=lambda _: True)
    plan = Plan([counted, WEEK])
    both = [[declined(n, -MINUTE - n, device_id=each) for each in ("dev_11111111", None)] for n in range(CAP // 2 + 1)]
    held = {TILE: {element(each, plan) for each in FLOOD}, NOW: {element(each, plan) for pair in both for each in pair}}
    assert measured(counted, held, plan) == AtLeast(CAP // 2 + 1)


@pytest.mark.parametrize("spoilt", [b"", b"by hand", bytes([99]) * 40])
def test_bytes_that_nobody_can_read_are_not_made_up_for(spoilt):
    """In the full tile they may stand for anything in its time, in the overflow's for anything in its hour."""
    held = stored(PLAN, [*FLOOD, *LATELY], CAP)
    count = len(LATELY)
    assert measured(HOURS, {**held, TILE: held[TILE] | {spoilt}}) == AtLeast(count)
    assert measured(HOURS, {**held, NOW: {element(LATELY[0]), spoilt}}) == AtLeast(1)
    assert measured(HOURS, {**held, SOONER: {spoilt}}) == count, "that hour is not in the window"


def test_a_tile_that_was_full_when_something_was_erased_still_has_its_overflow():
    """It takes more again, and lacks what it turned away: that is where it was."""
    held = stored(PLAN, [*FLOOD, *LATELY], CAP)
    held[TILE] = {LACKING, element(FLOOD[0])}
    assert measured(HOURS, held) == len(LATELY)
    assert measured(WEEK, held) == AtLeast(1)
    held[NOW] = {LACKING, element(LATELY[0])}
    assert measured(HOURS, held) == AtLeast(1), "and so does an overflow's own tile"


@pytest.mark.parametrize(("late", "expected"), [(-HOUR, 4), (-HOUR + MILLISECOND, AtLeast(4)), (0, AtLeast(4))])
def test_what_came_before_the_overflow_began_is_lost(late, expected):
    """Another policy had none. The series itself may be as old as it likes."""
    began = {series_of(HOURLY): moment(late)}
    held = stored(PLAN, [*FLOOD, *LATELY], CAP)
    assert measured(HOURS, held, began=began) == expected
    assert measured(HOURS, {TILE: held[TILE] - {element(FLOOD[0])}, NOW: held[NOW]}, began=began) == 0, "not full"


def test_a_gap_ends_with_the_hour_that_has_it():
    """What is later than it surely is the latest."""
    last = feature("since", 3 * HOUR)
    plan = Plan([last, WEEK])
    busy = [declined(f"busy {number}", -100 * MINUTE + number) for number in range(CAP)]
    held = stored(plan, [*FLOOD, *busy, LATELY[0]], CAP)
    assert measured(last, held, plan) == timedelta(minutes=30)
    assert measured(last, {**held, NOW: set()}, plan) is None
    began = {series_of(HOURLY): moment(-45 * MINUTE)}
    assert measured(last, held, plan, began=began) == timedelta(minutes=30)
    began = {series_of(HOURLY): moment(-15 * MINUTE)}
    assert measured(last, held, plan, began=began) is None


def test_a_late_signal_is_kept_in_the_hour_in_which_it_happened():
    """And is seen by what asks about that hour, not by what asks about its own."""
    held = stored(PLAN, [*FLOOD, declined("late", -3 * HOUR)], CAP)
    then = asked(sent("payment.attempted", "then", -2.5 * HOUR))
    assert (measured(HOURS, held, asks=then), measured(HOURS, held)) == (1, 0)


def test_a_signal_does_not_see_itself_in_the_overflow():
    """Be it there already, or not."""
    again = declined("late 0", -30 * MINUTE)
    held = stored(PLAN, [*FLOOD, *LATELY], CAP)
    for sees, at in ((0, -30 * MINUTE), (CAP - 2, 0)):
        assert measured(HOURS, held, asks=asked(again)._replace(time=moment(at))) == sees


@pytest.mark.parametrize(
    "kind",
    [
        feature("sum", value="amount"),
        feature("mean", value="amount", least=2),
        feature("max", value="amount"),
        feature("zscore", value="amount"),
        feature("stddev", value="amount"),
        feature("distinct", value="buyer"),
        feature("last", value="amount"),
        feature("since"),
        feature("first_seen"),
        feature("age"),
        feature("new", value="buyer"),
        feature("share", where=lambda fields: fields.get("device") is not None),
        feature("change", 10 * MINUTE, against=timedelta(hours=1)),
        feature(delay=timedelta(hours=1)),
        feature(echoes=True),
        feature("linked", value="buyer"),
        feature(unless=Unless("payment.settled", "buyer")),
        Feature(
            "sequence",
            "sequence",
            "payment.declined",
            "card",
            timedelta(hours=1),
            steps=(Step("payment.declined", "card"), Step("payment.settled", "card")),
        ),
    ],
    ids=lambda feature: feature.kind,
)
def test_every_kind_of_feature_sees_what_was_turned_away(kind):
    """Of its own signals, of each step, and of what undoes them: as if no tile had ever been full."""
    related = [kind.signal, *(step.signal for step in kind.steps), *([kind.unless.signal] if kind.unless else [])]
    weeks = [feature(window=7 * DAY, signal=each) for each in related]
    weeks += [feature("linked", 7 * DAY, value="buyer")] if kind.kind == "linked" else []
    plan = Plan([kind, *weeks])
    flood = [settling(each, number, -9 * HOUR + number) for each in dict.fromkeys(related) for number in range(CAP)]
    lately = [
        settling(
            each, f"{at} {place}", at * MINUTE + place, buyer_id=f"u_{at}", amount={"minor": -at, "currency": "EUR"}
        )
        for place, each in enumerate(dict.fromkeys(related))
        for at in (-110, -100, -50, -40, -5)[: 5 - 2 * place]
    ]
    asks = asked(sent("payment.attempted", "asks", 0, buyer_id="u_5", amount={"minor": 7, "currency": "EUR"}))
    held = stored(plan, [*flood, *lately], CAP)
    assert {series_of(key.tile.rpartition("#")[0]).overflow for key in held} == {"", "1h"}
    found = Timelines(plan, held, CAP).measure(kind, CARD, asks)
    exact = Timelines(plan, stored(plan, [*flood, *lately], 500), 500).measure(kind, CARD, asks)
    assert found == exact
    assert found not in (None, 0, Amount(0, ""))


def test_a_flood_of_harmless_changes_leaves_those_of_the_last_hour():
    """Security and the rest stand apart, and each has an overflow of its own."""
    both, week = (feature(window=window, signal="account.changed", by="user") for window in (HOUR, 7 * DAY))
    plan = Plan([both, week])

    def changed(number, at, change):
        return sent("account.changed", f"{change} {number}", at, user_id="u_1", change=change)

    flood = [changed(n, -6 * HOUR + n, change) for n in range(CAP) for change in ("address", "password")]
    lately = [changed(f"late {n}", -n * MINUTE - 1, change) for n in range(3) for change in ("address", "email")]
    past = Timelines(plan, stored(plan, [*flood, *lately], CAP), CAP)
    assert past.measure(both, "user:u_1", ASKS) == 6
    assert past.measure(week, "user:u_1", ASKS) == AtLeast(2 * CAP)


def test_a_batch_sees_itself_beyond_a_full_tile():
    """What came earlier in it counts as if it stood in the tiles already, also where they fill in the middle of it."""
    for before in range(2 * CAP):
        signals = [*FLOOD, *LATELY]
        past = Timelines(PLAN, stored(PLAN, signals[:before], CAP), CAP)
        for each in signals[before:]:
            past.add(PLAN.entries(each, entities_of(each, KEY), KEY))
            past.measure(HOURS, CARD, ASKS)
        assert past.measure(HOURS, CARD, ASKS) == len(LATELY)


def test_there_is_room_as_long_as_the_overflow_has_some():
    """A past that nobody stores, of a policy that is tried, forgets what the table would turn away."""
    past = Timelines(PLAN, {}, CAP)
    for each in FLOOD:
        assert past.has_room(Entry(TILE, element(each)))
        past.add([Entry(TILE, element(each))])
    assert not past.has_room(Entry(TILE, element(declined("more", -6 * HOUR))))
    for each in [*LATELY, declined("last", -MINUTE)]:
        assert past.has_room(Entry(TILE, element(each)))
        past.add([Entry(TILE, element(each))])
    assert not past.has_room(Entry(TILE, element(declined("more", -MINUTE))))
