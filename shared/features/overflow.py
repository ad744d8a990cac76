"""Where what full tiles turn away is kept: in the overflow of their series, which has tiles of a shorter span.

    login.failed#ip#7d        ▓▓▓▓▓▓▓▓▓▓▓▓▓▓ 500: full
    login.failed#ip#7d+1h                   ▁▃▂ what came after, hour by hour

Nothing is written there, or read from there, as long as no tile is full.
"""

from collections import defaultdict
from collections.abc import Iterable

from shared.features.elements import time_of
from shared.features.series import Series, TileKey, overlapping, series_of_tile, tile_name, width


class Overflows:
    """The overflows among series that are written."""

    def __init__(self, all_series: Iterable[Series]) -> None:
        self._of: dict[Series, list[Series]] = defaultdict(list)
        for series in all_series:
            if series.overflow:
                self._of[series.main].append(series)

    def __call__(self, key: TileKey, element: bytes) -> tuple[TileKey, ...]:
        """Where an element goes that a full tile turns away; nowhere, if its series has no overflow."""
        overflows, moment = self._of.get(series_of_tile(key.tile), ()), time_of(element)
        return tuple(TileKey(key.entity, tile_name(each, moment // width(each))) for each in overflows)


def beyond(main: Series, overflow: Series, number: int, since: int, until: int) -> tuple[int, tuple[str, ...]]:
    """The tiles of an overflow that may have what one tile of the main series turned away of `[since, until)`
    (milliseconds): the number of the first, and their names."""
    span = width(main)
    return overlapping(overflow, max(since, number * span), min(until, (number + 1) * span))
