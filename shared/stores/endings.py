"""When something of a page ends by itself: the agenda's items that an action asks for."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from shared.restrictions import Account, Action
from shared.restrictions.causes import cause_of, moment
from shared.stores.agenda import Due, agenda_item, waiting_item


def endings_of(action: Action, decision_id: str) -> Iterator[dict[str, Any]]:
    """Of a restriction its end, and its expiry if a person must decide then; of a demand when its time is up."""
    if action.kind == "restrict":
        cause = cause_of(action, decision_id)
        if cause.ends_at > action.occurred_at:
            yield _item(action, cause.ends_at)
        if cause.ends_at != cause.expires_at > action.occurred_at:
            due = Due(cause.expires_at, action.entity, action.scope, action.lane, action.action_id)
            yield _item(action, cause.expires_at)
            yield waiting_item(due, cause.ends_at)
    if action.kind == "friction":
        yield _item(action, moment(action.details["expires_at"]))


def legal_endings_of(before: Account, after: Account, action: Action) -> Iterator[dict[str, Any]]:
    """When law ends holds of money, as far as an action has moved that."""
    for capability, at in sorted(_legal_ends(after) - _legal_ends(before)):
        if at > action.occurred_at:
            yield agenda_item(at, action.entity, action.scope, capability, action.action_id)


def _legal_ends(account: Account) -> set[tuple[str, datetime]]:
    return {(cause.capability, end) for cause in account.causes if (end := account.legal_end(cause))}


def _item(action: Action, at: datetime) -> dict[str, Any]:
    return agenda_item(at, action.entity, action.scope, action.lane, action.action_id)
