"""Whether things happened one after the other."""

from bisect import bisect_left
from collections.abc import Sequence

from shared.features.elements import bound, time_of
from shared.features.past import Past


def happened(steps: Sequence[Past]) -> bool | None:
    """Whether there is an element of each step, with strictly rising times; None where it cannot be told."""
    if _chain([step.elements for step in steps]):
        return True
    if any(step.has_gaps for step in steps):
        return None
    possible = _chain([sorted([*step.elements, *step.doubtful]) for step in steps])
    return None if possible else False


def _chain(steps: Sequence[list[bytes]]) -> bool:
    """The earliest that fits is never the wrong one: it leaves most room for the next."""
    earliest = bound(0)
    for elements in steps:
        place = bisect_left(elements, earliest)
        if place == len(elements):
            return False
        earliest = bound(time_of(elements[place]) + 1)
    return True
