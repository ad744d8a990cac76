"""Which timelines a policy's features need: what is written for a signal, and which tiles a feature reads.

A timeline is cut into tiles of one span per (remembered signal, role). Elements carry exact times, so a tile need not
be finer than its window: the span is chosen so that the longest window touches at most four tiles.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from shared.features.layout import Layout, milliseconds
from shared.features.model import Feature
from shared.signals import Pseudonyms, Signal

SPANS = {"1h": 1, "6h": 6, "1d": 24, "7d": 7 * 24, "30d": 30 * 24}
"""Tile spans in hours, by the name they have in keys."""

MS_PER_HOUR = 3_600_000


class TileKey(NamedTuple):
    """The key of one tile: `tile` is `signal#role#span#start`, the start in UTC."""

    entity: str
    tile: str


class Entry(NamedTuple):
    """One element and where it goes."""

    key: TileKey
    element: bytes


class Plan:
    """The tiles that a set of features needs."""

    def __init__(self, features: Iterable[Feature]) -> None:
        longest: dict[tuple[str, str], timedelta] = {}
        for feature in features:
            series = (feature.signal, feature.by)
            longest[series] = max(longest.get(series, timedelta(0)), feature.window)
        self._spans = {series: _span_for(window) for series, window in longest.items()}

    def entries(self, signal: Signal, entities: Mapping[str, str], pseudonyms: Pseudonyms) -> tuple[Entry, ...]:
        """What must be remembered of a signal: one entry per role that some feature reads it by."""
        roles = [role for name, role in self._spans if name == signal.name and role in entities]
        if not roles:
            return ()
        element = Layout.of(signal.name).pack(signal, entities, pseudonyms)
        moment = milliseconds(signal)
        return tuple(Entry(TileKey(entities[role], self._tile(signal.name, role, moment)), element) for role in roles)

    def tiles(self, feature: Feature, entity: str, at: datetime) -> tuple[TileKey, ...]:
        """The tiles that overlap the feature's window before `at`, oldest first: four at most."""
        width = SPANS[self._spans[feature.signal, feature.by]] * MS_PER_HOUR
        until = int(at.timestamp() * 1000)
        first = (until - int(feature.window.total_seconds() * 1000)) // width
        return tuple(
            TileKey(entity, self._tile(feature.signal, feature.by, number * width))
            for number in range(first, until // width + 1)
        )

    def _tile(self, signal: str, role: str, moment: int) -> str:
        span = self._spans[signal, role]
        return _tile_name(signal, role, span, moment // (SPANS[span] * MS_PER_HOUR))


@lru_cache(maxsize=4096)
def _tile_name(signal: str, role: str, span: str, number: int) -> str:
    """Dates are slow to write, and a batch asks for the same few tiles of time over and over."""
    start = datetime.fromtimestamp(number * SPANS[span] * MS_PER_HOUR / 1000, UTC)
    return f"{signal}#{role}#{span}#{start:%Y-%m-%dT%HZ}"


def expires_at(key: TileKey, grace: timedelta) -> int:
    """When nothing reads the tile any more (seconds since 1970): four spans after its start, plus a grace."""
    _, _, span, start = key.tile.split("#")
    begins = datetime.strptime(start, "%Y-%m-%dT%HZ").replace(tzinfo=UTC)
    return int((begins + timedelta(hours=4 * SPANS[span]) + grace).timestamp())


def _span_for(window: timedelta) -> str:
    hours = window.total_seconds() / 3600
    for name, span in SPANS.items():
        if hours <= 3 * span:
            return name
    raise ValueError(f"a window of {window} is longer than 90 days, the longest that timelines keep")
