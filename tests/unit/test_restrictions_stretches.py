"""The legal maximum: how holds of money follow each other, what law ends, and what people are asked then."""

from datetime import timedelta
from typing import Any

import pytest

from shared.restrictions import Account, Action, applied, event_id_of, notices_of, outcomes
from shared.restrictions.applying import heeding, reached_by
from shared.restrictions.causes import UnfitActionError
from shared.restrictions.outcomes import Outcome, follows
from shared.signals.times import stamp
from tests.support.ledgers import DECISION, HOLD, HOUR, USER, account, clear, limits, release, restrict, undo
from tests.support.signals import moment

pytestmark = pytest.mark.unit

DAY = 24 * HOUR


def hold(action_id: str, at: float, lasts: float, longest: float = 90, **more: Any) -> Action:
    """A rule's hold of payouts, in days; law lets automation hold them for 90."""
    until = stamp(moment((at + longest) * DAY))
    return restrict(action_id, at * DAY, lasts=lasts * DAY, longest_hold_until=until, **more)


def uphold(at: float, abuse: str | None = "payment_fraud", by: str = "person:review") -> Action:
    return Action("uphold", f"u{at}", USER, by, moment(at * DAY), "right", abuse)


def told(page: Account, action: Action) -> list[Outcome]:
    return list(outcomes(page, applied(page, action, DECISION), action, DECISION))


def ends(page: Account, capability: str = "receive_payout") -> float:
    """The day on which the last hold ends."""
    return (page.steps(capability, moment(-DAY))[-1].until - moment(0)) / timedelta(days=1)


def on_end(days: int) -> Account:
    """A hold of 14 days every 10 days, for so many days."""
    return account(*(hold(f"a{day}", day, 14) for day in range(0, days, 10)))


def test_holds_that_follow_each_other_end_together_at_the_legal_maximum() -> None:
    """Counted from the first one's beginning, whichever rules placed them, and however many come after that."""
    page = account(hold("a", 0, 60), hold("b", 50, 60, source="rule:b", abuse="phishing"))
    assert ends(page) == 90
    assert limits(on_end(90), 89 * DAY) == {"receive_payout": HOLD}
    assert limits(on_end(100), 90 * DAY) == limits(on_end(200), 200 * DAY) == {}


def test_capabilities_and_pages_are_held_each_for_itself() -> None:
    """A stretch is of one capability; what holds no money has none."""
    page = account(hold("a", 0, 80), hold("b", 70, 80, capability="withdraw"), restrict("c", lasts=200 * DAY))
    page = account(restrict("d", capability="buy", lasts=200 * DAY), page=page)
    assert ends(page, "withdraw") == 150
    assert ends(page, "buy") == 200


def test_a_day_without_a_hold_begins_a_new_stretch_and_less_does_not() -> None:
    """Money that was free for an hour was held all along."""
    assert ends(account(hold("a", 0, 80), hold("b", 80.9, 80))) == 90
    assert ends(account(hold("a", 0, 80), hold("b", 81, 80))) == 161


def test_what_was_released_counts_up_to_its_release() -> None:
    """By whomever: a rule cannot release and hold again, and who passed a step-up is not taken for held since."""
    first = hold("a", 0, 80, until=["step_up"])
    passed = release("r", 20 * DAY, "feedback:stepup", until="step_up")
    assert ends(account(first, passed, hold("b", 20.5, 80))) == 90
    assert ends(account(first, passed, hold("b", 30, 80))) == 110
    assert ends(account(first, undo("u", "a", 20 * DAY), hold("b", 30, 80))) == 110
    assert ends(account(first, clear("c", 20 * DAY, 5 * DAY), hold("b", 30, 80))) == 110
    assert ends(account(first, clear("c", 79.5 * DAY, DAY / 4), hold("b", 80, 80))) == 90


def test_who_passes_a_step_up_every_few_days_is_not_held_since_the_first() -> None:
    """Of a release that is said again and again the last times are known, so that days between holds are seen."""
    page = Account()
    for day in range(0, 120, 3):
        passed = release(f"r{day}", (day + 0.1) * DAY, "feedback:stepup", until="step_up")
        page = account(hold(f"a{day}", day, 3, until=["step_up"]), passed, page=page)
    page = account(hold("last", 120, 3), page=page)
    assert limits(page, 121 * DAY) == {"receive_payout": HOLD}


def test_a_person_who_places_or_upholds_begins_anew() -> None:
    """From their decision on law counts again; what it had ended is in force once more, if its own time runs on."""
    placed = restrict("p", 85 * DAY, lasts=DAY, source="person:ana")
    page = account(hold("a", 0, 60), hold("b", 50, 180))
    assert ends(account(placed, page=page)) == 175
    assert ends(account(uphold(100), page=page)) == 190
    assert ends(account(uphold(100, "phishing"), page=page)) == 90
    assert told(page, uphold(100))[0].detail_type == "RestrictionPlaced"


def test_a_person_s_hold_that_was_undone_has_decided_nothing() -> None:
    """Law counts on as if it had never been; undone again it counts anew."""
    placed = restrict("p", 80 * DAY, lasts=DAY, source="person:ana")
    page = account(hold("a", 0, 80), hold("b", 70, 80), placed)
    assert ends(page) == 150
    page = account(undo("u", "p", 80 * DAY + 60), page=page)
    assert ends(page) == 90
    assert ends(account(undo("v", "p", 80 * DAY + 90, void=False), page=page)) == 150


def test_a_person_s_hold_is_remembered_longer_than_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where many that rank higher push it out of the page, whatever the order."""
    monkeypatch.setattr("shared.restrictions.keeping.PAGE", 2)
    through = hold("p", 80, 1, unparked_by="person:ana")
    history = [hold("a", 0, 80), through, hold("b", 70, 80), hold("c", 71, 80, source="rule:b")]
    page = account(*history)
    assert "p" not in {cause.action_id for cause in page.causes}
    assert ends(page) == 151
    assert page == account(*reversed(history))


def test_what_a_person_let_through_is_their_decision() -> None:
    """A hold that was parked and released to act is not automation's alone."""
    page = account(hold("a", 0, 80), hold("b", 70, 80, unparked_by="person:ana"))
    assert ends(page) == 150


def test_a_step_up_holds_nobody_s_money() -> None:
    """Whoever is asked for one can give it at any time."""
    asked = restrict("a", capability="withdraw", limit={"step_up": True}, lasts=200 * DAY)
    assert ends(account(asked), "withdraw") == 200


def test_a_hold_that_says_no_maximum_has_the_careful_one() -> None:
    """Ninety days, as for a policy without jurisdictions."""
    assert ends(account(restrict("a", lasts=200 * DAY))) == 90


def test_each_hold_ends_by_its_own_law() -> None:
    """Of two countries' laws in one stretch neither is broken."""
    page = account(hold("a", 0, 50, longest=30), hold("b", 10, 80, longest=60))
    assert [
        round((step.until - moment(0)) / timedelta(days=1)) for step in page.steps("receive_payout", moment(0))
    ] == [60]
    assert page.legal_end(page.causes[0]) == moment(30 * DAY)


def test_a_hold_that_needs_a_person_at_its_expiry_ends_with_its_stretch() -> None:
    """And waits for nobody once law has ended it."""
    person: dict[str, Any] = {"on_expiry": "person", "holds_until": stamp(moment(140 * DAY))}
    page = account(hold("a", 0, 60), hold("b", 50, 20, **person))
    assert ends(page) == 90
    assert [cause.action_id for cause in page.waiting_for_person(moment(70 * DAY))] == ["b"]
    assert page.waiting_for_person(moment(90 * DAY)) == ()


def test_a_stretch_outlives_the_causes_that_began_it() -> None:
    """A rule that fires every hour leaves eight causes, and money that has been held since the first."""
    page = account(*(hold(f"a{number:03}", number / 24, 14) for number in range(400)))
    assert len(page.causes) == 8
    assert ends(page) == pytest.approx(399 / 24 + 14)
    page = account(*(hold(f"b{day:03}", day, 14) for day in range(17, 80)), page=page)
    assert ends(page) == 90


def test_a_person_is_asked_when_law_will_end_what_is_placed() -> None:
    """The hold is placed with its true end, and a review says since when, and until when at most; once a while."""
    page, more = account(hold("a", 0, 85)), hold("b", 80, 14)
    placed, review = told(page, more)
    assert (placed.detail_type, placed.lane) == ("RestrictionPlaced", "receive_payout")
    assert placed.state["legal_end"] == placed.state["steps"][-1]["until"] == stamp(moment(90 * DAY))
    assert (review.detail_type, review.lane) == ("ReviewRequested", "review")
    assert stamp(moment(0)) in review.note
    assert stamp(moment(90 * DAY)) in review.note
    assert len({event_id_of(more, placed), event_id_of(more, review)}) == 2

    page = account(more, page=page)
    assert [each.detail_type for each in told(page, hold("c", 93, 14))] == []
    assert [each.detail_type for each in told(page, hold("c", 94, 14))] == ["ReviewRequested"]


def test_what_was_undone_or_cleared_asks_nobody_about_the_maximum() -> None:
    """It limits nothing, whatever law says."""
    page = account(hold("a", 0, 85), undo("u", "b", 80 * DAY))
    assert told(page, hold("b", 80, 14)) == []


def test_the_end_that_law_sets_is_told_when_it_comes() -> None:
    """As any other end is."""
    page = account(hold("a", 0, 60), hold("b", 50, 60))
    at_end = Action(
        "expire", "e", USER, "schedule:expiry", moment(90 * DAY), "", details={"at": stamp(moment(90 * DAY))}
    )
    assert [each.detail_type for each in told(page, at_end)] == ["RestrictionReleased"]


def test_what_a_person_upholds_holds_for_orders_and_listings_too() -> None:
    """For those that are there by a follow-up, for later ones by heeding the whole entity's page."""
    (notice,) = notices_of(hold("o", 0, 14, scope="order:o_1"), DECISION)
    whole = reached_by(Account(), notice)
    after = applied(whole, uphold(5), DECISION)
    (follow,) = follows(whole, after, uphold(5), 2)
    assert (follow.scope, follow.action(uphold(5)).kind) == ("order:o_1", "uphold")
    assert heeding(Account(), after).upheld == {"payment_fraud": moment(5 * DAY)}


@pytest.mark.parametrize(("abuse", "by"), [(None, "person:review"), ("payment_fraud", "rule:a")])
def test_only_a_person_upholds_and_only_for_one_kind_of_abuse(abuse: str | None, by: str) -> None:
    """Automation cannot give itself more time."""
    with pytest.raises(UnfitActionError, match="only a person upholds"):
        account(uphold(1, abuse, by))
