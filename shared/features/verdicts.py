"""What a condition says of remembered fields."""

from collections.abc import Mapping
from typing import Any

from shared.features.layout import Layout
from shared.features.model import Predicate


def verdict(where: Predicate, fields: Mapping[str, Any]) -> bool | None:
    """Whether it holds; None where it is unknown."""
    try:
        return where(fields)
    except Exception:  # noqa: BLE001  (a condition that breaks on one element is unknown there; it never stops a batch)
        return None


class Verdicts:
    """What one condition says of elements, found once for all that have the same bytes where it looks.

    Most conditions look at one or two fields of few values. What a condition says follows from the fields that it asked
    for; as soon as it asks for another one, what was found so far is forgotten.
    """

    def __init__(self, where: Predicate, layout: Layout) -> None:
        self._where = where
        self._layout = layout
        self._looks_at: frozenset[str] = frozenset()
        self._bytes = layout.bytes_of(())
        self._known: dict[Any, bool | None] = {}

    def __call__(self, element: bytes) -> bool | None:
        """Whether the condition holds of the element; None where it is unknown."""
        seen = self._bytes(element)
        if seen in self._known:
            return self._known[seen]
        fields = self._layout.fields(element)
        found = verdict(self._where, fields)
        if not fields.asked_for <= self._looks_at:
            self._looks_at |= fields.asked_for
            self._bytes = self._layout.bytes_of(self._looks_at & self._layout.readers.keys())
            self._known = {}
            seen = self._bytes(element)
        self._known[seen] = found
        return found
