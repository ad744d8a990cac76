"""The service's units: what a call says that it has consumed, which is what the bill is made of."""

from typing import Any

import pytest

pytestmark = [pytest.mark.integration, pytest.mark.differs("moto", "units are the same for items of every size")]

KB = 1024
KEY = {"entity": {"S": "e"}, "item": {"S": "i"}}
NAMES = len("entityeitemi") + len("x")


def of(kilobytes: float) -> dict[str, Any]:
    """An item of exactly this size."""
    return {**KEY, "x": {"S": "x" * (int(kilobytes * KB) - NAMES)}}


def consumed(answer: Any) -> float:
    units: float = answer["ConsumedCapacity"]["CapacityUnits"]
    return units


def test_a_write_costs_a_unit_for_each_started_kilobyte(rows: Any) -> None:
    """Of the whole item."""
    units = {size: consumed(rows.put(of(size), ReturnConsumedCapacity="TOTAL")) for size in (0.5, 1, 1.001, 3.5, 395)}

    assert units == {0.5: 1, 1: 1, 1.001: 2, 3.5: 4, 395: 395}


def test_an_update_costs_the_larger_of_before_and_after(rows: Any) -> None:
    """However little it changes."""
    rows.put(of(3.5))
    update = {"UpdateExpression": "SET x = :x", "ExpressionAttributeValues": {":x": {"S": "short"}}}

    assert consumed(rows.call("update_item", Key=KEY, ReturnConsumedCapacity="TOTAL", **update)) == 4
    assert consumed(rows.call("update_item", Key=KEY, ReturnConsumedCapacity="TOTAL", **update)) == 1
    rows.put(of(2.5))
    assert consumed(rows.call("delete_item", Key=KEY, ReturnConsumedCapacity="TOTAL")) == 3


def test_a_consistent_read_costs_a_unit_for_each_started_four_kilobytes(rows: Any) -> None:
    """An eventually consistent one half of that, a projection as much as the whole."""
    asked = {"Key": KEY, "ReturnConsumedCapacity": "TOTAL", "ProjectionExpression": "entity"}
    for kilobytes, units in {0.5: 1, 4: 1, 4.001: 2, 9: 3}.items():
        rows.put(of(kilobytes))
        assert consumed(rows.call("get_item", ConsistentRead=True, **asked)) == units
        assert consumed(rows.call("get_item", **asked)) == units / 2


@pytest.mark.differs("dynamodb-local", "reading what does not exist costs nothing in a batch")
def test_each_key_of_a_batch_is_rounded_by_itself(rows: Any) -> None:
    """An item of five KB, a small one, and one that does not exist: two units, one, and one."""
    rows.put(of(5))
    rows.put({**KEY, "item": {"S": "j"}})
    keys = [{**KEY, "item": {"S": name}} for name in "ijk"]
    answer = rows.client.batch_get_item(
        RequestItems={rows.table: {"Keys": keys, "ConsistentRead": True}}, ReturnConsumedCapacity="TOTAL"
    )

    assert answer["ConsumedCapacity"][0]["CapacityUnits"] == 4


def test_a_page_is_rounded_once(rows: Any) -> None:
    """Ten items of one KB take three units, whatever the filter lets through."""
    for number in range(10):
        rows.put({**of(1), "item": {"S": str(number)}})
    answer = rows.call(
        "query",
        KeyConditionExpression="entity = :e",
        FilterExpression="x = :e",
        ExpressionAttributeValues={":e": {"S": "e"}},
        ConsistentRead=True,
        ReturnConsumedCapacity="TOTAL",
    )

    assert (answer["Count"], consumed(answer)) == (0, 3)


def test_an_index_costs_what_it_holds_of_what_changed(decisions: Any) -> None:
    """A new entry, a moved one, a removed one; nothing for a change that it does not hold."""

    def units(**attributes: str) -> dict[str, float]:
        item = {"decision_id": "1", "capsule": "c" * 3000, **attributes}
        answer = decisions.put({name: {"S": value} for name, value in item.items()}, ReturnConsumedCapacity="INDEXES")
        told = answer["ConsumedCapacity"]
        return {
            "table": told["Table"]["CapacityUnits"],
            **{name: each["CapacityUnits"] for name, each in told.get("GlobalSecondaryIndexes", {}).items()},
        }

    assert units(subject="s") == {"table": 3}
    assert units(subject="s", time="t1") == {"table": 3, "by_subject": 1}
    assert units(subject="s", time="t1", other="o") == {"table": 3}
    assert units(subject="s", time="t2") == {"table": 3, "by_subject": 2}
    assert units(time="t2") == {"table": 3, "by_subject": 1}
