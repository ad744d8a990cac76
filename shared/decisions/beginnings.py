"""Since when series are written, and from when on features see their whole past.

    published at 12:00 ─▶ from 12:16 on nothing is missing in new series ─▶ 7 days later a window of 7 days is complete

What is not written has a gap, so a series that comes back after a while begins again.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from shared.features import LONGEST, Feature, Plan, Series, series_of_tile
from shared.signals import Limits

SETTLED = timedelta(minutes=1) + Limits().max_ahead
"""Within a minute every function writes what is asked for; what came before that may have been ahead of its time."""


def begun(
    began: Mapping[Series, datetime], written: Collection[Series], wanted: Collection[Series], at: datetime
) -> dict[Series, datetime]:
    """Since when each of the `wanted` series is written, if `written` ones are so far, and the others from `at` on.

    A series that is written and has no beginning in `began` counts from nothing: it gets none.
    """
    goes_on = {series: began[series] for series in wanted if series in written and series in began}
    return goes_on | {series: at + SETTLED for series in wanted if series not in written}


def complete_from(feature: Feature, plan: Plan, began: Mapping[Series, datetime]) -> datetime | None:
    """The time from which on signals see the feature's whole past; None when they always did."""
    if not began:
        return None
    # Which series it reads depends neither on the entity nor on the time.
    tiles = plan.tiles(feature, "", max(began.values()))
    beginnings = [began[series] for tile in tiles if (series := series_of_tile(tile.tile)) in began]
    return max(beginnings) + reach(feature) if beginnings else None


def reach(feature: Feature) -> timedelta:
    """How far a feature looks back; what was not seen in the longest window is taken never to have been."""
    if feature.window is None:
        return LONGEST
    return feature.delay + (feature.against or feature.window)
