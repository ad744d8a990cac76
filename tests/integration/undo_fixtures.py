"""Decisions that did something, in a deployed stage: recorded, indexed, and enforced."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from shared.decisions import outcome_key
from shared.decisions.record import packed
from shared.restrictions import Action, action_id_of
from shared.signals.times import stamp
from shared.stores.attributes import from_item
from shared.stores.records import unpack_actions
from tests.integration.cli_fixtures import Stage

VERSION = "1f2e3d4c"
LASTS = timedelta(hours=24)


def restrict(decision_id: str, entity: str, rule: str, at: datetime, **details: Any) -> Action:
    """What a rule asked for; withdrawals are stopped unless the details say otherwise."""
    limited = {"capability": "withdraw", "limit": {"none": True}, "expires_at": stamp(at + LASTS), "version": VERSION}
    return made("restrict", decision_id, entity, rule, at, **{**limited, **details})


def made(kind: Any, decision_id: str, entity: str, by: str, at: datetime, **details: Any) -> Action:
    """What the rule named by `by` asked for."""
    what = packed(details)
    action_id = action_id_of(decision_id, by, kind, entity, what)
    return Action(kind, action_id, entity, f"rule:{by}", at, "It looked odd.", "payment_fraud", None, details)


def decide(
    stage: Stage,
    number: int,
    at: datetime,
    *actions: Action,
    rules: Iterable[str] = ("runaway",),
    disposition: str = "allow",
    policy: str = "9" * 32,
) -> str:
    """A decision's record as the functions write it, with its actions enforced; its id."""
    decision_id = identity(number)
    outcome = disposition if disposition != "allow" else "restrict"
    stage.put(
        {
            "decision_id": decision_id,
            "kind": "decision",
            "signal_type": "payout.requested",
            "subject": f"user:u_{number}",
            "time": stamp(at),
            "disposition": disposition,
            "rules": list(rules),
            "policy": policy,
            "outcome_day": outcome_key(outcome, stamp(at)[:10], number),
            "actions": packed([action.to_json() for action in actions]),
            "outbox": f"{len(actions)} to publish",
        }
    )
    for action in actions:
        stage.ledger.apply(action, decision_id)
    return decision_id


def identity(number: int) -> str:
    return f"{number:032x}"


def orders(stage: Stage) -> list[dict[str, Any]]:
    """What undos put into the outbox, the oldest round first."""
    items = stage.client("dynamodb").scan(TableName=stage.outputs["DecisionsTable"])["Items"]
    found = [record for record in map(from_item, items) if record["kind"] == "undo"]
    return sorted(found, key=lambda record: record["decision_id"])


def enforce(stage: Stage) -> None:
    """What undos ordered, applied as `enforce` does."""
    for record in orders(stage):
        for action in unpack_actions(record):
            stage.ledger.apply(action, record["decision_id"])


def limited(stage: Stage, entity: str, at: datetime, scope: str = "") -> dict[str, set[str]]:
    """The capabilities that are limited, and whose causes say so."""
    account = stage.ledger.account(entity, scope)
    return {each.capability: {cause.source for cause in each.causes} for each in account.in_force(at)}
