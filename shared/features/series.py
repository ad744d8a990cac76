"""The names of timelines: series, the tiles that they are cut into, and how long those are kept."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

SPANS = {"1h": 1, "6h": 6, "1d": 24, "7d": 7 * 24, "30d": 30 * 24, "90d": 90 * 24}
"""Tile spans in hours, by the name they have in keys."""
OVERFLOW_SPANS = {"1h": 1, "6h": 6, "1d": 24, "5d": 5 * 24, "30d": 30 * 24}
"""Those of overflows, the shortest first: a tile lies within one of the series that it is for."""
EVER = "ever"
"""In place of a span: the series is a family of facts in the entity's summary, and its one tile never ends."""
LONGEST = timedelta(days=90)
"""The longest that timelines look back, but for summaries."""
GRACE = timedelta(days=7)
"""How late a signal may be and still find its past; tiles are kept so much longer than any window reaches."""
TILE_CAP = 500
"""Elements at which a tile takes no more: of about 100 bytes they are 50 KB, far from an item's limit of 400 KB even at
twice the cap."""

MOST_SPANS = 3
"""So many spans fit into a window that touches four tiles at most."""
MS_PER_HOUR = 3_600_000
_HOURS = SPANS | OVERFLOW_SPANS
_WIDTHS = {EVER: 1 << 48} | {span: hours * MS_PER_HOUR for span, hours in _HOURS.items()}
_SECURITY, _LEADS_TO, _OVER = "!", ">", "+"


class TileKey(NamedTuple):
    """The key of one tile: `tile` is `signal#role#span#start`, the start in UTC, or of facts `signal#role#ever`."""

    entity: str
    tile: str

    @property
    def is_fact(self) -> bool:
        """Whether it is a family of facts in the entity's summary."""
        return self.tile.endswith(f"#{EVER}")


class Entry(NamedTuple):
    """One element and where it goes."""

    key: TileKey
    element: bytes


class Series(NamedTuple):
    """The tiles of one span in which a signal type is remembered for the entities of one role.

    `field` is the one whose entities links lead to, or whose values facts are about. A `secure` series has the
    signals that are about security, and the one beside it the others. With `overflow`, a shorter span, it is what takes
    in, in tiles of that span, what full tiles of the series without it turn away.
    """

    signal: str
    role: str
    span: str
    field: str = ""
    secure: bool = False
    overflow: str = ""

    def __str__(self) -> str:
        signal = f"{self.signal}{_SECURITY * self.secure}"
        role = f"{self.role}{_LEADS_TO * bool(self.field)}{self.field}"
        return f"{signal}#{role}#{self.span}{_OVER * bool(self.overflow)}{self.overflow}"

    @property
    def is_fact(self) -> bool:
        """Whether it is a family of facts."""
        return self.span == EVER

    @property
    def is_link(self) -> bool:
        """Whether its elements carry the name of another entity."""
        return bool(self.field) and not self.is_fact

    @property
    def main(self) -> "Series":
        """The series whose overflow this is; itself where it is none."""
        return self._replace(overflow="")


def spans_within(span: str) -> tuple[str, ...]:
    """The spans that an overflow of a series can have: shorter ones that divide its own; the shortest first."""
    return tuple(short for short, hours in OVERFLOW_SPANS.items() if hours < SPANS[span] and SPANS[span] % hours == 0)


def series_of(text: str) -> Series:
    """What `str` made of a series."""
    signal, role, span = text.split("#")
    role, _, field = role.partition(_LEADS_TO)
    span, _, overflow = span.partition(_OVER)
    return Series(signal.removesuffix(_SECURITY), role, span, field, signal.endswith(_SECURITY), overflow)


def series_of_tile(tile: str) -> Series:
    """The series that a tile, as `TileKey` names it, belongs to."""
    return series_of(tile if TileKey("", tile).is_fact else tile.rpartition("#")[0])


def width(series: Series) -> int:
    """The span of the series' tiles in milliseconds; of facts, more than there is of time."""
    return _WIDTHS[series.overflow or series.span]


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
    length = timedelta(hours=_HOURS[span.rpartition(_OVER)[2]])
    return int((begins + length + min(MOST_SPANS * length, LONGEST) + grace).timestamp())
