"""What must hold of decisions that were made in one lane, in order of arrival: no fault may make a difference."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from shared.features import AtLeast
from shared.policy import load_inputs
from tests.faults.policies import POLICIES
from tests.faults.replaying import Run, replay, sent_signals
from tests.faults.services import DECISIONS
from tests.support.oracle import value
from tests.support.oracle_engine import is_same
from tests.support.oracle_histories import record_of
from tests.support.oracle_sight import LONGEST, Asker, LookUp, Past, Record


def decisions(run: Run) -> dict[str, dict[str, Any]]:
    """The recorded decisions by their id."""
    return {item["decision_id"]: item for item in run.services.items(DECISIONS) if item["kind"] == "decision"}


def same_for_every_cut(run: Run) -> Iterator[str]:
    """In order and in one lane, the decisions are to the last attribute those of a calm run in one batch."""
    if not (_is_one_lane(run) and run.script.is_roomy):
        return
    calm, found = decisions(replay(run.script.calm)), decisions(run)
    for decision_id in calm.keys() & found.keys():
        if calm[decision_id] != found[decision_id]:
            parts = {name for name, value in calm[decision_id].items() if found[decision_id].get(name) != value}
            yield f"same for every cut: {found[decision_id]['signal_id']} differs in {', '.join(sorted(parts))}"


def exact_for_every_cut(run: Run) -> Iterator[str]:
    """In order and in one lane, what tiles tell is complete, and then the same, whatever is full, as in a calm run."""
    if not _is_one_lane(run) or run.script.is_roomy:
        return
    calm, found = decisions(replay(run.script.calm)), decisions(run)
    names = {signal.decision_id: signal.name for signal in sent_signals(run)}
    for decision_id in calm.keys() & found.keys():
        one, other = (load_inputs(json.loads(each[decision_id]["capsule"])["inputs"]) for each in (calm, found))
        for use in POLICIES[found[decision_id]["policy"]].program(names[decision_id]).features:
            name, values = use.feature.name, [each.get(use.feature.name) for each in (one, other)]
            if use.feature.window and not _is_as_exact(use.feature.kind, *values):
                yield f"exact for every cut: {name} of {decision_id} was {values[1]}, and is {values[0]} in a calm run"


def _is_as_exact(kind: str, one: Any, other: Any) -> bool:
    """Of an incomplete past a lower bound may be higher, and some kinds say something, or nothing, by what is seen."""
    if kind in ("new", "sequence", "age", "sum") and None in (one, other):
        return True
    return type(one) is type(other) and (isinstance(one, AtLeast) or bool(one == other))


def measured(run: Run) -> Iterator[str]:
    """In order and in one lane, each feature is what the oracle makes of the signals that had arrived before."""
    if not (_is_one_lane(run) and run.script.is_roomy):
        return
    arrived: list[Record] = []
    # The first of each id is the one that was judged; one that was not is told of elsewhere.
    first = {signal.decision_id: signal for signal in reversed(sent_signals(run))}
    known = decisions(run)
    for decision_id, signal in sorted(first.items(), key=lambda each: each[1].received_at):
        record = known.get(decision_id)
        if record is None:
            continue
        inputs = load_inputs(json.loads(record["capsule"])["inputs"])
        asker = Asker(record_of(signal), signal.received_at)
        for use in POLICIES[record["policy"]].program(signal.name).features:
            entity = asker.record.entities.get(use.role)
            expected = value(use.feature, asker, _series_of(entity, arrived)) if entity else None
            if not is_same(inputs.get(use.feature.name), expected):
                found = inputs.get(use.feature.name)
                yield f"measured: {use.feature.name} of {signal.id} was {found}, and the oracle says {expected}"
        if asker.lateness <= LONGEST:
            arrived.append(asker.record)


def _is_one_lane(run: Run) -> bool:
    """What our own schedule says is judged whenever it comes: that is a lane, too."""
    return run.script.is_one_lane and not run.services.feedback


def _series_of(entity: str, arrived: Iterable[Record]) -> LookUp:
    """What had arrived of one entity, complete, as far as it is remembered."""
    return lambda signal, by: Past(
        [each for each in arrived if each.signal == signal and each.entities.get(by) == entity]
    )
