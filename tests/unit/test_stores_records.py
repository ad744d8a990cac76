"""Decision records as items, and the entries in them."""

import json
from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest

from shared.decisions.record import pack_entries, unpack_entries
from shared.features import Entry, TileKey
from shared.stores.attributes import to_item
from shared.stores.packing import Dictionary, UnreadableRecordError
from shared.stores.records import actions_on_the_stream, beside_capsule, record_from_item, record_to_item
from shared.stores.shipped_words import ACTIONS, TIMELINES

pytestmark = pytest.mark.unit

WORDS = Dictionary(json.dumps({f"field_{number}": "ü" for number in range(50)}).encode())
RECORD: dict[str, Any] = {
    "decision_id": "d1",
    "signal_id": "s1",
    "subject": "user:u_1",
    "time": "2026-11-22T12:00:00.000Z",
    "scores": {},
    "reasons": ["5.00 EUR, ü"],
    "held_back": [],
    "capsule": json.dumps({f"field_{number}": "ü" for number in range(50)}),
    "remembered": "[]",
    "actions": '[{"kind":"review","entity":"user:u_1"}]',
}


def test_what_only_sluice_reads_is_packed_and_comes_back() -> None:
    """A tenth as large, and the same texts again; what people read stays as it is, and what is empty is left out."""
    item = record_to_item(RECORD, WORDS)
    assert {name for name, value in item.items() if "B" in value} == {"capsule", "remembered", "actions"}
    assert len(item["capsule"]["B"]) < len(RECORD["capsule"]) / 10
    assert item["reasons"] == {"L": [{"S": "5.00 EUR, ü"}]}
    assert not {"scores", "held_back"} & item.keys()
    read = record_from_item(item)
    assert read | {"capsule": WORDS.unpack(read["capsule"], beside_capsule(read))} == RECORD


def test_a_record_that_was_written_as_text_is_read_too() -> None:
    """As people's commands are; and of an index's item, as much as is there."""
    assert record_from_item(to_item(RECORD)) == RECORD
    assert record_from_item({"decision_id": {"S": "d1"}}) == {"decision_id": "d1"}


def test_the_stream_hands_over_packed_actions_in_base64() -> None:
    """As Lambda does, whose events are JSON; a command's are a plain text."""
    item = record_to_item(RECORD, WORDS)
    image = item | {"actions": {"B": b64encode(item["actions"]["B"]).decode()}}
    assert actions_on_the_stream(image) == RECORD["actions"]
    assert actions_on_the_stream({"decision_id": {"S": "c"}, "actions": {"S": "[]"}}) == "[]"


def test_words_that_shipped_are_never_edited() -> None:
    """Records of more than a year are read with these very bytes: append others, and leave these."""
    assert [sha256(words).hexdigest() for words in TIMELINES] == [
        "18898c4a01bcdf713bf0ba2d2ca0555e67b105bed839553583c7a5ce39902914",
    ]
    assert [sha256(words).hexdigest() for words in ACTIONS] == [
        "05d8a6bf6850a5d5d755f199b00739d8cd9f7695623b3760927e69798848a75e",
    ]


def test_what_was_packed_once_is_read_for_good() -> None:
    """Bytes as this version wrote them first, with the words that shipped then."""
    packed = bytes.fromhex("05d8a6bf6850037a1c3d9fa25b6fa8541b0b00")
    item = {**to_item({name: RECORD[name] for name in ("decision_id", "signal_id", "subject", "time")})}
    assert record_from_item({**item, "actions": {"B": packed}})["actions"] == RECORD["actions"]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda packed: packed[:-3], "has lost a part"),
        (lambda packed: packed + b"x", "not packed by Sluice"),
        (lambda packed: packed[:6] + b"\xff" * 9, "not packed by Sluice"),
        (lambda packed: b"\0" * 6 + packed[6:], "words 000000000000, which this version does not have"),
        (lambda _: b"", "this version does not have"),
    ],
    ids="cut longer garbled other-words empty".split(),
)
def test_what_another_hand_has_written_is_named(damage: Any, said: str) -> None:
    """The error tells which record, which part of it, and what is the matter."""
    item = record_to_item(RECORD, WORDS)
    item["remembered"] = {"B": damage(item["remembered"]["B"])}
    with pytest.raises(UnreadableRecordError, match=f"`remembered` of the record d1 cannot be read: .*{said}"):
        record_from_item(item)


def test_entries_come_back_in_their_order_with_each_element_written_once() -> None:
    """An element that several timelines have stands in the first of its entries alone."""
    one, other = b"\0" * 40, b"\1" * 40
    entries = tuple(Entry(TileKey(f"user:u_{n}", "a#b#1h"), (one, other, one)[n % 3]) for n in range(6))
    text = pack_entries(entries)
    assert unpack_entries(text) == entries
    assert [type(element) for *_, element in json.loads(text)] == [str, str, int, int, int, int]
    assert unpack_entries(pack_entries(())) == ()
