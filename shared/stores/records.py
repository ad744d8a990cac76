"""Decision records as items: what only Sluice reads of them is packed, and what is empty is left out.

A record is kept for months, and written by the kilobyte: so it is half as large, and its write costs half as much. What
people query with the console stays as it is. Each text is packed by itself, as they are read apart: `remembered` and
`actions`, which retries and the outbox read at once, with words that ship with the code, the capsule with words of its
policy (see `words`). None repeats what it can read beside it in the record.
"""

import json
from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import Any

from shared.restrictions import Action
from shared.stores.attributes import from_item, to_item
from shared.stores.packing import Dictionary, UnreadableRecordError, words_id
from shared.stores.shipped_words import ACTIONS, TIMELINES

ACTIONS_READ = "decision_id signal_id subject time actions"
"""The attributes without which `unpack_actions` cannot read what a record asks for."""
_BESIDE_ACTIONS, _BESIDE_CAPSULE = ("signal_id", "subject", "time"), ("remembered", "time")
_NONE_MOSTLY: Mapping[str, type] = {"scores": dict, "held_back": list, "reasons": list}
"""What most decisions have none of."""


class Shipped:
    """Words that the code has: the first are packed with, all are read with."""

    def __init__(self, words: Iterable[bytes]) -> None:
        self._all = {each.id: each for each in map(Dictionary, words)}
        self.pack = next(iter(self._all.values())).pack

    def unpack(self, packed: bytes, beside: str = "") -> str:
        """What `pack` of any of them was given; raises `UnreadableRecordError`."""
        if dictionary := self._all.get(words_id(packed)):
            return dictionary.unpack(packed, beside)
        raise UnreadableRecordError(
            f"it was packed with the words {words_id(packed).hex()}, which this version does not have: "
            "a newer one wrote it, or another hand"
        )


_TIMELINES, _ACTIONS = Shipped(TIMELINES), Shipped(ACTIONS)


def record_to_item(record: Mapping[str, Any], words: Dictionary) -> dict[str, Any]:
    """The item of a decision's record, whose capsule is packed with `words`."""
    packed: dict[str, Any] = {
        "capsule": words.pack(record["capsule"], beside_capsule(record)),
        "remembered": _TIMELINES.pack(record["remembered"]),
    }
    if "actions" in record:
        packed["actions"] = _ACTIONS.pack(record["actions"], _beside(_BESIDE_ACTIONS, record))
    said = {name: value for name, value in record.items() if value or name not in _NONE_MOSTLY}
    return to_item({**said, **packed})


def record_from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """The record that `record_to_item` was given, but for its capsule, which is still packed; of an index's item, as
    much of it as is there. Raises `UnreadableRecordError`."""
    record = from_item(item)
    if "remembered" in record:
        record["remembered"] = _text(record, "remembered", _TIMELINES)
    if "actions" in record:
        record["actions"] = _text(record, "actions", _ACTIONS, _BESIDE_ACTIONS)
    if isinstance(record.get("capsule"), bytes):
        record |= {name: empty() for name, empty in _NONE_MOSTLY.items() if name not in record}
    return record


def beside_capsule(record: Mapping[str, Any]) -> str:
    """What stands beside a capsule in its record, of which `remembered` is unpacked."""
    return _beside(_BESIDE_CAPSULE, record)


def unpack_actions(record: Mapping[str, Any]) -> list[Action]:
    """What a record, packed or not, asks for; nothing where it asks for nothing. Raises `UnreadableRecordError`."""
    if "actions" not in record:
        return []
    asked = json.loads(_text(record, "actions", _ACTIONS, _BESIDE_ACTIONS))
    return [Action.from_json(action) for action in asked]


def actions_on_the_stream(image: Mapping[str, Any]) -> str:
    """What a record asks for, as JSON, where Lambda hands it over from the table's stream, with its bytes in base64."""
    record = from_item({name: image[name] for name in ACTIONS_READ.split() if name in image})
    if "B" in image["actions"]:
        record["actions"] = b64decode(record["actions"])
    return _text(record, "actions", _ACTIONS, _BESIDE_ACTIONS)


def _text(record: Mapping[str, Any], name: str, words: Shipped, beside: Iterable[str] = ()) -> str:
    """A text of a record. What people order is stored as it is: they can read it in the console."""
    value: str | bytes = record[name]
    if isinstance(value, str):
        return value
    try:
        return words.unpack(value, _beside(beside, record))
    except UnreadableRecordError as error:
        raise UnreadableRecordError(f"`{name}` of the record {record['decision_id']} cannot be read: {error}") from None


def _beside(names: Iterable[str], record: Mapping[str, Any]) -> str:
    return "".join([record.get(name, "") for name in names])
