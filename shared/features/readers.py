"""Which series this version has, and which layout a tile has."""

from shared.features.elements import Element
from shared.features.facts import MONTHS, Facts
from shared.features.layout import Layout
from shared.features.series import EVER, SPANS, Series, TileKey, series_of, spans_within
from shared.signals import CATALOGUE


class Foreign:
    """Of tiles that no series of this version has: another version, or another hand, put them there."""

    def is_readable(self, _: bytes) -> bool:
        """Never."""
        return False

    def unpack(self, _: bytes) -> Element | None:
        """Nothing."""
        return None


def series_here(name: str) -> Series | None:
    """The series of that name; None where this version has none such: it is another version's, or another hand's."""
    try:
        series = series_of(name)
    except ValueError:
        return None
    spec = CATALOGUE.get(series.signal)
    if spec is None or series.role not in spec.roles or series.span not in (EVER, *SPANS):
        return None
    if series.overflow and (series.is_fact or series.overflow not in spans_within(series.span)):
        return None
    fields = {MONTHS, *(field.visible_as for field in spec.remembered)} if series.is_fact else spec.roles.keys()
    return series if series.field in {"", *fields} else None


def reader_of(key: TileKey) -> Layout | Facts | Foreign:
    """What reads the elements of a tile."""
    series = series_here(key.tile if key.is_fact else key.tile.rpartition("#")[0])
    if series is None:
        return Foreign()
    return Facts(series.field) if series.is_fact else Layout.of(series.signal, links=series.is_link)
