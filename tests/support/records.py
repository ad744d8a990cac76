"""What lies in a table, as records: with the words that capsules were packed with put to use, and out of the way."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.stores.attributes import from_item
from shared.stores.packing import Dictionary, words_id
from shared.stores.records import beside_capsule, record_from_item
from shared.stores.words import KIND


def opened(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The records of a whole table, in its order, every text of them unpacked; the words themselves are left out."""
    records, words = [], {}
    for item in items:
        if item.get("kind") == {"S": KIND}:
            dictionary = Dictionary(from_item(item)["words"].encode())
            words[dictionary.id] = dictionary
        else:
            records.append(record_from_item(item))
    for record in records:
        if isinstance(capsule := record.get("capsule"), bytes):
            record["capsule"] = words[words_id(capsule)].unpack(capsule, beside_capsule(record))
    return records
