"""What guardrails make of what rules want, on values alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.decisions import (
    Controls,
    Known,
    Linked,
    reckoned,
    recomputed,
    rejudged,
    to_record,
    uncounted,
    unreached,
    young_after,
)
from shared.decisions.falling import parts_of
from shared.policy import load_documents
from shared.policy.model import Expectation
from shared.restrictions import Budget, Command, Dispose, Friction, Lift, Restrict, Review, Score, tier_of
from shared.restrictions.guardrails import Brake
from shared.restrictions.limits import NONE
from tests.support.guarded import guarded, paid
from tests.support.lanes import weighed
from tests.support.signals import NOON, event, signal

pytestmark = pytest.mark.unit

PAYOUT = """
rules:
  stolen:
    abuse: {abuse}
    on: payout.requested
    when: amount >= 100.00 USD
    then: [pend]
    mode: live
    stale_after: 24h
    reason: "{{amount}}"
    user_reason: "We are checking this payout."
    owner: tests
    tests:
      fires: {{amount: 100.00 USD}}
      holds: {{amount: 99.99 USD}}
"""
WEEK = timedelta(days=7)
WITHDRAWAL = Restrict("seller", "withdraw", NONE, WEEK, on_expiry="person")
PAYOUTS = Restrict("seller", "receive_payout", NONE, WEEK)
BUY = Restrict("buyer", "buy", NONE, timedelta(hours=24))
KNOWN_GOOD = frozenset({("account_takeover", "seller"), ("payment_fraud", "seller")})


def one(effects, *, name="payout.requested", abuse="account_takeover", good=frozenset(), links=(), **guardrails):
    """A signal whose only rule wants these effects; `good` are the roles that are known good, by abuse kind."""
    if name == "payout.requested":
        policy, sent = load_documents({"payout.yaml": PAYOUT.format(abuse=abuse)}), event(name, "p1")
        sent["data"]["amount"] = {"minor": 20_000, "currency": "USD"}
    else:
        policy, sent = guarded("", ("deny",)), paid("1")
    (rule,) = policy.rules.values()
    rule = replace(rule, effects=tuple(effects))
    policy = replace(policy, rules={rule.name: rule}, guardrails=replace(policy.guardrails, **guardrails), _programs={})
    (found,) = weighed([signal(sent)], policy)
    return replace(found, judgement=found.judgement._replace(known_good=good), links=tuple(links))


def parts(found):
    (rule,) = found.judgement.fired
    return parts_of(rule, found.particulars, found.judgement, found.policy)


def decided(found, verdicts):
    return found.concluded((), verdicts)


def settled(found, known=None, **controls):
    """The decision, with what the guardrails say of it alone."""
    proposal = found.proposal(Controls(**controls))
    verdicts = reckoned([proposal], known or Known()).verdicts.get(proposal.decision_id, ())
    return found.concluded(controls.get("stopped", ()), verdicts)


def wanted(decision):
    """The kinds of its actions, with what is asked; the word to whoever waits left out."""
    told = ("capability", "command", "ask")
    return [
        (action.kind, next((action.details[name] for name in told if name in action.details), ""))
        for action in decision.actions
        if action.kind != "decision"
    ]


def test_what_becomes_of_the_thing_at_hand_falls_one_disposition_at_a_time():
    """Down to a review of whoever acts, and then nothing."""
    (part,) = parts(one([Dispose("deny")]))
    assert [choice.effects for choice in part] == [
        (Dispose("deny"),),
        (Dispose("pend"),),
        (Dispose("challenge"),),
        (Review("seller"),),
        (),
    ]


@pytest.mark.parametrize("effect", [PAYOUTS, Command("seller", "revoke_sessions")])
def test_a_user_is_asked_for_a_step_up_before_only_a_person_looks(effect):
    """A restriction and a command fall alike."""
    (part,) = parts(one([effect]))
    assert [choice.tier for choice in part[1:]] == ["friction", "review", None]
    assert part[1].effects == (Friction("seller", "step_up", timedelta(hours=24)),)


@pytest.mark.parametrize("effect", [Restrict("card", "buy", NONE, WEEK), replace(BUY, linked="sharers")])
def test_a_card_and_strangers_are_not_asked_for_anything(effect):
    """What falls is reviewed: a card answers nothing, and who is merely linked did nothing."""
    (part,) = parts(one([effect], name="payment.attempted"))
    assert [choice.tier for choice in part] == [tier_of(effect), "review", None]


LIFT = Lift("seller", "rate_recovered")
RELEASES = Budget("releases", "hour", count=1, tier="release")


def test_a_release_over_its_budget_waits_for_a_person_as_it_is():
    """A runaway rule frees so many an hour, not everybody's money: a review is asked for, and the release is parked."""
    found = one([LIFT], abuse="seller_fraud", budgets=(RELEASES,))
    (take,) = found.proposal(Controls()).claims[0].wants[0].takes[0]
    assert wanted(settled(found)) == [("release", "")]

    decision = settled(found, Known(used={take.key: 1}))

    assert wanted(decision) == [("review", ""), ("park", ""), ("guardrail", "")]
    parked = next(action.details["action"] for action in decision.actions if action.kind == "park")
    assert (parked["kind"], parked["details"]["selector"]["until"]) == ("release", "rate_recovered")
    again = recomputed(to_record(decision), found.policy)
    assert (again.actions, again.guarded) == (decision.actions, decision.guarded)


def test_a_release_of_somebody_known_good_is_no_harm_to_them():
    """They are released as everybody is, and no brake counts them as met."""
    found = one([LIFT], abuse="payment_fraud", good=KNOWN_GOOD)
    assert wanted(settled(found)) == [("release", "")]
    assert found.proposal(Controls()).claims[0].known_good == ()


def test_a_young_release_rule_is_held_to_what_it_expects():
    """Past that it is in shadow, and what it would have released waits for a person."""
    found = one([LIFT], abuse="seller_fraud")
    (rule,) = found.policy.rules.values()
    rule = replace(rule, expect=Expectation(hits=2))
    found = replace(found, judgement=found.judgement._replace(fired=(rule,)))
    young = {f"{rule.name}@{rule.version}": NOON}
    key = found.proposal(Controls(young=young)).claims[0].braking.key

    assert wanted(settled(found, Known(numbered={key: (1, 0)}), young=young)) == [("release", "")]
    assert wanted(settled(found, Known(numbered={key: (2, 0)}), young=young)) == [("park", ""), ("guardrail", "")]


def test_what_nobody_feels_is_no_part():
    """Scores, roles that the signal lacks, and things that it does not name."""
    effects = [Score(), replace(BUY, of="seller", only="listing"), Review("reviewer"), Review("buyer")]
    assert [part[0].effects for part in parts(one(effects, name="payment.attempted"))] == [(Review("buyer"),)]


def test_known_good_people_are_asked_and_what_was_wanted_is_parked():
    """Instead of a denial a challenge, instead of a restriction a step-up."""
    decision = settled(one([Dispose("deny"), PAYOUTS, Review("seller")], abuse="payment_fraud", good=KNOWN_GOOD))
    assert decision.disposition == "challenge"
    assert wanted(decision) == [("friction", "step_up"), ("review", ""), ("park", "")]


def test_being_known_good_for_one_abuse_kind_protects_from_no_other():
    """Each kind of abuse has its own."""
    good = frozenset({("phishing", "seller"), ("payment_fraud", "buyer")})
    assert wanted(settled(one([PAYOUTS], abuse="payment_fraud", good=good))) == [("restrict", "receive_payout")]


@pytest.mark.parametrize("most", [timedelta(hours=72), timedelta(hours=8)])
def test_takeover_rules_may_hold_what_a_hijacker_wants_of_anybody_for_a_while(most):
    """Withdrawals and changes of the payout account, at most for that long, and over at the end whatever was wanted."""
    account = Restrict("seller", "change_payout_account", NONE, timedelta(hours=1))
    found = one([WITHDRAWAL, account, PAYOUTS], good=KNOWN_GOOD, takeover_hold=most)
    decision = settled(found)

    assert wanted(decision) == [
        ("restrict", "withdraw"),
        ("restrict", "change_payout_account"),
        ("friction", "step_up"),
        ("park", ""),
    ]
    ends = [action.details["expires_at"] for action in decision.actions[:2]]
    assert ends == [f"{NOON + most:%Y-%m-%dT%H:%M:%S}.000Z", "2026-11-20T13:00:00.000Z"]
    assert "on_expiry" not in decision.actions[0].details
    assert found.proposal(Controls()).claims[0].known_good, "the brake counts it all the same"


def test_other_rules_may_not_hold_a_known_good_persons_withdrawals():
    """The exception is for takeovers alone."""
    decision = settled(one([WITHDRAWAL], abuse="payment_fraud", good=KNOWN_GOOD))
    assert wanted(decision) == [("friction", "step_up"), ("park", "")]


def test_a_takeover_hold_of_somebody_who_is_not_known_good_is_as_long_as_the_rule_says():
    """The exception shortens nothing where there is nothing to except from."""
    decision = settled(one([WITHDRAWAL]))
    assert decision.actions[0].details["on_expiry"] == "person"


LADDER = """
features:
  disputes_30d: {{count: dispute.opened, by: seller, window: 30d}}
ladders:
  payouts:
    of: seller
    steps:
      - friction: {{ask: confirmation}}
      - {{when: disputes_30d >= 5, restrict: {{capability: receive_payout, to: 70%, for: 30d}}}}
      - {{when: disputes_30d >= 20, restrict: {{capability: receive_payout, to: none, for: 7d}}{person}}}
rules:
  disputed:
    abuse: seller_fraud
    on: payout.requested
    when: disputes_30d >= 3
    then: [{{ladder: payouts}}]
    mode: live
    reason: "many disputes"
    user_reason: "Many of your buyers disputed what they paid."
    owner: payouts
    tests:
      fires: {{disputes_30d: 3}}
      holds: {{disputes_30d: 2}}
"""


def climbed(disputes, person="", budgets=(), texts=LADDER):
    """A payout of a seller with so many disputes."""
    policy = load_documents({"ladder.yaml": texts.format(person=person)})
    policy = replace(policy, guardrails=replace(policy.guardrails, budgets=budgets), _programs={})
    (found,) = weighed([signal(event("payout.requested", "p1"))], policy)
    inputs = {**found.inputs, "disputes_30d": disputes}
    return replace(found, judgement=policy.program("payout.requested").judge(inputs), inputs=inputs)


@pytest.mark.parametrize(
    ("disputes", "asked"), [(3, ("friction", "confirmation")), (5, ("restrict", "receive_payout"))]
)
def test_a_ladders_rung_is_what_its_rule_does(disputes, asked):
    """The highest whose condition holds, and no other."""
    assert wanted(settled(climbed(disputes))) == [asked]


def test_a_rung_that_needs_a_person_waits_and_the_one_below_stands():
    """A review with its time limit asks for the word; what it is about is parked until then."""
    decision = settled(climbed(20, ", person: 24h"))
    assert wanted(decision) == [("restrict", "receive_payout"), ("review", ""), ("park", "")]
    restrict, review, park, _ = decision.actions
    assert restrict.details["limit"] == {"share": 70}
    assert review.details["within_hours"] == 24
    assert park.details["action"]["details"]["limit"] == {"none": True}
    assert [(each.guardrail, each.became) for each in decision.guarded] == [("person", "limit")]


def test_a_rung_over_budget_falls_to_the_rung_below():
    """And the hold is parked."""
    holds = Budget("holds", "hour", count=1, tier="hold")
    found = climbed(20, budgets=(holds,))
    (take,) = found.proposal(Controls()).claims[0].wants[0].takes[0]
    decision = settled(found, Known(used={take.key: 1}))
    assert wanted(decision) == [("restrict", "receive_payout"), ("park", ""), ("guardrail", "")]
    assert decision.actions[0].details["limit"] == {"share": 70}


@pytest.mark.parametrize("person", ["", ", person: 24h"])
@pytest.mark.parametrize("disputes", [3, 5, 20])
def test_a_decision_of_a_ladder_is_recomputed_from_its_record(disputes, person):
    """Law 7: the rung, what is parked and who is asked follow from the inputs and verdicts in it."""
    found = climbed(disputes, person)
    decision = settled(found)
    again = recomputed(to_record(decision), found.policy)
    assert (again.actions, again.guarded) == (decision.actions, decision.guarded)


def test_a_person_is_asked_about_a_rung_though_nothing_stands_below_it():
    """Every rung below limits what somebody stopped."""
    lowest = "- restrict: {{capability: receive_payout, to: 90%, for: 30d}}"
    texts = LADDER.replace("- friction: {{ask: confirmation}}", lowest).replace(
        "receive_payout, to: none", "list, to: none"
    )
    decision = settled(climbed(20, ", person: 24h", texts=texts), stopped={"capability:receive_payout"})
    assert wanted(decision) == [("review", ""), ("park", "")]
    assert decision.actions[0].details["within_hours"] == 24


def test_a_stopped_capability_is_limited_by_no_rung_that_a_ladder_can_fall_to():
    """Neither by the one that it got to, nor by the one below; the first, which limits nothing, is left."""
    decision = settled(climbed(20, ", person: 24h"), stopped={"capability:receive_payout", "capability:buy"})
    assert wanted(decision) == [("friction", "confirmation")]
    assert [(each.guardrail, each.became) for each in decision.guarded] == [("capability:receive_payout", "nothing")]


def test_a_rule_whose_only_capability_is_stopped_does_nothing_and_says_so():
    """Nothing is parked: it was a person who stopped it."""
    found = one([BUY], name="payment.attempted")
    decision = settled(found, stopped={"capability:buy"})
    assert (wanted(decision), [rule.held_back for rule in decision.fired]) == ([], [None])
    assert to_record(decision)["guarded"] == ["runaway: became nothing (capability:buy: somebody stopped it)"]
    again = recomputed(to_record(decision), found.policy)
    assert (again.actions, again.guarded) == (decision.actions, decision.guarded)


def test_a_linked_restriction_takes_from_a_budget_for_each_whom_it_meets():
    """Whoever is named twice is one."""
    links = [Linked("sharers", "card:1", 1.0, ("user:a", "user:b")), Linked("sharers", "card:2", 1.0, ("user:b",))]
    effects = [replace(BUY, linked="sharers")]
    found = one(effects, name="payment.attempted", links=links, budgets=(Budget("all", "day", count=9),))
    (take,) = found.proposal(Controls()).claims[0].wants[0].takes[0]
    assert (take.key.period, take.amount, take.limit) == ("2026-11-20", 2, 9)


@pytest.mark.parametrize(
    ("budget", "counts"),
    [
        (Budget("b", "hour", count=9), True),
        (Budget("b", "hour", count=9, tier="deny"), True),
        (Budget("b", "hour", count=9, tier="hold"), False),
        (Budget("b", "hour", count=9, abuse="payment_fraud", rule="runaway", entity_kind="user"), True),
        (Budget("b", "hour", count=9, abuse="phishing"), False),
        (Budget("b", "hour", count=9, rule="other"), False),
        (Budget("b", "hour", count=9, entity_kind="card"), False),
        (Budget("b", "hour", money={"EUR": 9_000}), True),
        (Budget("b", "hour", money={"USD": 9_000}), False),
    ],
)
def test_a_budget_counts_what_matches_all_that_it_names(budget, counts):
    """Abuse kind, rule, tier, entity kind, and money by currency."""
    found = one([BUY], name="payment.attempted", budgets=(budget,))
    assert bool(found.proposal(Controls()).claims[0].wants[0].takes[0]) is counts


@pytest.mark.parametrize(("kept", "cheap"), [(0.2, 80), (0.9, 10), (0.07, 93), (0.333, 66), (1.0, 0)])
def test_the_share_that_is_kept_is_rounded_in_its_favour(kept, cheap):
    """Whatever floating point makes of a percentage."""
    budget = Budget("b", "hour", count=100, kept=kept, high_value={"EUR": 10_000})
    found = one([BUY], name="payment.attempted", budgets=(budget,))
    takes = found.proposal(Controls()).claims[0].wants[0].takes[0]
    assert [(take.key.name, take.limit) for take in takes] == [("b:b", 100), ("c:b", cheap)]


def test_no_two_actions_of_a_decision_have_one_id():
    """Where a restriction falls to what its rule asks for anyway, it is asked for once."""
    effects = [BUY, Friction("buyer", "step_up", timedelta(hours=1)), Review("buyer", timedelta(hours=4))]
    found = one(effects, name="payment.attempted", budgets=(Budget("none", "hour", count=1, tier="deny"),))
    proposal = found.proposal(Controls())
    for verdicts in (reckoned([proposal], Known(most={})).verdicts[proposal.decision_id], unreached(proposal)):
        decision = decided(found, verdicts)
        assert len({action.action_id for action in decision.actions}) == len(decision.actions)


def test_without_counting_nothing_hard_is_left_of_what_must_be_counted():
    """A challenge is mild enough to stay, a hold that a budget looks at is reviewed, and all else is done."""
    listing = Restrict("seller", "list", NONE, WEEK)
    found = one([Dispose("challenge"), PAYOUTS, listing], budgets=(Budget("b", "hour", count=9, tier="hold"),))
    decision = decided(found, unreached(found.proposal(Controls())))
    assert decision.disposition == "challenge"
    assert wanted(decision) == [("review", ""), ("restrict", "list"), ("park", "")]


def test_trying_a_rule_out_knows_no_budgets_and_no_brakes():
    """What `judge` gives is what the rules want, but for whom they may not meet."""
    found = one([BUY], name="payment.attempted", budgets=(Budget("b", "hour", count=1),))
    assert uncounted(found.proposal(Controls())) == ()


def young(policy, *, known=None, live=None, days=0):
    return young_after(known or {}, live, policy, NOON + timedelta(days=days))


def test_rules_are_young_that_are_new_edited_or_acted_on_nothing_before():
    """And stay so until they have settled; others are as old as they were."""
    old, edited = guarded("", ("deny",)), guarded("", ("pend",))
    (before,), (after,) = ([f"{rule.name}@{rule.version}" for rule in each.rules.values()] for each in (old, edited))
    shadow = replace(old, rules={name: replace(rule, mode="shadow") for name, rule in old.rules.items()})

    assert young(old) == young(old, live=shadow) == {before: NOON}
    assert young(old, live=old) == young(shadow, live=old) == {}
    assert young(edited, live=old) == {after: NOON}
    assert young(edited, live=edited, known={after: NOON}, days=3) == {after: NOON}
    assert young(old, live=edited, known={before: NOON}, days=3) == {before: NOON}
    settling = replace(edited, guardrails=replace(edited.guardrails, brake=Brake(settling=timedelta(days=2))))
    assert young(settling, live=edited, known={after: NOON}, days=3) == {}


def test_another_policy_is_tried_on_a_record_without_the_guardrails_of_that_day():
    """What guardrails said then was about other rules: nothing of it is taken over."""
    found = one([BUY, Dispose("deny")], name="payment.attempted")
    proposal = found.proposal(Controls())
    record = to_record(decided(found, unreached(proposal)))
    other = guarded("", ("pend", "review: {of: buyer}"))
    assert record["disposition"] == "allow"
    assert (rejudged(record, other).disposition, rejudged(record, other).guarded) == ("pend", ())
    assert rejudged(record, found.policy).disposition == "deny"
