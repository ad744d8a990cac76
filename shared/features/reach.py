"""What features need of each series, and the spans of tiles that follow from it.

Elements carry exact times, so a tile need not be finer than its window: the span is chosen so that the longest window
touches at most four tiles, or two in each of two series. Of an entity that many share, where the longest reaches back a
hundred times as far as the shortest, the short ones have a series of their own: what fills the long tiles of a busy
address leaves a memory of its last hour.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple

from shared.features.model import NO_TIME, Feature, Predicate
from shared.features.series import LONGEST, MOST_SPANS, SPANS, Series
from shared.features.verdicts import verdict
from shared.signals import CATALOGUE

MUCH_LONGER = 100
"""So many times as far as the shortest reaches the longest where the short ones are kept apart."""
SHARED_KINDS = frozenset({"ip", "device", "listing", "email_domain"})
"""Entities that any number of users can make busy. Others, such as a user or a card, seldom fill a tile, and a second
series would be one more write for each of their signals."""


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
        self._chosen = {
            (subject, part): _choice(each, may_part=_kind_of(subject) in SHARED_KINDS)
            for (subject, part), each in wanted.items()
        }

    @property
    def series(self) -> Iterator[Series]:
        """All of them."""
        for (subject, part), chosen in self._chosen.items():
            for span in dict.fromkeys(span for _, span in chosen):
                yield _series(subject, part, span)

    def series_for(self, need: Need) -> tuple[Series, ...]:
        """One series for each part that the need has."""
        return tuple(_series(need.subject, part, self._span(need, part)) for part in need.parts)

    def _span(self, need: Need, part: bool) -> str:
        return next(span for reach, span in self._chosen[need.subject, part] if need.reach <= reach)


def _series(subject: Subject, part: bool, span: str) -> Series:
    return Series(subject.signal, subject.role, span, subject.field, part)


def _kind_of(subject: Subject) -> str:
    role = CATALOGUE[subject.signal].roles[subject.role].role
    return role.kind if role else ""


def _choice(all_needs: list[Need], *, may_part: bool) -> list[tuple[timedelta, str]]:
    """The spans, each with the furthest reach that it is for, the shorter one first."""
    furthest = max(need.reach for need in all_needs)
    short = [need for need in all_needs if may_part and need.reach * MUCH_LONGER <= furthest]
    groups = [short, [need for need in all_needs if need not in short]] if short else [all_needs]
    return [(max(need.reach for need in group), _span_for(group)) for group in groups]


def _span_for(group: Iterable[Need]) -> str:
    least = max(need.reach / (MOST_SPANS if len(need.parts) == 1 else 1) for need in group)
    return next(name for name, hours in SPANS.items() if least <= timedelta(hours=hours))
