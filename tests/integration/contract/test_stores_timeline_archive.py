"""The timelines as people see them, and take out of them what must go; and the holds against that."""

import pytest

from shared.features import EVER, LACKING, VERSION, Plan, Series, TileKey, reader_of
from shared.signals import entities_of
from shared.stores import TimelineStore
from shared.stores.holds import Hold, LegalHolds
from shared.stores.tiles import CROWDED, UNREADABLE
from shared.stores.timeline_archive import TimelineArchive
from tests.support.aws import GRACE, NOON, World
from tests.support.faults import Meanwhile, on
from tests.support.remembering import KEY, sent

pytestmark = pytest.mark.integration

TILE = TileKey("user:u1", "login.failed#user#1h#2026-11-20T12Z")
LATER = TileKey("user:u1", "login.failed#user#1h#2026-11-20T13Z")
OVERFLOW = TileKey("user:u1", "login.failed#user#7d+1h#2026-11-20T12Z")
DEVICES = TileKey("user:u1", "login.succeeded#user>device#ever")
CARDS = TileKey("user:u1", "payment.settled#user>card#ever")
ELSEWHERE = TileKey("user:u2", TILE.tile)


def archive(cloud: World) -> TimelineArchive:
    return TimelineArchive(cloud.aws.struck["dynamodb"], cloud.table("timelines"), cloud.timeline_store().cap)


def test_all_tiles_of_an_entity_are_seen(cloud: World) -> None:
    """Those of its summary apart, and nobody else's."""
    tiles = {LATER: {b"3"}, TILE: {b"1", b"2"}, DEVICES: {b"4"}, CARDS: {b"5"}}
    cloud.timeline_store().add({**tiles, ELSEWHERE: [b"6"]})

    found = archive(cloud).tiles("user:u1")
    assert found == tiles
    assert list(found)[:2] == [TILE, LATER]
    assert archive(cloud).tiles("user:nobody") == {}


def element(event: int, more: bytes = b"") -> bytes:
    """An element of an event, by the head that all have."""
    return bytes([VERSION]) + bytes(6) + event_of(event) + bytes(1) + more


def event_of(number: int) -> bytes:
    return number.to_bytes(8, "big")


def test_a_tile_that_is_filled_meanwhile_says_that_it_was_full(cloud: World) -> None:
    """Others may have been turned away between two steps of taking something out of it."""
    cap, store = 3, TimelineStore(cloud.aws.calm["dynamodb"], cloud.table("timelines"), 3, GRACE)
    store.add({TILE: [element(1), element(2)]})
    cloud.wire.strike = on("UpdateItem", Meanwhile(lambda _: store.add({TILE: [element(3)]})), first=2, times=1)
    TimelineArchive(cloud.aws.struck["dynamodb"], cloud.table("timelines"), cap).take_out("user:u1", {event_of(1)})

    assert store.read([TILE]) == {TILE: {element(2), element(3), LACKING}}


def test_a_signal_is_taken_out_of_all_tiles_of_an_entity(cloud: World) -> None:
    """However often, whatever series they are of, and whatever else stands of the event; nobody else loses anything,
    and nothing is made where nothing was."""
    mine, fuller, others = element(1), element(1, b"more"), element(2)
    tiles = {TILE: [mine, fuller, others], LATER: [mine], OVERFLOW: [mine, others], DEVICES: [mine, others]}
    cloud.timeline_store().add({**tiles, ELSEWHERE: [mine]})
    for _ in range(2):
        assert archive(cloud).take_out("user:u1", {event_of(1)}) == []
        assert archive(cloud).take_out("user:nobody", {event_of(1)}) == []

    assert archive(cloud).tiles("user:u1") == {TILE: {others}, OVERFLOW: {others}, DEVICES: {others}}
    assert archive(cloud).tiles("user:u2") == {ELSEWHERE: {mine}}
    assert archive(cloud).tiles("user:nobody") == {}


def test_an_element_of_another_layout_is_taken_out_by_itself(cloud: World) -> None:
    """Its event may lie elsewhere in it."""
    cloud.timeline_store().add({TILE: [b"\x02 older", element(2)]})
    archive(cloud).take_out("user:u1", {event_of(1), b"\x02 older"})
    assert archive(cloud).tiles("user:u1") == {TILE: {element(2)}}


def test_a_tile_whose_last_element_is_taken_out_is_gone(cloud: World) -> None:
    """It reads as one that never was, and takes elements again."""
    store = cloud.timeline_store()
    store.add({TILE: [element(1)], DEVICES: [element(1)]})
    archive(cloud).take_out("user:u1", {event_of(1)})
    assert store.read([TILE, DEVICES]) == {}

    assert store.add({TILE: [b"2"], DEVICES: [b"3"]}) == {TILE: "taken", DEVICES: "taken"}
    assert store.read([TILE, DEVICES]) == {TILE: {b"2"}, DEVICES: {b"3"}}


def test_a_full_tile_stays_incomplete_when_something_is_taken_out(cloud: World) -> None:
    """Others were turned away from it: were it merely smaller, features would count on what is left."""
    store = cloud.timeline_store()
    fill = [element(number) for number in range(store.cap)]
    store.add({TILE: fill, DEVICES: fill})
    for number in (0, 1, 1):
        archive(cloud).take_out("user:u1", {event_of(number)})

    for key, elements in store.read([TILE, DEVICES]).items():
        assert elements == {*fill[2:], LACKING}, key
        assert not reader_of(key).is_readable(LACKING)


def test_facts_that_were_dominated_come_back(cloud: World) -> None:
    """As far as tiles tell them: the next signal with the value is the first one that is known, then."""
    first, second, third = (sent("login.succeeded", number, number) for number in (1, 2, 3))
    series = (Series("login.succeeded", "user", EVER, "device"), Series("login.succeeded", "user", "1d"))
    plan = Plan((), series)
    one, two, three = (dict(plan.entries(each, entities_of(each, KEY), KEY)) for each in (first, second, third))
    tile, family = one
    store, owner = cloud.timeline_store(), tile.entity
    store.add({tile: [one[tile], two[tile], three[tile]], family: [one[family]]})

    assert archive(cloud).take_out(owner, {bytes.fromhex(first.decision_id[:16])}) == []
    assert archive(cloud).tiles(owner) == {tile: {two[tile], three[tile]}, family: {two[family]}}
    archive(cloud).take_out(owner, {bytes.fromhex(each.decision_id[:16]) for each in (second, third)})
    assert archive(cloud).tiles(owner) == {}


def test_an_erased_tile_is_filled_again_by_whoever_knew_it_as_full(cloud: World) -> None:
    """Reading that it is gone is reading that it has room."""
    store = cloud.timeline_store(cap=2)
    store.add({TILE: [b"1", b"2"]})
    assert store.add({TILE: [b"3"]}) == {TILE: "full"}
    archive(cloud).forget(TILE.entity)

    assert store.read([TILE]) == {}
    assert store.add({TILE: [b"3"]}) == {TILE: "taken"}
    assert store.read([TILE]) == {TILE: {b"3"}}


def test_a_summary_that_has_no_room_is_incomplete_in_all_its_families(cloud: World) -> None:
    """One that is not full itself may still have been refused something."""
    store, small = cloud.timeline_store(), TileKey(TILE.entity, "payment.settled#user>card#ever")
    families = [TileKey(TILE.entity, f"payment.settled#user>f{number}#ever") for number in range(30)]
    fill = [bytes([VERSION]) + number.to_bytes(23, "big") for number in range(store.cap - 1)]
    store.add({small: fill[:1]})
    for place, family in enumerate(families, 1):
        store.add({family: fill})
        if place * len(fill) * 25 > CROWDED:
            break
        assert store.read([small]) == {small: set(fill[:1])}

    assert store.read([small, DEVICES]) == {small: {*fill[:1], LACKING}, DEVICES: {LACKING}}
    assert store.add({small: fill[1:2], DEVICES: fill[:1]}) == {small: "full", DEVICES: "full"}


def test_what_is_no_tile_is_left_and_told(cloud: World) -> None:
    """Nothing can be taken out of what another hand wrote there; out of the others it is."""
    edited = {"entity": {"S": TILE.entity}, "tile": {"S": TILE.tile}, "events": {"S": "odd"}}
    cloud.aws.struck["dynamodb"].put_item(TableName=cloud.table("timelines"), Item=edited)
    cloud.timeline_store().add({LATER: [element(1)]})
    assert archive(cloud).take_out(TILE.entity, {event_of(1)}) == [TILE]
    assert archive(cloud).tiles(TILE.entity) == {TILE: UNREADABLE}


def test_an_entity_is_forgotten_whole(cloud: World) -> None:
    """With its summary, over as many pages as it has, and nobody with it."""
    store = cloud.timeline_store()
    tiles = [TileKey("user:u1", f"login.failed#user#1h#2026-11-{day:02}T12Z") for day in range(1, 31)]
    store.add({tile: [b"%05d" % number + b"x" * 40_000 for number in range(2)] for tile in tiles})
    store.add({DEVICES: [b"1"], ELSEWHERE: [b"1"]})

    archive(cloud).forget("user:u1")

    assert archive(cloud).tiles("user:u1") == {}
    assert archive(cloud).tiles("user:u2") == {ELSEWHERE: {b"1"}}


def test_the_first_hold_stands_until_it_is_lifted(cloud: World) -> None:
    """A second one changes nothing; who lifted it stays known, also after doing so twice, and not whose it was."""
    holds = LegalHolds(cloud.aws.struck["dynamodb"], cloud.table("decisions"))
    assert holds.of("user:u1") is None
    assert holds.among([]) == {}

    assert holds.place("user:u1", "ann", NOON, "case 7")
    assert not holds.place("user:u1", "ben", NOON, "case 8")
    placed = Hold("user:u1", "ann", "2026-11-20T12:00:00.000Z", "case 7")
    assert holds.of("user:u1") == placed
    assert holds.among(["user:u1", "user:u2"]) == {"user:u1": placed}

    for by in ("ben", "eve"):
        holds.lift(placed, by, NOON)
        assert holds.of("user:u1") is None
    lifted = cloud.items("decisions")
    assert sorted(each["by"] for each in lifted) == ["ben", "eve"]
    assert {each["hold"]["why"] for each in lifted} == {"case 7"}
    assert "u1" not in str(lifted)
