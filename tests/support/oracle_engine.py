"""The engine beside the oracle: one history in both, and what each makes of a question.

Tiles are kept here as the store keeps them: one addition per tile and batch; what a full tile turns away goes to its
overflow. Where two things are compared, the engine's value must be

- what the oracle computes from exactly those elements that the tiles took, and where they are incomplete;
- consistent with the truth, which the oracle computes from all that happened: equal, a lower bound, or unknown.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from shared.features import (
    LACKING,
    AtLeast,
    Entry,
    Feature,
    Limit,
    Plan,
    Series,
    TileKey,
    Timelines,
    asking,
    kept,
    series_of,
)
from shared.features import undominated as not_dominated
from shared.signals import entities_of
from shared.signals.amounts import Amount
from tests.support import oracle
from tests.support.oracle_histories import PSEUDONYMS, Happened
from tests.support.oracle_sight import AHEAD, EPOCH, Asker, Gap, LookUp, Past, Record, milliseconds, moment

ALWAYS = Gap(float("-inf"), float("inf"))
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
CLOSE = 1e-9
EVERYBODY = 10**9
Addition = tuple[TileKey, bytes, Happened]
"""An element of what happened, on its way into a tile."""


@dataclass
class Tiles:
    """What a table of timelines holds, and which record each element came from."""

    plan: Plan
    cap: int
    in_force: Mapping[Series, datetime] = field(default_factory=dict)
    """Since when a series is written; without, always."""
    held: dict[TileKey, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    source: dict[tuple[TileKey, bytes], Record] = field(default_factory=dict)

    def entries(self, happened: Happened) -> tuple[Entry, ...]:
        signal = happened.signal
        return self.plan.entries(signal, entities_of(signal, PSEUDONYMS), PSEUDONYMS)

    def add(self, batch: Iterable[Happened]) -> None:
        """One addition for each tile that the batch touches; a full one takes nothing more, but its overflow may."""
        spilled = self._added((*entry, happened) for happened in batch for entry in self.entries(happened))
        self._added(
            (place, element, happened)
            for key, element, happened in spilled
            for place in self.overflow_of(key, happened.record)
        )

    def _added(self, additions: Iterable[Addition]) -> Sequence[Addition]:
        """What was turned away."""
        added: dict[TileKey, list[Addition]] = defaultdict(list)
        for key, element, happened in additions:
            if self.is_written(series_of_key(key), happened):
                self.source[key, element] = happened.record
                added[key].append((key, element, happened))
        full = [key for key in added if len(self.held[key]) >= self.cap]
        for key in added.keys() - full:
            elements = {element for _, element, _ in added[key]}
            summary = key.tile.endswith("#ever")
            self.held[key] |= not_dominated(elements, self.held[key]) if summary else elements
        return [each for key in full for each in added[key]]

    def overflow_of(self, key: TileKey, record: Record) -> Iterator[TileKey]:
        """ "The overflow's tile of its time"."""
        for short in self.overflow_spans(key):
            name, _, _ = key.tile.rpartition("#")
            start = moment(record.time // milliseconds(short) * milliseconds(short))
            yield TileKey(key.entity, f"{name}+{named(short)}#{start:%Y-%m-%dT%HZ}")

    def overflow_spans(self, key: TileKey) -> Sequence[timedelta]:
        """Those of the overflows that the plan gives the tile's series."""
        name, _, _ = key.tile.rpartition("#")
        found = [str(series).partition("+") for series in self.plan.series]
        return [span_of(short) for main, _, short in found if short and main == name]

    def is_written(self, series: Series, happened: Happened) -> bool:
        since = self.in_force.get(series)
        return since is None or happened.signal.received_at >= since

    @property
    def began(self) -> Mapping[Series, datetime]:
        """Since when series are complete: what came before they were written may have been ahead of its time."""
        return {series: since + AHEAD for series, since in self.in_force.items()}

    def spoil(self, key: TileKey, random: Random) -> None:
        """Bytes that nobody can read: of a newer or an older layout, cut off, by hand; or the mark of an erasure."""
        version, *rest = min(self.held[key])
        found = (bytes([version + 1, *rest]), bytes([version - 1, *rest]), bytes([version, *rest[:9]]), b"by hand")
        self.held[key].add(random.choice((*found, LACKING, LACKING)))

    def is_full(self, key: TileKey) -> bool:
        return len(self.held.get(key, ())) >= self.cap or LACKING in self.held.get(key, ())

    def records(self, key: TileKey) -> Sequence[Record]:
        return [self.source[key, each] for each in self.held.get(key, ()) if (key, each) in self.source]

    def is_readable(self, key: TileKey) -> bool:
        return len(self.records(key)) == len(self.held.get(key, set()) - {LACKING})


@dataclass(frozen=True)
class Setting:
    """One history in the tiles and in full, and which entities are under restrictions."""

    tiles: Tiles
    history: Sequence[Happened]
    limits: Mapping[str, Sequence[Limit]] = field(default_factory=dict)

    def timelines(self) -> Timelines:
        past = Timelines(self.tiles.plan, self.tiles.held, self.tiles.cap, began=self.tiles.began)
        past.know(self.limits)
        return past

    def truth(self, feature: Feature, entity: str, at: datetime) -> LookUp:
        """All that happened and is remembered, in no tiles; `ever` begins with its series."""
        history = [happened for happened in self.history if happened.is_remembered]
        if feature.window is None:
            (key,) = self.tiles.plan.tiles(feature, entity, at)
            history = [each for each in history if self.tiles.is_written(series_of_key(key), each)]
        records = [happened.record for happened in history]
        return lambda signal, by: Past(_of(records, signal, by, entity))

    def kept(self, feature: Feature, entity: str, at: datetime) -> LookUp:
        """What is left of it in the tiles that the plan reads for the feature."""
        parts: dict[tuple[str, str], list[Past]] = defaultdict(list)
        tiles = self.tiles
        for key in tiles.plan.tiles(feature, entity, at):
            records, gaps = tiles.records(key), [] if tiles.is_readable(key) else [stretch(key)]
            if tiles.is_full(key):
                short = [each for each in tiles.overflow_spans(key) if reach_of(feature) <= 3 * each]
                spilled, hidden = self._overflow(key, *short) if short else ([], [stretch(key)])
                records, gaps = [*records, *spilled], [*gaps, *hidden]
            parts[signal_and_role(key)].append(Past(records, gaps, tiles.began.get(series_of_key(key))))

        def look_up(signal: str, by: str) -> Past:
            pasts = parts[signal, by]
            distinct = {each.event: each for past in pasts for each in past.records}
            began = max((past.began for past in pasts if past.began), default=None)
            return Past(list(distinct.values()), [gap for past in pasts for gap in past.gaps], began)

        return look_up

    def _overflow(self, full: TileKey, short: timedelta) -> tuple[Sequence[Record], Sequence[Gap]]:
        """What the overflow of a full tile has, and where it may lack something.

        "A tile of the overflow is full as soon as it, and the full tile in its time, have `cap` events together."
        """
        tiles, whole = self.tiles, stretch(full)
        prefix = f"{full.tile.rpartition('#')[0]}+{named(short)}#"
        places = {key for key in tiles.held if key.entity == full.entity and key.tile.startswith(prefix)}
        places |= {place for each in tiles.records(full) for place in tiles.overflow_of(full, each)}
        found, gaps = [], []
        for place in places:
            part = stretch(place)
            if part.end <= whole.first or whole.end <= part.first:
                continue
            inside = [each for each in tiles.records(full) if part.first <= each.time < part.end]
            events = {each.event for each in (*inside, *tiles.records(place))}
            if len(events) >= tiles.cap or tiles.is_full(place) or not tiles.is_readable(place):
                gaps.append(Gap(max(part.first, whole.first), min(part.end, whole.end)))
            found += tiles.records(place)
        (series,) = {series_of_key(place) for place in places} or {None}
        if series in tiles.began:
            gaps.append(Gap(whole.first, min(whole.end, (tiles.began[series] - EPOCH) / timedelta(milliseconds=1))))
        return found, [gap for gap in gaps if gap.first < gap.end]


def _of(records: Iterable[Record], signal: str, by: str, entity: str) -> list[Record]:
    return [each for each in records if each.signal == signal and each.entities.get(by) == entity]


# --- keys, as CONTRACT.md has them -----------------------------------------------------------------------------------


def series_of_key(key: TileKey) -> Series:
    return series_of(key.tile if key.tile.endswith("#ever") else key.tile.rpartition("#")[0])


def signal_and_role(key: TileKey) -> tuple[str, str]:
    """ "`signal#role#span#start`; of security events `signal!#role#…`; of links `signal#role>field#…`"."""
    signal, role, *_ = key.tile.split("#")
    return signal.removesuffix("!"), role.partition(">")[0]


def stretch(key: TileKey) -> Gap:
    """The times of a tile's elements; a summary has no limits."""
    if key.tile.endswith("#ever"):
        return ALWAYS
    *_, span, start = key.tile.split("#")
    first = (_start(start) - EPOCH) / timedelta(milliseconds=1)
    return Gap(first, first + span_of(span.rpartition("+")[2]) / timedelta(milliseconds=1))


def reach_of(feature: Feature) -> timedelta:
    """How far it looks back, "delay and window together"."""
    return feature.delay + (feature.against or feature.window or timedelta(0))


def named(span: timedelta) -> str:
    return f"{span.days}d" if span.days else f"{span.seconds // 3600}h"


def span_of(text: str) -> timedelta:
    return timedelta(**{UNITS[text[-1]]: int(text[:-1])})


def _start(text: str) -> datetime:
    year, month, day, *clock = (int(part) for part in re.findall(r"\d+", text))
    return datetime(year, month, day, *clock, tzinfo=UTC)


# --- comparing -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What came of one question. `found` is the engine's value, `expected` and `truth` are the oracle's."""

    found: Any
    expected: Any
    truth: Any

    @property
    def is_right(self) -> bool:
        return is_same(self.found, self.expected) and is_consistent(self.found, self.truth)


def answer(setting: Setting, past: Timelines, feature: Feature, entity: str, happened: Happened) -> Answer:
    """The engine's value for the signal that asks, beside the two that the oracle computes."""
    signal = happened.signal
    asked = asking(signal, entities_of(signal, PSEUDONYMS), PSEUDONYMS)
    asker = Asker(happened.record, signal.received_at)
    return Answer(
        past.measure(feature, entity, asked),
        oracle.value(feature, asker, setting.kept(feature, entity, signal.time), setting.limits),
        oracle.value(feature, asker, setting.truth(feature, entity, signal.time), setting.limits, EVERYBODY),
    )


def is_same(found: Any, expected: Any) -> bool:
    """Equal in type and value; numbers within a relative error of 1e-9, texts as they are kept."""
    if isinstance(expected, str):
        return found in (expected, kept(expected))
    if type(found) is not type(expected):
        return False
    if isinstance(expected, AtLeast):
        return is_same(found.value, expected.value)
    if isinstance(expected, float):
        return bool(abs(found - expected) <= CLOSE * abs(expected))
    if isinstance(expected, Amount):
        return found.currency == expected.currency and abs(found.minor - expected.minor) <= CLOSE * expected.minor
    return bool(found == expected)


def is_consistent(found: Any, truth: Any) -> bool:
    """Unknown says nothing wrong, a lower bound nothing more than the truth, everything else the truth itself."""
    if found is None:
        return True
    if not isinstance(found, AtLeast):
        return is_same(found, truth)
    most = truth.value if isinstance(truth, AtLeast) else truth
    return most is None or bool(found.value <= most) or found.value == Amount(0, "")
