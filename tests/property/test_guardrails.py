"""Guardrails under lanes that run at once and die anywhere: budgets, brakes, and what is left of them."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cache
from math import floor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.decisions import Controls, Decision, Proposal, Weighed, recomputed, to_record, unreached
from shared.policy import Policy
from tests.support.account import SAFE
from tests.support.guarded import guarded, paid
from tests.support.lanes import Lanes, Run, Settled, proposed, weighed
from tests.support.signals import NOON, moment, signal

pytestmark = pytest.mark.property

FEW = settings(max_examples=settings.default.max_examples // 5)
SOME = settings(max_examples=settings.default.max_examples // 2)
turns = st.text("01234567", max_size=60)
deaths = st.dictionaries(st.integers(0, 2), st.sets(st.integers(1, 8), max_size=3), max_size=3)
payments = st.lists(
    st.tuples(st.booleans(), st.sampled_from([1_000, 2_500, 9_000, 60_000])),
    max_size=8,
)
LIMITS = (
    "budgets: {denies: {tier: deny, per: hour, count: 6, money: [900.00 EUR], kept: 50%, high_value: [500.00 EUR]}}"
)
DENY = ("deny",)
HOURS_AND_DAYS = """budgets:
    denies: {tier: deny, per: hour, count: 9}
    holds: {tier: hold, per: day, count: 7}
    asked: {tier: friction, per: day, count: 12}"""
EVERY_TIER = (
    "deny",
    "restrict: {of: buyer, capability: withdraw, to: none, for: 24h}",
    "friction: {of: buyer, ask: captcha}",
)


@pytest.fixture(scope="module")
def lanes() -> Iterator[Lanes]:
    with pytest.MonkeyPatch.context() as environment:
        for name, value in SAFE.items():
            environment.setenv(name, value)
        yield Lanes(8)


def judged(policy: Policy, lane: int, batches: Sequence[Sequence[tuple[bool, int]]]) -> list[list[Weighed]]:
    """The payments of one lane, by batch: good or not, and how much."""
    return [
        weighed(
            [
                signal(paid(f"{lane}-{place}-{number}", good=good, minor=minor))
                for number, (good, minor) in enumerate(batch)
            ],
            policy,
        )
        for place, batch in enumerate(batches)
    ]


def decisions(all_weighed: Sequence[Sequence[Sequence[Weighed]]], settled: Settled) -> list[Decision]:
    """What was decided in all lanes."""
    flat = [each for lane in all_weighed for batch in lane for each in batch]
    return [each.concluded((), settled.get(each.particulars.decision_id, ())) for each in flat]


def denied(made: Sequence[Decision]) -> list[int]:
    """The minor units of every payment that was denied."""
    return [each.inputs["amount"].minor for each in made if each.disposition == "deny"]


def used(run: Run) -> Any:
    return run.guards.used(moment(60)).get("denies")


@SOME
@given(st.lists(st.lists(payments, max_size=3), min_size=1, max_size=3), turns, deaths)
def test_no_interleaving_and_no_crash_exceeds_a_budget(lanes: Lanes, work: Any, order: str, dying: Any) -> None:
    """Neither by what was done nor by what is counted; only crashes leave more counted than was done."""
    policy, run = guarded(LIMITS, DENY), lanes.fresh()
    all_weighed = [judged(policy, number, batches) for number, batches in enumerate(work)]
    asked = [[proposed(batch) for batch in lane] for lane in all_weighed]

    done = denied(decisions(all_weighed, run.settle(asked, order, dying)))
    cheap = [minor for minor in done if minor < 50_000]

    assert len(done) <= 6
    assert len(cheap) <= 3
    assert sum(done) <= 90_000
    assert sum(cheap) <= 45_000
    if found := used(run):
        assert len(done) <= found.count <= 6
        assert sum(done) <= found.money.get("EUR", 0) <= 90_000
        if not run.deaths:
            assert (found.count, found.money.get("EUR", 0)) == (len(done), sum(done))
    else:
        assert not done


@SOME
@given(st.lists(st.lists(st.just((False, 1_000)), max_size=8), min_size=1, max_size=4), turns)
def test_what_is_kept_for_high_value_is_there_whatever_came_before(lanes: Lanes, noise: Any, order: str) -> None:
    """Cheap noise in all lanes leaves the share that is kept: as many high-value payments are denied as it is for."""
    policy, run = guarded(LIMITS.replace("money: [900.00 EUR], ", ""), DENY), lanes.fresh()
    before = [judged(policy, number, [batch]) for number, batch in enumerate(noise)]
    run.settle([[proposed(batch) for batch in lane] for lane in before], order)
    after = judged(policy, 9, [[(False, 60_000)] * 6])

    found = decisions([after], run.settle([[proposed(batch) for batch in after]]))

    assert len(denied(found)) >= 3


@st.composite
def histories(draw: st.DrawFn) -> list[Weighed]:
    """Payments over three hours, in the order in which they arrive."""
    policy = guarded(HOURS_AND_DAYS, EVERY_TIER, more="expect: {hits: 30}")
    sent = []
    for number in range(draw(st.integers(0, 40))):
        at = number * draw(st.sampled_from([20, 300]))
        document = paid(f"{number}", at, good=draw(st.integers(0, 2)) == 0, minor=draw(st.sampled_from([1_000, 9_000])))
        sent.append(signal(document, at + 1))
    return weighed(sorted(sent, key=lambda each: each.received_at), policy)


@SOME
@given(histories(), st.lists(st.integers(1, 9), max_size=8), st.booleans())
def test_in_one_lane_it_does_not_matter_how_batches_are_cut(
    lanes: Lanes, history: list[Weighed], cuts: list[int], young: bool
) -> None:
    """The same verdicts on every decision, whatever trips and runs out on the way."""
    names = {f"{rule.name}@{rule.version}" for each in history for rule in each.policy.rules.values()}
    controls = Controls(young=dict.fromkeys(names, NOON - timedelta(days=1)) if young else {})
    asked = proposed(history, controls)

    whole, cut = lanes.fresh().settle([[asked]]), lanes.fresh().settle([_cut(asked, cuts)])

    assert cut == whole


def _cut(asked: list[Proposal], cuts: list[int]) -> list[list[Proposal]]:
    batches, waiting = [], list(asked)
    for size in [*cuts, len(asked) + 1]:
        batches.append(waiting[:size])
        waiting = waiting[size:]
    return batches


@cache
def traffic(lane: int, good: int, people: int = 0) -> list[Weighed]:
    """Forty payments, every `good`-th of them by somebody known good: each another, or by so many `people` in turns."""
    sent = []
    for number in range(40):
        known = number % good == 0
        buyer = f"u_known_{(lane + number // good) % people}" if known and people else None
        sent.append(signal(paid(f"{lane}-{number}", good=known, buyer=buyer)))
    return weighed(sent, guarded("", DENY))


def unbraked(lanes: Sequence[Sequence[Weighed]], settled: Settled) -> list[Weighed]:
    """What a rule acted on before its brake."""
    return [
        each
        for lane in lanes
        for each in lane
        if not any(verdict.guardrail == "brake" for verdict in settled.get(each.particulars.decision_id, ()))
    ]


@FEW
@given(turns, st.integers(1, 4), deaths, st.booleans())
def test_a_runaway_rule_meets_no_more_known_good_than_its_numbering_allows(
    lanes: Lanes, order: str, good: int, dying: Any, young: bool
) -> None:
    """In eight lanes at once, fewer than the least sample or the brake's share of its hits, whichever is more."""
    policy, run = guarded("", DENY), lanes.fresh()
    (rule,) = policy.rules.values()
    controls = Controls(young={f"{rule.name}@{rule.version}": NOON} if young else {})
    payments = [traffic(lane, good) for lane in range(8)]

    settled = run.settle([[proposed(batch, controls)] for batch in payments], order, dying)

    acted_on = unbraked(payments, settled)
    known_good = sum(bool(each.judgement.known_good) for each in acted_on)
    assert known_good <= max(policy.guardrails.brake.least - 1, floor(0.05 * 320))
    assert run.guards.brakes()["runaway"].became == ("shadow" if young else "milder")
    assert len(acted_on) < 80


@SOME
@given(turns, st.integers(1, 4), st.sampled_from([1, 9, 10, 14]), st.sampled_from([4, 9, 20, 40]), deaths)
def test_it_is_people_who_stop_a_rule_and_not_how_often_they_are_met(
    lanes: Lanes, order: str, good: int, people: int, cut: int, dying: Any
) -> None:
    """Fewer than the least sample never do; as many do, and no more of them are acted on than the bound says."""
    run, brake = lanes.fresh(), guarded("", DENY).guardrails.brake
    payments = [traffic(lane, good, people) for lane in range(8)]

    settled = run.settle([_cut(proposed(batch), [cut] * (40 // cut)) for batch in payments], order, dying)

    acted_on = unbraked(payments, settled)
    met = {each.particulars.entities["buyer"] for each in acted_on if each.judgement.known_good}
    assert len(met) <= max(brake.least - 1, floor(brake.known_good * len(acted_on)))
    assert bool(run.guards.brakes()) == (people >= brake.least)
    assert people >= brake.least or len(acted_on) == 320


@FEW
@given(turns, deaths)
def test_an_attack_of_the_same_volume_is_never_braked(lanes: Lanes, order: str, dying: Any) -> None:
    """Though it fires on everything there is: hardly anybody known good is among those it meets."""
    run = lanes.fresh()
    asked = [[proposed(traffic(lane, 40))] for lane in range(8)]

    settled = run.settle(asked, order, dying)

    tripped = Counter(verdict.guardrail for verdicts in settled.values() for verdict in verdicts)
    assert tripped == {"known_good": 8}
    assert run.guards.brakes() == {}
    assert run.guards.counted(NOON, moment(3600))["runaway"].hits >= 320


@SOME
@given(histories(), st.lists(st.integers(1, 9), max_size=8), st.booleans(), st.booleans())
def test_what_is_held_back_is_parked_and_all_of_it_is_on_the_record(
    lanes: Lanes, history: list[Weighed], cuts: list[int], young: bool, reached: bool
) -> None:
    """Laws 6 and 7, whatever trips, runs out or cannot be asked; and nothing hard meets anybody known good."""
    names = {f"{rule.name}@{rule.version}" for each in history for rule in each.policy.rules.values()}
    controls = Controls(young=dict.fromkeys(names, NOON) if young else {})
    asked = proposed(history, controls)
    settled = (
        lanes.fresh().settle([_cut(asked, cuts)])
        if reached
        else {proposal.decision_id: unreached(proposal) for proposal in asked}
    )

    for each in history:
        wanted, decision = each.concluded((), ()), each.concluded((), settled.get(each.particulars.decision_id, ()))
        lasting = {action.action_id for action in wanted.actions if action.kind in ("restrict", "command")}
        parked = {action.details["action"]["action_id"] for action in decision.actions if action.kind == "park"}
        done = {action.action_id for action in decision.actions}
        assert lasting == (lasting & done) | parked
        assert not parked & done
        assert recomputed(json.loads(json.dumps(to_record(decision))), each.policy) == decision
        if each.judgement.known_good:
            assert decision.disposition in ("allow", "challenge")
            assert not any(action.kind in ("restrict", "command") for action in decision.actions)
