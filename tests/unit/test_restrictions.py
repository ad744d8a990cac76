"""The ledger's algebra by example: causes join, releases take away one, expiry needs no sweeping."""

import json
from dataclasses import fields

import pytest

from shared.restrictions import (
    Account,
    Action,
    OriginState,
    account_from_json,
    account_to_json,
    following,
    in_force,
    notices_of,
    reached_by,
)
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
    limits,
    release,
    restrict,
    undo,
)
from tests.support.signals import moment

pytestmark = pytest.mark.unit
MILLISECOND = 0.001


def test_nothing_is_restricted_at_first():
    """An entity without causes may do everything."""
    assert Account().in_force(moment(0)) == ()


def test_what_stands_is_the_join_of_all_causes():
    """30 % held back for 10 days and a delay of a day are both in force, until the later end."""
    reserve = {"reserve_share": 30, "reserve_days": 10}
    page = account(
        restrict("a", lasts=2 * HOUR, limit=reserve), restrict("b", limit={"delay_hours": 24}, source="rule:b")
    )

    (standing,) = page.in_force(moment(0))

    assert standing.limit.to_json() == {**reserve, "delay_hours": 24}
    assert standing.until == moment(2 * HOUR)
    assert {cause.source for cause in standing.causes} == {"rule:a", "rule:b"}


def test_the_steps_tell_how_it_goes_on():
    """A hold of one hour over a reserve of three: none is left, then 70 %, then everything."""
    page = account(restrict("a"), restrict("b", source="rule:b", lasts=3 * HOUR, limit={"reserve_share": 30}))

    (standing,) = page.in_force(moment(0))

    assert [(step.limit.to_json(), step.until) for step in standing.steps] == [
        (HOLD, moment(HOUR)),
        ({"reserve_share": 30}, moment(3 * HOUR)),
    ]


def test_a_weaker_automatic_action_never_lifts_a_fraud_suspension():
    """A later rule that would leave half of payouts neither weakens nor shortens a full hold."""
    hold = restrict("fraud", source="person:ana", lasts=48 * HOUR)
    page = account(hold, restrict("weak", 60, limit={"share": 50}, source="rule:weak"))

    assert limits(page, 61) == limits(page, 47 * HOUR) == {"receive_payout": HOLD}


def test_a_hold_can_be_released_by_its_cause_however_many_others_there_are():
    """Each cause is in the page with its decision, and a release that names it leaves the other three."""
    causes = [restrict(f"a{number}", source=f"rule:{number}") for number in range(4)]
    page = account(*causes, release("r", 10, source="rule:2"))

    assert [cause.source for cause in page.effective] == ["rule:0", "rule:1", "rule:3"]
    assert all(cause.action_id and cause.decision_id and cause.reason for cause in page.causes)


def test_a_temporary_measure_ends_whether_or_not_anything_sweeps():
    """At the very end it is over."""
    page = account(restrict("a"))

    assert limits(page, HOUR - MILLISECOND) == {"receive_payout": HOLD}
    assert limits(page, HOUR) == {}


def test_an_expiry_that_needs_a_person_holds_to_the_legal_maximum_and_no_longer():
    """Past its expiry it holds and is known to wait; past the maximum it does not, whoever forgot it."""
    page = account(restrict("a", on_expiry="person", holds_until=stamp(moment(9 * HOUR))))

    assert limits(page, 2 * HOUR) == limits(page, 9 * HOUR - MILLISECOND) == {"receive_payout": HOLD}
    assert [cause.action_id for cause in page.waiting_for_person(moment(HOUR))] == ["a"]
    assert page.waiting_for_person(moment(HOUR - MILLISECOND)) == ()
    assert limits(page, 9 * HOUR) == {}
    assert page.waiting_for_person(moment(9 * HOUR)) == ()


def test_without_a_legal_maximum_an_expiry_that_needs_a_person_still_ends():
    """There is no restriction without an end."""
    assert limits(account(restrict("a", on_expiry="person")), HOUR) == {}


def test_a_release_of_one_capability_leaves_the_others():
    """Releasing what everyone placed on payouts leaves buying alone."""
    page = account(restrict("a"), restrict("b", capability="buy"), release("r", 10, capability="receive_payout"))
    assert limits(page, 11) == {"buy": HOLD}


def test_a_release_by_decision_takes_back_what_that_decision_placed():
    """Another decision of the same rule stands."""
    page = account(restrict("a"))
    page = account(release("r", 10, decision_id="e" * 32), page=page)
    assert limits(page, 11) == {"receive_payout": HOLD}
    assert limits(account(release("r2", 10, decision_id="d" * 32), page=page), 11) == {}


def test_a_release_of_what_followed_from_one_action_reaches_that_alone():
    """Linked restrictions know which one they follow from."""
    via = {"entity": "user:u_2", "action_id": "source", "through": "device_accounts"}
    page = account(
        restrict("linked", via=via), restrict("own", capability="buy"), release("r", 10, via_action="source")
    )
    assert [cause.action_id for cause in page.effective] == ["own"]


def test_a_release_does_not_reach_later_evidence():
    """What the same rule places after the release is in force."""
    assert limits(account(release("r", 0), restrict("a", 60)), 61) == {"receive_payout": HOLD}


def test_a_release_reaches_what_began_at_its_very_moment():
    """Of a placement and a release at one moment the release counts."""
    assert limits(account(restrict("a", 10), release("r", 10)), 11) == {}


def test_a_release_that_arrives_first_still_releases():
    """A placement from before the release is void, in whichever order the two arrive."""
    assert account(release("r", 10), restrict("a")) == account(restrict("a"), release("r", 10))
    assert limits(account(release("r", 10), restrict("a")), 11) == {}


def test_a_release_for_a_cause_that_never_was_changes_nothing():
    """It is kept, since its cause may still come, and everything else stands."""
    page = account(restrict("a"), release("r", 10, source="rule:never"), undo("u", "never", 10))
    assert limits(page, 11) == {"receive_payout": HOLD}


def test_automation_releases_a_person_s_cause_only_by_the_condition_that_it_names():
    """A step-up releases what waits for one, and nothing else that a person placed."""
    waiting = restrict("a", source="person:ana", until=["step_up"])
    firm = restrict("b", capability="buy", source="person:ana")
    page = account(waiting, firm, release("r", 10, "feedback:stepup"))
    assert limits(page, 11) == {"receive_payout": HOLD, "buy": HOLD}
    assert limits(account(release("r2", 10, "feedback:stepup", until="step_up"), page=page), 11) == {"buy": HOLD}


def test_two_people_at_once_come_to_the_same_end_in_either_order():
    """Of two verdicts at the same moment one counts, and which one does not depend on who came first."""
    one, other = undo("u1", "a", 10, "person:ana"), undo("u2", "a", 10, "person:ben", void=False)
    assert account(restrict("a"), one, other) == account(other, one, restrict("a"))
    assert limits(account(restrict("a"), one, other), 11) == {"receive_payout": HOLD}


def test_a_person_s_verdict_stands_before_a_later_one_of_automation():
    """What a person undid stays undone."""
    page = account(restrict("a"), undo("u1", "a", 10), undo("u2", "a", 20, "schedule:x", void=False))
    assert limits(page, 21) == {}


def test_an_undo_can_be_undone():
    """And then again undone: the last word counts."""
    page = account(restrict("a"), undo("u1", "a", 10), undo("u2", "a", 20, void=False))
    assert limits(page, 21) == {"receive_payout": HOLD}
    assert limits(account(undo("u3", "a", 30), page=page), 31) == {}


def test_a_clearance_keeps_automation_off_for_its_kind_of_abuse_until_it_ends():
    """What automation placed of that kind is void, before and during; another kind, persons, and later ones are not."""
    page = account(
        restrict("before"),
        clear("c", 10, 2 * HOUR),
        restrict("during", HOUR),
        restrict("other", capability="buy", abuse="account_takeover"),
        restrict("person", capability="list", limit=HOLD, source="person:ana"),
        restrict("after", 2 * HOUR + 10, capability="message"),
    )
    assert [cause.action_id for cause in page.effective] == ["other", "person", "after"]


def test_a_clearance_that_is_taken_back_gives_back_what_it_kept_off():
    """A clearance until nothing is none."""
    page = account(restrict("a"), clear("c", 10), clear("back", 20, 0))
    assert limits(page, 21) == {"receive_payout": HOLD}


def test_one_order_is_limited_by_its_own_page_and_its_owner_s():
    """The stronger of the two, for each capability."""
    whole = account(restrict("a", limit={"share": 50}), restrict("b", capability="buy"))
    order = account(restrict("c", scope="order:o_1"))
    found = {standing.capability: standing.limit.to_json() for standing in in_force((whole, order), moment(1))}
    assert found == {"receive_payout": HOLD, "buy": HOLD}


def test_a_cause_from_a_clock_that_is_ahead_counts_as_soon_as_it_is_known():
    """There is no gap until its own time has come."""
    assert limits(account(restrict("a", HOUR)), 0) == {"receive_payout": HOLD}


def test_a_restriction_that_ends_before_it_begins_is_never_in_force():
    """An expiry in the past limits nothing, at any time."""
    page = account(restrict("a", HOUR, lasts=-2 * HOUR))
    assert limits(page, 0) == limits(page, HOUR) == {}


def test_a_restriction_until_the_last_year_there_is_has_an_end():
    """It can be joined, told, stored and released like any other."""
    page = account(restrict("a", source="person:ana", expires_at="9999-12-31T23:59:59.999Z"))
    (standing,) = page.in_force(moment(0))
    assert stamp(standing.until) == "9999-12-31T23:59:59.999Z"
    assert account_from_json(account_to_json(page)) == page
    assert limits(account(release("r", 10), page=page), 11) == {}


def test_an_account_with_everything_in_it_survives_storage():
    """Every part reads back equal, with what it keeps of other pages, and none of it is in an empty one's data."""
    via = {"entity": USER, "action_id": "a", "through": "device_accounts"}
    (link,) = notices_of(restrict("linked", entity="user:u_2", via=via), DECISION)
    (scope,) = notices_of(restrict("order", scope="order:o_1"), DECISION)
    page = account(
        restrict("a", on_expiry="person", holds_until=stamp(moment(9 * HOUR)), until=["step_up"], version="3f2a"),
        restrict("b", limit={"amount_per_day": {"USD": 100, "EUR": 90}}, capability="buy", via=via, abuse=None),
        release("r", 10, "feedback:stepup", until="documents"),
        undo("u", "never", 10),
        clear("c", 10, abuse="phishing"),
        friction("f", 10),
        answer("p", 20),
    )
    page = account(
        *(restrict(f"m{number}", number, longest_hold_until=stamp(moment(HOUR + number))) for number in range(9)),
        *(restrict(f"p{number}", number, source="person:ana") for number in range(9)),
        Action("uphold", "h", USER, "person:review", moment(30), "right", "phishing"),
        page=page,
    )
    page = following(reached_by(reached_by(page, link), scope), "b", OriginState(7, void=True))

    document = account_to_json(page)
    assert account_from_json(json.loads(json.dumps(document))) == page
    assert document.keys() == {each.name for each in fields(Account)}
    assert account_to_json(Account()) == {}


def test_an_action_survives_the_outbox():
    """An action reads back equal from its record."""
    for action in (restrict("a"), release("r", 1, source="rule:a"), undo("u", "a", 2), clear("c", 3)):
        assert Action.from_json(action.to_json()) == action
