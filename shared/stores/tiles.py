"""Where tiles lie in the timelines table: each in an item of its own, but for the facts of an entity's summary.

entity     tile                                      attributes
card:c_1   payment.declined#card#6h#2026-11-20T06Z   events = {elements}, expires_at
user:u_1   summary                                   login.succeeded#user>device#ever = {facts}, …
"""

from collections.abc import Mapping
from typing import Any

from shared.features import LACKING, TileKey
from shared.features.facts import SIZE

EVENTS, SUMMARY = "events", "summary"
UNREADABLE = frozenset({b""})
"""What a tile says that no hand of ours wrote: something was there, and nobody knows what."""
CROWDED = 360_000
"""Bytes of facts in one summary from which on all of its families lack something. An item may have 400 KB: up to here
whatever one update adds to one family fits in, so that nothing was turned away yet."""
_OWN = {"entity", "tile", "expires_at"}


def place_of(key: TileKey) -> tuple[dict[str, Any], str]:
    """The key of the item in which a tile lies, and the name of the attribute that has its elements."""
    item = {"entity": {"S": key.entity}, "tile": {"S": SUMMARY if key.is_fact else key.tile}}
    return item, key.tile if key.is_fact else EVENTS


def tiles_in(item: Mapping[str, Any]) -> dict[TileKey, frozenset[bytes]]:
    """The tiles in an item, with their elements; what is no binary set reads as one unreadable element.

    So does a tile beside which something else stands: whoever put that in may have taken elements out.
    """
    entity, tile = item["entity"]["S"], item["tile"]["S"]
    sets = {name: _elements(value) for name, value in item.items() if name not in _OWN}
    if tile == SUMMARY:
        lacking = {LACKING} if is_crowded(item) else set()
        return {TileKey(entity, name): elements | lacking for name, elements in sets.items()}
    return {TileKey(entity, tile): sets[EVENTS] if sets.keys() == {EVENTS} else UNREADABLE}


def is_crowded(item: Mapping[str, Any]) -> bool:
    """Whether an item is a summary that has no room left."""
    if item["tile"]["S"] != SUMMARY:
        return False
    # A byte more for each element of a set, as the service counts.
    return sum(len(value.get("BS", ())) for value in item.values()) * (SIZE + 1) > CROWDED


def _elements(attribute: Mapping[str, Any]) -> frozenset[bytes]:
    return frozenset(attribute["BS"]) if "BS" in attribute else UNREADABLE
