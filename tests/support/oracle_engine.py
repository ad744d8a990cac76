"""The engine beside the oracle: one history in both, and what each makes of a question.

Tiles are kept here as the store keeps them: one addition per tile and batch, which a full tile turns away. Where two
things are compared, the engine's value must be

- what the oracle computes from exactly those elements that the tiles took, and where they are incomplete;
- consistent with the truth, which the oracle computes from all that happened: equal, a lower bound, or unknown.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from shared.features import AtLeast, Entry, Feature, Limit, Plan, Series, TileKey, Timelines, asking, kept, series_of
from shared.features import undominated as not_dominated
from shared.signals import entities_of
from shared.signals.amounts import Amount
from tests.support import oracle
from tests.support.oracle_histories import PSEUDONYMS, Happened
from tests.support.oracle_sight import AHEAD, EPOCH, Asker, Gap, LookUp, Past, Record

ALWAYS = Gap(float("-inf"), float("inf"))
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
CLOSE = 1e-9
EVERYBODY = 10**9


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
        entries = self.plan.entries(signal, entities_of(signal, PSEUDONYMS), PSEUDONYMS)
        self.source |= {(entry.key, entry.element): happened.record for entry in entries}
        return entries

    def add(self, batch: Iterable[Happened]) -> None:
        """One addition for each tile that the batch touches; a full one takes nothing more."""
        added: dict[TileKey, set[bytes]] = defaultdict(set)
        for happened in batch:
            for key, element in self.entries(happened):
                if self.is_written(series_of_key(key), happened):
                    added[key].add(element)
        for key, elements in added.items():
            if len(self.held[key]) < self.cap:
                summary = key.tile.endswith("#ever")
                self.held[key] |= not_dominated(elements, self.held[key]) if summary else elements

    def is_written(self, series: Series, happened: Happened) -> bool:
        since = self.in_force.get(series)
        return since is None or happened.signal.received_at >= since

    @property
    def began(self) -> Mapping[Series, datetime]:
        """Since when series are complete: what came before they were written may have been ahead of its time."""
        return {series: since + AHEAD for series, since in self.in_force.items()}

    def spoil(self, key: TileKey, random: Random) -> None:
        """Bytes that nobody can read: of a newer or an older layout, cut off, or written by hand."""
        version, *rest = min(self.held[key])
        found = (bytes([version + 1, *rest]), bytes([version - 1, *rest]), bytes([version, *rest[:9]]), b"by hand")
        self.held[key].add(random.choice(found))


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
        for key in self.tiles.plan.tiles(feature, entity, at):
            elements = self.tiles.held.get(key, set())
            records = [self.tiles.source[key, each] for each in elements if (key, each) in self.tiles.source]
            whole = len(elements) < self.tiles.cap and len(records) == len(elements)
            series = series_of_key(key)
            signal, role = signal_and_role(key)
            gaps = [] if whole else [stretch(key)]
            parts[signal, role].append(Past(records, gaps, self.tiles.began.get(series)))

        def look_up(signal: str, by: str) -> Past:
            pasts = parts[signal, by]
            distinct = {each.event: each for past in pasts for each in past.records}
            began = max((past.began for past in pasts if past.began), default=None)
            return Past(list(distinct.values()), [gap for past in pasts for gap in past.gaps], began)

        return look_up


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
    return Gap(first, first + span_of(span) / timedelta(milliseconds=1))


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
