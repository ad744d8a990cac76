"""What ends is told soon, once, whatever happens on the way; and nothing depends on it."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from shared.restrictions import Action, action_id_of
from shared.runtime.expiry import PATIENCE, SINCE_LATELY, SINCE_LONG
from shared.runtime.tally import Tally
from shared.signals import decision_id_of, parse
from shared.signals.times import stamp
from shared.stores import StoreUnavailable
from shared.stores.attributes import to_item
from tests.support.aws import World
from tests.support.faults import Crash, CrashAfter, CrashBefore, Fault, Lost, Meanwhile, Refused, at, on
from tests.support.lambdas import deliver_stream, enforce, sizes
from tests.support.signals import moment

pytestmark = pytest.mark.integration

USER = "user:u_1"
HOUR = 3600
ASKED_UNTIL = HOUR - PATIENCE.total_seconds()
"""A demand of then is seen to from the hour on."""
A_MINUTE = timedelta(minutes=1)


def restrict(name: str, ends: float = HOUR, user: str = USER, capability: str = "withdraw", **details: Any) -> Action:
    given = {"capability": capability, "limit": {"none": True}, "expires_at": stamp(moment(ends)), **details}
    return Action("restrict", action_id_of(name), user, f"rule:{name}", moment(0), "r", "payment_fraud", details=given)


def hold(name: str, ends: float = HOUR, most: float = 48 * HOUR) -> Action:
    return restrict(name, ends, capability="receive_payout", on_expiry="person", holds_until=stamp(moment(most)))


def friction(name: str, ask: str = "step_up", ends: float = ASKED_UNTIL, user: str = USER) -> Action:
    details = {"ask": ask, "expires_at": stamp(moment(ends))}
    return Action("friction", action_id_of(name), user, f"rule:{name}", moment(0), "r", details=details)


def answer(name: str, outcome: str, when: float, ask: str = "step_up") -> Action:
    details = {"ask": ask, "outcome": outcome}
    return Action("answer", action_id_of(name), USER, "feedback:stepup", moment(when), "r", details=details)


def release(name: str, when: float) -> Action:
    details = {"verdict": {"action_id": action_id_of(name), "void": True}}
    return Action("release", action_id_of(name, "undo"), USER, "person:ann", moment(when), "r", details=details)


def done(cloud: World, *actions: Action) -> None:
    """What `enforce` does with recorded actions, and nothing counted of it."""
    for action in actions:
        cloud.ledger().apply(action, "d" * 32)
    cloud.wire.calm()


def called(cloud: World, now: datetime) -> dict[str, int]:
    """What the schedule's call of that moment does, and what it counts."""
    tally = Tally()
    cloud.expiry().run(now, tally, lambda: True)
    return dict(+tally)


def commanded(cloud: World) -> list[Action]:
    """The actions that lie in the outbox, in no order."""
    records = [json.loads(record["actions"]) for record in cloud.items("decisions") if "outbox" in record]
    return [Action.from_json(action) for actions in records for action in actions]


def told(cloud: World) -> list[tuple[str, dict[str, Any]]]:
    """What `enforce` makes of the outbox: the events, each once."""
    enforcement = cloud.enforcement()
    deliver_stream(iter(lambda: enforce(enforcement), None), cloud.outbox(), sizes(), cloud.wire)
    found = {detail["metadata"]["action_id"]: (kind, detail) for kind, detail in cloud.events()}
    return list(found.values())


def test_what_ended_is_told_soon(cloud: World) -> None:
    """The first call after the end commands it, and services hear that nothing is limited any more."""
    done(cloud, restrict("a"))
    assert called(cloud, moment(HOUR + 30)) == {"ExpiriesCommanded": 1}
    ((kind, detail),) = told(cloud)
    assert kind == "RestrictionReleased"
    assert (detail["data"]["entity"], detail["data"]["capability"]) == (USER, "withdraw")
    assert (detail["metadata"]["cause"], detail["metadata"]["sequence"]) == ("schedule:expiry", 2)


def test_nothing_is_commanded_before_its_end(cloud: World) -> None:
    """Not a millisecond early."""
    done(cloud, restrict("a"))
    assert called(cloud, moment(HOUR) - timedelta(milliseconds=1)) == {}
    assert called(cloud, moment(HOUR)) == {"ExpiriesCommanded": 1}


def test_nobody_stays_restricted_for_want_of_a_schedule(cloud: World) -> None:
    """Past its end it is not in force, whoever reads it, though nothing was ever swept."""
    done(cloud, restrict("a"))
    account = cloud.ledger().account(USER)
    assert [each.capability for each in account.in_force(moment(HOUR - 1))] == ["withdraw"]
    assert account.in_force(moment(HOUR)) == ()


def test_a_call_that_comes_twice_or_late_does_the_same_once(cloud: World) -> None:
    """The schedule promises at least one call, in any order; each tells which moment it is about."""
    done(cloud, restrict("a"), friction("b"))
    moments = [moment(HOUR + 90), moment(HOUR + 30), moment(HOUR + 90), moment(HOUR + 30)]
    counted = sum((Counter(called(cloud, now)) for now in moments), Counter())
    assert counted == {"ExpiriesCommanded": 1, "DemandsAbandoned": 1}
    assert len(commanded(cloud)) == 1
    assert len(cloud.messages(cloud.feedback_queue)) == 1


def test_what_was_released_before_its_end_is_not_told_again(cloud: World) -> None:
    """The agenda still names it; its page says that nothing ended."""
    done(cloud, restrict("a"), release("a", 60))
    assert called(cloud, moment(HOUR + 30)) == {}
    assert commanded(cloud) == []


def test_of_several_causes_each_end_is_told(cloud: World) -> None:
    """The milder of two ends later: first it is less, then it is nothing."""
    reserve = {"reserve_share": 30, "reserve_days": 30}
    done(
        cloud,
        restrict("a", HOUR, capability="receive_payout"),
        restrict("b", 2 * HOUR, capability="receive_payout", limit=reserve),
    )
    called(cloud, moment(HOUR + 30))
    called(cloud, moment(2 * HOUR + 30))
    kinds = sorted((detail["metadata"]["sequence"], kind) for kind, detail in told(cloud))
    assert [kind for _, kind in kinds] == ["RestrictionChanged", "RestrictionReleased"]


def test_the_limit_of_one_order_ends_for_that_order(cloud: World) -> None:
    """And the whole entity's goes on."""
    done(cloud, restrict("a", scope="order:o_1"), restrict("b", 9 * HOUR))
    assert called(cloud, moment(HOUR + 30)) == {"ExpiriesCommanded": 1}
    ((kind, detail),) = told(cloud)
    assert (kind, detail["data"]["scope"]) == ("RestrictionReleased", "order:o_1")


def test_a_hold_that_needs_a_person_goes_on_and_somebody_is_asked(cloud: World) -> None:
    """At its expiry a review is requested and people are paged; it holds until the legal maximum, and ends there."""
    done(cloud, hold("a", most=48 * HOUR))
    assert called(cloud, moment(HOUR + 30)) == {"ExpiriesCommanded": 1, "HoldsWaitingForPerson": 1}
    (review,) = commanded(cloud)
    assert (review.kind, review.entity, review.abuse) == ("review", USER, "payment_fraud")
    assert review.details["within_hours"] > 0
    assert [kind for kind, _ in told(cloud)] == ["ReviewRequested"]
    account = cloud.ledger().account(USER)
    assert account.in_force(moment(48 * HOUR) - A_MINUTE)
    assert account.in_force(moment(48 * HOUR)) == ()

    assert called(cloud, moment(48 * HOUR + 30)) == {"ExpiriesCommanded": 1}
    assert sorted(kind for kind, _ in told(cloud)) == ["RestrictionReleased", "ReviewRequested"]


def test_somebody_is_paged_when_law_ends_what_rules_held_on_and_on(cloud: World) -> None:
    """Services hear that it ended, once, and that no person had decided is not left to the morning."""
    longest = {"longest_hold_until": stamp(moment(5 * HOUR))}
    done(cloud, restrict("a", 4 * HOUR, capability="withdraw", **longest))
    done(cloud, restrict("b", 9 * HOUR, capability="withdraw", **longest))
    assert called(cloud, moment(4 * HOUR + 30)) == {"ExpiriesCommanded": 1}
    assert called(cloud, moment(5 * HOUR + 30)) == {"ExpiriesCommanded": 1, "HoldsWaitingForPerson": 1}
    assert called(cloud, moment(5 * HOUR + 90)) == {}
    assert [kind for kind, _ in told(cloud)] == ["RestrictionReleased"]
    assert called(cloud, moment(9 * HOUR + 30)) == {}


def test_a_hold_that_a_person_released_in_time_asks_nobody(cloud: World) -> None:
    """There is nothing left to decide."""
    done(cloud, hold("a"), release("a", 60))
    assert called(cloud, moment(HOUR + 30)) == {}


METHODS = [("step_up", "none"), ("captcha", "captcha"), ("confirmation", "confirmation")]


@pytest.mark.parametrize(("ask", "method"), METHODS)
def test_a_demand_that_nobody_answered_becomes_a_signal(cloud: World, ask: str, method: str) -> None:
    """A valid one, about the user, caused by what was asked, as of the moment when the time was up."""
    demand = friction("a", ask)
    done(cloud, demand)
    assert called(cloud, moment(HOUR + 30)) == {"DemandsAbandoned": 1}
    (sent,) = cloud.messages(cloud.feedback_queue)
    signal = parse(json.dumps(sent).encode(), moment(HOUR + 31))
    assert (signal.name, signal.subject, signal.time, signal.cause) == (
        "stepup.completed",
        USER,
        moment(ASKED_UNTIL),
        demand.action_id,
    )
    assert (signal.data.outcome, signal.data.method, signal.data.action_id) == ("abandoned", method, demand.action_id)
    assert commanded(cloud) == []


@pytest.mark.parametrize("outcome", ["passed", "failed", "abandoned"])
def test_an_answer_in_time_is_no_silence(cloud: World, outcome: str) -> None:
    """Whatever it was."""
    done(cloud, friction("a"), answer("b", outcome, ASKED_UNTIL - 1))
    assert called(cloud, moment(HOUR + 30)) == {}
    assert cloud.messages(cloud.feedback_queue) == []


def test_an_answer_in_time_that_is_still_on_its_way_is_no_silence(cloud: World) -> None:
    """Minutes behind, it finds that nobody has called it abandoned yet."""
    done(cloud, friction("a"))
    assert called(cloud, moment(HOUR - 30)) == {}
    done(cloud, answer("b", "passed", ASKED_UNTIL - 1))
    assert called(cloud, moment(HOUR + 30)) == {}
    assert cloud.messages(cloud.feedback_queue) == []


def test_a_demand_that_reached_nobody_is_not_abandoned(cloud: World) -> None:
    """It came while another one was open, so the user was never asked."""
    second = friction("b", ends=ASKED_UNTIL - 60)
    done(cloud, friction("a"), second)
    called(cloud, moment(HOUR + 30))
    called(cloud, moment(2 * HOUR + 30))
    assert [sent["sluicecause"] for sent in cloud.messages(cloud.feedback_queue)] == [action_id_of("a")]


def test_an_abandoned_step_up_is_one_decision_however_often_it_is_said(cloud: World) -> None:
    """Sent again after a crash, it is the same signal: of the same id, of the same content."""
    done(cloud, friction("a"))
    cloud.wire.strike = on("PutItem", CrashBefore(), times=1)
    with pytest.raises(Crash):
        called(cloud, moment(HOUR + 30))
    cloud.wire.calm()
    called(cloud, moment(HOUR + 90))
    first, second = cloud.messages(cloud.feedback_queue)
    assert first == second
    assert decision_id_of(first["source"], first["id"]) == decision_id_of(second["source"], second["id"])


FAULTS: list[Fault] = [CrashBefore(), CrashAfter(), Lost(), Refused()]
NAMES = ["crash_before", "crash_after", "answer_lost", "throttled"]


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
@pytest.mark.parametrize("number", range(1, 10))
def test_a_failure_at_any_call_is_made_up_for_by_the_next_minute(cloud: World, number: int, fault: Fault) -> None:
    """Whatever is struck, in the end all is told once: the same as if nothing had happened."""
    half, earlier = HOUR / 2, HOUR / 2 - PATIENCE.total_seconds()
    order = restrict("d", half, scope="order:o_1")
    done(cloud, restrict("a", half), hold("b", half), friction("c", ends=earlier), order)
    cloud.wire.strike = at({number: fault})
    with pytest.raises((Crash, ClientError, BotoCoreError, StoreUnavailable)):
        called(cloud, moment(half + 30))
    cloud.wire.revive()
    cloud.wire.strike = lambda _: None
    called(cloud, moment(half + 90))

    kinds = sorted((action.kind, action.scope, action.details.get("capability", "")) for action in commanded(cloud))
    assert kinds == [("expire", "", "withdraw"), ("expire", "order:o_1", "withdraw"), ("review", "", "")]
    assert len({json.dumps(sent, sort_keys=True) for sent in cloud.messages(cloud.feedback_queue)}) == 1
    sequences = [(kind, detail["metadata"]["sequence"]) for kind, detail in told(cloud)]
    assert sorted(sequences) == [("RestrictionReleased", 2), ("RestrictionReleased", 2), ("ReviewRequested", 1)]


def test_two_calls_at_once_record_once(cloud: World) -> None:
    """Another one, of the same minute, is quicker between our reading and our writing."""
    done(cloud, restrict("a"))
    cloud.wire.strike = on("PutItem", Meanwhile(lambda _: called(cloud, moment(HOUR + 30)) and None), times=1)
    assert called(cloud, moment(HOUR + 30)) == {}
    assert len(commanded(cloud)) == 1


def test_a_day_without_any_call_is_made_up_for_within_the_hour(cloud: World) -> None:
    """A call looks an hour back, and the first of each hour a day and more: both tell what they found late."""
    done(cloud, restrict("a"))
    late = moment(20 * HOUR)
    assert called(cloud, late + A_MINUTE) == {}
    assert called(cloud, late + timedelta(hours=1)) == {"ExpiriesCommanded": 1, "ExpiriesLate": 1}
    assert SINCE_LATELY < timedelta(hours=19) < SINCE_LONG


def test_an_action_that_comes_after_its_own_end_was_swept_is_told_as_well(cloud: World) -> None:
    """Two rules restrict until the same moment, and the second one's record was held up on its way."""
    done(cloud, restrict("a"))
    called(cloud, moment(HOUR + 30))
    told(cloud)
    done(cloud, restrict("b", HOUR))
    assert called(cloud, moment(HOUR + 90)) == {"ExpiriesCommanded": 1}


def test_clocks_that_disagree_tell_late_or_early_and_never_wrong(cloud: World) -> None:
    """A schedule that is minutes ahead of those who restrict tells of the end before they see it, at its own moment."""
    done(cloud, restrict("a"))
    ahead = moment(HOUR) + timedelta(minutes=5)
    called(cloud, ahead)
    (expire,) = commanded(cloud)
    assert expire.occurred_at == moment(HOUR)
    assert told(cloud)[0][0] == "RestrictionReleased"


def test_a_page_that_another_hand_broke_keeps_nobody_from_theirs(cloud: World) -> None:
    """It is counted, and the others are seen to."""
    done(cloud, restrict("a", user="user:broken"), restrict("b", user="user:whole"))
    broken = {"entity": "user:broken", "item": "head", "version": 9, "account": "odd"}
    cloud.aws.calm["dynamodb"].put_item(TableName=cloud.table("ledger"), Item=to_item(broken))
    assert called(cloud, moment(HOUR + 30)) == {"ExpiriesCommanded": 1, "UnreadablePages": 1}


def many(cloud: World, users: Iterable[int]) -> None:
    done(cloud, *(restrict(f"rule_{each}", user=f"user:u_{each}") for each in users))


def test_what_does_not_fit_into_one_call_goes_on_with_the_next(cloud: World) -> None:
    """A campaign's restrictions end together; the call ends in time, says so, and leaves the rest to the next one."""
    many(cloud, range(104))
    left = iter([True, False])
    tally = Tally()
    cloud.expiry().run(moment(HOUR + 30), tally, lambda: next(left))
    assert +tally == Counter(ExpiriesCommanded=100, ExpiriesPutOff=1)
    assert called(cloud, moment(HOUR + 90)) == {"ExpiriesCommanded": 4}


def test_a_portion_that_fails_keeps_no_other_from_its_turn(cloud: World) -> None:
    """The call says that it failed, so that people hear of it, once everything else is done."""
    many(cloud, range(104))
    cloud.wire.strike = on("PutItem", Refused(), times=1)
    tally = Tally()
    with pytest.raises(StoreUnavailable, match="not seen to: 1"):
        cloud.expiry().run(moment(HOUR + 30), tally, lambda: True)
    assert tally["ExpiriesCommanded"] == 4
    assert called(cloud, moment(HOUR + 90)) == {"ExpiriesCommanded": 100}


Handler = Callable[[str], Callable[[dict[str, Any]], Any]]
CALL = {"time": "2026-11-20T13:00:30Z", "detail-type": "Scheduled Event"}


def test_the_handler_goes_by_the_schedules_time_and_puts_out_what_it_counted(
    cloud: World, handler: Handler, capsys: pytest.CaptureFixture[str]
) -> None:
    """EventBridge's event names the moment that the call is about."""
    done(cloud, restrict("a"))
    handler("expire_restrictions")(CALL)
    assert json.loads(capsys.readouterr().out)["ExpiriesCommanded"] == [1.0]
    assert [action.kind for action in commanded(cloud)] == ["expire"]
