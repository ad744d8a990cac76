"""What people on call order in a history: commands as the command line records them."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from shared.decisions.record import packed
from shared.restrictions import Action, action_id_of
from shared.signals.times import stamp
from tests.faults.script import Order
from tests.support.signals import moment

PERSON = "person:ann"
DAY = 86_400.0
ABUSES = ("payment_fraud", "account_takeover", "policy")
LIMITS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("buy", {"none": True}),
    ("buy", {"count_per_day": 2}),
    ("receive_payout", {"share": 10}),
    ("receive_payout", {"reserve_share": 30, "reserve_days": 30}),
    ("change_payout_account", {"delay_hours": 24}),
    ("message", {"per_hour": 5, "no_links": True}),
)
SELECTORS: tuple[Mapping[str, str], ...] = (
    {},
    {"capability": "buy"},
    {"source": "rule:shared_card"},
    {"abuse": "payment_fraud"},
    {"until": "step_up"},
)


def ordered(order: Order, number: int, records: Iterable[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The record of an order, the `number`-th of its history; None where there is nothing to order it about."""
    recorded_as = f"command/{number:032}"
    action = _action(order, recorded_as, [action for record in records for action in actions_of(record)])
    if action is None:
        return None
    return {
        "decision_id": recorded_as,
        "kind": "command",
        "subject": action.entity,
        "time": stamp(action.occurred_at),
        "actions": packed([action.to_json()]),
        "outbox": "1 to publish",
    }


def actions_of(record: Mapping[str, Any]) -> list[Action]:
    """The actions that a record asks for."""
    return [Action.from_json(action) for action in json.loads(record.get("actions", "[]"))]


def _action(order: Order, recorded_as: str, known: list[Action]) -> Action | None:
    match order.what:
        case "place":
            capability, limit = LIMITS[order.nth % len(LIMITS)]
            ends = {"capability": capability, "limit": dict(limit), "expires_at": stamp(moment(order.at + DAY))}
            return _about(order, recorded_as, "restrict", ends)
        case "release":
            return _about(order, recorded_as, "release", {"selector": dict(SELECTORS[order.nth % len(SELECTORS)])})
        case "clear" | "take back":
            until = stamp(moment(order.at + DAY)) if order.what == "clear" else ""
            return _about(order, recorded_as, "clear", {"until": until}, ABUSES[order.nth % len(ABUSES)])
        case "answer":
            outcome = ("passed", "failed", "abandoned")[order.nth % 3]
            return _about(order, recorded_as, "answer", {"ask": "step_up", "outcome": outcome})
        case "undo" | "undo again":
            return _verdict(order, recorded_as, [each for each in known if _can_be_undone(each)])
        case _:
            return _settled(order, recorded_as, [each for each in known if each.kind == "park"])


def _about(order: Order, recorded_as: str, kind: Any, details: Mapping[str, Any], abuse: str | None = None) -> Action:
    entity = f"user:u_{order.user}"
    action_id = action_id_of(recorded_as, kind)
    return Action(kind, action_id, entity, PERSON, moment(order.at), "they said so", abuse, details=dict(details))


def _verdict(order: Order, recorded_as: str, known: list[Action]) -> Action | None:
    """On one of the actions that are recorded, whomever it is about."""
    if not known:
        return None
    about = sorted(known, key=lambda each: each.action_id)[order.nth % len(known)]
    verdict = {"action_id": about.action_id, "void": order.what == "undo"}
    if about.kind == "release":
        verdict["of"] = "release"
    details = {"verdict": verdict, **({"scope": about.scope} if about.scope else {})}
    ours = action_id_of(recorded_as, "undo")
    return Action("release", ours, about.entity, PERSON, moment(order.at), "it was wrong", details=details)


def _can_be_undone(action: Action) -> bool:
    return action.kind in ("restrict", "friction") or "selector" in action.details


def _settled(order: Order, recorded_as: str, known: list[Action]) -> Action | None:
    """One of the parked actions is let through, or will never be."""
    if not known:
        return None
    park = sorted(known, key=lambda each: each.action_id)[order.nth % len(known)]
    details = {"parked": park.action_id, "verdict": "release" if order.what == "let through" else "void"}
    ours = action_id_of(recorded_as, "unpark")
    return Action("unpark", ours, park.entity, PERSON, moment(order.at), "they looked at it", details=details)
