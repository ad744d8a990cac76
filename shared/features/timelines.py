"""What a batch sees of the past: the tiles that were read, and over them what arrived earlier in the batch."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.features.layout import Element, Layout, event_hash
from shared.features.model import AtLeast, Feature, Predicate
from shared.features.plan import Entry, Plan, TileKey
from shared.signals import CATALOGUE
from shared.signals.amounts import Amount

FeatureValue = int | float | str | Amount | timedelta | AtLeast | None


class _Tile(NamedTuple):
    """What one tile has within a window, by event. A full one has taken no more: there may have been others."""

    elements: dict[bytes, Element]
    full: bool


class Timelines:
    """A view over tiles; `cap` is the number of elements at which a stored tile takes no more."""

    def __init__(self, plan: Plan, stored: Mapping[TileKey, Iterable[bytes]], cap: int) -> None:
        self._plan = plan
        self._cap = cap
        self._elements: dict[TileKey, set[bytes]] = {key: set(elements) for key, elements in stored.items()}
        self._unpacked: dict[TileKey, dict[bytes, Element | None]] = {}

    def add(self, entries: Iterable[Entry]) -> None:
        """Remember: a set union, so that order and repetition do not matter."""
        for key, element in entries:
            self._elements.setdefault(key, set()).add(element)

    def measure(self, feature: Feature, entity: str, at: datetime, decision_id: str) -> FeatureValue:
        """The feature over `[at - window, at)`.

        Left out are the signal itself, what our own actions caused, and the scores of models on trial. None is
        unknown: a sum over several currencies, the last of none, or an element that this code cannot read. A full
        tile makes `AtLeast` of a count, a distinct count or a sum; `last` and `since` are unknown unless a later
        tile, which is not full, has the answer.
        """
        until = int(at.timestamp() * 1000)
        since = until - int(feature.window.total_seconds() * 1000)
        itself = event_hash(decision_id)
        tiles: list[_Tile] = []
        for key in self._plan.tiles(feature, entity, at):
            elements = self._read(key, feature.signal)
            seen: dict[bytes, Element] = {}
            for element in elements.values():
                if element is None:
                    return None
                if since <= element.time_ms < until and element.event != itself and not _left_out(element):
                    seen[element.event] = element
            tiles.append(_Tile(seen, full=len(elements) >= self._cap))
        if feature.kind in ("last", "since"):
            return _of_latest(feature, _latest(feature.where, tiles), until)
        value = _aggregate(feature, {event: each for tile in tiles for event, each in tile.elements.items()}.values())
        bounded = any(tile.full for tile in tiles) and not (value is None or isinstance(value, AtLeast))
        return AtLeast(value) if bounded else value

    def _read(self, key: TileKey, signal_name: str) -> dict[bytes, Element | None]:
        raw = self._elements.get(key, set())
        known = self._unpacked.setdefault(key, {})
        if len(known) != len(raw):
            layout = Layout.of(signal_name)
            for element in raw - known.keys():
                known[element] = layout.unpack(element)
        return known


def _left_out(element: Element) -> bool:
    """No echo of our own actions (law 8), and nothing from a model on trial, whatever a policy asks for."""
    return element.caused or bool(element.fields.get("challenger"))


def _latest(where: Predicate | None, tiles: list[_Tile]) -> Element | None:
    """The latest element by event time, ties by event hash; None when there is none, or none can be told."""
    for tile in reversed(tiles):
        if tile.full:
            return None
        for element in sorted(tile.elements.values(), key=lambda each: (each.time_ms, each.event), reverse=True):
            verdict = _verdict(where, element) if where else True
            if verdict is not False:
                return element if verdict else None
    return None


def _of_latest(feature: Feature, latest: Element | None, until: int) -> FeatureValue:
    if latest is None:
        return None
    if feature.kind == "since":
        return timedelta(milliseconds=until - latest.time_ms)
    value: FeatureValue = latest.fields[feature.value] if feature.value else None
    return value


def _aggregate(feature: Feature, elements: Iterable[Element]) -> int | float | Amount | AtLeast | None:
    if feature.where:
        verdicts = [(_verdict(feature.where, element), element) for element in elements]
        if any(verdict is None for verdict, _ in verdicts):
            # What might belong is left out: a lower bound is the most that can be said.
            certain = _total(feature, [element for verdict, element in verdicts if verdict])
            return AtLeast(certain) if certain is not None else None
        elements = [element for verdict, element in verdicts if verdict]
    return _total(feature, list(elements))


def _verdict(where: Predicate, element: Element) -> bool | None:
    try:
        return where(element.fields)
    except Exception:  # noqa: BLE001  (a condition that breaks on one element is unknown there; it never stops a batch)
        return None


def _total(feature: Feature, elements: list[Element]) -> int | float | Amount | None:
    if feature.kind == "count":
        return len(elements)
    values = [element.fields[feature.value] for element in elements if feature.value]
    present = [value for value in values if value is not None]
    if feature.kind == "distinct":
        return len(set(present))
    return _sum_of_money(present) if _is_money(feature) else float(sum(present))


def _sum_of_money(amounts: list[Amount]) -> Amount | None:
    """Unlike currencies have no sum; no amounts at all have the sum zero, in every currency."""
    currencies = {amount.currency for amount in amounts} or {""}
    return Amount(sum(amount.minor for amount in amounts), currencies.pop()) if len(currencies) == 1 else None


def _is_money(feature: Feature) -> bool:
    return any(field.type == "money" for field in CATALOGUE[feature.signal].fields if field.visible_as == feature.value)
