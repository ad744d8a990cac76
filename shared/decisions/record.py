"""A decision's record: JSON-like attributes by the names that people query, and back.

Top-level attributes are plain strings, numbers and lists for the console and the AWS CLI. What only Sluice reads is
JSON text: `capsule` (what it takes to recompute the decision), `remembered` (the timelines' entries), `actions`.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.decisions.answering import Answer
from shared.decisions.decide import Weighed
from shared.decisions.model import Decision, Linked, Particulars, Verdict
from shared.features import Entry, TileKey
from shared.policy import Policy, dump_inputs, load_inputs
from shared.signals.times import stamp

OUTCOME_SHARDS = 4
"""How many keys one outcome of one day is spread over; tools that query a day ask for each."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What must be known of a signal whose decision stands."""

    decision_id: str
    digest: str
    entries: tuple[Entry, ...]


def to_record(decision: Decision, label: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The attributes of a decision's item, without its TTL."""
    about = decision.particulars
    record: dict[str, Any] = {
        "decision_id": about.decision_id,
        "kind": "decision",
        "signal_type": about.signal_type,
        "signal_source": about.source,
        "signal_id": about.signal_id,
        "subject": about.subject,
        "time": stamp(about.time),
        "received_at": stamp(about.received_at),
        "digest": about.digest,
        "disposition": decision.disposition,
        "scores": dict(decision.scores),
        "rules": [rule.name for rule in decision.fired if not rule.held_back],
        "held_back": [f"{rule.name}: {rule.held_back}" for rule in decision.fired if rule.held_back],
        "reasons": list(decision.reasons),
        "policy": decision.policy,
        "capsule": packed(
            {
                "actor": about.actor,
                "entities": dict(about.entities),
                "gating": about.gating,
                "observe_only": about.observe_only,
                "challenger": about.challenger,
                "stopped": _stopped(decision),
                "inputs": dump_inputs(decision.inputs),
                "unknown": list(decision.unknown),
                "broken": dict(decision.broken),
                **({"links": [link._asdict() for link in decision.links]} if decision.links else {}),
                **({"guarded": [list(verdict) for verdict in decision.guarded]} if decision.guarded else {}),
                **({"answer": about.answer.to_json()} if about.answer else {}),
            }
        ),
        "remembered": pack_entries(decision.entries),
    }
    if decision.guarded:
        record["guarded"] = [verdict.in_words for verdict in decision.guarded]
    if about.about_decision:
        record["about_decision"] = about.about_decision
    if label:
        record["label"] = packed(dict(label))
    if decision.actions:
        record["actions"] = packed([action.to_json() for action in decision.actions])
        record["outbox"] = f"{len(decision.actions)} to publish"
    outcome = outcome_of(decision)
    if outcome != "allow":
        record["outcome_day"] = outcome_key(outcome, record["time"][:10], int(about.decision_id[:4], 16))
    return record


def _stopped(decision: Decision) -> list[str]:
    """The switches that mattered to a decision: of rules, whatever stopped them, and of capabilities."""
    rules = [rule.name for rule in decision.fired if rule.held_back == "stopped"]
    return rules + sorted({each.guardrail for each in decision.guarded if each.guardrail.startswith("capability:")})


def outcome_of(decision: Decision) -> str:
    """The disposition; or, of an `allow`, the strongest kind of action beside it; or plain `allow`."""
    if decision.disposition != "allow":
        return decision.disposition
    kinds = {action.kind for action in decision.actions}
    return next((kind for kind in ("restrict", "command", "friction", "review") if kind in kinds), "allow")


def outcome_key(outcome: str, day: str, number: int) -> str:
    """A key of the index by outcome: `deny#2026-11-22#3`."""
    return f"{outcome}#{day}#{number % OUTCOME_SHARDS}"


def recorded(record: Mapping[str, Any]) -> Recorded:
    """What a retry needs of a stored record."""
    return Recorded(record["decision_id"], record["digest"], unpack_entries(record["remembered"]))


def recomputed(record: Mapping[str, Any], policy: Policy) -> Decision:
    """The decision again, from its record and the policy it names (law 7)."""
    capsule = json.loads(record["capsule"])
    verdicts = tuple(Verdict(*each) for each in capsule.get("guarded", ()))
    return _weighed(record, capsule, policy).concluded(capsule["stopped"], verdicts)


def rejudged(record: Mapping[str, Any], policy: Policy) -> Decision:
    """What another policy says of a decision's inputs, as if budgets never ended and nothing were braked."""
    capsule = json.loads(record["capsule"])
    return _weighed(record, capsule, policy).unguarded(capsule["stopped"])


def _weighed(record: Mapping[str, Any], capsule: Mapping[str, Any], policy: Policy) -> Weighed:
    particulars = Particulars(
        record["decision_id"],
        record["signal_type"],
        record["signal_source"],
        record["signal_id"],
        record["subject"],
        datetime.fromisoformat(record["time"]),
        datetime.fromisoformat(record["received_at"]),
        record["digest"],
        capsule["observe_only"],
        capsule["gating"],
        capsule["actor"],
        capsule["entities"],
        record.get("about_decision"),
        capsule["challenger"],
        Answer.from_json(capsule.get("answer")),
    )
    inputs = load_inputs(capsule["inputs"])
    judgement = policy.program(particulars.signal_type).judge(inputs)
    links = tuple(Linked(**{**link, "names": tuple(link["names"])}) for link in capsule.get("links", ()))
    return Weighed(particulars, judgement, inputs, policy, unpack_entries(record["remembered"]), links)


def pack_entries(entries: Iterable[Entry]) -> str:
    """`[[entity, tile, element], …]`; an element that came before, as most do, is the place where it stands."""
    places: dict[bytes, int] = {}
    rows: list[list[str | int]] = []
    for place, (key, element) in enumerate(entries):
        first = places.setdefault(element, place)
        rows.append([*key, b64encode(element).decode() if first == place else first])
    return packed(rows)


def unpack_entries(text: str) -> tuple[Entry, ...]:
    """What `pack_entries` was given."""
    entries: list[Entry] = []
    for entity, tile, element in json.loads(text):
        known = entries[element].element if isinstance(element, int) else b64decode(element)
        entries.append(Entry(TileKey(entity, tile), known))
    return tuple(entries)


def packed(value: Any) -> str:
    """Compact JSON with sorted keys: the same value always has the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
