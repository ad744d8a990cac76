"""What is parked waits for one person's word, and that word stands."""

from datetime import datetime, timedelta

import pytest

from shared.restrictions import Action, action_id_of
from shared.signals.times import stamp
from shared.stores.parked import Parked
from tests.support.aws import World
from tests.support.faults import CrashAfter, CrashBefore, Fault, Lost, Meanwhile, at, on
from tests.support.signals import moment

pytestmark = pytest.mark.integration

DECISION = "d" * 32
DAY = timedelta(days=1)


def restrict(name: str, lasts: float = 30 * 86_400) -> Action:
    details = {"capability": "withdraw", "limit": {"none": True}, "expires_at": stamp(moment(lasts))}
    return Action("restrict", action_id_of(name), "user:u_1", "rule:a", moment(0), "because", details=details)


def park(inner: Action, at: datetime | None = None) -> Action:
    details = {"action": inner.to_json(), "why": "budget payout_holds_day", "rule": "a"}
    park_id = action_id_of(inner.action_id, "park")
    return Action("park", park_id, inner.entity, inner.source, at or moment(0), "held back", details=details)


def unpark(parked: Action, verdict: str, who: str = "ann", at: datetime | None = None) -> Action:
    unpark_id = action_id_of(parked.action_id, verdict, who)
    details = {"parked": parked.action_id, "verdict": verdict}
    return Action("unpark", unpark_id, parked.entity, f"person:{who}", at or moment(60), "looked", details=details)


def store(cloud: World) -> Parked:
    return Parked(cloud.aws.struck["dynamodb"], cloud.table("ledger"))


def test_what_was_parked_is_found_with_all_that_a_person_must_know(cloud: World) -> None:
    """What would have left, of which decision and rule, why not, and until when it can."""
    held = park(restrict("a"))
    store(cloud).park(held, DECISION)
    (found,) = store(cloud).open(moment(0), moment(1))
    assert (found.action, found.decision_id, found.rule, found.why) == (
        restrict("a"),
        DECISION,
        "a",
        "budget payout_holds_day",
    )
    assert (found.state, found.at, found.ends_at) == ("open", moment(0), moment(0) + 7 * DAY)
    assert store(cloud).get(held.action_id, moment(1)) == found


def test_many_are_found_over_several_days_whatever_their_ids(cloud: World) -> None:
    """From a moment on and before another; every id lies in one of the day's shards."""
    held = [park(restrict(str(number)), moment(number * 21_600)) for number in range(12)]
    for each in held:
        store(cloud).park(each, DECISION)
    since, until = held[2].occurred_at, held[9].occurred_at
    assert {each.action_id for each in store(cloud).open(since, until)} == {each.action_id for each in held[2:9]}


def test_what_ends_before_anybody_decided_is_ended(cloud: World) -> None:
    """A restriction of an hour cannot be let through after two, and nothing waits for more than a week."""
    brief, long = park(restrict("brief", lasts=3600)), park(restrict("long"))
    for each in (brief, long):
        store(cloud).park(each, DECISION)
    assert {each.action_id for each in store(cloud).open(moment(0), moment(7200))} == {long.action_id}
    settled = store(cloud).settle(brief.action_id, unpark(brief, "release", at=moment(7200)))
    assert settled
    assert (settled.state, settled.settled_by) == ("ended", "")
    later = store(cloud).get(long.action_id, moment(0) + 7 * DAY)
    assert later
    assert later.state == "ended"


@pytest.mark.parametrize(("verdict", "state"), [("release", "released"), ("void", "void")])
def test_a_persons_word_is_kept_and_said_again(cloud: World, verdict: str, state: str) -> None:
    """It is open no more; the same word once more, as after a crash, finds itself."""
    held = park(restrict("a"))
    store(cloud).park(held, DECISION)
    word = unpark(held, verdict)
    once, again = (store(cloud).settle(held.action_id, word) for _ in range(2))
    assert once == again
    assert once
    assert (once.state, once.settled_by) == (state, word.action_id)
    assert list(store(cloud).open(moment(0), moment(120))) == []


def test_of_two_people_at_once_the_first_one_stands(cloud: World) -> None:
    """The second is told what became of it."""
    held = park(restrict("a"))
    store(cloud).park(held, DECISION)
    first, second = unpark(held, "void", "ben"), unpark(held, "release", "ann")
    calm = Parked(cloud.aws.calm["dynamodb"], cloud.table("ledger"))
    cloud.wire.strike = on("UpdateItem", Meanwhile(lambda _: calm.settle(held.action_id, first)), times=1)
    settled = store(cloud).settle(held.action_id, second)
    assert settled
    assert (settled.state, settled.settled_by) == ("void", first.action_id)


def test_parking_again_does_not_open_what_was_settled(cloud: World) -> None:
    """A retry of the record that parked it comes after a person's word."""
    held = park(restrict("a"))
    store(cloud).park(held, DECISION)
    store(cloud).settle(held.action_id, unpark(held, "void"))
    store(cloud).park(held, DECISION)
    found = store(cloud).get(held.action_id, moment(120))
    assert found
    assert found.state == "void"


def test_a_word_about_nothing_is_told_so(cloud: World) -> None:
    """Nobody parked it, or the table has forgotten it."""
    assert store(cloud).settle("nothing such", unpark(park(restrict("a")), "void")) is None


@pytest.mark.parametrize("fault", [CrashBefore(), CrashAfter(), Lost()], ids=["before", "after", "lost"])
@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_word_that_was_cut_off_is_said_again(cloud: World, call: int, fault: Fault) -> None:
    """A failure at any of the calls leaves it open, or settled by this word."""
    held = park(restrict("a"))
    store(cloud).park(held, DECISION)
    word = unpark(held, "release")
    cloud.wire.calm()
    cloud.wire.strike = at({call: fault})
    with pytest.raises(BaseException, match=r"."):
        store(cloud).settle(held.action_id, word)
    cloud.wire.calm()
    settled = store(cloud).settle(held.action_id, word)
    assert settled
    assert (settled.state, settled.settled_by) == ("released", word.action_id)


def test_a_clock_that_is_ahead_does_not_hide_what_it_parked(cloud: World) -> None:
    """Parked by one whose day has begun, looked for by one whose has not."""
    held = park(restrict("a"), moment(12 * 3600 + 30))
    store(cloud).park(held, DECISION)
    found = store(cloud).get(held.action_id, moment(12 * 3600 - 30))
    assert found
    assert found.state == "open"
