"""The example consumer: idempotent, ordered, waiting for its word as long as the policy says, and no longer."""

import json
from copy import deepcopy
from datetime import timedelta
from pathlib import Path

import pytest

from shared.restrictions import NONE, Limit
from tests.support.bus_examples import DAY, HOUR, NOON, examples
from tests.support.consumer import PayoutService

pytestmark = pytest.mark.unit

V1 = Path(__file__).parent.parent / "golden" / "actions" / "1"
MINUTE = timedelta(minutes=1)
PAYOUT = ("payouts", "po_2204")
USER = "user:u_1042"


def made(name, *, sequence=None, action_id=None, **data):
    """A golden event with another sequence, id or data."""
    event = deepcopy(examples()[name])
    metadata = event["detail"]["metadata"]
    metadata["sequence"] = sequence or metadata["sequence"]
    metadata["action_id"] = action_id or metadata["action_id"]
    event["detail"]["data"] |= data
    return event


def waiting(then="closed"):
    service = PayoutService()
    service.hold(PAYOUT, NOON, 15 * MINUTE, then)
    return service


@pytest.mark.parametrize(("disposition", "word"), [("allow", "open"), ("pend", "held"), ("deny", "closed")])
def test_a_held_payout_does_as_it_is_told(disposition, word):
    """The word that came within the deadline counts, whatever the deadline would have done."""
    service = waiting()

    service.receive(made("DecisionMade", disposition=disposition), NOON + MINUTE)
    service.tick(NOON + HOUR)

    assert service.payouts[PAYOUT].word == word


@pytest.mark.parametrize("then", ["open", "closed"])
def test_without_a_word_the_deadline_opens_or_closes_and_a_late_word_changes_nothing(then):
    """Until the deadline it waits; what the service then answered stands, and the late word is stale."""
    service = waiting(then)

    service.tick(NOON + 15 * MINUTE - timedelta(milliseconds=1))
    assert service.payouts[PAYOUT].word == "waiting"
    service.tick(NOON + 15 * MINUTE)
    service.receive(made("DecisionMade", disposition="pend"), NOON + 16 * MINUTE)

    assert service.payouts[PAYOUT].word == then
    assert service.dropped["stale"] == 1


def test_a_word_that_is_quicker_than_the_service_is_not_lost():
    """It came before the service had noted that it holds the payout."""
    service = PayoutService()

    service.receive(made("DecisionMade", disposition="allow"), NOON)
    service.hold(PAYOUT, NOON, 15 * MINUTE, "closed")
    service.tick(NOON + HOUR)

    assert service.payouts[PAYOUT].word == "open"


def test_a_command_is_carried_out_once_and_not_when_it_is_stale():
    """However often it comes; and a day and more after it made sense, not at all."""
    service = PayoutService()

    for _ in range(3):
        service.receive(made("CommandIssued"), NOON + MINUTE)
    service.receive(made("CommandIssued", action_id="another"), NOON + 2 * DAY)

    assert service.done == [("revoke_sessions", USER)]
    assert service.dropped == {"duplicate": 2, "overtaken": 0, "stale": 1}


def test_a_state_that_comes_late_is_still_the_state():
    """A restriction has no best-before: it is in force until it ends, and ends by itself."""
    service = PayoutService()

    service.receive(made("RestrictionPlaced"), NOON + 2 * DAY)

    assert service.limit(USER, "withdraw", NOON + 2 * DAY) == NONE
    assert service.limit(USER, "withdraw", NOON + 3 * DAY) == Limit()


def test_what_was_overtaken_is_dropped():
    """The release came first, the older placement after it, in the order of no clock but the sequence."""
    service = PayoutService()

    service.receive(made("RestrictionReleased"), NOON)
    service.receive(made("RestrictionPlaced"), NOON)

    assert service.limit(USER, "withdraw", NOON + HOUR) == Limit()
    assert service.dropped["overtaken"] == 1


def test_one_order_is_limited_beside_everything_else():
    """A reserve on one order leaves the others alone, and joins with what limits all of them."""
    service = PayoutService()
    service.receive(made("RestrictionPlaced-scope"), NOON)

    assert service.limit(USER, "receive_payout", NOON, "order:o_41120") == Limit.of(
        {"reserve_days": 30, "reserve_share": 30}
    )
    assert service.limit(USER, "receive_payout", NOON) == Limit()

    service.receive(made("RestrictionPlaced", capability="receive_payout"), NOON)
    assert service.limit(USER, "receive_payout", NOON, "order:o_41120") == NONE


@pytest.mark.parametrize("ahead", [timedelta(minutes=-10), timedelta(minutes=10)])
def test_a_clock_that_disagrees_moves_ends_and_orders_nothing(ahead):
    """A service that is ten minutes off ends limits by its own clock, keeps its deadline, and knows the same state."""
    service = PayoutService()
    asked_at = NOON + ahead
    service.hold(PAYOUT, asked_at, 15 * MINUTE, "closed")
    for name in ("RestrictionChanged", "RestrictionPlaced-joined", "RestrictionPlaced"):
        service.receive(made(name), NOON + HOUR + ahead)

    end = NOON + HOUR + 7 * DAY
    assert service.limit(USER, "withdraw", end - timedelta(seconds=1)) == Limit.of({"delay_hours": 24})
    assert service.limit(USER, "withdraw", end) == Limit()
    service.tick(asked_at + 14 * MINUTE)
    assert service.payouts[PAYOUT].word == "waiting"
    service.tick(asked_at + 15 * MINUTE)
    assert service.payouts[PAYOUT].word == "closed"


def test_what_version_1_published_can_still_be_played():
    """An archive from before this version: its events stand for states as well as they can."""
    service = PayoutService()
    for name in ("RestrictionPlaced", "RestrictionPlaced-share", "CommandIssued"):
        service.receive(json.loads((V1 / f"{name}.json").read_text(encoding="utf-8")), NOON)

    assert service.limit(USER, "receive_payout", NOON) == NONE
    assert service.limit("user:u_771", "receive_payout", NOON) == Limit.of({"share": 25})

    service.receive(json.loads((V1 / "RestrictionReleased.json").read_text(encoding="utf-8")), NOON)
    assert service.limit(USER, "receive_payout", NOON) == Limit()


def test_events_of_a_kind_that_it_does_not_know_are_left_alone():
    """A later version may add some."""
    service = PayoutService()

    service.receive({**made("GuardrailTripped"), "detail-type": "MoodChanged"}, NOON)

    assert service == PayoutService()
