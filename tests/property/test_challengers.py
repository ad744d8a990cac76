"""A challenger model's scores are recorded and never acted on, whatever a policy asks for."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.decisions import Decision, judge, recomputed, to_record
from shared.features import Plan, Timelines
from shared.policy import Policy, load_documents, shipped
from shared.restrictions import CAPABILITIES
from shared.signals import entities_of
from tests.support.aws import PSEUDONYMS
from tests.support.signals import event, signal

pytestmark = pytest.mark.property

ABUSE = ["account_takeover", "phishing", "payment_fraud", "prohibited_item", "fake_account"]
RULE = """
rules:
  acts_on_scores:
    abuse: {abuse}
    on: score.computed
    when: score >= {threshold}
    then:
      - restrict: {{of: scored, capability: {capability}, to: none, for: 24h}}
      - review: {{of: scored}}
    mode: live
    severity: 60
    stale_after: 24h
    reason: "{{model}} gave it {{score}}"
    user_reason: "We look at it."
    owner: tests
    tests:
      fires: {{score: 1}}
      holds: {{score: 0}}
"""
about = st.sampled_from(["user:u_1", "listing:l_1"])
shares = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])


@st.composite
def scores(draw: st.DrawFn, number: int, *, challenger: bool) -> Any:
    return event(
        "score.computed",
        f"{'trial' if challenger else 'champion'}_{number}",
        draw(st.integers(-3_600, 0)),
        about=draw(about),
        abuse=draw(st.sampled_from(ABUSE)),
        model=draw(st.sampled_from(["listing-text", "login-risk"])),
        score=draw(shares),
        challenger=challenger,
    )


def several(*, challenger: bool) -> st.SearchStrategy[list[Any]]:
    return st.integers(0, 6).flatmap(
        lambda size: st.tuples(*(scores(number, challenger=challenger) for number in range(size))).map(list)
    )


policies = st.one_of(
    st.just(shipped()),
    st.builds(
        lambda abuse, threshold, capability: load_documents(
            {"rules.yaml": RULE.format(abuse=abuse, threshold=threshold, capability=capability)}
        ),
        st.sampled_from(ABUSE),
        st.sampled_from([0.25, 0.5, 0.75, 1.0]),
        st.sampled_from(sorted(CAPABILITIES)),
    ),
)


def decided(policy: Policy, document: Any, history: list[Any]) -> Decision:
    """The decision about a signal, with the history remembered."""
    plan = Plan(policy.features.values())
    past = Timelines(plan, {}, cap=500)
    for each in map(signal, history):
        past.add(plan.entries(each, entities_of(each, PSEUDONYMS), PSEUDONYMS))
    return judge(signal(document), past, plan, policy, PSEUDONYMS)


@given(policies, scores(0, challenger=True), several(challenger=False))
def test_a_challengers_score_asks_for_nothing(policy: Policy, score: Any, history: list[Any]) -> None:
    """Each rule that it would have fired is held back and says why, in the record and when it is recomputed."""
    decision = decided(policy, score, history)
    champion = decided(policy, score | {"data": {**score["data"], "challenger": False}}, history)
    asked = {rule.name for rule in champion.fired}

    assert (decision.disposition, decision.actions, decision.scores) == ("allow", (), {})
    assert {rule.held_back for rule in decision.fired} <= {"challenger"}
    assert {rule.name for rule in decision.fired} <= asked
    assert replace(recomputed(to_record(decision), policy), entries=()) == replace(decision, entries=())


@given(
    policies,
    several(challenger=False),
    several(challenger=True),
    st.sampled_from(
        [
            event("listing.submitted", "x", 30, seller_id="u_1", listing_id="l_1"),
            event("login.succeeded", "x", 30, user_id="u_1"),
            event("message.sent", "x", 30, sender_id="u_1"),
            event("score.computed", "x", 30, about="user:u_1"),
        ]
    ),
)
def test_no_later_decision_depends_on_a_challenger(
    policy: Policy, champions: list[Any], challengers: list[Any], document: Any
) -> None:
    """With a trial's scores remembered, every decision is what it would be without the trial."""
    assert decided(policy, document, [*champions, *challengers]) == decided(policy, document, champions)
