"""Decision records as items, and the entries in them."""

import json

import pytest

from shared.decisions.record import pack_entries, unpack_entries
from shared.features import Entry, TileKey
from shared.stores.attributes import to_item
from shared.stores.records import record_from_item, record_to_item

pytestmark = pytest.mark.unit

RECORD = {
    "decision_id": "d1",
    "reasons": ["5.00 EUR, ü"],
    "capsule": json.dumps({f"field_{number}": "ü" for number in range(50)}),
    "remembered": "[]",
    "actions": '[{"kind":"review"}]',
}


def test_what_only_sluice_reads_is_compressed_and_comes_back() -> None:
    """Less than half as large, and the same texts again; what people and streams read stays as it is."""
    item = record_to_item(RECORD)
    assert {name for name, value in item.items() if "B" in value} == {"capsule", "remembered"}
    assert len(item["capsule"]["B"]) < len(RECORD["capsule"]) / 2
    assert item["actions"] == {"S": '[{"kind":"review"}]'}
    assert record_from_item(item) == RECORD


def test_a_record_that_was_written_as_text_is_read_too() -> None:
    """By an earlier version, or by hand; and of an index's item, as much as is there."""
    assert record_from_item(to_item(RECORD)) == RECORD
    assert record_from_item({"decision_id": {"S": "d1"}}) == {"decision_id": "d1"}


def test_entries_come_back_in_their_order_with_each_element_written_once() -> None:
    """An element that several timelines have stands in the first of its entries alone."""
    one, other = b"\0" * 40, b"\1" * 40
    entries = tuple(Entry(TileKey(f"user:u_{n}", "a#b#1h"), (one, other, one)[n % 3]) for n in range(6))
    text = pack_entries(entries)
    assert unpack_entries(text) == entries
    assert [type(element) for *_, element in json.loads(text)] == [str, str, int, int, int, int]
    assert unpack_entries(pack_entries(())) == ()
