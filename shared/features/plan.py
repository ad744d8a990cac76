"""Which timelines a policy's features need: what is written for a signal, and which tiles a feature reads."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.features.elements import HEAD, milliseconds
from shared.features.facts import MONTHS, NO_VALUE, marked, month_of
from shared.features.layout import Layout
from shared.features.model import Feature
from shared.features.overflow import Overflows, beyond
from shared.features.reach import Source, Spans, needs, reach_of
from shared.features.remembered import is_on_trial, kept_value
from shared.features.series import EVER, LONGEST, Entry, Series, TileKey, overlapping, tile_name, width
from shared.signals import Pseudonyms, Signal

_MILLISECOND = timedelta(milliseconds=1)


class Reading(NamedTuple):
    """What a feature reads: of its own signals (of a sequence, of each step), and of what `unless` names.

    Its window ends `delay` before the signal that asks, and begins `reach` before it (milliseconds).
    """

    feature: Feature
    own: tuple[tuple[Source, ...], ...]
    unless: tuple[Source, ...]
    delay: int
    reach: int
    echoes: bool

    @property
    def undoing(self) -> "Reading":
        """How what `unless` names is read: up to the signal that asks, and never an echo."""
        return self._replace(delay=0, echoes=False)


class Plan:
    """The tiles that a set of features needs.

    `also` are series that are written beside those that the features read: what another policy would read if it came
    into force. Raises `ValueError` for a feature that looks further back than timelines do.
    """

    def __init__(self, features: Iterable[Feature], also: Iterable[Series] = ()) -> None:
        features = tuple(features)
        self._spans = Spans(features)
        families = [_family_of(feature) for feature in features if feature.window is None]
        self.series = tuple(dict.fromkeys([*self._spans.series, *families, *sorted(also)]))
        self._of_signal: dict[str, list[Series]] = defaultdict(list)
        for each in self.series:
            if not each.overflow:
                self._of_signal[each.signal].append(each)
        self.overflow_of = Overflows(self.series)
        self._readings: dict[int, Reading] = {}

    def entries(self, signal: Signal, entities: Mapping[str, str], pseudonyms: Pseudonyms) -> tuple[Entry, ...]:
        """What must be remembered of a signal: one entry for each series that it belongs to.

        Nothing, where it came so late that no window will ever see it.
        """
        series = [each for each in self._of_signal.get(signal.name, ()) if each.role in entities]
        if not series or signal.received_at - signal.time > LONGEST:
            return ()
        return tuple(_entries(series, signal, entities, pseudonyms))

    def reading(self, feature: Feature) -> Reading:
        """What the feature reads; found once."""
        # By identity: a feature's hash takes longer than all else that is done for it.
        known = self._readings.get(id(feature))
        if known is None:
            known = self._readings[id(feature)] = self._reading(feature)
        return known

    def tiles(self, feature: Feature, entity: str, at: datetime) -> tuple[TileKey, ...]:
        """All tiles that the feature reads for a signal of that time: at most four of each of its series."""
        names = [
            name
            for source, since, until in _stretches(self.reading(feature), milliseconds(at))
            for name in overlapping(source.series, since, until)[1]
        ]
        return tuple(TileKey(entity, name) for name in dict.fromkeys(names))

    def overflow_tiles(
        self, feature: Feature, entity: str, at: datetime, full: Collection[TileKey]
    ) -> tuple[TileKey, ...]:
        """The tiles of overflows that the feature reads besides: where one of its tiles is among the `full` ones."""
        names: list[str] = []
        for source, since, until in _stretches(self.reading(feature), milliseconds(at)):
            first, tiles = overlapping(source.series, since, until)
            for number, name in enumerate(tiles, first):
                if source.overflow and TileKey(entity, name) in full:
                    names += beyond(source.series, source.overflow, number, since, until)[1]
        return tuple(TileKey(entity, name) for name in dict.fromkeys(names))

    def _reading(self, feature: Feature) -> Reading:
        if feature.window is None:
            return Reading(feature, ((Source(_family_of(feature)),),), (), 0, 0, feature.echoes)
        *own, last = [self._spans.sources(need) for need in needs(feature)]
        undone = feature.unless is not None and feature.kind != "sequence"
        return Reading(
            feature,
            tuple(own if undone else [*own, last]),
            last if undone else (),
            feature.delay // _MILLISECOND,
            reach_of(feature) // _MILLISECOND,
            feature.echoes,
        )


def _stretches(reading: Reading, now: int) -> Iterator[tuple[Source, int, int]]:
    """What is read for a signal of that time, each with the time that is looked at (milliseconds)."""
    since = now - reading.reach
    for step in reading.own:
        for source in step:
            yield source, since, now - reading.delay
    for source in reading.unless:
        yield source, since, now


def _family_of(feature: Feature) -> Series:
    """The facts by which a feature looks back for ever."""
    field = MONTHS if feature.kind == "months" else feature.value or ""
    return Series(feature.signal, feature.by, EVER, field)


def _entries(
    all_series: list[Series], signal: Signal, entities: Mapping[str, str], pseudonyms: Pseudonyms
) -> Iterator[Entry]:
    layout = Layout.of(signal.name)
    element = layout.pack(signal, entities, pseudonyms)
    now, is_secure = milliseconds(signal.time), _is_secure(signal)
    for series in all_series:
        entity = entities[series.role]
        if series.is_fact:
            value = None if is_on_trial(signal) else _fact_value(series, signal, entities, pseudonyms)
            if value is not None:
                yield Entry(TileKey(entity, str(series)), element[:HEAD] + value)
        elif series.secure == is_secure:
            tile = TileKey(entity, tile_name(series, now // width(series)))
            if not series.is_link:
                yield Entry(tile, element)
            elif other := entities.get(series.field):
                yield Entry(tile, element + other.encode())


def _is_secure(signal: Signal) -> bool:
    security = signal.spec.security
    return security is not None and getattr(signal.data, security.field) in security.choices


def _fact_value(series: Series, signal: Signal, entities: Mapping[str, str], pseudonyms: Pseudonyms) -> bytes | None:
    """What the signal has of what the family is about; None where it has nothing."""
    if not series.field:
        return NO_VALUE
    if series.field == MONTHS:
        return month_of(signal.time)
    field = next(each for each in signal.spec.remembered if each.visible_as == series.field)
    value = kept_value(field, signal, entities, pseudonyms)
    return None if value is None else marked(value)
