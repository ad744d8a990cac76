"""What must hold of timelines: they are what the recorded decisions imply, wherever there was room for it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from shared.decisions import Pinned
from shared.decisions.record import unpack_entries
from shared.features import Entry, Plan, TileKey, series_of_tile, undominated
from shared.signals import Signal, entities_of
from shared.stores.tiles import tiles_in
from tests.faults.one_lane import decisions
from tests.faults.policies import POLICIES
from tests.faults.replaying import Run, sent_signals
from tests.faults.services import TIMELINES
from tests.support.aws import PSEUDONYMS

Elements = Mapping[TileKey, Collection[bytes]]


def remembered(run: Run) -> Iterator[str]:
    """Timelines are the union of what the recorded signals imply; what full tiles turn away is in their overflow, up
    to the cap, and nothing else is anywhere."""
    sent = {(signal.decision_id, signal.digest): signal for signal in sent_signals(run)}
    implied: dict[TileKey, set[bytes]] = defaultdict(set)
    spilled: dict[TileKey, set[bytes]] = defaultdict(set)
    for decision_id, record in decisions(run).items():
        entries = unpack_entries(record["remembered"])
        for key, element in entries:
            implied[key].add(element)
        signal = sent.get((decision_id, record["digest"]))
        if signal and not _implied_by(signal, record["policy"]) <= set(entries):
            yield f"remembered: the record of {signal.id} leaves out what its policy reads"
        for each in entries:
            for place in _overflow_of(each):
                spilled[place].add(each.element)
    items = run.services.attributes(TIMELINES)
    tiles = {key: set(each) for item in items for key, each in tiles_in(item).items()}
    for key in sorted(tiles.keys() | implied.keys()):
        expected = spilled[key] if _is_overflow(key) else implied[key]
        yield from _of_tile(key, tiles, expected, run.script.cap)


def remembered_of(run: Run) -> dict[str, int]:
    """How much is remembered, and how much of it in overflows, for whoever counts."""
    tiles = [each for item in run.services.attributes(TIMELINES) for each in tiles_in(item).items()]
    over = sum(len(elements) for key, elements in tiles if _is_overflow(key))
    return {"elements": sum(len(elements) for _, elements in tiles), "elements in overflows": over}


def _of_tile(key: TileKey, tiles: Elements, expected: set[bytes], cap: int) -> Iterator[str]:
    """What is wrong with one tile, of a series or of its overflow."""
    found = set(tiles.get(key, ()))
    if extra := found - expected:
        yield f"remembered: {len(extra)} of {len(found)} elements in {key} follow from no decision"
    if len(found) >= 2 * cap:
        yield f"remembered: {key} has {len(found)} elements, and its cap is {cap}"
    if _is_overflow(key):
        return
    # Of two facts about one value the later one need not be there.
    missing = undominated(expected, found) if key.is_fact else expected - found
    if len(found) >= cap:
        missing = {each for each in missing if not _has_spilled(Entry(key, each), tiles, cap)}
    if missing:
        yield f"remembered: {len(missing)} of {len(expected)} elements are not in {key}"


def _has_spilled(entry: Entry, tiles: Elements, cap: int) -> bool:
    """Whether what a full tile turned away is wherever the overflow has room for it; some series have none."""
    places = [[tiles.get(place, ()) for place in plan.overflow_of(*entry)] for plan in _plans()]
    return any(all(entry.element in found or len(found) >= cap for found in held) for held in places)


def _overflow_of(entry: Entry) -> Iterable[TileKey]:
    """Where an entry goes that its tile turns away, by any of the policies."""
    return {place for plan in _plans() for place in plan.overflow_of(*entry)}


def _is_overflow(key: TileKey) -> bool:
    return not key.is_fact and bool(series_of_tile(key.tile).overflow)


@cache
def _plans() -> tuple[Plan, ...]:
    return tuple(Plan(policy.features.values()) for policy in POLICIES.values())


def _implied_by(signal: Signal, digest: str) -> set[Any]:
    """What the policy of that digest has remembered of a signal, made anew from what was sent."""
    plan = Pinned(POLICIES[digest]).plans[digest]
    return set(plan.entries(signal, entities_of(signal, PSEUDONYMS), PSEUDONYMS))
