"""Which timelines a policy's features need: what is written for a signal, and which tiles a feature reads.

A timeline is cut into tiles of one span per (remembered signal, role). Elements carry exact times, so a tile need not
be finer than its window: the span is chosen so that the longest window touches at most four tiles.
"""

from collections import defaultdict
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


class Series(NamedTuple):
    """The tiles of one span in which a signal type is remembered for the entities of one role."""

    signal: str
    role: str
    span: str

    def __str__(self) -> str:
        return "#".join(self)


class Entry(NamedTuple):
    """One element and where it goes."""

    key: TileKey
    element: bytes


class Plan:
    """The tiles that a set of features needs.

    `also` are series that are written beside those that the features read: what another policy would read if it came
    into force.
    """

    def __init__(self, features: Iterable[Feature], also: Iterable[Series] = ()) -> None:
        longest: dict[tuple[str, str], timedelta] = {}
        for feature in features:
            series = (feature.signal, feature.by)
            longest[series] = max(longest.get(series, timedelta(0)), feature.window)
        self._spans = {series: _span_for(window) for series, window in longest.items()}
        read = [Series(signal, role, span) for (signal, role), span in self._spans.items()]
        self.series = tuple(dict.fromkeys([*read, *sorted(also)]))
        self._of_signal: dict[str, list[Series]] = defaultdict(list)
        for each in self.series:
            self._of_signal[each.signal].append(each)

    def entries(self, signal: Signal, entities: Mapping[str, str], pseudonyms: Pseudonyms) -> tuple[Entry, ...]:
        """What must be remembered of a signal: one entry per series that it belongs to."""
        series = [each for each in self._of_signal.get(signal.name, ()) if each.role in entities]
        if not series:
            return ()
        element = Layout.of(signal.name).pack(signal, entities, pseudonyms)
        moment = milliseconds(signal)
        return tuple(Entry(TileKey(entities[each.role], _tile_at(each, moment)), element) for each in series)

    def tiles(self, feature: Feature, entity: str, at: datetime) -> tuple[TileKey, ...]:
        """The tiles that overlap the feature's window before `at`, oldest first: four at most."""
        series = Series(feature.signal, feature.by, self._spans[feature.signal, feature.by])
        width = SPANS[series.span] * MS_PER_HOUR
        until = int(at.timestamp() * 1000)
        first = (until - int(feature.window.total_seconds() * 1000)) // width
        return tuple(TileKey(entity, _tile_name(series, number)) for number in range(first, until // width + 1))


def series_of(text: str) -> Series:
    """What `str` made of a series."""
    signal, role, span = text.split("#")
    return Series(signal, role, span)


def _tile_at(series: Series, moment: int) -> str:
    return _tile_name(series, moment // (SPANS[series.span] * MS_PER_HOUR))


@lru_cache(maxsize=4096)
def _tile_name(series: Series, number: int) -> str:
    """Dates are slow to write, and a batch asks for the same few tiles of time over and over."""
    start = datetime.fromtimestamp(number * SPANS[series.span] * MS_PER_HOUR / 1000, UTC)
    return f"{series}#{start:%Y-%m-%dT%HZ}"


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
