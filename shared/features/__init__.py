"""Timelines and windows: what is remembered of an entity, and the values a policy reads from it. Pure maths."""

from shared.features.elements import LACKING, VERSION, Element, moment_of, time_of
from shared.features.facts import undominated
from shared.features.layout import Layout
from shared.features.links import MOST_LINKED
from shared.features.model import Asking, AtLeast, Feature, FeatureKind, Limit, Predicate, Step, Unless
from shared.features.plan import Plan
from shared.features.readers import reader_of, series_here
from shared.features.remembered import asking, kept
from shared.features.restoring import restored
from shared.features.series import (
    EVER,
    GRACE,
    LONGEST,
    TILE_CAP,
    Entry,
    Series,
    TileKey,
    expires_at,
    series_of,
    series_of_tile,
)
from shared.features.timelines import Timelines, is_full
from shared.features.values import FeatureValue

__all__ = [
    "EVER",
    "GRACE",
    "LACKING",
    "LONGEST",
    "MOST_LINKED",
    "TILE_CAP",
    "VERSION",
    "Asking",
    "AtLeast",
    "Element",
    "Entry",
    "Feature",
    "FeatureKind",
    "FeatureValue",
    "Layout",
    "Limit",
    "Plan",
    "Predicate",
    "Series",
    "Step",
    "TileKey",
    "Timelines",
    "Unless",
    "asking",
    "expires_at",
    "is_full",
    "kept",
    "moment_of",
    "reader_of",
    "restored",
    "series_here",
    "series_of",
    "series_of_tile",
    "time_of",
    "undominated",
]
