"""One address in a hundred thousand signals: what its tiles come to, and what they cost."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest

from shared.features import Feature, Layout, Plan, TileKey
from shared.stores import TimelineStore
from tests.support.aws import PSEUDONYMS, World
from tests.support.faults import Call, Fault
from tests.support.signals import event, moment, signal

pytestmark = pytest.mark.integration

CAP = 500
BATCH = 100
SIGNALS = {"moto": 5_000, "stub": 100_000, "dynamodb-local": 100_000}
"""In one hour. moto takes longer over each call, and nothing changes after the first thousand."""

ADDRESS = "ip:i_1"
WINDOWS = {"last_hour": timedelta(hours=1), "week": timedelta(days=7)}
PLAN = Plan(Feature(name, "count", "login.failed", "ip", window) for name, window in WINDOWS.items())
WEEK = TileKey(ADDRESS, "login.failed#ip#7d#2026-11-19T00Z")
HOUR = TileKey(ADDRESS, "login.failed#ip#7d+1h#2026-11-20T12Z")
USERS = TileKey(ADDRESS, "login.failed#ip>user#ever")
TILES = (WEEK, HOUR, USERS)
LARGEST_ITEM = 400 * 1024


class Metered(Fault):
    """No fault: asks every update what it has consumed."""

    def __init__(self) -> None:
        self.units: Counter[str] = Counter()
        self.refused = 0

    def before(self, call: Call) -> None:
        body = call.request["body"].decode() if isinstance(call.request["body"], bytes) else call.request["body"]
        call.request["body"] = (body[:-1] + ', "ReturnConsumedCapacity": "TOTAL"}').encode()

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        if "ConsumedCapacity" in answer:
            self.units[call.body["Key"]["tile"]["S"]] += answer["ConsumedCapacity"]["CapacityUnits"]
        else:
            self.refused += 1


def elements() -> Iterator[bytes]:
    """What failed logins leave in a tile, a new one each: bytes 1 to 6 are its time, 7 to 14 its event's hash."""
    pattern = Layout.of("login.failed").pack(signal(event("login.failed", "l1")), {}, PSEUDONYMS)
    noon = int(moment(0).timestamp() * 1000)
    number = 0
    while True:
        when = (noon + number * 36).to_bytes(6, "big")
        yield pattern[:1] + when + number.to_bytes(8, "big") + pattern[15:]
        number += 1


def flood(store: TimelineStore, signals: Iterator[bytes], number: int) -> None:
    """So many signals about the address, batch by batch: each is read for, and then remembered, as the runtime does."""
    for _ in range(0, number, BATCH):
        if len(store.read((WEEK, USERS)).get(WEEK, ())) >= store.cap:
            store.read([HOUR])
        batch = list(islice(signals, BATCH))
        store.add({WEEK: batch, USERS: batch}, PLAN.overflow_of)


def test_a_flood_fills_a_tile_once(
    request: pytest.FixtureRequest, cloud: World, record_property: Callable[[str, object], None]
) -> None:
    """No tile, nor its overflow's, holds twice the cap or nears an item's limit; full, nobody pays for it again."""
    meter, store, signals = Metered(), cloud.timeline_store(CAP), elements()
    cloud.wire.strike = lambda call: meter if call.operation == "UpdateItem" else None
    flood(store, signals, 2 * CAP)
    filled, asked = dict(meter.units), meter.refused
    assert filled.keys() == {WEEK.tile, HOUR.tile, "summary"}

    backend = request.node.callspec.params["aws"]
    number = SIGNALS[backend]
    flood(store, signals, number - 2 * CAP)

    assert dict(meter.units) == filled
    assert meter.refused == asked == 0
    most = -(-2 * CAP * Layout.of("login.failed").size // 1024) + 1
    assert all(units <= most * (CAP / BATCH + 1) for units in filled.values())
    found = store.read(TILES)
    assert all(CAP <= len(found[tile]) < 2 * CAP for tile in TILES)
    sizes = {tile: sum(map(len, each)) for tile, each in found.items()}
    assert all(size < LARGEST_ITEM / 2 for size in sizes.values())
    units = f"{sum(filled.values()):,.0f} write units" if backend != "moto" else "units that moto does not count"
    record_property(
        "one address",
        f"{number:,} signals about it left {len(TILES)} tiles of {max(map(len, found.values()))} elements and "
        f"{max(sizes.values()) / 1024:.0f} KB at most, for {units}; {meter.refused} writes were refused",
    )


def test_a_process_that_has_not_read_a_full_tile_asks_it_once(cloud: World) -> None:
    """After that it knows, and its additions to other tiles go on."""
    signals = elements()
    flood(cloud.timeline_store(CAP), signals, 2 * CAP)
    other, batches = cloud.timeline_store(CAP), [list(islice(signals, BATCH)) for _ in range(5)]
    cloud.wire.calm()
    elsewhere = TileKey("ip:i_2", WEEK.tile)

    outcomes = [other.add({WEEK: batch, elsewhere: batch}, PLAN.overflow_of) for batch in batches]

    assert outcomes == [{WEEK: "full", elsewhere: "taken"}] * 5
    assert sum(call.says(ADDRESS) for call in cloud.wire.calls) == 2, "and its overflow once"
    assert len(cloud.timeline_store(CAP).read([elsewhere])[elsewhere]) == 5 * BATCH


def test_a_tile_that_has_been_emptied_is_filled_again(cloud: World) -> None:
    """A process that had known it full sees at its next reading that it is not, as after an erasure."""
    signals, store = elements(), cloud.timeline_store(CAP)
    flood(store, signals, CAP)
    key = {"entity": {"S": ADDRESS}, "tile": {"S": WEEK.tile}}
    update = {"UpdateExpression": "DELETE events :some", "ExpressionAttributeValues": {}}
    some = sorted(store.read([WEEK])[WEEK])[:BATCH]
    update["ExpressionAttributeValues"] = {":some": {"BS": some}}
    cloud.aws.calm["dynamodb"].update_item(TableName=cloud.table("timelines"), Key=key, **update)

    assert store.read([WEEK])[WEEK].isdisjoint(some)
    assert store.add({WEEK: some}, PLAN.overflow_of) == {WEEK: "taken"}
