"""Law 5, causes: a capability's state is the join of its live causes, in whatever order they came to be known."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import repeat
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.restrictions import Account, Action, account_from_json, account_to_json, applied
from shared.signals.times import stamp
from tests.support.signals import moment

pytestmark = pytest.mark.property

SOURCES = ["rule:a", "rule:b", "person:ana"]
CAPABILITIES = ["buy", "receive_payout"]
hours = st.integers(0, 6)


@st.composite
def actions(draw: st.DrawFn, number: int) -> Action:
    """A restriction by a rule or a person, or a person's release, at some hour."""
    at, source, capability = draw(hours), draw(st.sampled_from(SOURCES)), draw(st.sampled_from(CAPABILITIES))
    if draw(st.integers(0, 3)):
        allowed = draw(st.sampled_from([0, 25, 50])) if capability == "receive_payout" else 0
        ends = stamp(hour(at + draw(st.integers(1, 4))))
        details: dict[str, Any] = {"capability": capability, "allowed": allowed, "expires_at": ends}
        return Action("restrict", f"a{number:02}", "user:u", source, hour(at), "why", None, None, details)
    released = draw(st.sampled_from([*SOURCES[:2], "*"]))
    details = {"capability": capability, "released": released}
    return Action("release", f"r{number:02}", "user:u", "person:ana", hour(at), "why", None, None, details)


pages = st.integers(0, 9).flatmap(lambda size: st.tuples(*(actions(number) for number in range(size))))


def hour(number: float) -> datetime:
    return moment(3600 * number)


def after(history: Any) -> Account:
    account = Account()
    for action in history:
        account = applied(account, action, "d" * 32)
    return account


def in_force(history: Any, capability: str, at: datetime) -> list[Action]:
    """The definition: restrictions not yet past their end, and not released at or after their own time."""
    releases = [each for each in history if each.kind == "release" and each.details["capability"] == capability]
    return [
        each
        for each in history
        if each.kind == "restrict"
        and each.details["capability"] == capability
        and at < datetime.fromisoformat(each.details["expires_at"])
        and not any(
            each.occurred_at <= release.occurred_at and release.details["released"] in ("*", each.source)
            for release in releases
        )
    ]


@given(pages, st.randoms(use_true_random=False))
def test_the_order_in_which_actions_arrive_does_not_matter(history: tuple[Action, ...], random: Any) -> None:
    """Any order, and any repetition, leads to the same account."""
    shuffled = [*history, *history[::2]]
    random.shuffle(shuffled)

    assert after(shuffled) == after(history)


@given(pages)
def test_a_capability_allows_the_least_of_its_causes_until_the_last_ends(history: tuple[Action, ...]) -> None:
    """Once all that is known has happened: the minimum of what is live, and never past an expiry."""
    account = after(history)
    latest = max((each.occurred_at for each in history), default=hour(0))
    for at in (latest + timedelta(hours=number) for number in range(6)):
        found = {standing.capability: standing for standing in account.in_force(at)}
        for capability in CAPABILITIES:
            live = in_force(history, capability, at)
            assert (capability in found) == bool(live)
            if live:
                assert found[capability].allowed == min(each.details["allowed"] for each in live)
                ends = max(datetime.fromisoformat(each.details["expires_at"]) for each in live)
                assert found[capability].until == ends


@given(pages, st.sampled_from(SOURCES), st.sampled_from(CAPABILITIES))
def test_a_release_removes_its_own_source_and_capability_only(
    history: tuple[Action, ...], source: str, capability: str
) -> None:
    """Every other cause stands after it as before."""
    account = after(history)
    released = account.release(source, capability, hour(10))

    others = [each for each in account.causes if (each.source, each.capability) != (source, capability)]
    assert list(released.causes) == others


@given(pages, st.data(), hours)
def test_automation_never_weakens_what_stands(history: tuple[Action, ...], data: st.DataObject, now: int) -> None:
    """Whatever is placed again, also with a time that has yet to come, nothing is allowed more, or for shorter."""
    known = [each for each in history if each.occurred_at <= hour(now)]
    placed = data.draw(st.sampled_from(known) if known else actions(0))
    if placed.kind != "restrict":
        return
    later = timedelta(hours=data.draw(hours))
    ends = stamp(datetime.fromisoformat(placed.details["expires_at"]) + later)
    again = replace(
        placed, action_id="a99", occurred_at=placed.occurred_at + later, details=placed.details | {"expires_at": ends}
    )
    then = {standing.capability: standing for standing in after([*known, again]).in_force(hour(now))}

    for standing in after(known).in_force(hour(now)):
        assert then[standing.capability].allowed <= standing.allowed
        assert then[standing.capability].until >= standing.until


@given(pages)
def test_an_account_survives_storage(history: tuple[Action, ...]) -> None:
    """What the head item holds is the account, whole."""
    assert account_from_json(account_to_json(after(history))) == after(history)


@given(st.integers(1, 30))
def test_the_same_rule_firing_on_and_on_takes_no_more_room(times: int) -> None:
    """An account grows with its sources and capabilities, not with the signals that hit them."""
    history = [
        Action(
            "restrict",
            f"a{number}",
            "user:u",
            "rule:a",
            hour(number),
            "why",
            details={"capability": "buy", "allowed": 0, "expires_at": stamp(hour(number + 24))},
        )
        for number, _ in enumerate(repeat(None, times))
    ]

    assert len(after(history).causes) == 1
