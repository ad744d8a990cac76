"""The names of timelines: series, the tiles that they are cut into, and how long those are kept."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

SPANS = {"1h": 1, "6h": 6, "1d": 24, "7d": 7 * 24, "30d": 30 * 24, "90d": 90 * 24}
"""Tile spans in hours, by the name they have in keys."""
EVER = "ever"
"""In place of a span: the series is a family of facts in the entity's summary, and its one tile never ends."""
LONGEST = timedelta(days=90)
"""The longest that timelines look back, but for summaries."""

MOST_SPANS = 3
"""So many spans fit into a window that touches four tiles at most."""
MS_PER_HOUR = 3_600_000
_WIDTHS = {EVER: 1 << 48} | {span: hours * MS_PER_HOUR for span, hours in SPANS.items()}
_SECURITY, _LEADS_TO = "!", ">"


class TileKey(NamedTuple):
    """The key of one tile: `tile` is `signal#role#span#start`, the start in UTC, or of facts `signal#role#ever`."""

    entity: str
    tile: str

    @property
    def is_fact(self) -> bool:
        """Whether it is a family of facts in the entity's summary."""
        return self.tile.endswith(f"#{EVER}")


class Series(NamedTuple):
    """The tiles of one span in which a signal type is remembered for the entities of one role.

    `field` is the one whose entities links lead to, or whose values facts are about. A `secure` series has the
    signals that are about security, and the one beside it the others.
    """

    signal: str
    role: str
    span: str
    field: str = ""
    secure: bool = False

    def __str__(self) -> str:
        signal = f"{self.signal}{_SECURITY * self.secure}"
        return f"{signal}#{self.role}{_LEADS_TO * bool(self.field)}{self.field}#{self.span}"

    @property
    def is_fact(self) -> bool:
        """Whether it is a family of facts."""
        return self.span == EVER

    @property
    def is_link(self) -> bool:
        """Whether its elements carry the name of another entity."""
        return bool(self.field) and not self.is_fact


def series_of(text: str) -> Series:
    """What `str` made of a series."""
    signal, role, span = text.split("#")
    role, _, field = role.partition(_LEADS_TO)
    return Series(signal.removesuffix(_SECURITY), role, span, field, signal.endswith(_SECURITY))


def series_of_tile(tile: str) -> Series:
    """The series that a tile, as `TileKey` names it, belongs to."""
    return series_of(tile if TileKey("", tile).is_fact else tile.rpartition("#")[0])


def width(series: Series) -> int:
    """The span of the series' tiles in milliseconds; of facts, more than there is of time."""
    return _WIDTHS[series.span]


@lru_cache(maxsize=4096)
def tile_name(series: Series, number: int) -> str:
    """The name of the tile that begins `number` spans after 1970.

    Dates are slow to write, and a batch asks for the same few tiles of time over and over.
    """
    start = datetime.fromtimestamp(number * width(series) / 1000, UTC)
    return f"{series}#{start:%Y-%m-%dT%HZ}"


@lru_cache(maxsize=4096)
def tile_names(series: Series, first: int, last: int) -> tuple[str, ...]:
    """The names of a row of tiles; of facts, the one that there is."""
    return (str(series),) if series.is_fact else tuple(tile_name(series, n) for n in range(first, last + 1))


def overlapping(series: Series, since: int, until: int) -> tuple[int, tuple[str, ...]]:
    """The number of the first tile that overlaps `[since, until)` (milliseconds), and the names from it on."""
    span = width(series)
    return since // span, tile_names(series, since // span, (until - 1) // span)


def expires_at(key: TileKey, grace: timedelta) -> int:
    """When nothing reads the tile any more, in seconds since 1970.

    That is its span and the longest window that can read it, at most three spans, after its start, plus a grace.
    """
    _, _, span, start = key.tile.split("#")
    begins = datetime.strptime(start, "%Y-%m-%dT%HZ").replace(tzinfo=UTC)
    length = timedelta(hours=SPANS[span])
    return int((begins + length + min(MOST_SPANS * length, LONGEST) + grace).timestamp())
