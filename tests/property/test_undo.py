"""Undo, whatever happened before, between and after: other causes stay, and undoing the undo brings all of it back."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.restrictions import Account, Action, Selector, applied
from shared.restrictions.undoing import Order, compensating
from shared.signals.times import stamp
from tests.support.signals import moment

pytestmark = pytest.mark.property

USER = "user:u_1"
HOURS = st.integers(0, 48)
SOURCES = ("rule:a", "rule:b", "rule:runaway", "person:ann")
LIMITS: dict[str, list[dict[str, Any]]] = {
    "buy": [{"none": True}, {"count_per_day": 3}, {"amount_per_day": {"USD": 10_000}}],
    "withdraw": [{"none": True}, {"step_up": True}, {"delay_hours": 24}],
    "receive_payout": [{"none": True}, {"share": 50}, {"reserve_share": 30, "reserve_days": 10}],
}
RUNAWAY = "rule:runaway"
LATER = 100
"""Hours: after all that is generated."""


def hour(number: float) -> datetime:
    return moment(0) + timedelta(hours=number)


@st.composite
def restricting(draw: st.DrawFn, number: int) -> Action:
    capability = draw(st.sampled_from(sorted(LIMITS)))
    at = draw(HOURS)
    details: dict[str, Any] = {
        "capability": capability,
        "limit": draw(st.sampled_from(LIMITS[capability])),
        "expires_at": stamp(hour(at + draw(st.integers(1, 72)))),
    }
    if draw(st.booleans()):
        details["until"] = draw(st.sampled_from([["step_up"], ["review"], ["step_up", "review"]]))
    if draw(st.booleans()):
        details |= {"on_expiry": "person", "holds_until": stamp(hour(at + 90))}
    source = draw(st.sampled_from(SOURCES))
    return Action("restrict", f"r{number}", USER, source, hour(at), "", "payment_fraud", None, details)


@st.composite
def releasing(draw: st.DrawFn, number: int) -> Action:
    source = draw(st.sampled_from(["person:bob", "feedback:stepup", RUNAWAY]))
    selector = draw(
        st.sampled_from([Selector(), Selector(source="rule:a"), Selector(until="step_up"), Selector(capability="buy")])
    )
    details = {"selector": selector.to_json()}
    return Action("release", f"l{number}", USER, source, hour(draw(HOURS)), "", None, None, details)


@st.composite
def clearing(draw: st.DrawFn, number: int) -> Action:
    at = draw(HOURS)
    details = {"until": stamp(hour(at + draw(st.integers(1, 24))))}
    return Action("clear", f"c{number}", USER, "person:bob", hour(at), "", "payment_fraud", None, details)


@st.composite
def histories(draw: st.DrawFn) -> list[Action]:
    kinds = draw(st.lists(st.sampled_from([restricting, restricting, restricting, releasing, clearing]), max_size=9))
    return [draw(kind(number)) for number, kind in enumerate(kinds)]


def played(*actions: Action) -> Account:
    account = Account()
    for action in actions:
        account = applied(account, action, f"decision of {action.action_id}")
    return account


def undoing(actions: list[Action], round_: int, *, void: bool, source: str = RUNAWAY) -> list[Action]:
    """What one round of a job orders about what a source did."""
    order = Order(f"undo/job/{round_}", "person:on_call", hour(LATER + round_), "a runaway rule")
    found = [compensating(each, order, void=void) for each in actions if each.source == source]
    return [each for each in found if each]


def limits(account: Account) -> list[Any]:
    """What limits at every moment at which anything can change, and why."""
    moments = sorted({hour(0), *(moment for cause in account.causes for moment in (cause.starts_at, cause.ends_at))})
    between = [first + (second - first) / 2 for first, second in pairwise(moments)]
    return [account.in_force(at) for at in (*moments, *between)]


def effective(account: Account) -> set[str]:
    return {cause.action_id for cause in account.effective}


@given(histories())
def test_undone_is_exactly_what_the_rule_did(history: list[Action]) -> None:
    """Every other cause counts as it did before the rule released it, none of the rule's does."""
    runaway = {each.action_id for each in history if each.source == RUNAWAY}
    before = played(*(each for each in history if each.kind != "release" or each.source != RUNAWAY))
    after = played(*history, *undoing(history, 1, void=True))
    assert effective(after) == effective(before) - runaway


@given(histories())
def test_what_is_undone_limits_as_if_it_had_never_been(history: list[Action]) -> None:
    """What remains is what there would be without the rule."""
    without = [each for each in history if each.source != RUNAWAY]
    after = played(*history, *undoing(history, 1, void=True))
    assert {at: after.in_force(hour(at)) for at in range(140)} == {
        at: played(*without).in_force(hour(at)) for at in range(140)
    }


@given(histories())
def test_undoing_the_undo_brings_everything_back(history: list[Action]) -> None:
    """Undo, and undo of that: each limit and cause at each moment is what it was; the same once more."""
    before = played(*history)
    rounds = [undoing(history, number, void=number % 2 == 1) for number in range(1, 5)]
    twice = played(*history, *rounds[0], *rounds[1])
    assert limits(twice) == limits(before)
    thrice = played(*history, *rounds[0], *rounds[1], *rounds[2])
    assert limits(thrice) == limits(played(*history, *rounds[0]))
    assert limits(played(*history, *(each for some in rounds for each in some))) == limits(before)


@given(st.data(), histories(), st.integers(1, 3))
def test_the_order_in_which_it_all_arrives_does_not_matter(
    data: st.DataObject, history: list[Action], many: int
) -> None:
    """Restrictions, releases, clearances, and the rounds of an undo, mixed and repeated: the same page."""
    rounds = [each for number in range(1, many + 1) for each in undoing(history, number, void=number % 2 == 1)]
    everything = [*history, *rounds]
    mixed = data.draw(st.permutations([*everything, *everything[: len(everything) // 2]]))
    assert played(*mixed) == played(*everything)


@given(histories())
def test_two_people_who_undo_the_same_come_to_the_same(history: list[Action]) -> None:
    """Each of them ordered the whole, in a job of their own: it is void once and for all."""
    first = undoing(history, 1, void=True)
    order = Order("undo/other/1", "person:second", hour(LATER + 1.5), "the same thought")
    second = [each for action in history if action.source == RUNAWAY and (each := compensating(action, order))]
    both = played(*history, *first, *second)
    assert effective(both) == effective(played(*history, *first))
    assert not {each.action_id for each in first} & {each.action_id for each in second}


@given(histories())
def test_the_undo_of_a_clearance_is_the_end_of_it(history: list[Action]) -> None:
    """And undoing that gives the clearance back as it was."""
    clearances = [each for each in history if each.kind == "clear"]
    if not clearances:
        return
    last = max(clearances, key=lambda each: (each.occurred_at, each.action_id))
    taken = compensating(last, Order("u1", "person:ann", hour(LATER), "wrong person"))
    given_back = compensating(last, Order("u2", "person:ann", hour(LATER + 1), "right after all"), void=False)
    assert taken is not None
    assert given_back is not None
    restricted = [each for each in history if each.kind != "clear"]
    assert effective(played(*restricted, last, taken)) == effective(played(*restricted))
    back = played(*restricted, last, taken, given_back)
    assert limits(back) == limits(played(*restricted, last))


@pytest.mark.parametrize("void", [True, False])
def test_the_undo_of_a_verdict_is_the_opposite_verdict(*, void: bool) -> None:
    """An appeal that was wrongly overturned is undone like everything else, by the decision about it."""
    verdict = {"verdict": {"action_id": "r1", "void": void}, "scope": ""}
    overturned = Action("release", "o", USER, "person:appeal", hour(1), "", None, None, verdict)
    back = compensating(overturned, Order("u", "person:ann", hour(2), "the appeal was wrong"))
    assert back is not None
    assert back.details["verdict"] == {"action_id": "r1", "void": not void}
