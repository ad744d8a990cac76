"""The ledger's algebra by example: causes join, releases remove one, expiry needs no sweeping."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.restrictions import Account, Action, account_from_json, account_to_json, applied
from shared.restrictions.ledger import EVERYONE

pytestmark = pytest.mark.unit
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def placed(source="rule:a", capability="receive_payout", allowed=0, at=NOON, lasts=HOUR, action_id="1"):
    details = {"capability": capability, "allowed": allowed, "expires_at": (at + lasts).isoformat()}
    return Action("restrict", action_id, "user:u_1", source, at, "why", "payment_fraud", details=details)


def released(source="rule:a", capability="receive_payout", at=NOON, action_id="r"):
    details = {"capability": capability, "released": source}
    return Action("release", action_id, "user:u_1", "person:ana", at, "a mistake", details=details)


def account(*actions):
    page = Account()
    for action in actions:
        page = applied(page, action, "d")
    return page


def allowed(page, at=NOON + HOUR / 2):
    return {standing.capability: standing.allowed for standing in page.in_force(at)}


def test_nothing_is_restricted_at_first():
    """An entity without causes may do everything."""
    assert Account().in_force(NOON) == ()


def test_the_least_that_any_cause_allows_is_what_is_allowed():
    """Two rules that leave 50 and 25 percent of payouts leave 25 percent, until the later end."""
    page = account(placed(allowed=50, lasts=2 * HOUR), placed("rule:b", allowed=25))
    (standing,) = page.in_force(NOON)
    assert (standing.allowed, standing.until) == (25, NOON + 2 * HOUR)
    assert {cause.source for cause in standing.causes} == {"rule:a", "rule:b"}


def test_a_milder_action_never_lifts_a_stronger_one():
    """A later rule that would leave half does not weaken a full hold."""
    assert allowed(account(placed(allowed=0), placed("rule:b", allowed=50, at=NOON + HOUR / 4))) == {
        "receive_payout": 0
    }


def test_releasing_one_cause_leaves_the_others():
    """The other rule's restriction stays in force."""
    page = account(placed(allowed=0), placed("rule:b", allowed=50), released("rule:a"))
    assert allowed(page) == {"receive_payout": 50}


def test_a_release_of_everyone_frees_one_capability_only():
    """Releasing all causes of a capability leaves other capabilities alone."""
    page = account(placed(), placed("rule:b", "buy"), released(EVERYONE))
    assert allowed(page) == {"buy": 0}


def test_a_release_does_not_reach_later_evidence():
    """What the same rule places after the release is in force."""
    assert allowed(account(released(at=NOON), placed(at=NOON + HOUR / 4))) == {"receive_payout": 0}


def test_a_release_that_arrives_first_still_releases():
    """A placement from before the release is void, in whichever order the two arrive."""
    before = placed(at=NOON - HOUR / 4)
    assert account(released(), before) == account(before, released())
    assert allowed(account(released(), before)) == {}


def test_past_its_expiry_a_cause_is_not_in_force():
    """At the very end it is over, though nobody swept it."""
    page = account(placed())
    assert allowed(page, NOON + HOUR - timedelta(milliseconds=1)) == {"receive_payout": 0}
    assert allowed(page, NOON + HOUR) == {}


def test_the_same_rule_again_extends_and_takes_no_more_room():
    """A hundred hits of one rule are one cause, until the last one's end."""
    page = account(*(placed(at=NOON + i * timedelta(minutes=1), action_id=str(i)) for i in range(100)))
    assert len(page.causes) == 1
    assert page.in_force(NOON + 2 * HOUR)[0].until == NOON + timedelta(minutes=99) + HOUR


def test_an_account_survives_storage():
    """Causes and releases read back equal."""
    page = account(placed(), placed("rule:b", "buy"), released("rule:b", "buy", NOON - HOUR))
    assert account_from_json(account_to_json(page)) == page


def test_an_action_survives_the_outbox():
    """An action reads back equal from its record."""
    action = placed()
    assert Action.from_json(action.to_json()) == action
    assert Action.from_json(released().to_json()) == released()


def test_the_sequence_counts_within_capability_command_or_demand():
    """Actions that replace each other share a lane."""
    assert placed().lane == released().lane == "receive_payout"
    assert Action("command", "c", "user:u", "rule:a", NOON, "", details={"command": "refund"}).lane == "refund"
    assert Action("review", "c", "user:u", "rule:a", NOON, "").lane == "review"
