"""What a batch sees of the past: the tiles that were read, and over them what arrived earlier in the batch."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from shared.features.elements import EVENT, LACKING, bound, milliseconds, time_of
from shared.features.facts import FACTS, Facts, undominated
from shared.features.layout import Layout
from shared.features.links import MOST_LINKED, linked_names, number_linked
from shared.features.model import Asking, Feature, Limit, Predicate
from shared.features.overflow import beyond
from shared.features.past import Past
from shared.features.plan import Plan, Reading
from shared.features.reach import Source
from shared.features.sequences import happened
from shared.features.series import GRACE, LONGEST, Entry, Series, TileKey, overlapping, series_of_tile, width
from shared.features.summary import of_facts
from shared.features.tiles import Tile, within
from shared.features.values import KINDS, FeatureValue, share

_LONGEST_MS = LONGEST // timedelta(milliseconds=1)


def is_full(elements: Collection[bytes], cap: int) -> bool:
    """Whether a stored tile takes no more, or says that it once did not: others may have been turned away."""
    return len(elements) >= cap or LACKING in elements


class Timelines:
    """A view over tiles.

    `cap` is the number of elements at which a stored tile takes no more; `began` tells of the series that are not as
    old as time since when they are written; signals later than `grace` may look for tiles that have expired.
    """

    def __init__(
        self,
        plan: Plan,
        stored: Mapping[TileKey, Iterable[bytes]],
        cap: int,
        *,
        began: Mapping[Series, datetime] = MappingProxyType({}),
        grace: timedelta = GRACE,
    ) -> None:
        self._plan = plan
        self._cap = cap
        self._grace = grace
        self._tiles: dict[tuple[str, str], Tile] = {key: Tile(elements) for key, elements in stored.items()}
        self._began = {series: milliseconds(moment) for series, moment in began.items()}
        self._limits: dict[str, Sequence[Limit] | None] = {}
        self._joined: dict[tuple[str, str], dict[tuple[str, ...], Tile]] = {}

    def add(self, entries: Iterable[Entry]) -> None:
        """Remember: a set union, so that order and repetition do not matter. Dominated facts are left out."""
        for key, element in entries:
            tile = self._tiles.get(key)
            if tile is None:
                self._tiles[key] = Tile([element])
            elif not key.is_fact or undominated([element], tile.elements):
                tile.add(element)
                for joined in self._joined.get(key, {}).values():
                    joined.add(element)

    def has_room(self, entry: Entry) -> bool:
        """Whether the table would take the entry in: into its tile, or into its tile's overflow."""
        tile = self._tiles.get(entry.key)
        if tile is None or not is_full(tile.elements, self._cap):
            return True
        moment, series = time_of(entry.element), series_of_tile(entry.key.tile)
        layout = Layout.of(series.signal, links=series.is_link)
        spans = [width(series_of_tile(key.tile)) for key in self._plan.overflow_of(*entry)]
        stretches = [(bound(moment - moment % span), bound(moment - moment % span + span)) for span in spans]
        return any(tile.number(layout, *stretch) < self._cap for stretch in stretches)

    def know(self, limits: Mapping[str, Sequence[Limit] | None]) -> None:
        """The restrictions on entities, by name, that features with `limited` ask for; None where nobody can tell."""
        self._limits.update(limits)

    def measure(self, feature: Feature, entity: str, asking: Asking) -> FeatureValue:
        """The feature of an entity for the signal that asks, as CONTRACT.md has it; None is unknown."""
        if asking.received_at - asking.time > LONGEST:
            return None
        reading = self._plan.reading(feature)
        if feature.window is None:
            return self._ever(reading, entity, asking)
        if feature.kind == "sequence":
            steps = zip(feature.steps, reading.own, strict=True)
            return happened([self._seen(reading, series, step.where, entity, asking) for step, series in steps])
        past = self._past(reading, entity, asking, feature.where)
        return None if past is None else self._value(reading, entity, past)

    def linked(self, feature: Feature, entity: str, asking: Asking) -> tuple[str, ...]:
        """The entities, at most 50, that a feature of the kind `linked` finds, the one last seen first."""
        if asking.received_at - asking.time > LONGEST:
            return ()
        past = self._past(self._plan.reading(feature), entity, asking, feature.where)
        return tuple(linked_names(past)[:MOST_LINKED]) if past else ()

    def _ever(self, reading: Reading, entity: str, asking: Asking) -> FeatureValue:
        ((series, _),) = reading.own[0]
        now = milliseconds(asking.time)
        tile = self._tiles.get((entity, str(series))) or Tile()
        view = tile.view(FACTS, None, echoes=reading.echoes)
        facts = _not_of(asking, tile, within(view.certain, bound(0), bound(now)))
        too_young = self._began.get(series, 0) > now - _LONGEST_MS
        incomplete = self._is_late(asking) or too_young or self._is_broken(tile, FACTS)
        return of_facts(reading.feature, facts, asking, is_incomplete=incomplete)

    def _value(self, reading: Reading, entity: str, past: Past) -> FeatureValue:
        match reading.feature.kind:
            case "linked":
                return number_linked(past, self._limits)
            case "share":
                return share(past, self._past(reading, entity, past.asking, None))
            case kind:
                return KINDS[kind](past)

    def _past(self, reading: Reading, entity: str, asking: Asking, where: Predicate | None) -> Past | None:
        """What the feature sees; None where nothing can be said, since it is unknown what `unless` takes away."""
        past = self._seen(reading, reading.own[0], where, entity, asking)
        unless = reading.feature.unless
        if unless is None:
            return past
        undoing = self._seen(reading.undoing, reading.unless, unless.where, entity, asking)
        if undoing.is_incomplete:
            return None
        same, undone = past.layout.readers[unless.same], _values(undoing, unless.same)
        return past._replace(
            elements=[element for element in past.elements if same(element) not in undone],
            doubtful=[element for element in past.doubtful if same(element) not in undone],
        )

    def _seen(
        self, reading: Reading, sources: Sequence[Source], where: Predicate | None, entity: str, asking: Asking
    ) -> Past:
        """What stands in the feature's window, in each of the series; see `Past`."""
        now = milliseconds(asking.time)
        since, until = now - reading.reach, now - reading.delay
        layout = Layout.of(sources[0].series.signal, links=sources[0].series.is_link)
        elements: list[bytes] = []
        doubtful: list[bytes] = []
        hidden_before = now if self._is_late(asking) else 0
        start, end = bound(since), bound(until)
        for source in sources:
            if self._began and (began := self._began.get(source.series, 0)) > since:
                hidden_before = max(hidden_before, began)
            first, names = overlapping(source.series, since, until)
            for number, name in enumerate(names, first):
                if (tile := self._tiles.get((entity, name))) is None:
                    continue
                if is_full(tile.elements, self._cap):
                    tile, hidden = self._full(tile, (entity, name), layout, source, number, (since, until))
                else:
                    hidden = (number + 1) * width(source.series) if tile.has_unreadable(layout) else 0
                hidden_before = max(hidden_before, hidden)
                view = tile.view(layout, where, echoes=reading.echoes)
                elements += _not_of(asking, tile, within(view.certain, start, end))
                if view.doubtful:
                    doubtful += _not_of(asking, tile, within(view.doubtful, start, end))
        if len(sources) > 1:
            elements.sort()
            doubtful.sort()
        return Past(reading.feature, asking, layout, elements, doubtful, hidden_before)

    def _full(
        self,
        tile: Tile,
        key: tuple[str, str],
        layout: Layout,
        source: Source,
        number: int,
        window: tuple[int, int],
    ) -> tuple[Tile, int]:
        """A full tile together with its overflow, and before when something of it may still be missing.

        The two are counted together, so that it makes no difference which of them took an element in.
        """
        begins, ends = number * width(source.series), (number + 1) * width(source.series)
        if source.overflow is None:
            return tile, ends
        first, names = beyond(source.series, source.overflow, number, *window)
        joined = self._with_overflow(tile, key, names)
        if tile.has_unreadable(layout):
            return joined, ends
        began, span = self._began.get(source.overflow, 0), width(source.overflow)
        hidden = began if began > max(window[0], begins) else 0
        for place, name in enumerate(names, first):
            part = self._tiles.get((key[0], name))
            events = joined.number(layout, bound(place * span), bound((place + 1) * span))
            if events >= self._cap or (part and self._is_broken(part, layout)):
                hidden = max(hidden, (place + 1) * span)
        return joined, min(hidden, ends)

    def _with_overflow(self, tile: Tile, key: tuple[str, str], names: tuple[str, ...]) -> Tile:
        """The tile and the tiles of its overflow as one."""
        parts = [part.elements for name in names if (part := self._tiles.get((key[0], name)))]
        if not parts:
            return tile
        known = self._joined.setdefault(key, {})
        if names not in known:
            known[names] = Tile(tile.elements.union(*parts))
        return known[names]

    def _is_broken(self, tile: Tile, layout: Layout | Facts) -> bool:
        """Whether it may lack something."""
        return tile.has_unreadable(layout) or is_full(tile.elements, self._cap)

    def _is_late(self, asking: Asking) -> bool:
        return asking.received_at - asking.time > self._grace


def _not_of(asking: Asking, tile: Tile, elements: list[bytes]) -> list[bytes]:
    """The elements without that of the signal that asks."""
    if asking.event not in tile.events:
        return elements
    return [element for element in elements if element[EVENT] != asking.event]


def _values(past: Past, field: str) -> set[object]:
    """The different values of a field, without absence."""
    return set(map(past.layout.readers[field], past.elements)) - {None}
