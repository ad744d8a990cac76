"""What actions come to: an event for each capability that is limited otherwise than before, none for nothing."""

from dataclasses import replace
from typing import Any

import pytest

from shared.restrictions import Account, Action, applied, event_id_of, outcomes
from shared.signals.times import stamp
from tests.support.ledgers import (
    DECISION,
    HOLD,
    HOUR,
    USER,
    account,
    answer,
    clear,
    friction,
    release,
    restrict,
    undo,
)
from tests.support.signals import moment

pytestmark = pytest.mark.unit
Told = list[tuple[str, str]]


def told(page: Account, action: Action) -> Told:
    """Detail type and lane of the events that one more action comes to."""
    return [(each.detail_type, each.lane) for each in outcomes(page, applied(page, action, DECISION), action, DECISION)]


def expire(at: float, capability: str = "receive_payout") -> Action:
    details = {"at": stamp(moment(at)), "capability": capability, "scope": ""}
    return Action("expire", "e", USER, "schedule:expiry", moment(at), "", details=details)


PLACED, CHANGED, RELEASED = ([(f"Restriction{what}", "receive_payout")] for what in ("Placed", "Changed", "Released"))
HALF: dict[str, Any] = {"share": 50}


def test_what_limits_more_or_longer_is_placed() -> None:
    """The first restriction, a stronger one, and one that lasts longer."""
    page = account(restrict("a", limit=HALF))
    assert told(Account(), restrict("a", limit=HALF)) == PLACED
    assert told(page, restrict("b", limit=HOLD, lasts=60)) == PLACED
    assert told(page, restrict("b", limit={"share": 90}, lasts=2 * HOUR)) == PLACED


def test_what_changes_nothing_is_no_event() -> None:
    """Weaker and no longer, ended before it began, an unknown cause released, the same said twice."""
    page = account(restrict("a", source="rule:b"))
    for nothing in (
        restrict("b", limit=HALF),
        restrict("b", HOUR, lasts=-HOUR),
        release("r", 10, source="rule:never"),
        undo("u", "never", 10),
        undo("u", "a", 10, void=False),
        clear("c", 10, abuse="account_takeover"),
        expire(60),
    ):
        assert told(page, nothing) == []


def test_the_state_tells_all_there_is_to_come() -> None:
    """By all causes, from now on: a consumer needs no other event to know when what ends."""
    page, hold = account(restrict("a", -60, limit=HALF, lasts=3 * HOUR)), restrict("b")
    (outcome,) = outcomes(page, applied(page, hold, DECISION), hold, DECISION)
    assert outcome.state == {
        "steps": [
            {"limit": HOLD, "until": stamp(moment(HOUR))},
            {"limit": HALF, "until": stamp(moment(3 * HOUR - 60))},
        ],
        "since": stamp(moment(-60)),
    }


def test_a_release_that_leaves_another_cause_is_a_change() -> None:
    """And one that leaves none is a release, without any step."""
    page = account(restrict("a"), restrict("b", source="rule:b", limit=HALF))
    assert told(page, release("r", 10, source="rule:a")) == CHANGED
    last = release("r", 10)
    (outcome,) = outcomes(page, applied(page, last, DECISION), last, DECISION)
    assert (outcome.detail_type, outcome.state) == ("RestrictionReleased", {"steps": []})


def test_an_undo_of_an_undo_places_again() -> None:
    """What comes back is as strong as it was."""
    page = account(restrict("a"), undo("u", "a", 10))
    assert told(page, undo("v", "a", 20, void=False)) == PLACED


def test_one_release_of_several_capabilities_is_an_event_for_each() -> None:
    """Each has an id of its own, the same whenever it is asked for; what names one capability keeps the action's id."""
    page = account(restrict("a"), restrict("b", capability="buy"), restrict("c", capability="list"))
    wide, narrow = release("r", 10), release("r", 10, capability="buy")
    ids = [event_id_of(wide, each) for each in outcomes(page, applied(page, wide, DECISION), wide, DECISION)]
    assert len({*ids, "r"}) == 4
    (only,) = outcomes(page, applied(page, narrow, DECISION), narrow, DECISION)
    assert event_id_of(narrow, only) == "r"


def test_the_end_of_a_cause_is_told_once_it_came() -> None:
    """Of two that end one after the other: a change at the first end, a release at the last, nothing in between."""
    page = account(restrict("a"), restrict("b", source="rule:b", limit=HALF, lasts=2 * HOUR))
    assert told(page, expire(HOUR)) == CHANGED
    assert told(page, expire(1.5 * HOUR)) == []
    assert told(page, expire(2 * HOUR)) == RELEASED
    assert told(page, expire(HOUR, "buy")) == []


def test_the_end_of_a_cause_that_another_one_covers_is_no_event() -> None:
    """Nothing changed for anyone."""
    page = account(restrict("a", limit=HALF), restrict("b", source="rule:b", lasts=2 * HOUR))
    assert told(page, expire(HOUR)) == []


def test_an_expiry_that_needs_a_person_is_told_at_the_legal_maximum() -> None:
    """Before, nothing has ended."""
    page = account(restrict("a", on_expiry="person", holds_until=stamp(moment(5 * HOUR))))
    assert told(page, expire(HOUR)) == []
    assert told(page, expire(5 * HOUR)) == RELEASED


def test_new_evidence_against_someone_who_was_cleared_becomes_one_review() -> None:
    """It limits nothing, says who cleared whom of what, and is not asked again for as long as it would have lasted."""
    page = account(restrict("old", -60), clear("c", 0))
    first = restrict("a", 60)
    (outcome,) = outcomes(page, applied(page, first, DECISION), first, DECISION)
    assert (outcome.detail_type, outcome.lane, outcome.state) == ("ReviewRequested", "review", {})
    assert outcome.note == "cleared of payment_fraud by person:ana until 2026-11-21T12:00:00.000Z"

    page = account(first, page=page)
    assert told(page, restrict("b", 120)) == []
    assert told(page, restrict("b", 120, source="rule:b")) == [("ReviewRequested", "review")]
    assert told(page, restrict("b", 60 + HOUR)) == [("ReviewRequested", "review")]
    assert told(page, restrict("b", 120, source="person:ben")) == PLACED
    assert told(page, restrict("b", 25 * HOUR)) == PLACED


def test_a_clearance_releases_what_automation_had_placed() -> None:
    """And a late one, from before it, is not worth a review."""
    page = account(restrict("a"))
    assert told(page, clear("c", 60)) == RELEASED
    assert told(account(clear("c", 60), page=page), restrict("b", 30)) == []


def test_nobody_is_asked_twice_at_a_time() -> None:
    """While one is open nothing is asked again; after it ran out it is."""
    page = account(friction("f1", 0))
    asked = [("FrictionRequired", "step_up")]
    assert told(Account(), friction("f1", 0)) == asked
    assert told(page, friction("f2", 60)) == told(page, friction("f2", -60)) == []
    assert told(page, friction("f2", 900)) == asked
    assert told(page, friction("f2", 60, ask="captcha")) == [("FrictionRequired", "captcha")]


def test_a_demand_that_gives_longer_is_asked_though_a_shorter_one_is_open() -> None:
    """Whoever has a day to answer has not abandoned it after the hour that another rule gave."""
    hours, day = friction("f1", 0), friction("f2", 60, lasts=24 * HOUR)
    page = account(hours, day)
    assert told(account(hours), day) == [("FrictionRequired", "step_up")]
    assert told(page, friction("f3", 120)) == told(page, friction("f4", 120, lasts=24 * HOUR)) == []
    assert page.abandoned_demands(moment(2 * HOUR)) == ()
    assert [each.action_id for each in page.abandoned_demands(moment(25 * HOUR))] == ["f2"]


def test_who_passed_is_remembered() -> None:
    """For as long as the policy says; who failed is asked again at once."""
    page = account(friction("f1", 0), answer("p", 60))
    assert told(page, friction("f2", 120)) == told(page, friction("f2", 60 + 24 * HOUR - 1)) == []
    assert told(page, friction("f2", 60 + 24 * HOUR)) == [("FrictionRequired", "step_up")]
    failed = account(friction("f1", 0), answer("p", 60, "failed"))
    assert told(failed, friction("f2", 120)) == [("FrictionRequired", "step_up")]


def test_an_answer_that_arrives_before_the_demand_counts() -> None:
    """Nobody is asked what they have answered."""
    assert told(account(answer("p", 60, "failed")), friction("f1", 0)) == []


def test_an_answer_is_no_event_and_closes_the_demand() -> None:
    """Whatever came of it: who answered has abandoned nothing."""
    page = account(friction("f1", 0))
    assert told(page, answer("p", 60)) == []
    assert [each.action_id for each in page.open_demands(moment(60))] == ["f1"]
    answered = account(answer("p", 60, "failed"), page=page)
    assert answered.open_demands(moment(60)) == answered.abandoned_demands(moment(900)) == ()


def test_a_demand_that_nobody_answers_is_abandoned_when_its_time_is_up() -> None:
    """Not before; and another demand that followed does not hide it."""
    page = account(friction("f1", 0), friction("f2", 1000))
    assert page.abandoned_demands(moment(899)) == ()
    assert [each.action_id for each in page.abandoned_demands(moment(900))] == ["f1"]
    assert [each.action_id for each in page.abandoned_demands(moment(1900))] == ["f1", "f2"]


def test_a_demand_can_be_undone_and_brought_back() -> None:
    """While it would be open: withdrawn, then asked for again; never because of another's verdict."""
    page = account(friction("f1", 0))
    assert told(page, undo("u", "other", 10)) == []
    assert told(page, undo("u", "f1", 10)) == [("FrictionWithdrawn", "step_up")]
    assert told(page, undo("u", "f1", 900)) == []
    withdrawn = account(undo("u", "f1", 10), page=page)
    assert withdrawn.open_demands(moment(20)) == withdrawn.abandoned_demands(moment(900)) == ()
    assert told(withdrawn, undo("v", "f1", 20, void=False)) == [("FrictionRequired", "step_up")]
    assert told(withdrawn, friction("f2", 30)) == [("FrictionRequired", "step_up")]
    assert told(account(undo("u", "f1", 10)), friction("f1", 0)) == []


@pytest.mark.parametrize(
    ("kind", "detail_type", "details", "lane"),
    [
        ("command", "CommandIssued", {"command": "refund"}, "refund"),
        ("review", "ReviewRequested", {}, "review"),
        ("park", "ActionParked", {}, "park"),
        ("guardrail", "GuardrailTripped", {}, "guardrail"),
    ],
)
def test_what_changes_no_account_is_passed_on(kind: Any, detail_type: str, details: dict[str, Any], lane: str) -> None:
    """A command, a request for review, what was parked, and a guardrail's word."""
    action = replace(restrict("a"), kind=kind, details=details)
    assert told(Account(), action) == [(detail_type, lane)]
