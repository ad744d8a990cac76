"""Asides act on nothing, a ladder does what its highest rung says, and being known good ends with a change."""

from dataclasses import replace
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.features import Plan
from shared.policy import Policy, dump_inputs, load_documents, load_inputs
from shared.policy.model import Climb
from shared.policy.sections.known_good import lapse
from shared.signals import CATALOGUE
from shared.signals.times import stamp
from tests.support.reference import truth
from tests.support.remembering import DAY, HOUR, asked, remembered, sent
from tests.support.signals import moment

pytestmark = pytest.mark.property

RUNG = "      - {{{when}restrict: {{capability: receive_payout, to: {left}%, for: 7d}}{person}}}\n"
DOCUMENT = """
features:
  one_1d: {{count: dispute.opened, by: seller, window: 1d}}
  two_1d: {{count: payment.settled, by: seller, window: 1d}}
known_good:
  seller_fraud: {{on: payment.attempted, of: seller, when: one_1d < 4, continuity: not gift_card, lapses: 72h}}
ladders:
  payouts:
    of: seller
    steps:
{rungs}
rules:
  disputed:
    abuse: seller_fraud
    on: payment.attempted
    when: two_1d >= 2
    counterparty: true
    if_unknown: {if_unknown}
    then: [review: {{of: seller}}, {{ladder: payouts}}]
    reason: "because"
    user_reason: "Because."
    owner: tests
  others:
    abuse: seller_fraud
    on: payment.attempted
    when: one_1d >= 3 or gift_card
    then: [score]
    reason: "because"
    owner: tests
"""
Bound = tuple[str, int]
Rungs = list[tuple[Bound | None, bool]]
"""What each rung asks of `one_1d`, such as `> 3`, and whether it needs a person."""

conditions = st.tuples(st.sampled_from("<>"), st.integers(1, 8))
some = st.none() | st.integers(0, 9)
values = st.fixed_dictionaries(
    {
        "one_1d": some,
        "two_1d": some,
        "gift_card": st.none() | st.booleans(),
        "security_changes(seller, 3d)": st.none() | st.integers(0, 2),
    }
)


@st.composite
def ladders(draw: st.DrawFn) -> tuple[Policy, Rungs]:
    """A policy with a ladder of two to five rungs, each milder than the next, and how its rungs were meant."""
    first = (draw(st.none() | conditions), False)
    rungs = [first, *draw(st.lists(st.tuples(conditions, st.booleans()), min_size=1, max_size=4))]
    lines = [
        RUNG.format(
            when=f"when: one_1d {when[0]} {when[1]}, " if when else "",
            left=90 - 10 * number,
            person=", person: 24h" * person,
        )
        for number, (when, person) in enumerate(rungs)
    ]
    text = DOCUMENT.format(rungs="".join(lines), if_unknown=draw(st.sampled_from(["hold", "fire"])))
    return load_documents({"policy.yaml": text}, published=True), rungs


@given(ladders(), values)
def test_a_ladder_does_what_its_highest_rung_says(case: tuple[Policy, Rungs], given_values: dict[str, Any]) -> None:
    """It is the last rung in the list whose condition is true, or the one below it where a person is asked first."""
    policy, rungs = case
    judgement = policy.program("payment.attempted").judge(given_values)
    rule = policy.rules["disputed"]
    if rule not in judgement.fired:
        assert rule.if_unknown == "fire" or not judgement.steps
        return
    reached = [when is None or _holds(given_values["one_1d"], *when) for when, _ in rungs]
    top = max((place for place, met in enumerate(reached) if met), default=None)
    climb = rule.climbed(judgement.steps)
    if top is None:
        assert climb == Climb()
        return
    meanwhile = max(place for place in range(top + 1) if not rungs[place][1])
    assert climb.stands == rule.ladder[meanwhile]
    assert climb.asked == (rule.ladder[top] if rungs[top][1] else None)
    assert climb.reached == top + 1


def _holds(value: int | None, sign: str, bound: int) -> bool:
    return value is not None and (value > bound if sign == ">" else value < bound)


@given(ladders(), values)
def test_asides_change_nothing_that_rules_say(case: tuple[Policy, Rungs], given_values: dict[str, Any]) -> None:
    """The same policy without them fires the same rules, and is in the same doubt."""
    policy, _ = case
    bare = replace(policy, asides={}, _programs={})
    with_asides, without = (each.program("payment.attempted").judge(given_values) for each in (policy, bare))
    assert (with_asides.fired, with_asides.unknown) == (without.fired, without.unknown)
    assert {rule.serves for rule in chain(with_asides.fired, with_asides.unknown)} <= {"rule"}


@given(ladders(), values)
def test_asides_are_as_true_as_their_conditions(case: tuple[Policy, Rungs], given_values: dict[str, Any]) -> None:
    """What the judgement says of them is what their conditions come to, one by one, and comes again of the record."""
    policy, _ = case
    program = policy.program("payment.attempted")
    judgement = program.judge(given_values)
    true = {
        aside.name
        for aside in program.asides
        if truth(aside.conditions["payment.attempted"], given_values, policy.value_lists) is True
    }
    good = {f"known_good.{abuse}.{role}" for abuse, role in judgement.known_good}
    assert judgement.steps | good == true
    inputs = load_inputs(dump_inputs(program.inputs(given_values, judgement.facts)))
    assert program.judge(inputs)[4:] == judgement[4:]


changes = st.tuples(
    st.sampled_from(CATALOGUE["account.changed"].fields[1].choices),
    st.floats(-10 * DAY, -1),
    st.sampled_from(["u_me", "u_other"]),
    st.booleans(),
)


@given(st.lists(changes, max_size=6), st.integers(1, 24 * 9))
def test_it_lapses_after_any_change_of_credentials_or_payout_account(
    history: list[tuple[str, float, str, bool]], hours: int
) -> None:
    """For the stated time after one of the same user, and for no other change."""
    use = lapse("buyer", timedelta(hours=hours))
    signals = [
        sent("account.changed", number, at, {"sluicecause": "a" * 32} if ours else None, user_id=user, change=change)
        for number, (change, at, user, ours) in enumerate(history)
    ]
    now = sent("payment.attempted", 1, 0, buyer_id="u_me")
    found = remembered(Plan([use.feature]), signals).measure(use.feature, "user:u_me", asked(now))
    secure = ("password", "email", "phone", "payout_account", "two_factor")
    since = moment(-hours * HOUR)
    counted = [
        number
        for number, (change, at, user, _) in enumerate(history)
        if user == "u_me" and change in secure and stamp(moment(at)) >= stamp(since)
    ]
    assert found == len(counted)
