"""Facts that an erased one had dominated: what of them can still be told, from the tiles that stand."""

from collections.abc import Collection, Iterator, Mapping

from shared.features.elements import CHALLENGER, FLAGS, HEAD, moment_of, time_of
from shared.features.facts import ABOUT, FACTS, MONTHS, NO_VALUE, marked, month_of, undominated
from shared.features.layout import Layout
from shared.features.readers import series_here
from shared.features.series import Series, TileKey


def restored(
    family: TileKey, lost: Collection[bytes], standing: Mapping[TileKey, Collection[bytes]]
) -> frozenset[bytes]:
    """Of each value whose fact is lost to a family, the fact of the earliest signal that a tile still has.

    `standing` are all tiles and families of the entity, without what is erased. Signals that no tile has any more are
    not found: they are older than the windows of the features that read the series, or nothing but summaries does.
    """
    series = series_here(family.tile)
    if series is None:
        return frozenset()
    about = {fact[ABOUT] for fact in filter(FACTS.is_readable, lost)}
    found = (fact for fact in _facts_of(series, standing) if fact[ABOUT] in about)
    return frozenset(undominated(found, standing.get(family, ())))


def _facts_of(family: Series, standing: Mapping[TileKey, Collection[bytes]]) -> Iterator[bytes]:
    """What the signals in the tiles say about a family's field."""
    layout = Layout.of(family.signal)
    for key, elements in standing.items():
        series = None if key.is_fact else series_here(key.tile.rpartition("#")[0])
        if series and not series.is_link and (series.signal, series.role) == (family.signal, family.role):
            for element in filter(layout.is_readable, elements):
                # Scores of models on trial make no facts.
                if not element[FLAGS] & CHALLENGER and (value := _value(family.field, layout, element)) is not None:
                    yield element[:HEAD] + value


def _value(field: str, layout: Layout, element: bytes) -> bytes | None:
    if not field:
        return NO_VALUE
    if field == MONTHS:
        return month_of(moment_of(time_of(element)))
    value = layout.readers[field](element)
    return None if value is None else marked(value)
