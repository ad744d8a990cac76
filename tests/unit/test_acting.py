"""From a rule's effects to actions: of whom, until when, by which law, and what follows by a link."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.decisions import Linked, Particulars, judge
from shared.decisions.acting import Occasion, actions_of, decision_made
from shared.features import Plan, Timelines
from shared.policy import load_documents
from shared.restrictions import NONE, Command, Dispose, Friction, Lift, Limit, Restrict, Review
from shared.signals import Pseudonyms, entities_of
from shared.signals.times import stamp
from tests.support.signals import event, moment, signal

pytestmark = pytest.mark.unit

KEY = Pseudonyms(b"k" * 32)
DAY = timedelta(days=1)
POLICY = """
jurisdictions:
  default:
    notice_within: 24h
    appeal_within: 180d
    business_notice: 0d
    longest_hold: 90d
    human: "Call us."
  eu:
    countries: [DE, AT]
    notice_within: 12h
    appeal_within: 200d
    business_notice: 30d
    longest_hold: 30d
    human: "Call our office in Vienna."
gates:
  payout.requested: {deadline: 15m, then: closed}
rules:
  the_rule:
    abuse: account_takeover
    on: payout.requested
    when: amount >= 1.00 EUR
    then: [pend]
    mode: live
    rollout: 100%
    stale_after: 24h
    severity: 80
    reason: "{amount} asked for"
    user_reason: "We are checking this payout."
    owner: tests
    tests:
      fires: {amount: 1.00 EUR}
      holds: {amount: 0.99 EUR}
"""
POLICIES = load_documents({"test.yaml": POLICY})
RULE = POLICIES.rules["the_rule"]


def occasion(name="payout.requested", *, links=(), policy=POLICIES, **data):
    made = signal(event(name, "s1", **data))
    entities = entities_of(made, KEY)
    inputs = {field: value for field, value in made.data.model_dump().items() if isinstance(value, str)}
    return Occasion(Particulars.of(made, entities), inputs, links, policy)


def acted(*effects, when=None):
    return list(actions_of(RULE, effects, when or occasion()))


def hold(capability="receive_payout", limit=NONE, lasts=7 * DAY, **more):
    return Restrict("seller", capability, limit, lasts, **more)


def ends(action, name="expires_at"):
    return action.details[name]


def test_each_effect_becomes_an_action_of_the_entity_in_its_role():
    """Kinds, entities and lanes as asked; a disposition is no action, and a role that the signal lacks has none."""
    actions = acted(
        Dispose("pend"),
        hold(),
        Command("seller", "revoke_sessions"),
        Friction("seller", "step_up", DAY),
        Review("seller", timedelta(hours=4)),
        Review("card"),
    )

    assert [(each.kind, each.entity, each.lane) for each in actions] == [
        ("restrict", occasion().particulars.entities["seller"], "receive_payout"),
        ("command", occasion().particulars.entities["seller"], "revoke_sessions"),
        ("friction", occasion().particulars.entities["seller"], "step_up"),
        ("review", occasion().particulars.entities["seller"], "review"),
    ]
    assert {each.source for each in actions} == {"rule:the_rule"}
    assert {each.details["version"] for each in actions} == {RULE.version}
    assert actions[3].details["within_hours"] == 4
    assert actions[2].details["remember_hours"] == 24
    assert {each.stale_after for each in actions} == {moment(0) + DAY}


def test_what_something_waits_for_is_asked_whatever_was_passed_before():
    """Whoever passed a step-up an hour ago must be able to pass the one that a new hold waits for."""
    waiting, asking = hold(until=("step_up",)), Friction("seller", "step_up", DAY)

    assert acted(waiting, asking)[1].details["remember_hours"] == 0
    when_used = hold("withdraw", Limit.of({"step_up": 1}), until=("step_up",))  # services ask for that themselves
    assert acted(when_used, asking)[1].details["remember_hours"] == 24
    assert acted(hold(until=("review",)), asking)[1].details["remember_hours"] == 24


def test_two_effects_on_one_capability_are_two_actions_and_the_same_one_twice_is_one():
    """Ids are made of what is asked: nothing is lost to an id that another effect has."""
    actions = acted(hold(), hold(limit=Limit.of({"share": 50}), lasts=30 * DAY), hold())

    assert len({each.action_id for each in actions}) == len(actions) == 2
    assert [each.action_id for each in acted(hold())] == [actions[0].action_id]


def test_money_is_held_no_longer_than_law_lets_automation():
    """In a country with 30 days, 60 days of a payout hold end after 30, and 60 days without buying do not."""
    actions = acted(hold(lasts=60 * DAY), hold("list", lasts=60 * DAY), when=occasion(country="AT"))

    assert [ends(each) for each in actions] == [stamp(moment(0) + 30 * DAY), stamp(moment(0) + 60 * DAY)]


def test_what_needs_a_person_at_its_end_holds_to_the_legal_maximum():
    """`holds_until` is the jurisdiction's longest hold, and never before the restriction's own end."""
    here, there = occasion(country="AT"), occasion(country="US")

    (short,), (default,) = acted(hold(on_expiry="person"), when=here), acted(hold(on_expiry="person"), when=there)
    (long,) = acted(hold("list", lasts=60 * DAY, on_expiry="person"), when=here)

    assert (ends(short), ends(short, "holds_until")) == (stamp(moment(0) + 7 * DAY), stamp(moment(0) + 30 * DAY))
    assert ends(default, "holds_until") == stamp(moment(0) + 90 * DAY)
    assert ends(long, "holds_until") == ends(long) == stamp(moment(0) + 60 * DAY)
    assert "holds_until" not in acted(hold())[0].details


def test_what_holds_money_says_how_long_law_lets_automation_hold_it():
    """Whatever its own end: in Austria 30 days. What a step-up ends at any time holds nobody's money."""
    payouts, step_up, purchases = acted(
        hold(), hold("withdraw", Limit.of({"step_up": 1})), hold("list"), when=occasion(country="AT")
    )

    assert ends(payouts, "longest_hold_until") == stamp(moment(0) + 30 * DAY)
    assert "longest_hold_until" not in {*step_up.details, *purchases.details}


def test_a_restriction_of_one_order_never_widens_to_everything():
    """`only: order` has the order as its scope; where the signal names none, it is left out."""
    effect = Restrict("seller", "receive_payout", NONE, DAY, only="order")

    (action,) = acted(effect, when=occasion("payment.attempted"))

    assert action.scope == occasion("payment.attempted").particulars.entities["order"]
    assert acted(effect, when=occasion("payout.requested")) == []


def test_conditions_of_release_stand_on_the_action():
    """What releases a restriction before its end is told with it."""
    (action,) = acted(hold(until=("step_up", "review")))

    assert action.details["until"] == ["step_up", "review"]


def test_a_condition_that_is_met_releases_what_waits_for_it():
    """Documents count for whatever they were asked; a rate has recovered for the rule's own abuse kind."""
    rate, documents = acted(Lift("seller", "rate_recovered"), Lift("seller", "documents"))
    assert rate.kind == documents.kind == "release"
    assert rate.entity == documents.entity == "user:u_771"
    assert rate.details["selector"] == {"until": "rate_recovered", "abuse": RULE.abuse}
    assert documents.details["selector"] == {"until": "documents"}
    assert rate.action_id != documents.action_id


LINKS = (
    Linked("device_accounts", "device:dev_1", 0.8, ("user:u_7", "user:u_8")),
    Linked("card_accounts", "card:card_1", 1.0, ("user:u_9",)),
)


def test_a_linked_restriction_meets_those_whom_its_feature_found_as_long_as_its_source_stands():
    """Each is tagged with the source's entity, action and link; other features' links and the source are left alone."""
    mine = Linked("device_accounts", "device:dev_2", 0.5, (occasion().particulars.entities["seller"],))
    linked = hold("withdraw", Limit.of({"delay_hours": 24}), DAY, linked="device_accounts")

    source, *others = acted(linked, hold("withdraw"), when=occasion(links=(*LINKS, mine)))

    assert [each.entity for each in others] == ["user:u_7", "user:u_8"]
    assert {json.dumps(each.details["via"]) for each in others} == {
        json.dumps({"entity": source.entity, "action_id": source.action_id, "through": "device:dev_1"})
    }
    assert len({each.action_id for each in others}) == 2
    assert acted(linked, when=occasion(links=LINKS)) == []


def test_whom_a_link_meets_is_met_once_and_the_latest_few_are():
    """Who shares two devices has one restriction; of fifty people in a café twenty are met, those seen last."""
    crowd = tuple(f"user:u_{number}" for number in range(50))
    links = (
        Linked("device_accounts", "device:dev_1", 1.0, crowd),
        Linked("device_accounts", "device:dev_2", 1.0, crowd),
    )
    linked = hold("withdraw", Limit.of({"delay_hours": 24}), DAY, linked="device_accounts")

    _, *others = acted(hold("withdraw"), linked, when=occasion(links=links))

    assert [each.entity for each in others] == list(crowd[:20])
    assert {each.details["via"]["through"] for each in others} == {"device:dev_1"}


def test_what_came_true_releases_what_waits_for_it():
    """`release: {met: rate_recovered}` is a release of the rule's abuse kind; accepted documents are of every kind."""
    recovered, accepted = acted(Lift("seller", "rate_recovered"), Lift("seller", "documents"))

    assert (recovered.kind, recovered.details["selector"]) == (
        "release",
        {"until": "rate_recovered", "abuse": "account_takeover"},
    )
    assert accepted.details["selector"] == {"until": "documents"}


def test_a_linked_restriction_is_never_harder_or_longer_than_its_source():
    """If a guardrail made the source milder, what follows from it is as mild."""
    linked = hold("withdraw", NONE, 30 * DAY, linked="device_accounts")

    source, *others = acted(hold("withdraw", Limit.of({"delay_hours": 24}), DAY), linked, when=occasion(links=LINKS))

    assert {(str(each.details["limit"]), ends(each)) for each in others} == {
        (str(source.details["limit"]), ends(source))
    }


@pytest.mark.parametrize(
    ("name", "data", "entity", "jurisdiction"),
    [
        ("login.succeeded", {"usual_country": "DE", "country": "RO"}, "user", "eu"),
        ("login.succeeded", {"usual_country": None, "country": "AT"}, "user", "eu"),
        ("login.succeeded", {"usual_country": "DE", "country": "RO"}, "device", "eu"),
        ("login.succeeded", {"usual_country": None, "country": None}, "user", "default"),
        ("payment.attempted", {"country": "DE"}, "buyer", "eu"),
        ("payment.attempted", {"country": None, "shipping_country": "DE"}, "buyer", "eu"),
        ("payment.attempted", {"country": "DE"}, "seller", "default"),
        ("listing.submitted", {"ships_from": "AT"}, "seller", "eu"),
        ("order.shipped", {"shipping_country": "DE"}, "seller", "default"),
        ("payout.requested", {"country": "JP"}, "seller", "default"),
    ],
)
def test_the_law_is_that_of_the_country_that_the_signal_tells_of_the_restricted(name, data, entity, jurisdiction):
    """The usual country before the present one; another person's country is nobody's."""
    found = occasion(name, **data)

    assert found.jurisdiction(found.particulars.entities[entity]).name == jurisdiction


def test_a_policy_without_jurisdictions_is_careful():
    """Nothing is unstated: money is held for 90 days at most, and there is somebody to ask."""
    (action,) = acted(hold(lasts=365 * DAY), when=occasion(policy=replace(POLICIES, jurisdictions={})))

    assert ends(action) == stamp(moment(0) + 90 * DAY)
    assert action.details["statement"]["notice"]["human"]


def test_a_producers_clock_that_is_ahead_delays_nothing():
    """Time and statement count from when it was known, whatever a producer's clock says; the gate by that clock."""
    ahead = signal(event("payout.requested", "s1", at=600), received=60)
    found = replace(occasion(), particulars=Particulars.of(ahead, entities_of(ahead, KEY)))

    (action,) = acted(hold(), when=found)

    assert action.occurred_at == moment(60)
    assert ends(action) == stamp(moment(60) + 7 * DAY)
    assert action.details["statement"]["notice"]["decided_at"] == stamp(moment(60))
    assert decision_made([], "allow", found).details["deadline"] == stamp(moment(600 + 900))


def test_the_word_says_until_when_the_service_waits_for_it():
    """Past the deadline the word is stale; a type without a gate has neither."""
    word = decision_made([RULE], "pend", occasion())
    ungated = decision_made([], "allow", occasion("payment.attempted"))

    assert (word.details["deadline"], word.details["at_deadline"]) == (stamp(moment(900)), "closed")
    assert word.stale_after == moment(900)
    assert word.reason == "We are checking this payout."
    assert ungated.stale_after is None
    assert "deadline" not in ungated.details


def test_a_decision_has_the_word_with_its_deadline():
    """From a signal to the action on its record."""
    plan = Plan(POLICIES.features.values())
    decision = judge(signal(event("payout.requested", "s1")), Timelines(plan, {}, 500), plan, POLICIES, KEY)

    (word,) = decision.actions
    assert (word.kind, word.details["disposition"], word.details["at_deadline"]) == ("decision", "pend", "closed")
