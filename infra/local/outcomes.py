"""What decisions came to, in the few plain values that summaries and scores are made of."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.local.simulation.restraint import Restraints, Restricted, needed
from infra.local.simulation.scoring import Observed
from shared.policy import Policy
from shared.restrictions import NONE, Action, Dispose, Limit, Restrict

REVIEWS = "reviews"
HELD = frozenset({"pend", "deny"})


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as its record tells it. `rules` acted; `held_back` fired without acting (`name: why`)."""

    decision_id: str
    signal_type: str
    source: str
    signal_id: str
    subject: str
    time: datetime
    disposition: str
    rules: tuple[str, ...]
    held_back: tuple[str, ...]
    entities: tuple[str, ...]

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Decided":
        """From the attributes of a decision's item."""
        return cls(
            record["decision_id"],
            record["signal_type"],
            record["signal_source"],
            record["signal_id"],
            record["subject"],
            datetime.fromisoformat(record["time"]),
            record["disposition"],
            tuple(record["rules"]),
            tuple(record["held_back"]),
            tuple(sorted(set(json.loads(record["capsule"])["entities"].values()))),
        )


@dataclass(frozen=True, slots=True)
class Enforced:
    """An action that the ledger took, the decision that asked for it, and the queues that were told of it: of what
    changes nothing, none is."""

    decision_id: str
    action: Action
    queues: tuple[str, ...] = ()

    @property
    def restricts(self) -> bool:
        """Whether it limits somebody, as it says; what a clearance stands against becomes a review instead."""
        return self.action.kind == "restrict" and REVIEWS not in self.queues

    @property
    def until(self) -> datetime:
        """When a restriction ends by itself: where a person must decide, when law ends it."""
        details = self.action.details
        return datetime.fromisoformat(details.get("holds_until") or details["expires_at"])


@dataclass(frozen=True)
class Outcomes:
    """Decisions by their id, and the actions that followed (without the mere word about a held thing)."""

    decided: Mapping[str, Decided]
    enforced: Sequence[Enforced]

    def restricting(self) -> Mapping[str, list[Enforced]]:
        """The actions that limit somebody, by the decision that asked for them."""
        return _by_decision(each for each in self.enforced if each.restricts)

    def asking(self) -> Mapping[str, list[Enforced]]:
        """The demands for friction, by the decision that made them."""
        return _by_decision(each for each in self.enforced if each.action.kind == "friction")


def queue_of(detail_type: str, lane: str) -> str:
    """The short name of the queue to which the bus delivers an event."""
    match detail_type:
        case "FrictionRequired" | "FrictionWithdrawn":
            return "friction"
        case "ReviewRequested":
            return REVIEWS
        case "ActionParked":
            return "parked"
        case "GuardrailTripped":
            return "guardrails"
        case _:
            return f"act-{lane}"


def _by_decision(enforced: Iterable[Enforced]) -> Mapping[str, list[Enforced]]:
    found: dict[str, list[Enforced]] = defaultdict(list)
    for each in enforced:
        found[each.decision_id].append(each)
    return found


def observed(outcomes: Outcomes, policy: Policy) -> list[Observed]:
    """What the simulation's scoring wants to see."""
    placed, asked = outcomes.restricting(), outcomes.asking()
    return [
        Observed(
            each.source,
            each.signal_id,
            each.time,
            each.subject,
            each.disposition,
            tuple(_restricted(one) for one in placed.get(each.decision_id, ())),
            tuple(one.action.entity for one in asked.get(each.decision_id, ())),
            each.entities,
            tuple(sorted({policy.rules[name].abuse for name in each.rules if _is_strong(policy, name)})),
            signal_type=each.signal_type,
        )
        for each in outcomes.decided.values()
    ]


def _is_strong(policy: Policy, rule: str) -> bool:
    """Whether a rule asks for anything stronger than friction."""
    return any(
        isinstance(effect, Restrict) or (isinstance(effect, Dispose) and effect.disposition in HELD)
        for effect in policy.rules[rule].every_effect
    )


def _restricted(placed: Enforced) -> Restricted:
    action, limit = placed.action, Limit.from_json(placed.action.details["limit"])
    # Whoever has some of a capability left has less of it than they had, and not nothing.
    allowed = 0 if limit == NONE else max(limit.allowed, 1)
    step_up = "step_up" in dict(limit.bounds)
    return Restricted(action.entity, action.details["capability"], placed.until, allowed, step_up, action.scope)


def under_restriction(outcomes: Outcomes) -> set[str]:
    """The decisions about signals that a restriction on their actor, or on a thing in them, would have stopped."""
    restraints = Restraints()
    for each in outcomes.enforced:
        if each.restricts:
            restraints.place(each.action.occurred_at, _restricted(each))
    return {
        each.decision_id
        for each in outcomes.decided.values()
        if restraints.stop(_acting(each), needed(each.signal_type, each.entities), each.time)
    }


def _acting(decided: Decided) -> Iterable[str]:
    """Who acts and with what; other users in the signal are not acting."""
    return (decided.subject, *(entity for entity in decided.entities if not entity.startswith("user:")))
