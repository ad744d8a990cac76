"""The units that an item's bytes come to, as the service's documentation counts them."""

import base64
from typing import Any

import pytest

from tests.stub.units import Index, index_units, item_size, read_units, write_units

pytestmark = pytest.mark.unit

BY_SUBJECT = Index("by_subject", ("subject", "time"), frozenset({"id", "subject", "time", "rules"}))


def item(size: int, **attributes: dict[str, Any]) -> dict[str, Any]:
    """An item of so many bytes: `id` and a letter, and `x` that fills it up."""
    known = {"id": {"S": "a"}, **attributes}
    return {**known, "x": {"S": "x" * (size - item_size(known) - 1)}}


@pytest.mark.parametrize(
    ("attribute", "size"),
    [
        ({"S": "abc"}, 3),
        ({"S": "é"}, 2),
        ({"B": base64.b64encode(b"12345").decode()}, 5),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"N": "7"}, 2),
        ({"N": "123"}, 3),
        ({"N": "1800000000"}, 2),
        ({"N": "0"}, 2),
        ({"N": "-12.5"}, 3),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"S": "c"}]}, 3 + 2 + 3),
        ({"M": {"key": {"S": "ab"}}}, 3 + 1 + 5),
        ({"SS": ["ab", "c"]}, 3),
        ({"BS": [base64.b64encode(b"12345").decode()] * 2}, 10),
    ],
)
def test_size_of_an_attribute(attribute: dict[str, Any], size: int) -> None:
    """An attribute has the bytes of its name and, by type, of its value."""
    assert item_size({"name": attribute}) == len("name") + size


def test_an_unknown_type_is_refused() -> None:
    """A type that DynamoDB does not have is named."""
    with pytest.raises(ValueError, match="'X' is no type"):
        item_size({"name": {"X": "?"}})


@pytest.mark.parametrize(("size", "units"), [(10, 1), (1024, 1), (1025, 2), (2048, 2), (400 * 1024, 400)])
def test_a_write_costs_a_unit_per_started_kilobyte(size: int, units: int) -> None:
    """A new item of whole kilobytes takes as many units, one byte more takes one more."""
    assert write_units(None, item(size)) == units


def test_an_update_costs_the_larger_of_before_and_after() -> None:
    """Growing and shrinking are billed alike."""
    assert write_units(item(100), item(3000)) == write_units(item(3000), item(100)) == 3


def test_a_failed_condition_on_nothing_costs_one_unit() -> None:
    """A write that neither found nor left an item is billed."""
    assert write_units(None, None) == 1


@pytest.mark.parametrize(("size", "units"), [(10, 1), (4096, 1), (4097, 2), (8193, 3)])
def test_a_consistent_read_costs_a_unit_per_started_four_kilobytes(size: int, units: int) -> None:
    """Eventually consistent reads cost half of that."""
    assert read_units([item(size)], consistent=True) == units
    assert read_units([item(size)], consistent=False) == units / 2


def test_every_key_of_a_batch_is_rounded_up_by_itself() -> None:
    """Two small items and one that does not exist are three units."""
    assert read_units([item(10), item(10), None], consistent=True) == 3


def keyed(size: int = 50, time: str = "t1", **more: dict[str, Any]) -> dict[str, Any]:
    return item(size + 200, subject={"S": "user:1"}, time={"S": time}, **more)


def test_an_index_without_its_key_costs_nothing() -> None:
    """A sparse index is not written for items that lack its key."""
    assert index_units(BY_SUBJECT, None, item(3000)) == 0


def test_an_index_is_billed_by_what_it_holds() -> None:
    """A large item with few projected bytes takes one unit of the index."""
    assert index_units(BY_SUBJECT, None, keyed(3000)) == 1
    assert index_units(BY_SUBJECT, None, keyed(3000, rules={"L": [{"S": "r" * 1100}]})) == 2


def test_an_index_that_holds_everything_is_billed_by_the_whole_item() -> None:
    """Projecting all attributes copies the item."""
    everything = Index("by_subject", ("subject", "time"), None)
    assert index_units(everything, None, item(3000, subject={"S": "user:1"}, time={"S": "t"})) == 3


def test_a_change_that_an_index_does_not_hold_costs_it_nothing() -> None:
    """Writing attributes that are not projected leaves the index alone."""
    assert index_units(BY_SUBJECT, keyed(50), keyed(500)) == 0


def test_moving_and_leaving_an_index() -> None:
    """An entry that moves to another key is removed and added: two units; one that leaves costs one."""
    assert index_units(BY_SUBJECT, keyed(), keyed(time="t2")) == 2
    assert index_units(BY_SUBJECT, keyed(), None) == 1
