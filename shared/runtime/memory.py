"""What one batch knows of the past, and what it adds to it.

Everything is read once, for all signals of the batch together: the tiles of their entities, and where a policy asks how
many of those that are linked to an entity are restricted, their pages of the ledger. Each policy then sees the past by
its own plan, over the same tiles.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from aws_lambda_powertools import Logger

from shared.decisions import Pinned, limits_of
from shared.features import Entry, Feature, Limit, Plan, Series, TileKey, Timelines, asking, is_full, undominated
from shared.features.elements import VERSION
from shared.policy import Policy
from shared.restrictions import Account
from shared.runtime.progress import Progress
from shared.signals import Pseudonyms, Signal, entities_of
from shared.stores import Ledger, TimelineStore
from shared.stores.timelines import Outcome, Overflow, by_item

VERSIONED = bytes([VERSION])
"""What elements of this version's layout begin with."""
COUNTED_AS = {"overflowed": "OverflowedTiles", "full": "FullTiles", "refused": "UnwritableTiles"}

Judged = tuple[Signal, Policy]
"""A signal that is to be judged, and the policy that judges it."""


class Past:
    """What was stored when the batch began, and over it what arrived earlier in the batch.

    `overflow` says where what full tiles turn away goes.
    """

    def __init__(
        self, stored: Mapping[TileKey, frozenset[bytes]], views: Mapping[str, Timelines], overflow: Overflow
    ) -> None:
        self.stored = stored
        self.overflow = overflow
        self._views = views

    def seen_by(self, policy: Policy) -> Timelines:
        return self._views[policy.digest]

    def add(self, entries: Iterable[Entry]) -> None:
        """Remember for the rest of the batch, for every policy."""
        for view in self._views.values():
            view.add(entries)

    @property
    def unreadable(self) -> int:
        """How many tiles have bytes that this version cannot read."""
        # All begin with the version if, and only if, the smallest and the greatest of them do.
        return sum({min(each)[:1], max(each)[:1]} != {VERSIONED} for each in self.stored.values())

    def know(self, limits: Mapping[str, Sequence[Limit] | None]) -> None:
        for view in self._views.values():
            view.know(limits)


@dataclass(frozen=True)
class Memory:
    """Reads and adds to what is remembered of entities; of the ledger it only reads."""

    timelines: TimelineStore
    ledger: Ledger
    pseudonyms: Pseudonyms
    log: Logger
    writers: int

    def past(
        self, batch: Collection[Signal], judged: Sequence[Judged], standing: Iterable[Entry], pinned: Pinned
    ) -> Past:
        """What `judged`, the new ones of a batch, may see; `standing` is remembered of those whose decision stands."""
        stored = self._stored(judged, standing, pinned)
        cap, grace = self.timelines.cap, self.timelines.grace
        views = {
            digest: Timelines(plan, stored, cap, began=pinned.began, grace=grace)
            for digest, plan in pinned.plans.items()
        }
        past = Past(stored, views, pinned.plans[pinned.live.digest].overflow_of)
        if linked := self._linked(batch, judged, past):
            accounts = self.ledger.accounts(linked)
            pages = {entity: accounts.get(entity, Account()) for entity in linked}
            past.know({entity: None if page is None else limits_of(page) for entity, page in pages.items()})
        return past

    def _stored(
        self, judged: Sequence[Judged], standing: Iterable[Entry], pinned: Pinned
    ) -> dict[TileKey, frozenset[bytes]]:
        """All tiles that are asked for; where one is full, those in which others lie that it turned away, too."""
        uses = list(_uses(judged, pinned, self.pseudonyms))
        keys = {key for plan, about in uses for key in plan.tiles(*about)}
        keys.update(self._facts(judged, pinned))
        # Of facts only the earliest stand, so a summary is read before it is written.
        keys.update(entry.key for entry in standing if entry.key.is_fact)
        stored = self.timelines.read(keys)
        if full := {key for key, elements in stored.items() if is_full(elements, self.timelines.cap)}:
            stored |= self.timelines.read({key for plan, about in uses for key in plan.overflow_tiles(*about, full)})
        return stored

    def _facts(self, judged: Iterable[Judged], pinned: Pinned) -> Iterator[TileKey]:
        """Where facts of the signals that are judged will be written."""
        families: dict[str, list[Series]] = defaultdict(list)
        for series in pinned.series:
            if series.is_fact:
                families[series.signal].append(series)
        for signal, _ in judged:
            entities = entities_of(signal, self.pseudonyms)
            for family in families[signal.name]:
                if family.role in entities:
                    yield TileKey(entities[family.role], str(family))

    def _linked(self, batch: Iterable[Signal], judged: Sequence[Judged], past: Past) -> set[str]:
        """The entities of which a feature counts those that are restricted: linked so far, or by this batch."""
        found: set[str] = set()
        arriving: set[tuple[str, str | None]] = set()
        for signal, policy in judged:
            uses = [use for use in policy.program(signal.name).features if use.feature.limited]
            if uses:
                entities = entities_of(signal, self.pseudonyms)
                asks, view = asking(signal, entities, self.pseudonyms), past.seen_by(policy)
                arriving.update((use.feature.signal, use.feature.value) for use in uses)
                for use in uses:
                    if use.role in entities:
                        found.update(view.linked(use.feature, entities[use.role], asks))
        names = {name for name, _ in arriving}
        for signal in batch:
            if signal.name in names:
                entities = entities_of(signal, self.pseudonyms)
                found.update(entity for role, entity in entities.items() if (signal.name, role) in arriving)
        return found

    def add(self, remembered: Mapping[int, Iterable[Entry]], past: Past, progress: Progress) -> None:
        """Add the entries of signals, by their places in the batch, to what is stored: one update for each item.

        All that an update is about come again when it is refused for now, also those whose facts others dominate; what
        is refused for good is counted, and told.
        """
        additions: dict[TileKey, set[bytes]] = defaultdict(set)
        places: dict[TileKey, set[int]] = defaultdict(set)
        for place, entries in remembered.items():
            for key, element in entries:
                additions[key].add(element)
                places[key].add(place)
        for key, elements in additions.items():
            if key.is_fact:
                additions[key] = undominated(elements, past.stored.get(key, ()))

        def add(together: dict[TileKey, set[bytes]]) -> dict[TileKey, Outcome]:
            with progress.failing(place for key in together for place in places[key]):
                return self.timelines.add(together, past.overflow)
            return {}

        with ThreadPoolExecutor(self.writers) as pool:
            parts = list(pool.map(add, by_item({key: elements for key, elements in additions.items() if elements})))
        for key, outcome in (became for part in parts for became in part.items()):
            if outcome in COUNTED_AS:
                progress.tally[COUNTED_AS[outcome]] += 1
            if outcome == "refused":
                # Its name tells the series and the time, and not whose it is.
                self.log.error("the table takes no more into a tile: edited by hand, or too large", tile=key.tile)


def _uses(
    judged: Iterable[Judged], pinned: Pinned, pseudonyms: Pseudonyms
) -> Iterator[tuple[Plan, tuple[Feature, str, datetime]]]:
    """The features that are asked for, of which entity, at what time; and the plan by which they are read."""
    for signal, policy in judged:
        entities, plan = entities_of(signal, pseudonyms), pinned.plans[policy.digest]
        for use in policy.program(signal.name).features:
            if use.role in entities:
                yield plan, (use.feature, entities[use.role], signal.time)
