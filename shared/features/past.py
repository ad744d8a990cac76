"""What one feature sees of the past: the elements in its window, and why there may have been more."""

from typing import NamedTuple

from shared.features.layout import Layout
from shared.features.model import Asking, Feature


class Past(NamedTuple):
    """The elements that a feature sees, oldest first, and those of which its `where` is unknown.

    Something in the window may be missing altogether, earlier than `hidden_before` (milliseconds; zero where nothing
    is): in a tile that is full, or has bytes that nobody can read, or expired, or before the series began.
    """

    feature: Feature
    asking: Asking
    layout: Layout
    elements: list[bytes]
    doubtful: list[bytes]
    hidden_before: int

    @property
    def has_gaps(self) -> bool:
        """Whether something may be missing altogether."""
        return self.hidden_before > 0

    @property
    def is_incomplete(self) -> bool:
        """Whether there may be more than `elements`."""
        return self.has_gaps or bool(self.doubtful)
