"""Timelines and windows: what is remembered of an entity, and the values a policy reads from it. Pure maths."""

from shared.features.layout import Element, Layout
from shared.features.model import AtLeast, Feature
from shared.features.plan import Entry, Plan, TileKey, expires_at
from shared.features.timelines import Timelines

__all__ = ["AtLeast", "Element", "Entry", "Feature", "Layout", "Plan", "TileKey", "Timelines", "expires_at"]
