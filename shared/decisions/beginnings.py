"""Since when series are written, and from when on features see their whole past.

    asked for at 12:00 ─▶ by 12:15 everybody who judges has heard it ─▶ from 12:30 on nothing is missing in the series
                                                                        ─▶ 7 days later a window of 7 days is complete

That is so because whoever judges has heard, within the last minutes, which series are written, and writes them by their
names, even if it cannot load the policy that reads them. Who has heard nothing for longer judges on, takes nothing for
whole meanwhile, and lets begin again what it did not write before it goes by what it hears then. A series that is left
ends a while later, so that those who have not heard yet still read all of it; one that comes back begins again.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from shared.features import LONGEST, Feature, Plan, Series, series_of_tile
from shared.signals import Limits

T = TypeVar("T")

UNHEARD = timedelta(minutes=10)
"""Whoever has not heard for so long what is written and in force takes nothing for whole."""
HEARD = timedelta(minutes=15)
"""So long after something was written down everybody has heard it, and what was judged by the word of before is done:
a batch may begin at the end of `UNHEARD`, and clocks differ."""
SETTLED = HEARD + Limits().max_ahead
"""What was judged before everybody had heard may have been ahead of its time."""
LASTING = timedelta(hours=1)
"""What ends within this time may have ended for some, by their clocks: whoever wants it begins it again."""


@dataclass(frozen=True, slots=True)
class Written:
    """Which series everybody writes, by their names: another version's may be among them.

    `until` says of each until when; None is for as long as what is in force stays so. `began` says since when a series
    is written, where it was not always.
    """

    until: Mapping[str, datetime | None] = field(default_factory=dict)
    began: Mapping[str, datetime] = field(default_factory=dict)

    def __or__(self, other: "Written") -> "Written":
        """What is written because of either: as long as any says, and as young as any says."""
        return Written(_joined(self.until, other.until, _later), _joined(self.began, other.began, max))

    def at(self, now: datetime) -> set[str]:
        """Those that are written now."""
        return {name for name, until in self.until.items() if until is None or until > now}

    def lasting(self, now: datetime) -> set[str]:
        """Those that go on without a gap if they are wanted from now on."""
        return self.at(now + LASTING)

    def asked(self, names: Collection[str], now: datetime) -> dict[str, datetime | None]:
        """Since when each is written if they are wanted from now on; None where it always was."""
        lasting = self.lasting(now)
        return {name: self.began.get(name) if name in lasting else now + SETTLED for name in names}

    def handed_over(self, wanted: Collection[str], now: datetime) -> "Written":
        """What is written if these are wanted from now on and the others are not."""
        ends = {name: self.until[name] or now + HEARD for name in self.at(now).difference(wanted)}
        began = {**{name: self.began.get(name) for name in ends}, **self.asked(wanted, now)}
        return Written({**ends, **dict.fromkeys(wanted)}, {name: at for name, at in began.items() if at})


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


def _joined(one: Mapping[str, T], other: Mapping[str, T], choose: Callable[[T, T], T]) -> dict[str, T]:
    return {**one, **{name: choose(one[name], value) if name in one else value for name, value in other.items()}}


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else None
