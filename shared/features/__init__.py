"""Timelines and windows: what is remembered of an entity, and the values a policy reads from it. Pure maths."""

from shared.features.layout import Element, Layout, kept
from shared.features.model import AtLeast, Feature
from shared.features.plan import Entry, Plan, Series, TileKey, expires_at, series_of
from shared.features.timelines import Timelines

__all__ = [
    "AtLeast",
    "Element",
    "Entry",
    "Feature",
    "Layout",
    "Plan",
    "Series",
    "TileKey",
    "Timelines",
    "expires_at",
    "kept",
    "series_of",
]
