"""From what the ledger made of an action to the detail of the event that tells it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from shared.restrictions.actions import Action
from shared.restrictions.causes import MALFORMED
from shared.restrictions.events import SCHEMA_VERSION, event_model
from shared.restrictions.limits import Limit
from shared.restrictions.parking import waits_until
from shared.restrictions.statements import ended_by_law
from shared.signals.times import stamp

if TYPE_CHECKING:
    from shared.restrictions.outcomes import Applied

EVERYONE = "*"
FEEDBACK = ("person:review", "person:appeal")
"""People whose word comes as a signal: their reasons are ours, in words for anybody."""


class NoEventError(ValueError):
    """What does not keep the contract of the bus must not leave: it says which field, and why."""


def detail_of(applied: "Applied", correlation_id: str) -> dict[str, Any]:
    """The detail of the event that tells what came of an action; `NoEventError` where none can be made of it."""
    try:
        detail = event_model(applied.detail_type).model_validate(_document(applied, correlation_id))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise NoEventError("; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found)) from error
    except MALFORMED as error:
        raise NoEventError(f"{type(error).__name__}: {error}") from error
    document: dict[str, Any] = detail.model_dump(mode="json")
    return document


def _document(applied: "Applied", correlation_id: str) -> dict[str, Any]:
    action = applied.action
    return {
        "metadata": {
            "action_id": applied.event_id,
            "sequence": applied.sequence,
            "cause": action.source,
            "decision_id": applied.decision_id,
            "occurred_at": stamp(action.occurred_at),
            "stale_after": stamp(action.stale_after) if action.stale_after else None,
            "schema_version": SCHEMA_VERSION,
            "correlation_id": correlation_id,
        },
        "data": {
            "entity": action.entity,
            "abuse": action.abuse,
            "reason": _reason(action),
            **_TOLD[applied.detail_type](applied),
        },
    }


def _reason(action: Action) -> str:
    """What the user may read: of a restriction that somebody placed by hand what its statement says, as people write
    their reasons for colleagues."""
    if not action.by_person or action.source in FEEDBACK:
        return action.reason
    notice = action.details.get("statement", {}).get("notice", {})
    return str(notice.get("facts", ""))


def _restricted(applied: "Applied") -> dict[str, Any]:
    """What the state says, for every event about a limit that stands."""
    action, steps = applied.action, applied.state["steps"]
    return {
        "capability": applied.lane,
        "allowed": Limit.from_json(steps[0]["limit"]).allowed,
        "expires_at": steps[-1]["until"],
        "scope": applied.scope,
        "state": applied.state,
        "source": _source(action),
    }


def _placed(applied: "Applied") -> dict[str, Any]:
    details = as_law_ends_it(applied.action.details, applied.state.get("legal_end"))
    own = ("limit", "until", "on_expiry", "holds_until", "statement")
    return {
        **_restricted(applied),
        **({name: details[name] for name in own if name in details} if applied.action.kind == "restrict" else {}),
        "linked": "via" in details,
    }


def as_law_ends_it(details: Mapping[str, Any], at: str | None) -> Mapping[str, Any]:
    """What was asked for, with the end that it really has."""
    if at is None:
        return details
    holds_until = {"holds_until": min(at, details["holds_until"])} if "holds_until" in details else {}
    statement = {"statement": ended_by_law(details["statement"], at)} if "statement" in details else {}
    return {**details, **holds_until, **statement}


def _released(applied: "Applied") -> dict[str, Any]:
    return {
        "capability": applied.lane,
        "released": EVERYONE,
        "scope": applied.scope,
        "state": {"steps": (), "since": None},
        "source": _source(applied.action),
    }


def _asked(applied: "Applied") -> dict[str, Any]:
    ends_at = applied.state.get("expires_at") or applied.action.details.get("expires_at")
    return {"ask": applied.lane, "expires_at": ends_at}


def _reviewed(applied: "Applied") -> dict[str, Any]:
    return {"within_hours": applied.action.details.get("within_hours"), "note": applied.note}


def _parked(applied: "Applied") -> dict[str, Any]:
    park = applied.action
    held = Action.from_json(park.details["action"])
    return {
        "what": {
            "kind": held.kind,
            "lane": held.lane,
            "limit": held.details.get("limit"),
            "expires_at": held.details.get("expires_at"),
        },
        "why": park.details["why"],
        "rule": park.details["rule"],
        "waits_until": stamp(waits_until(park)),
    }


def _told(applied: "Applied") -> dict[str, Any]:
    return applied.action.details


def _source(action: Action) -> dict[str, str]:
    kind, _, name = action.source.partition(":")
    return {"kind": kind, "name": name, "version": action.details.get("version", "")}


_TOLD: Mapping[str, Callable[["Applied"], Mapping[str, Any]]] = {
    "RestrictionPlaced": _placed,
    "RestrictionChanged": _restricted,
    "RestrictionReleased": _released,
    "CommandIssued": _told,
    "FrictionRequired": _asked,
    "FrictionWithdrawn": _asked,
    "ReviewRequested": _reviewed,
    "DecisionMade": _told,
    "ActionParked": _parked,
    "GuardrailTripped": _told,
}
