"""Actions as the ledger gets them, by the few words that tests are about."""

from datetime import timedelta
from typing import Any

from shared.restrictions import Account, Action, Limit, Selector, applied
from shared.signals.times import stamp
from tests.support.signals import moment

USER = "user:u_1"
DECISION = "d" * 32
HOLD = {"none": True}
HOUR = 3600


def restrict(  # noqa: PLR0913  (each is one word of a restriction)
    action_id: str,
    at: float = 0,
    *,
    lasts: float = HOUR,
    capability: str = "receive_payout",
    limit: dict[str, Any] | None = None,
    source: str = "rule:a",
    entity: str = USER,
    abuse: str | None = "payment_fraud",
    **details: Any,
) -> Action:
    """A restriction from `at` on, that `lasts` so many seconds; a hold unless another limit is given."""
    own = {"capability": capability, "limit": limit or HOLD, "expires_at": stamp(moment(at) + timedelta(seconds=lasts))}
    return Action("restrict", action_id, entity, source, moment(at), "why", abuse, None, {**own, **details})


def release(
    action_id: str, at: float, by: str = "person:ana", entity: str = USER, scope: str = "", **fits: str
) -> Action:
    """A release of everything that fits."""
    details = {"selector": Selector(**fits).to_json(), "scope": scope}
    return Action("release", action_id, entity, by, moment(at), "a mistake", details=details)


def undo(  # noqa: PLR0913  (each is one word of a verdict)
    action_id: str,
    of: str,
    at: float,
    by: str = "person:ana",
    entity: str = USER,
    scope: str = "",
    *,
    void: bool = True,
) -> Action:
    """A verdict on what one action placed."""
    details = {"verdict": {"action_id": of, "void": void}, "scope": scope}
    return Action("release", action_id, entity, by, moment(at), "undone", details=details)


def clear(
    action_id: str,
    at: float,
    lasts: float = 24 * HOUR,
    by: str = "person:ana",
    entity: str = USER,
    abuse: str | None = "payment_fraud",
) -> Action:
    """A clearance; one that lasts no time takes it back."""
    until = stamp(moment(at + lasts)) if lasts else ""
    return Action("clear", action_id, entity, by, moment(at), "honest", abuse, details={"until": until})


def friction(action_id: str, at: float, lasts: float = 900, ask: str = "step_up", remember_hours: int = 24) -> Action:
    details = {"ask": ask, "expires_at": stamp(moment(at + lasts)), "remember_hours": remember_hours}
    return Action("friction", action_id, USER, "rule:a", moment(at), "why", "account_takeover", details=details)


def answer(action_id: str, at: float, outcome: str = "passed", ask: str = "step_up") -> Action:
    details = {"ask": ask, "outcome": outcome}
    return Action("answer", action_id, USER, "feedback:stepup", moment(at), "", details=details)


def account(*actions: Action, page: Account | None = None) -> Account:
    """The page after these actions, in this order."""
    page = page or Account()
    for action in actions:
        page = applied(page, action, DECISION)
    return page


def limits(page: Account, at: float) -> dict[str, dict[str, Any]]:
    """What is limited at a moment, and how."""
    return {standing.capability: standing.limit.to_json() for standing in page.in_force(moment(at))}


def limit(**bounds: int) -> Limit:
    return Limit.of(bounds)
