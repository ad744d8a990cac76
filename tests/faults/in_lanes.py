"""What must hold of features wherever signals are judged: in several lanes at once, and in several functions.

    stored when the batch began to read ─┐
    earlier in the same batch ───────────┴─▶ the oracle ─▶ what the decision's record says that it saw

What another lane added while a batch read may have been seen or not: features that it could matter to are left out.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from shared.features import Feature, Plan, TileKey, undominated
from shared.policy import load_inputs
from shared.runtime.arrivals import Arrival
from shared.signals import Signal, entities_of
from shared.stores.tiles import tiles_in
from tests.faults.one_lane import decisions
from tests.faults.policies import POLICIES, policy
from tests.faults.replaying import Run, sent_signals, valid_of
from tests.faults.script import Publish
from tests.faults.services import decoded
from tests.support.aws import PSEUDONYMS
from tests.support.oracle import value
from tests.support.oracle_engine import Setting, Tiles, is_same
from tests.support.oracle_histories import Happened, record_of
from tests.support.oracle_sight import Asker, Record

Held = Mapping[TileKey, Collection[bytes]]


def seen(run: Run) -> Iterator[str]:
    """Each feature is what the oracle makes of what was remembered when it was measured, labels included."""
    for signal, feature, found, expected in measurements(run):
        if not is_same(found, expected):
            yield f"seen: {feature.name} of {signal.id} was {found}, and the oracle says {expected}"


def measurements(run: Run) -> Iterator[tuple[Signal, Feature, Any, Any]]:
    """Each signal and feature, with what was found and what the oracle says; of histories with one policy only, and
    not of those of which `measured` says more."""
    if (run.script.is_one_lane and run.script.is_roomy) or any(isinstance(step, Publish) for step in run.script.steps):
        return
    known, plan = decisions(run), Plan(policy("before").features.values())
    sent = sent_signals(run)
    history, source = [Happened(each, record_of(each)) for each in sent], _source(sent, plan)
    for decision_id, judging in run.judged.items():
        record = known.get(decision_id)
        signal = _signal_of(record, judging.batch) if record else None
        earlier = signal and _earlier(signal, judging.batch, known)
        if signal is None or earlier is None:
            continue
        added = [entry for each in earlier for entry in _entries(plan, each)]
        first, last = _held(judging.first or ()), _held(judging.last)
        held = defaultdict(set, {key: set(elements) for key, elements in first.items()})
        for key, element in added:
            held[key] |= undominated([element], held[key]) if key.is_fact else {element}
        setting = Setting(Tiles(plan, run.script.cap, held=held, source=source), history)
        inputs = load_inputs(json.loads(record["capsule"])["inputs"])
        asker, entities = Asker(record_of(signal), signal.received_at), entities_of(signal, PSEUDONYMS)
        for use in POLICIES[record["policy"]].program(signal.name).features:
            entity = entities.get(use.role)
            if entity is None or _of(entity, first) != _of(entity, last):
                continue
            expected = value(use.feature, asker, setting.kept(use.feature, entity, signal.time))
            yield signal, use.feature, inputs.get(use.feature.name), expected


def _source(signals: Iterable[Signal], plan: Plan) -> dict[tuple[TileKey, bytes], Record]:
    """The plain record behind each element, wherever it may lie."""
    return {
        (place, element): record_of(each)
        for each in signals
        for key, element in _entries(plan, each)
        for place in (key, *plan.overflow_of(key, element))
    }


def _entries(plan: Plan, signal: Signal) -> Iterable[tuple[TileKey, bytes]]:
    return plan.entries(signal, entities_of(signal, PSEUDONYMS), PSEUDONYMS)


def _signal_of(record: Mapping[str, Any], batch: Iterable[Arrival]) -> Signal | None:
    """What a batch had that was judged: of a signal that came twice in it, the first."""
    return next((each for each in valid_of(batch) if each.decision_id == record["decision_id"]), None)


def _earlier(signal: Signal, batch: Iterable[Arrival], known: Mapping[str, Mapping[str, Any]]) -> list[Signal] | None:
    """What the signal saw of its own batch; None where that cannot be told, as other content is on record for some."""
    earlier: dict[str, Signal] = {}
    for each in valid_of(batch):
        if each.decision_id == signal.decision_id:
            break
        earlier.setdefault(each.decision_id, each)
    found = list(earlier.values())
    return found if all(known.get(each.decision_id, {}).get("digest") == each.digest for each in found) else None


def _held(items: Iterable[Mapping[str, Any]]) -> Held:
    """Tiles by their keys, of items as they are on the wire."""
    return {key: elements for item in items for key, elements in tiles_in(decoded(item)).items()}


def _of(entity: str, held: Held) -> Held:
    return {key: elements for key, elements in held.items() if key.entity == entity}
