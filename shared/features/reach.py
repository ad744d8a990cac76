"""What features need of each series, and the spans of tiles that follow from it.

Elements carry exact times, so a tile need not be finer than its window: the span is chosen so that the longest window
touches at most four tiles, or two in each of two series. What a full tile turns away goes into its overflow, in tiles
that are as short as the shortest window lets them be: what fills the long tiles of a busy address leaves a memory of
its last hour, and costs nothing before.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple

from shared.features.model import NO_TIME, Feature, Predicate
from shared.features.series import LONGEST, MOST_SPANS, OVERFLOW_SPANS, SPANS, Series, spans_within
from shared.features.verdicts import verdict
from shared.signals import CATALOGUE


class Subject(NamedTuple):
    """What is remembered: signals of a type, about the entities of a role; with the entity in `field`, for links."""

    signal: str
    role: str
    field: str = ""


class Need(NamedTuple):
    """What one part of a feature reads: the subject, in the parts (about security, or not), so far back."""

    subject: Subject
    parts: tuple[bool, ...]
    reach: timedelta


def needs(feature: Feature) -> Iterator[Need]:
    """Everything that a feature with a window reads; first its own signals, or those of each step."""
    reach = reach_of(feature)
    if feature.kind == "sequence":
        for step in feature.steps:
            yield Need(Subject(step.signal, step.by), parts_of(step.signal, step.where), reach)
        return
    field = feature.value or "" if feature.kind == "linked" else ""
    # Of a share, everything counts.
    where = None if feature.kind == "share" else feature.where
    yield Need(Subject(feature.signal, feature.by, field), parts_of(feature.signal, where), reach)
    if feature.unless:
        unless = feature.unless
        yield Need(Subject(unless.signal, feature.by), parts_of(unless.signal, unless.where), reach)


def reach_of(feature: Feature) -> timedelta:
    """How far before the signal that asks a feature looks."""
    return feature.delay + (feature.against or feature.window or NO_TIME)


def parts_of(signal: str, where: Predicate | None) -> tuple[bool, ...]:
    """Whether what a condition may take is about security, or not, or both."""
    spec = CATALOGUE[signal]
    if spec.security is None:
        return (False,)
    field, secure = spec.security
    choices = next(each.choices for each in spec.remembered if each.name == field)
    nothing = dict.fromkeys(each.visible_as for each in spec.remembered)
    taken = {
        choice in secure
        for choice in choices
        if where is None or verdict(where, nothing | {field: choice}) is not False
    }
    return tuple(sorted(taken)) or (False,)


class Source(NamedTuple):
    """Where elements are read from: the tiles of a series, and of its overflow if the reach fits into four of those."""

    series: Series
    overflow: Series | None = None


class Spans:
    """The series that a set of features reads, and which of them each need is met by."""

    def __init__(self, features: Iterable[Feature]) -> None:
        wanted: dict[tuple[Subject, bool], list[Need]] = defaultdict(list)
        for feature in features:
            if feature.window is not None:
                if reach_of(feature) > LONGEST:
                    what = f"{feature.name} looks {reach_of(feature)} back"
                    raise ValueError(f"{what}, which is longer than 90 days, the longest that timelines keep")
                for need in needs(feature):
                    for part in need.parts:
                        wanted[need.subject, part].append(need)
        self._series = {about: _series(*about, all_needs) for about, all_needs in wanted.items()}

    @property
    def series(self) -> Iterator[Series]:
        """All of them, each with its overflow after it, if it has one."""
        for series, overflow in self._series.values():
            yield series
            if overflow:
                yield overflow

    def sources(self, need: Need) -> tuple[Source, ...]:
        """One for each part that the need has."""
        found = [self._series[need.subject, part] for part in need.parts]
        return tuple(Source(series, overflow if _fits(need, overflow) else None) for series, overflow in found)


def _series(subject: Subject, part: bool, all_needs: list[Need]) -> tuple[Series, Series | None]:
    """The series that meets all the needs, and its overflow: none where it would have no shorter tiles."""
    least = max(need.reach / (MOST_SPANS if len(need.parts) == 1 else 1) for need in all_needs)
    span = next(name for name, hours in SPANS.items() if least <= timedelta(hours=hours))
    series = Series(subject.signal, subject.role, span, subject.field, part)
    overflows = (series._replace(overflow=short) for short in spans_within(span))
    shortest = min(all_needs, key=lambda need: need.reach)
    return series, next((overflow for overflow in overflows if _fits(shortest, overflow)), None)


def _fits(need: Need, overflow: Series | None) -> bool:
    return overflow is not None and need.reach <= MOST_SPANS * timedelta(hours=OVERFLOW_SPANS[overflow.overflow])
