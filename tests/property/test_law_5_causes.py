"""Law 5, causes: a capability's state is the join of its live causes, in whatever order they came to be known."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.restrictions import Account, Action, Limit, account_from_json, account_to_json, applied, in_force, join
from shared.restrictions.keeping import EACH, kept_causes, kept_entries
from shared.restrictions.standing import Step, covers
from shared.signals.times import stamp
from tests.support.ledgers import DECISION, HOUR, account, clear, release, restrict, undo
from tests.support.signals import moment

pytestmark = pytest.mark.property

SOURCES = ["rule:a", "rule:b", "person:ana"]
ABUSES = ["payment_fraud", "account_takeover"]
LIMITS = {
    "buy": [{"none": True}, {"count_per_day": 3}, {"amount_per_day": {"USD": 20000}}],
    "receive_payout": [{"none": True}, {"share": 25}, {"reserve_share": 30, "reserve_days": 10}, {"delay_hours": 24}],
}
CAPABILITIES = sorted(LIMITS)
BY = ["person:ana", "person:ben", "feedback:stepup", "schedule:x"]
hours = st.integers(0, 6)
any_one = st.just("*")


@st.composite
def placements(draw: st.DrawFn, number: int) -> Action:
    """A restriction by a rule or a person at some hour; some hold until a person decides, some until a step-up."""
    at, lasts = draw(hours), draw(st.integers(1, 4))
    capability = draw(st.sampled_from(CAPABILITIES))
    holds = {"on_expiry": "person", "holds_until": stamp(hour(at + lasts + 2))} if draw(st.integers(0, 4)) == 0 else {}
    return restrict(
        f"a{number:02}",
        at * HOUR,
        lasts=lasts * HOUR,
        capability=capability,
        limit=draw(st.sampled_from(LIMITS[capability])),
        source=draw(st.sampled_from(SOURCES)),
        abuse=draw(st.sampled_from(ABUSES)),
        until=draw(st.sampled_from([[], ["step_up"]])),
        **holds,
    )


@st.composite
def takings(draw: st.DrawFn, number: int, by: Sequence[str] = BY) -> Action:
    """A release, a verdict or a clearance, by a person or by automation, at some hour."""
    at, whose, kind = draw(hours) * HOUR, draw(st.sampled_from(by)), draw(st.integers(0, 3))
    name = f"r{number:02}"
    if kind == 0:
        void = draw(st.booleans())
        return undo(name, draw(st.sampled_from(["a00", "a01", "a02"])), at, whose, void=void)
    if kind == 1 and whose.startswith("person:"):
        return clear(name, at, draw(st.sampled_from([0, 2, 8])) * HOUR, whose, abuse=draw(st.sampled_from(ABUSES)))
    fits = {
        "source": draw(any_one | st.sampled_from(SOURCES)),
        "capability": draw(any_one | st.sampled_from(CAPABILITIES)),
        "abuse": draw(any_one | st.sampled_from(ABUSES)),
        "until": draw(st.sampled_from(["", "", "step_up"])),
    }
    return release(name, at, whose, **fits)


def numbered(strategy: Any, most: int) -> Any:
    return st.integers(0, most).flatmap(lambda size: st.tuples(*(strategy(number) for number in range(size))))


histories = st.builds(lambda placed, taken: (*placed, *taken), numbered(placements, 7), numbered(takings, 5))


def hour(number: float) -> datetime:
    return moment(HOUR * number)


MOMENTS = [hour(number / 2) for number in range(28)]


def ends(action: Action) -> datetime:
    details = action.details
    return datetime.fromisoformat(details.get("holds_until", details["expires_at"]))


def counts(placed: Action, history: Sequence[Action]) -> bool:
    """The definition: nothing that was ever said makes it void."""
    selectors = [each for each in history if "selector" in each.details and _releases(each, placed)]
    verdicts = [each for each in history if each.details.get("verdict", {}).get("action_id") == placed.action_id]
    last = max(verdicts, key=lambda each: (each.by_person, each.occurred_at, each.action_id), default=None)
    undone = last is not None and last.details["verdict"]["void"] and (last.by_person or not placed.by_person)
    clearances = [each for each in history if each.kind == "clear" and each.abuse == placed.abuse]
    cleared = max(clearances, key=lambda each: (each.occurred_at, each.action_id), default=None)
    until = cleared.details["until"] if cleared else ""
    is_cleared = bool(until) and not placed.by_person and placed.occurred_at < datetime.fromisoformat(until)
    return not selectors and not undone and not is_cleared


def _releases(each: Action, placed: Action) -> bool:
    fits = each.details["selector"]
    named = "until" in fits and fits["until"] in placed.details["until"]
    return (
        placed.occurred_at <= each.occurred_at
        and fits.get("source", placed.source) == placed.source
        and fits.get("capability", placed.details["capability"]) == placed.details["capability"]
        and fits.get("abuse", placed.abuse) == placed.abuse
        and ("until" not in fits or named)
        and (each.by_person or not placed.by_person or named)
    )


def live(history: Sequence[Action], capability: str, at: datetime) -> list[Action]:
    """The restrictions in force at a moment, by the definition."""
    return [
        each
        for each in history
        if each.kind == "restrict"
        and each.details["capability"] == capability
        and at < ends(each)
        and counts(each, history)
    ]


def joined(placed: Sequence[Action]) -> Limit:
    return join(Limit.from_json(each.details["limit"]) for each in placed)


def limit_of(page: Account, capability: str, at: datetime) -> Limit:
    return next((each.limit for each in page.in_force(at) if each.capability == capability), Limit())


@given(histories, st.randoms(use_true_random=False))
def test_the_order_in_which_actions_arrive_does_not_matter(history: tuple[Action, ...], random: Any) -> None:
    """Any order, and any repetition, leads to the same account: releases, verdicts and clearances first, too."""
    shuffled = [*history, *history[::2]]
    random.shuffle(shuffled)

    assert account(*shuffled) == account(*history)
    assert account(*reversed(history)) == account(*history)


@given(histories)
def test_a_capability_is_limited_by_the_join_of_its_live_causes(history: tuple[Action, ...]) -> None:
    """At every moment: exactly what the definition says, by the causes that it says, until the last of them ends."""
    page = account(*history)
    for at in MOMENTS:
        found = {standing.capability: standing for standing in page.in_force(at)}
        for capability in CAPABILITIES:
            placed = live(history, capability, at)
            assert (capability in found) == bool(placed)
            if placed:
                standing = found[capability]
                assert standing.limit == joined(placed)
                assert {cause.action_id for cause in standing.causes} == {each.action_id for each in placed}
                assert standing.until == max(map(ends, placed))
                assert standing.since == min(each.occurred_at for each in placed)


@given(histories)
def test_past_its_end_nothing_is_in_force(history: tuple[Action, ...]) -> None:
    """Though nobody swept it, and whatever needs a person has its legal maximum."""
    last = max((ends(each) for each in history if each.kind == "restrict"), default=hour(0))

    assert account(*history).in_force(last) == ()


@given(histories, st.sampled_from(CAPABILITIES), hours)
def test_the_staircase_tells_what_will_be_in_force(history: tuple[Action, ...], capability: str, number: int) -> None:
    """Who knows the steps of one moment knows the limit of every later one, without any further event."""
    page, start = account(*history), hour(number)
    steps = page.steps(capability, start)

    for at in [at for at in MOMENTS if at >= start]:
        told = next((step.limit for step in steps if at < step.until), Limit())
        assert told == limit_of(page, capability, at)
    assert all(former.until < later.until for former, later in pairwise(steps))
    assert all(former.limit.covers(later.limit) and former != later for former, later in pairwise(steps))


@given(histories, placements(99))
def test_placing_more_never_limits_less(history: tuple[Action, ...], more: Action) -> None:
    """At every moment, of every capability, whatever was released before."""
    before, after = account(*history), account(*history, more)

    for at in MOMENTS:
        for capability in CAPABILITIES:
            assert limit_of(after, capability, at).covers(limit_of(before, capability, at))


@given(histories, st.integers(0, 7))
def test_undoing_one_action_leaves_all_others_exactly(history: tuple[Action, ...], number: int) -> None:
    """A person's verdict takes away what that action placed, and nothing else; taken back, it brings back no other."""
    about = f"a{number:02}"
    before = account(*history)
    undone = account(undo("u1", about, 10 * HOUR), page=before)
    again = account(undo("u2", about, 11 * HOUR, void=False), page=undone)

    assert [cause for cause in before.effective if cause.action_id != about] == list(undone.effective)
    untouched = {each.action_id: each for each in again.effective}
    assert {each.action_id for each in before.effective} <= untouched.keys()
    assert untouched.keys() - {each.action_id for each in before.effective} <= {about}


@given(histories, st.lists(placements(50) | takings(51, by=["feedback:stepup", "schedule:x", "rule:b"]), max_size=5))
def test_automation_never_weakens_what_a_person_decided(history: tuple[Action, ...], automatic: list[Action]) -> None:
    """What persons placed stands whatever automation does; only a condition that it names itself can release it."""
    automatic = [replace(each, action_id=f"z{n}") for n, each in enumerate(automatic) if not each.by_person]
    persons = [each for each in history if each.by_person]
    page, alone = account(*persons, *automatic), account(*persons)
    named = {
        each.action_id
        for each in persons
        for other in automatic
        if "until" in each.details and each.details["until"] and other.details.get("selector", {}).get("until")
    }

    assert {each.action_id for each in alone.effective} - named <= {each.action_id for each in page.effective}


@given(histories, placements(50))
def test_automation_never_outlives_what_a_person_decided(history: tuple[Action, ...], late: Action) -> None:
    """After a person released everything nothing older is in force, and during a clearance nothing automated is."""
    late = replace(late, source="rule:a", abuse="payment_fraud")
    released = account(*history, release("all", 6 * HOUR))
    cleared = account(*history, clear("c", 7 * HOUR, 24 * HOUR), late)

    assert all(cause.starts_at > hour(6) for cause in released.effective)
    assert all(cause.by_person or cause.abuse != "payment_fraud" for cause in cleared.effective)


@given(histories, histories)
def test_two_pages_limit_what_either_limits(whole: tuple[Action, ...], own: tuple[Action, ...]) -> None:
    """What limits an order is the join of its own page and its owner's."""
    pages = [account(*whole), account(*own)]
    for at in MOMENTS[::3]:
        found = {standing.capability: standing.limit for standing in in_force(pages, at)}
        for capability in CAPABILITIES:
            assert found.get(capability, Limit()) == join(limit_of(page, capability, at) for page in pages)


@given(histories)
def test_an_account_survives_storage(history: tuple[Action, ...]) -> None:
    """What the head item holds is the account, whole."""
    page = account(*history)
    assert account_from_json(account_to_json(page)) == page


@given(numbered(placements, 12), numbered(placements, 12), st.integers(1, 3), st.integers(1, 5))
def test_what_a_page_keeps_does_not_depend_on_when_it_was_dropped(
    monkeypatch: pytest.MonkeyPatch, some: tuple[Action, ...], others: tuple[Action, ...], room: int, page: int
) -> None:
    """Keeping of what was kept and of what came later is keeping of all at once, at the caps, too."""
    monkeypatch.setattr("shared.restrictions.keeping.EACH", room)
    monkeypatch.setattr("shared.restrictions.keeping.PAGE", page)
    others = tuple(replace(each, action_id=f"b{each.action_id}") for each in others)
    one, other = _causes(some), _causes(others)

    assert kept_causes({*kept_causes(one), *other}) == kept_causes(one | other)
    assert len(kept_causes(one | other)) <= 2 * page


@given(st.dictionaries(st.integers(0, 20), st.integers(0, 5)), st.dictionaries(st.integers(0, 20), st.integers(0, 5)))
def test_the_entries_that_a_page_keeps_do_not_depend_on_their_order(
    monkeypatch: pytest.MonkeyPatch, some: dict[int, int], others: dict[int, int]
) -> None:
    """The highest by rank are the highest, whenever the others were dropped."""
    monkeypatch.setattr("shared.restrictions.keeping.OTHERS", 3)

    def kept(entries: dict[int, int]) -> dict[int, int]:
        return kept_entries(entries, lambda key, value: (value, key))

    def merged(one: dict[int, int], other: dict[int, int]) -> dict[int, int]:
        return {key: max(one.get(key, 0), other.get(key, 0)) for key in {*one, *other}}

    assert kept(merged(kept(some), others)) == kept(merged(some, others))


@given(histories)
def test_one_staircase_covers_another_if_it_limits_as_much_at_every_moment(history: tuple[Action, ...]) -> None:
    """Step by step it is as moment by moment."""
    one, other = account(*history[::2]), account(*history[1::2])
    steps, others = one.steps("buy", hour(0)), other.steps("buy", hour(0))

    def told(staircase: tuple[Step, ...], at: datetime) -> Limit:
        return next((step.limit for step in staircase if at < step.until), Limit())

    assert covers(steps, others) == all(told(steps, at).covers(told(others, at)) for at in MOMENTS)


@given(st.integers(1, 40), st.integers(1, 40))
def test_the_same_rule_firing_on_and_on_takes_no_more_room(times: int, more: int) -> None:
    """An account grows with its sources, capabilities and limits, not with the signals that hit them."""
    page = Account()
    for number in range(times + more):
        page = applied(page, restrict(f"a{number:03}", number, lasts=24 * HOUR), DECISION)

    assert len(page.causes) == min(times + more, EACH)
    assert page.in_force(moment(0))[0].until == moment(times + more - 1) + timedelta(days=1)


def _causes(placed: tuple[Action, ...]) -> set[Any]:
    return {cause for each in placed for cause in account(each).causes}
