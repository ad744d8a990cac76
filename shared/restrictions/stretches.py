"""Stretches: for how long automation alone may hold money, however often its rules fire.

Law gives one automated hold a longest time. A rule that fires again places another one, and so on without an end; so
what counts is the stretch, a chain of automated holds of one capability, each of which begins less than `GRACE` after
the others have ended. Law ends every hold of a stretch when its own longest time is over, counted not from its own
beginning but from that of the stretch, or from when a person last decided.

    hold        |----------------|
    hold                    |----------------|
    hold                                         |------:- - - -|
    the stretch |---------------- longest hold --------:        it ends all of them here

What law has ended still belongs to the stretch: as long as rules go on to fire, only a person's decision, or a quiet
time, lets automation hold again. Spans are of what would have been in force, so they depend neither on the order in
which things came to be known nor on when anyone looks; of a linked hold whose origin was undone nobody knows when that
was, so it counts for as long as it said, as does what a page does not keep.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.restrictions.causes import moment
from shared.signals.times import stamp

GRACE = timedelta(hours=24)
"""Money that was free for less than that has been held all along: nobody was told, and nothing was paid."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From a moment up to another, which is later."""

    begins: datetime
    ends: datetime

    def to_json(self) -> list[str]:
        return [stamp(self.begins), stamp(self.ends)]

    @classmethod
    def from_json(cls, document: Any) -> "Span":
        """What `to_json` gave."""
        begins, ends = document
        return cls(moment(begins), moment(ends))


def stretches(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The chains that spans are part of, the first first. Of stretches and more spans, those of all of them."""
    found: list[Span] = []
    for span in sorted(span for span in spans if span.begins < span.ends):
        if found and span.begins - found[-1].ends < GRACE:
            found[-1] = Span(found[-1].begins, max(found[-1].ends, span.ends))
        else:
            found.append(span)
    return tuple(found)


def beginning(found: Iterable[Span], at: datetime) -> datetime:
    """When the stretch began that goes on at a moment; that moment if none does."""
    return next((each.begins for each in found if each.begins <= at and at - each.ends < GRACE), at)
