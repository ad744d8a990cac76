"""The timelines table: tiles as sets."""

import pytest
from botocore.exceptions import ClientError

from shared.features import TileKey, expires_at
from tests.support.aws import GRACE, World
from tests.support.faults import Lost, Refused, on

pytestmark = pytest.mark.integration

TILE = TileKey("card:c1", "payment.declined#card#1h#2026-11-20T12Z")
OTHER = TileKey("card:c1", "payment.declined#card#1h#2026-11-20T13Z")


def elements(*numbers: int) -> list[bytes]:
    return [b"element %d" % number for number in numbers]


def test_adding_is_a_union(cloud: World) -> None:
    """The same elements again, in another order, and parts of them, leave the same tile."""
    store = cloud.timeline_store()
    store.add(TILE, elements(1, 2))
    store.add(TILE, elements(2, 3, 1, 1))
    store.add(OTHER, elements(1))

    assert store.read([TILE, TILE, OTHER]) == {TILE: set(elements(1, 2, 3)), OTHER: set(elements(1))}


def test_a_tile_that_does_not_exist_is_left_out(cloud: World) -> None:
    """Reading what was never written gives nothing, and reading no tile calls nothing."""
    assert cloud.timeline_store().read([TILE]) == {}
    cloud.wire.calm()
    assert cloud.timeline_store().read([]) == {}
    assert cloud.wire.calls == []


def test_a_full_tile_takes_no_more(cloud: World) -> None:
    """At the cap `add` says so and changes nothing; it never holds twice the cap, however much comes at once."""
    store = cloud.timeline_store(cap=4)

    assert store.add(TILE, elements(1, 2, 3))
    assert store.add(TILE, elements(4, 5, 6))
    full = store.read([TILE])[TILE]
    assert not store.add(TILE, elements(7))
    assert store.read([TILE])[TILE] == full

    assert not store.add(OTHER, elements(*range(100)))
    assert 4 <= len(store.read([OTHER])[OTHER]) < 8


def test_a_tile_expires_after_its_last_reader(cloud: World) -> None:
    """The TTL follows from the tile's key alone, so that every writer sets the same."""
    store = cloud.timeline_store()
    store.add(TILE, elements(1))
    (before,) = cloud.items("timelines")
    store.add(TILE, elements(2))

    (item,) = cloud.items("timelines")
    assert item["expires_at"] == before["expires_at"] == expires_at(TILE, GRACE)


def test_an_addition_whose_answer_was_lost_can_be_repeated(cloud: World) -> None:
    """Adding again what was added changes nothing."""
    store = cloud.timeline_store()
    cloud.wire.strike = on("UpdateItem", Lost(), times=1)
    with pytest.raises(Exception, match="timeout"):
        store.add(TILE, elements(1))

    assert store.add(TILE, elements(1))
    assert store.read([TILE]) == {TILE: set(elements(1))}


def test_a_throttle_does_not_read_as_a_full_tile(cloud: World) -> None:
    """Only the failed condition means full; every other refusal is raised."""
    cloud.wire.strike = on("UpdateItem", Refused())

    with pytest.raises(ClientError, match="ProvisionedThroughputExceeded"):
        cloud.timeline_store().add(TILE, elements(1))
