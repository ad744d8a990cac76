"""One tile in memory: its elements in order, and which of them a condition takes.

A batch asks many times of one tile: features of several windows, signals of a busy entity. Elements are therefore
sorted once, and judged once by each condition; a window is then found by bisection.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable

from shared.features.elements import CAUSED, CHALLENGER, EVENT, FLAGS, LACKING
from shared.features.facts import Facts
from shared.features.layout import Layout
from shared.features.model import Predicate
from shared.features.verdicts import Verdicts


class View:
    """The elements of one tile of which a condition surely holds, and those of which it is unknown, oldest first.

    Left out are scores of models on trial and, unless `echoes`, what our own actions caused.
    """

    __slots__ = ("_hidden", "_verdicts", "certain", "doubtful")

    def __init__(self, ordered: list[bytes], verdicts: Verdicts | None, *, echoes: bool) -> None:
        hidden = self._hidden = CHALLENGER if echoes else CHALLENGER | CAUSED
        self._verdicts = verdicts
        self.certain = [element for element in ordered if not element[FLAGS] & hidden]
        self.doubtful: list[bytes] = []
        if verdicts:
            judged = [(verdicts(element), element) for element in self.certain]
            self.certain = [element for taken, element in judged if taken]
            self.doubtful = [element for taken, element in judged if taken is None]

    def add(self, element: bytes) -> None:
        """One more element, wherever it belongs."""
        if element[FLAGS] & self._hidden:
            return
        taken = self._verdicts(element) if self._verdicts else True
        if taken:
            insort(self.certain, element)
        elif taken is None:
            insort(self.doubtful, element)


class Tile:
    """A set of elements, all of one layout."""

    __slots__ = ("_has_unreadable", "_layout", "_ordered", "_views", "elements", "events")

    def __init__(self, elements: Iterable[bytes] = ()) -> None:
        self.elements = set(elements)
        self.events: dict[bytes, bytes] = {}
        """The readable elements by event."""
        self._has_unreadable = False
        self._layout: Layout | Facts | None = None
        self._ordered: list[bytes] = []
        self._views: dict[tuple[Predicate | None, bool], View] = {}

    def add(self, element: bytes) -> None:
        """Add to the set."""
        if element in self.elements:
            return
        self.elements.add(element)
        if self._layout is None:
            return
        if not self._layout.is_readable(element) or element[EVENT] in self.events:
            self._layout = None
            return
        self.events[element[EVENT]] = element
        insort(self._ordered, element)
        for view in self._views.values():
            view.add(element)

    def has_unreadable(self, layout: Layout | Facts) -> bool:
        """Whether something stands in it that this version cannot read; that it lacks something is no such thing."""
        if self._layout is None:
            self._order(layout)
        return self._has_unreadable

    def number(self, layout: Layout | Facts, since: bytes, until: bytes) -> int:
        """How many events it has between two bounds; see `elements.bound`."""
        if self._layout is None:
            self._order(layout)
        return bisect_left(self._ordered, until) - bisect_left(self._ordered, since)

    def view(self, layout: Layout | Facts, where: Predicate | None, *, echoes: bool) -> View:
        """The elements as one condition sees them."""
        if self._layout is None:
            self._order(layout)
        found = self._views.get((where, echoes))
        if found is None:
            verdicts = None if where is None or isinstance(layout, Facts) else Verdicts(where, layout)
            found = self._views[where, echoes] = View(self._ordered, verdicts, echoes=echoes)
        return found

    def _order(self, layout: Layout | Facts) -> None:
        readable = sorted(filter(layout.is_readable, self.elements))
        self._has_unreadable = len(readable) < len(self.elements) - (LACKING in self.elements)
        # Two elements of one event can be told by a backfill only, whose file knew less of the signal.
        self.events = {element[EVENT]: element for element in readable}
        self._ordered = readable if len(self.events) == len(readable) else sorted(self.events.values())
        self._views.clear()
        self._layout = layout


def within(elements: list[bytes], since: bytes, until: bytes) -> list[bytes]:
    """Those between two bounds; see `elements.bound`."""
    return elements[bisect_left(elements, since) : bisect_left(elements, until)]
