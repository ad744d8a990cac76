"""Guardrails in the batches that judge: what is asked of them, what they change, and what happens without them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import repeat
from typing import Any

import pytest

from shared.decisions import Pinned, recomputed, to_record
from shared.policy import Policy
from shared.stores.records import unpack_actions
from tests.support.aws import Clock, Fixed, World, a_change
from tests.support.faults import CrashAfter, Lost, Refused, Unreachable, on
from tests.support.guarded import USUAL, guarded, paid
from tests.support.lambdas import deliver_stream, evaluate_stream, sizes
from tests.support.signals import NOON, moment, queued, streamed
from tests.support.two_policies import first

pytestmark = pytest.mark.integration

DENIES = "budgets: {denies: {tier: deny, per: hour, count: 5}}"


def strangers(count: int, start: int = 0) -> list[Any]:
    return [paid(f"s{start + number}", number) for number in range(count)]


def known(count: int, start: int = 0) -> list[Any]:
    return [paid(f"g{start + number}", number, good=True) for number in range(count)]


def records(cloud: World) -> dict[str, Any]:
    """The decisions' records by their signal's id."""
    return {item["signal_id"]: item for item in cloud.items("decisions") if item["kind"] == "decision"}


def at_work(policy: Policy, *, young: bool = False, stopped: tuple[str, ...] = ()) -> Fixed:
    names = [f"{rule.name}@{rule.version}" for rule in policy.rules.values()]
    return Fixed(Pinned(policy, stopped=frozenset(stopped), young=dict.fromkeys(names, NOON) if young else {}))


def kinds(record: dict[str, Any]) -> Counter[str]:
    return Counter(action.kind for action in actions(record))


def actions(record: dict[str, Any]) -> list[Any]:
    return list(unpack_actions(record))


def asked(cloud: World) -> int:
    """How often the guardrails were asked so far."""
    return sum(call.operation == "UpdateItem" and call.says("guard#") for call in cloud.wire.calls)


def test_a_batch_without_anything_to_guard_asks_nothing(cloud: World) -> None:
    """No budget, nobody known good, no expectation: no call."""
    cloud.evaluation(first()).run(streamed(strangers(5)), ordered=True)
    assert asked(cloud) == 0


def test_a_batch_asks_once_for_all_its_decisions(cloud: World) -> None:
    """One call for an hour, however many rules fire on however many signals."""
    cloud.evaluation(guarded(DENIES.replace("5", "500"), ("deny",))).run(streamed(strangers(20)), ordered=True)
    assert asked(cloud) == 1


def test_over_budget_the_next_milder_thing_happens_and_the_rest_is_parked(cloud: World) -> None:
    """Each effect takes from the budget by itself; what could still be done waits for a person, under its own id."""
    _, tally = cloud.evaluation(guarded(DENIES)).run(streamed(strangers(4)), ordered=True)

    found = records(cloud)
    assert [found[f"pay-s{number}"]["disposition"] for number in range(4)] == ["deny", "deny", "deny", "pend"]
    assert [kinds(found[f"pay-s{number}"])["restrict"] for number in range(4)] == [1, 1, 0, 0]
    last = actions(found["pay-s3"])
    (parked,) = (action for action in last if action.kind == "park")
    assert parked.details["action"]["details"]["capability"] == "buy"
    assert parked.details["rule"] == "runaway"
    assert {action.details["ask"] for action in last if action.kind == "friction"} == {"step_up"}
    assert found["pay-s3"]["guarded"] == [
        "runaway: became hold (budget:denies: no room left for denies)",
        "runaway: became friction (budget:denies: no room left for denies), parked",
    ]
    assert (tally["BudgetsExhausted"], tally["ActionsParked"], tally["GuardrailsTripped"]) == (3, 2, 3)


def test_that_a_guardrail_tripped_is_one_event_for_all_decisions_of_its_window(cloud: World) -> None:
    """Whichever decision is published first tells it; the next hour is another window."""
    policy = guarded(DENIES, ("deny",))
    cloud.evaluation(policy).run(streamed(strangers(8)), ordered=True)
    later = [paid(f"l{number}", 3600 + number) for number in range(7)]
    cloud.evaluation(policy).run(streamed(later, 3600), ordered=True)

    told = [action for record in records(cloud).values() for action in actions(record) if action.kind == "guardrail"]
    assert len(told) == 5
    assert {(each.action_id, each.details["window"]) for each in told} == {
        (told[0].action_id, "2026-11-20T12"),
        (next(each.action_id for each in told if each.details["window"] == "2026-11-20T13"), "2026-11-20T13"),
    }
    assert told[0].entity == "rule:runaway"


def test_that_a_budget_ran_out_is_noted_once(cloud: World) -> None:
    """Later batches see the note where they count, and make no other call than these."""
    policy = guarded(DENIES, ("deny",))
    cloud.evaluation(policy).run(streamed(strangers(7)), ordered=True)
    calls = asked(cloud)
    cloud.evaluation(policy).run(streamed(strangers(2, 7), 20), ordered=True)
    assert asked(cloud) - calls == 2, "one is refused, the other adds the hits alone"


def test_a_young_rule_that_meets_the_known_good_falls_to_shadow_and_says_so(cloud: World) -> None:
    """From its tenth known-good hit on it acts on nobody, and what it wanted is parked."""
    policy = guarded()
    _, tally = cloud.evaluation(at_work(policy, young=True)).run(streamed([*known(12), *strangers(3)]), ordered=True)

    found = records(cloud)
    assert [found[f"pay-g{number}"]["held_back"] for number in (8, 9, 11)] == [
        [],
        ["runaway: braked"],
        ["runaway: braked"],
    ]
    assert (found["pay-s0"]["disposition"], found["pay-s0"]["rules"]) == ("allow", [])
    assert kinds(found["pay-s0"]) == {"park": 1, "guardrail": 1, "decision": 1}
    assert (tally["YoungRulesToShadow"], tally["BrakesTripped"]) == (1, 0)
    assert cloud.guards().brakes()["runaway"].became == "shadow"


def test_an_aged_account_cannot_stop_a_rule(cloud: World) -> None:
    """However often it is hit in a quiet hour; it alone is met mildly."""
    own = [paid(f"o{number}", number, good=True, buyer="u_aged") for number in range(30)]
    cloud.evaluation(guarded("", ("deny",))).run(streamed([*own, *known(8), *strangers(2)]), ordered=True)
    assert (cloud.guards().brakes(), records(cloud)["pay-s1"]["disposition"]) == ({}, "deny")

    cloud.evaluation(guarded("", ("deny",))).run(streamed(known(1, 8), 40), ordered=True)
    assert cloud.guards().brakes().keys() == {"runaway"}, "the tenth"


def test_no_more_is_kept_of_whom_a_rule_met_than_brakes_must_tell_apart(cloud: World) -> None:
    """Each batch adds as many as a brake asks for, until there are twice as many; the next hour begins anew."""
    evaluation, kept = cloud.evaluation(guarded("", ("deny",))), []
    for batch, at in enumerate((0, 60, 120, 3600)):
        evaluation.run(streamed(known(12, 12 * batch), at), ordered=True)
        hours = sorted(cloud.items("policy"), key=lambda item: item["part"])
        kept.append([len(value) for hour in hours for name, value in hour.items() if name.startswith("e:")])
    assert kept == [[10], [20], [20], [20, 10]]


def test_a_young_rule_over_the_hits_that_it_expects_falls_to_shadow(cloud: World) -> None:
    """However bad those may be whom it meets; an established one may fire as often as there is reason to."""
    policy = guarded("", USUAL, "expect: {hits: 5}")
    for young, acting in ((True, 5), (False, 9)):
        world = cloud.aws.fresh()
        world.evaluation(at_work(policy, young=young)).run(streamed(strangers(9)), ordered=True)
        assert sum(record["disposition"] == "deny" for record in records(world).values()) == acting


def test_an_established_rule_that_is_braked_does_the_next_milder_thing_and_pages(cloud: World) -> None:
    """It goes on protecting, a tier milder."""
    _, tally = cloud.evaluation(guarded()).run(streamed([*known(10), *strangers(2)]), ordered=True)
    found = records(cloud)["pay-s1"]
    assert (found["disposition"], found["rules"]) == ("pend", ["runaway"])
    assert kinds(found) == {"friction": 1, "review": 1, "park": 1, "guardrail": 1, "decision": 1}
    assert (tally["BrakesTripped"], tally["YoungRulesToShadow"]) == (1, 0)


def test_a_brake_holds_in_later_batches_and_hours_until_the_rule_is_started(cloud: World) -> None:
    """The next hour counts anew, but the brake is latched; started, the rule acts again."""
    policy, clock = guarded("", ("deny",)), Clock()
    evaluation = cloud.evaluation(cloud.live_policies(lambda: policy, clock))
    evaluation.run(streamed(known(11)), ordered=True)

    def disposition(name: str, at: float) -> Any:
        clock.seconds = at
        evaluation.run(streamed([paid(name, at)], int(at)), ordered=True)
        return records(cloud)[f"pay-{name}"]["disposition"]

    assert [disposition("same", 100), disposition("next", 3700), disposition("third", 7300)] == ["pend"] * 3
    assert cloud.guards().release_brake("runaway")
    assert disposition("started", 7400) == "deny"


@pytest.mark.parametrize(
    ("switch", "disposition", "wanted"),
    [
        ("*", "allow", {"decision": 1}),
        ("abuse:payment_fraud", "allow", {"decision": 1}),
        ("runaway", "allow", {"decision": 1}),
        ("capability:buy", "deny", {"review": 1, "decision": 1}),
        ("capability:withdraw", "deny", {"restrict": 1, "review": 1, "decision": 1}),
    ],
)
def test_switches_stop_a_rule_an_abuse_kind_a_capability_and_everything(
    cloud: World, switch: str, disposition: str, wanted: dict[str, int]
) -> None:
    """The waiting service is answered all the same: with what is left, or allow."""
    policy = guarded()
    cloud.evaluation(at_work(policy, stopped=(switch,))).run(streamed(strangers(1)), ordered=True)

    (record,) = records(cloud).values()
    assert (record["disposition"], kinds(record)) == (disposition, wanted)
    told = [action.details["disposition"] for action in actions(record) if action.kind == "decision"]
    assert told == [disposition]
    assert to_record(recomputed(record, policy))["capsule"] == record["capsule"]


def test_a_switch_is_in_force_within_a_minute(cloud: World) -> None:
    """Without a deploy or a publish: the pointer is read again."""
    policy, clock = guarded("", ("deny",)), Clock()
    evaluation = cloud.evaluation(cloud.live_policies(lambda: policy, clock))
    evaluation.run(streamed(strangers(1)), ordered=True)
    cloud.policy_stores(cloud.aws.calm).table.stop("*", a_change("stop", "*"))
    clock.seconds = 60
    evaluation.run(streamed(strangers(1, 1)), ordered=True)
    assert [records(cloud)[f"pay-s{number}"]["disposition"] for number in (0, 1)] == ["deny", "allow"]


@pytest.mark.parametrize("fault", [Refused(), Unreachable(), Lost()], ids=["refused", "unreachable", "lost"])
def test_without_the_guardrails_deciding_goes_on_and_nothing_hard_is_done(cloud: World, fault: Any) -> None:
    """What must be counted is left to people, parked, and counted; each signal has its decision."""
    cloud.wire.strike = on("UpdateItem", fault, "guard#")
    receipts, tally = cloud.evaluation(guarded(DENIES)).run(streamed([*strangers(2), *known(1)]), ordered=True)

    found = records(cloud)
    assert (receipts, len(found), tally["GuardsUnreachable"]) == ([], 3, 1)
    assert kinds(found["pay-s0"]) == {"review": 1, "park": 1, "decision": 1}
    assert found["pay-s0"]["disposition"] == "allow"
    assert found["pay-g0"]["disposition"] == "challenge", "what costs a moment is done"


def test_what_needs_no_counting_is_done_without_the_guardrails(cloud: World) -> None:
    """A policy without budgets, whose rule knows nobody good, restricts as ever."""
    cloud.wire.strike = on("UpdateItem", Refused(), "guard#")
    _, tally = cloud.evaluation(first()).run(streamed(strangers(2)), ordered=True)
    assert tally["GuardsUnreachable"] == 0


def test_that_nobody_could_be_told_of_a_trip_stops_nothing(cloud: World) -> None:
    """The batch that found it heeds it, and the next one finds it again, and tells."""
    policy = guarded("", ("deny",))
    cloud.wire.strike = on("UpdateItem", Refused(), "guard#brakes")
    _, tally = cloud.evaluation(policy).run(streamed(known(11)), ordered=True)
    assert (tally["GuardsUnreachable"], cloud.guards().brakes()) == (1, {})
    assert records(cloud)["pay-g10"]["disposition"] == "allow"

    cloud.wire.strike = lambda _: None
    cloud.evaluation(policy).run(streamed(strangers(1), 20), ordered=True)
    assert cloud.guards().brakes().keys() == {"runaway"}


def test_a_crash_after_reserving_leaks_and_never_exceeds(cloud: World) -> None:
    """The batch comes again and reserves again: two of five are lost to the crash, and no more are denied than five."""
    policy, documents = guarded(DENIES, ("deny",)), strangers(6)
    evaluation = cloud.evaluation(policy)
    cloud.wire.strike = on("UpdateItem", CrashAfter(), "guard#", times=1)
    deliver_stream(repeat(evaluate_stream(evaluation)), streamed(documents), sizes(2, 2), cloud.wire)

    made = [record["disposition"] for record in records(cloud).values()]
    assert len(made) == 6
    assert made.count("deny") == 3
    assert cloud.guards().used(moment(60))["denies"].count == 5


def test_a_signal_that_comes_again_takes_nothing_from_a_budget(cloud: World) -> None:
    """Its decision stands, so that it is not judged again."""
    policy = guarded(DENIES, ("deny",))
    for _ in range(3):
        cloud.evaluation(policy).run(streamed(strangers(2)), ordered=True)
    assert cloud.guards().used(moment(60))["denies"].count == 2


def every_guardrail(cloud: World) -> tuple[Policy, Fixed, list[Any]]:
    policy = guarded(DENIES)
    return policy, at_work(policy), [*known(4), *strangers(4), *known(9, 4), *strangers(4, 4)]


def a_short_budget(cloud: World) -> tuple[Policy, Fixed, list[Any]]:
    policy = guarded(DENIES.replace("5", "1"))
    return policy, at_work(policy, stopped=("capability:log_in",)), strangers(3)


def shadow(cloud: World) -> tuple[Policy, Fixed, list[Any]]:
    policy = guarded("", USUAL, "expect: {hits: 2}")
    return policy, at_work(policy, young=True), strangers(4)


def unreachable(cloud: World) -> tuple[Policy, Fixed, list[Any]]:
    policy = guarded(DENIES)
    cloud.wire.strike = on("UpdateItem", Refused(), "guard#")
    return policy, at_work(policy), strangers(2)


@pytest.mark.parametrize("case", [every_guardrail, a_short_budget, shadow, unreachable])
def test_what_guardrails_said_is_recomputed_from_the_record_alone(cloud: World, case: Callable[..., Any]) -> None:
    """Law 7: no counter is asked, and the same decision follows, to the last attribute."""
    policy, pinned, documents = case(cloud)
    cloud.evaluation(pinned).run(queued(documents), ordered=False)

    found = records(cloud)
    assert any("guarded" in record for record in found.values())
    for record in found.values():
        again = to_record(recomputed(record, policy))
        assert again == {name: record[name] for name in record if name not in ("expires_at", "label")}


def test_a_rule_stays_young_until_it_has_settled(cloud: World) -> None:
    """Seven days after it came, it is an established one, which is braked to a milder tier."""
    policy = guarded("", ("deny",))
    (rule,) = policy.rules.values()
    for days, became in ((6, "shadow"), (8, "milder")):
        world = cloud.aws.fresh()
        young = {f"{rule.name}@{rule.version}": NOON - timedelta(days=days)}
        pinned = replace(Pinned(policy), young=young)
        world.evaluation(Fixed(pinned)).run(streamed(known(11)), ordered=True)
        assert world.guards().brakes()["runaway"].became == became
