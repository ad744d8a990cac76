"""Actions that the ledger does not understand are refused by name, with what is wrong about them."""

from dataclasses import replace
from typing import Any

import pytest

from shared.restrictions import Account, Action, UnfitActionError, applied
from tests.support.ledgers import DECISION, clear, friction, release, restrict
from tests.support.signals import moment

pytestmark = pytest.mark.unit


def changed(action: Action, **details: Any) -> Action:
    return replace(action, details={**action.details, **details})


def without(action: Action, name: str) -> Action:
    return replace(action, details={key: value for key, value in action.details.items() if key != name})


@pytest.mark.parametrize(
    ("action", "why"),
    [
        (restrict("a", limit={"share": -1}), "share must be from 1 to 99, it is -1"),
        (restrict("a", limit={"share": 101}), "share must be from 1 to 99, it is 101"),
        (restrict("a", limit={"reserve_share": 120}), "reserve_share must be from 1 to 99, it is 120"),
        (restrict("a", limit={"phase": 3}), "'phase' is no way to limit"),
        (restrict("a", limit={"share": "half"}), "invalid literal"),
        (restrict("a", limit={"share": None}), "int"),
        (restrict("a", capability="buy", limit={"share": 50}), "buy cannot be limited by share"),
        (restrict("a", capability="teleport"), "there is no capability 'teleport'"),
        (changed(restrict("a"), limit={}), "it limits nothing"),
        (without(restrict("a"), "limit"), "a restriction needs 'limit'"),
        (without(restrict("a"), "expires_at"), "a restriction needs 'expires_at'"),
        (restrict("a", expires_at="soon"), "Invalid isoformat string: 'soon'"),
        (restrict("a", expires_at="2026-11-22T12:00:00"), "needs a zone"),
        (restrict("a", expires_at="9999-12-31T23:59:59-12:00"), "date value out of range"),
        (restrict("a", expires_at=7), "fromisoformat"),
        (restrict("a", on_expiry="renew"), "on_expiry is release or person, not 'renew'"),
        (restrict("a", via={"entity": "user:u_2"}), "'action_id'"),
        (clear("a", 0, by="rule:a"), "only a person clears, rule:a is none"),
        (clear("a", 0, abuse=None), "a clearance is for one kind of abuse"),
        (changed(release("a", 0), selector={"colour": "red"}), "colour"),
        (without(release("a", 0), "selector"), "selector"),
        (changed(release("a", 0), verdict={"void": True}), "action_id"),
        (without(friction("a", 0), "ask"), "ask"),
        (replace(restrict("a"), kind="teleport"), "there is no kind of action 'teleport'"),
        (Action("answer", "a", "user:u_1", "feedback:x", moment(0), ""), "ask"),
    ],
)
def test_what_is_not_understood_is_refused(action: Action, why: str) -> None:
    """The error names the action and what about it, and no person."""
    with pytest.raises(UnfitActionError) as refused:
        applied(Account(), action, DECISION)
    assert str(refused.value).startswith("the action a cannot be applied: ")
    assert why in str(refused.value)
    assert "u_1" not in str(refused.value)


def test_what_is_said_to_others_alone_leaves_the_account_as_it_is() -> None:
    """Only what limits, releases, clears, asks and answers changes an account."""
    for kind in ("command", "review", "guardrail", "park", "unpark", "expire"):
        assert applied(Account(), Action(kind, "a", "user:u_1", "rule:a", moment(0), ""), DECISION) == Account()
