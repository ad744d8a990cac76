"""The timelines table: items of sets, one a tile, and one summary an entity."""

import pytest
from botocore.exceptions import ClientError

from shared.features import TileKey, expires_at
from shared.stores import TimelineStore
from shared.stores.tiles import UNREADABLE
from shared.stores.timeline_archive import TimelineArchive
from tests.support.aws import GRACE, World
from tests.support.faults import Lost, Refused, on

pytestmark = pytest.mark.integration

TILE = TileKey("card:c1", "payment.declined#card#1h#2026-11-20T12Z")
OTHER = TileKey("card:c1", "payment.declined#card#1h#2026-11-20T13Z")
DEVICES = TileKey("user:u1", "login.succeeded#user>device#ever")
CARDS = TileKey("user:u1", "payment.settled#user>card#ever")


def elements(*numbers: int) -> list[bytes]:
    return [b"element %d" % number for number in numbers]


def test_adding_is_a_union(cloud: World) -> None:
    """The same elements again, in another order, and parts of them, leave the same tile."""
    store = cloud.timeline_store()
    store.add({TILE: elements(1, 2)})
    store.add({TILE: elements(2, 3, 1, 1), OTHER: elements(1)})

    assert store.read([TILE, TILE, OTHER]) == {TILE: set(elements(1, 2, 3)), OTHER: set(elements(1))}


def test_any_bytes_are_kept_as_they_are(cloud: World) -> None:
    """Elements are binary, and of any length."""
    store, given = (
        cloud.timeline_store(cap=1000),
        [bytes([number]) * length for number in range(256) for length in (1, 2, 3)],
    )
    store.add({TILE: given})

    assert store.read([TILE]) == {TILE: set(given)}


def test_a_tile_that_does_not_exist_is_left_out(cloud: World) -> None:
    """Reading what was never written gives nothing, and reading no tile calls nothing."""
    assert cloud.timeline_store().read([TILE, DEVICES]) == {}
    cloud.wire.calm()
    assert cloud.timeline_store().read([]) == {}
    assert cloud.wire.calls == []


def test_a_full_tile_takes_no_more(cloud: World) -> None:
    """At the cap `add` says so and changes nothing; it never holds twice the cap, however much comes at once."""
    store = cloud.timeline_store(cap=4)

    assert store.add({TILE: elements(1, 2, 3)}) == {TILE: "taken"}
    assert store.add({TILE: elements(4, 5, 6)}) == {TILE: "taken"}
    full = store.read([TILE])[TILE]
    assert store.add({TILE: elements(7)}) == {TILE: "full"}
    assert cloud.timeline_store(cap=4).add({TILE: elements(7)}) == {TILE: "full"}
    assert store.read([TILE])[TILE] == full

    assert store.add({OTHER: elements(*range(100))}) == {OTHER: "full"}
    assert 4 <= len(store.read([OTHER])[OTHER]) < 8


def overflow(key: TileKey, element: bytes) -> list[TileKey]:
    """Odd elements into one tile, even ones into another; none of other tiles."""
    return [(ODD, EVEN)[element[-1] % 2]] if key == TILE else []


ODD, EVEN = (TileKey("card:c1", f"payment.declined#card#7d+1h#2026-11-20T{hour}Z") for hour in (12, 13))


def test_a_full_tile_that_is_erased_takes_elements_again(cloud: World) -> None:
    """Whoever knew it to be full asks again after some minutes: readers look for nothing beside what is not there."""
    now = [0.0]
    struck, table = cloud.aws.struck["dynamodb"], cloud.table("timelines")
    store = TimelineStore(struck, table, 3, GRACE, clock=lambda: now[0])
    assert store.add({TILE: elements(1, 2, 3, 4)}, overflow) == {TILE: "overflowed"}
    TimelineArchive(cloud.aws.calm["dynamodb"], table, 3).forget(TILE.entity)

    cloud.wire.calm()
    assert store.add({TILE: elements(5)}, overflow) == {TILE: "overflowed"}
    assert len(cloud.wire.calls) == 1, "what is known to be full is not asked again with every batch"
    now[0] = 301.0
    assert store.add({TILE: elements(6)}, overflow) == {TILE: "taken"}
    assert store.read([TILE]) == {TILE: set(elements(6))}


def test_what_a_full_tile_turns_away_goes_to_its_overflow(cloud: World) -> None:
    """Where the caller says, and up to the cap; what nothing takes in is full, and nobody asks again for what is."""
    store = cloud.timeline_store(cap=3)
    assert store.add({TILE: elements(1, 2), OTHER: elements(1)}, overflow) == {TILE: "taken", OTHER: "taken"}
    assert EVEN not in store.read([TILE, ODD, EVEN])

    assert store.add({TILE: elements(3, 4, 5, 6, 7)}, overflow) == {TILE: "overflowed"}
    assert store.read([TILE, ODD, EVEN]) == {
        TILE: set(elements(1, 2, 3, 4, 5)),
        ODD: set(elements(6)),
        EVEN: set(elements(7)),
    }
    cloud.wire.calm()
    assert store.add({TILE: elements(8, 9), OTHER: elements(2)}, overflow) == {TILE: "overflowed", OTHER: "taken"}
    assert len(cloud.wire.calls) == 3, "two of the overflow, and not the one that is known to be full"
    assert store.add({TILE: elements(11, 13, 15)}, overflow) == {TILE: "overflowed"}
    assert store.add({TILE: elements(10, 17)}, overflow) == {TILE: "full"}, "one half of it"
    assert store.read([ODD, EVEN]) == {ODD: set(elements(6, 8, 10)), EVEN: set(elements(7, 9, 11, 13, 15))}
    cloud.wire.calm()
    assert store.add({TILE: elements(19)}, overflow) == {TILE: "full"}
    assert cloud.wire.calls == []
    assert {expires_at(ODD, GRACE)} == {
        int(item["expires_at"]) for item in cloud.items("timelines") if item["tile"] == ODD.tile
    }


def test_an_overflow_that_cannot_be_written_now_fails_the_addition(cloud: World) -> None:
    """It comes again, and changes nothing that stands."""
    store = cloud.timeline_store(cap=3)
    store.add({TILE: elements(1, 2, 3)})
    cloud.wire.strike = on("UpdateItem", Refused(), "7d+1h")
    with pytest.raises(ClientError):
        store.add({TILE: elements(4)}, overflow)
    cloud.wire.calm()
    assert [cloud.timeline_store(cap=3).add({TILE: elements(4)}, overflow) for _ in range(2)] == [
        {TILE: "overflowed"}
    ] * 2
    assert store.read([TILE, ODD]) == {TILE: set(elements(1, 2, 3)), ODD: set(elements(4))}


def test_the_facts_of_a_summary_lie_in_one_item(cloud: World) -> None:
    """Families of facts are sets of one item without an end, written together and read one by one."""
    store = cloud.timeline_store()
    assert store.add({DEVICES: elements(1), CARDS: elements(2, 3)}) == {DEVICES: "taken", CARDS: "taken"}

    assert len(cloud.wire.calls) == 1
    assert store.read([CARDS]) == {CARDS: set(elements(2, 3))}
    (item,) = cloud.items("timelines")
    assert item.keys() == {"entity", "tile", DEVICES.tile, CARDS.tile}


def test_a_full_family_does_not_stand_in_the_way_of_another(cloud: World) -> None:
    """One update that a full set refuses is done again for each set alone."""
    store = cloud.timeline_store(cap=2)
    store.add({DEVICES: elements(1, 2)})

    again = cloud.timeline_store(cap=2)
    assert again.add({DEVICES: elements(3), CARDS: elements(1)}) == {DEVICES: "full", CARDS: "taken"}
    assert store.read([DEVICES, CARDS]) == {DEVICES: set(elements(1, 2)), CARDS: set(elements(1))}


def test_a_tile_expires_after_its_last_reader(cloud: World) -> None:
    """The TTL follows from the tile's key alone, so that every writer sets the same."""
    store = cloud.timeline_store()
    store.add({TILE: elements(1)})
    (before,) = cloud.items("timelines")
    store.add({TILE: elements(2)})

    (item,) = cloud.items("timelines")
    assert item["expires_at"] == before["expires_at"] == expires_at(TILE, GRACE)


def test_an_addition_whose_answer_was_lost_can_be_repeated(cloud: World) -> None:
    """Adding again what was added changes nothing."""
    store = cloud.timeline_store()
    cloud.wire.strike = on("UpdateItem", Lost(), times=1)
    with pytest.raises(Exception, match="timeout"):
        store.add({TILE: elements(1)})

    assert store.add({TILE: elements(1)}) == {TILE: "taken"}
    assert store.read([TILE]) == {TILE: set(elements(1))}


def test_a_throttle_does_not_read_as_a_full_tile(cloud: World) -> None:
    """Only the failed condition means full, and only a refusal for good is told as one; others are raised."""
    cloud.wire.strike = on("UpdateItem", Refused())

    with pytest.raises(ClientError, match="ProvisionedThroughputExceeded"):
        cloud.timeline_store().add({TILE: elements(1)})


@pytest.mark.differs("moto", "a set may grow beyond what an item may have")
def test_what_is_too_large_for_an_item_is_refused_for_good(cloud: World) -> None:
    """The tile stays as it was, and the writer hears that trying again is no use."""
    store = cloud.timeline_store()
    store.add({TILE: [b"a" * 200_000]})

    assert store.add({TILE: [b"b" * 250_000]}) == {TILE: "refused"}
    assert store.read([TILE]) == {TILE: {b"a" * 200_000}}


def test_a_tile_that_another_hand_made_something_else_of_is_told(cloud: World) -> None:
    """It reads as what nobody can read, and takes nothing."""
    key = {"entity": {"S": TILE.entity}, "tile": {"S": TILE.tile}}
    cloud.aws.calm["dynamodb"].put_item(TableName=cloud.table("timelines"), Item={**key, "events": {"S": "edited"}})

    assert cloud.timeline_store().read([TILE]) == {TILE: UNREADABLE}
    assert cloud.timeline_store().add({TILE: elements(1)}) == {TILE: "refused"}
