"""Entries of the ledger's history: an action, what it came to, and what followed on other pages."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from shared.restrictions import Account, Action, Applied, Follow, event_id_of, outcomes
from shared.stores.pages import Head

ACTION = "action#"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the history says of an action. `follows` are the actions on other pages that it brought about.

    `unparked` is the action that it let through, with the decision that had asked for it.
    """

    action: Action
    decision_id: str
    changed: bool
    applied: tuple[Applied, ...] = ()
    reached: tuple[Follow, ...] = ()
    unparked: tuple[Action, str] | None = None
    note: str = ""

    @property
    def scope(self) -> str:
        return self.action.scope

    @property
    def sequence(self) -> int:
        """Of the first event that came of it; 0 if none did."""
        return self.applied[0].sequence if self.applied else 0

    @property
    def follows(self) -> tuple[Action, ...]:
        """The actions that follow from it, whether or not a crash has kept them from being applied yet."""
        return tuple(action for action, _ in self.decided_follows)

    @property
    def decided_follows(self) -> tuple[tuple[Action, str], ...]:
        """These, each with the decision behind it."""
        reached = tuple((follow.action(self.action), self.decision_id) for follow in self.reached)
        return (*reached, self.unparked) if self.unparked else reached

    def to_record(self) -> dict[str, Any]:
        """The item's attributes: the same ones, however often it is written."""
        record = {
            "entity": self.action.entity,
            "item": entry_name(self.action.action_id),
            "scope": self.scope,
            "sequence": self.sequence,
            "changed": self.changed,
            "decision_id": self.decision_id,
            "action": _packed(self.action.to_json()),
            "applied": _packed([_applied_to_json(each) for each in self.applied]),
            "note": self.note,
        }
        if self.reached:
            record["reached"] = _packed([asdict(follow) for follow in self.reached])
        if self.unparked:
            action, decision_id = self.unparked
            record["unparked"] = _packed({"action": action.to_json(), "decision_id": decision_id})
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Entry":
        """The entry that gave these attributes."""
        action = Action.from_json(json.loads(record["action"]))
        decision_id = record["decision_id"]
        unparked = json.loads(record.get("unparked", "null"))
        return cls(
            action,
            decision_id,
            record["changed"],
            tuple(
                Applied(action=action, decision_id=decision_id, scope=action.scope, **each)
                for each in json.loads(record["applied"])
            ),
            tuple(Follow(**follow) for follow in json.loads(record.get("reached", "[]"))),
            (Action.from_json(unparked["action"]), unparked["decision_id"]) if unparked else None,
            record["note"],
        )


def entry_name(action_id: str) -> str:
    """The sort key of an action's entry."""
    return f"{ACTION}{action_id}"


def numbered(head: Head, after: Account, action: Action, decision_id: str) -> tuple[Applied, ...]:
    """The events that follow from an action, each with the next sequence of its lane."""
    sequences = dict(head.sequences)
    events = []
    for outcome in outcomes(head.account, after, action, decision_id):
        sequences[outcome.lane] = sequences.get(outcome.lane, 0) + 1
        events.append(
            Applied(
                outcome.detail_type,
                action,
                event_id_of(action, outcome),
                outcome.lane,
                sequences[outcome.lane],
                decision_id,
                outcome.state,
                action.scope,
                outcome.note,
            )
        )
    return tuple(events)


def counted(sequences: Mapping[str, int], events: Sequence[Applied]) -> dict[str, int]:
    """The last sequence of each lane, these events included."""
    return {**sequences, **{event.lane: event.sequence for event in events}}


def _applied_to_json(event: Applied) -> dict[str, Any]:
    named = ("detail_type", "event_id", "lane", "sequence", "state", "note")
    return {name: getattr(event, name) for name in named}


def _packed(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
