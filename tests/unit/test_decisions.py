"""From a signal to a decision, and from its record to the same decision again."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.decisions import Linked, Particulars, conclude, judge, recomputed, recorded, to_record
from shared.features import Plan, Timelines
from shared.policy import Judgement, load_documents
from shared.restrictions import Action
from shared.signals import Pseudonyms, parse
from shared.stores.attributes import from_item, to_item

pytestmark = pytest.mark.unit
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = Pseudonyms(b"k" * 32)
RULE = """
rules:
  large_payout:
    abuse: account_takeover
    on: payout.requested
    when: amount >= 100.00 USD
    then:
      - pend
      - restrict: {of: seller, capability: receive_payout, to: none, for: 24h}
      - restrict: {of: seller, capability: withdraw, to: none, for: 24h}
      - command: {of: seller, do: revoke_sessions}
      - friction: {of: seller, ask: step_up}
      - review: {of: seller}
    mode: live
    severity: 80
    rollout: 100%
    stale_after: 24h
    reason: "{amount} asked for"
    user_reason: "We are checking this payout."
    owner: tests
    tests:
      fires: {amount: 100.00 USD}
      holds: {amount: 99.99 USD}
"""


def policy(text=RULE):
    return load_documents({"test.yaml": text})


def payout(minor=20_000, *, received=NOON, **envelope):
    event = {
        "specversion": "1.0",
        "id": "e_1",
        "source": "payouts",
        "type": "payout.requested.v1",
        "time": NOON.isoformat(),
        "subject": "user:u_1",
        "data": {
            "payout_id": "po_1",
            "seller_id": "u_1",
            "payout_account": "bank_0001",
            "amount": {"minor": minor, "currency": "USD"},
        },
    } | envelope
    return parse(json.dumps(event).encode(), received)


def decided(signal, rules=None):
    rules = rules or policy()
    plan = Plan(rules.features.values())
    return judge(signal, Timelines(plan, {}, 500), plan, rules, KEY)


def kinds(decision):
    return [action.kind for action in decision.actions]


def test_a_rule_that_fires_decides_and_asks():
    """Its disposition, its score, its reason with the values in it, and each of its effects as an action."""
    decision = decided(payout())
    assert decision.disposition == "pend"
    assert decision.scores == {"account_takeover": 80}
    assert "200.00 USD" in decision.reasons[0]
    assert kinds(decision) == ["restrict", "restrict", "command", "friction", "review", "decision"]
    assert {action.entity for action in decision.actions} == {"user:u_1"}
    assert decision.actions[0].details["expires_at"] == "2026-11-23T12:00:00.000Z"


def test_a_gating_signal_is_always_answered():
    """The payout service waits: an allow is published too."""
    decision = decided(payout(minor=5))
    assert (decision.disposition, kinds(decision)) == ("allow", ["decision"])
    assert decision.actions[0].details["disposition"] == "allow"


def test_every_action_has_an_id_of_its_own_that_never_changes():
    """Ids differ between actions, and are the same when the signal is judged again."""
    first, again = decided(payout()), decided(payout())
    assert len({action.action_id for action in first.actions}) == len(first.actions)
    assert first.actions == again.actions


@pytest.mark.parametrize(
    ("change", "signal", "held_back"),
    [
        (("mode: live", "mode: shadow"), payout(), "shadow"),
        (("rollout: 100%", "rollout: 0%"), payout(), "rollout"),
        (("rollout: 100%", "expires: 2020-02-29"), payout(), "expired"),
        (("", ""), payout(received=NOON + timedelta(hours=25)), "stale"),
        (("", ""), payout(sluiceredrive="observe"), "redrive"),
    ],
)
def test_a_rule_that_is_held_back_is_recorded_and_asks_nothing(change, signal, held_back):
    """Shadow, rollout, an end, staleness and redriving each keep a fired rule from acting, and say so."""
    decision = decided(signal, policy(RULE.replace(*change)))
    assert decision.disposition == "allow"
    assert [rule.held_back for rule in decision.fired] == [held_back]
    assert set(kinds(decision)) <= {"decision"}
    assert to_record(decision)["held_back"] == [f"large_payout: {held_back}"]


def test_a_redriven_signal_that_only_observes_answers_nobody():
    """Not even the waiting service, which gave up long ago."""
    assert decided(payout(sluiceredrive="observe")).actions == ()


def test_raising_a_rollout_only_adds_entities():
    """Who was in at ten percent is in at sixty."""

    def reached(share):
        rules = policy(RULE.replace("rollout: 100%", f"rollout: {share}%"))
        subjects = [f"u_{i}" for i in range(200)]
        data = payout().data.model_dump()
        signals = {u: payout(subject=f"user:{u}", data=data | {"seller_id": u}) for u in subjects}
        return {user for user, signal in signals.items() if decided(signal, rules).disposition == "pend"}

    assert set() < reached(10) < reached(60) < reached(100)


def test_a_decision_is_recomputed_from_its_record():
    """Law 7 by example: the record and the policy give the decision again, actions and reasons included."""
    decision = decided(payout())
    stored = json.loads(json.dumps(to_record(decision)))
    assert recomputed(stored, policy()) == decision
    assert recorded(stored).digest == decision.particulars.digest


def test_a_score_is_recorded_to_its_last_digit():
    """Two decimals stand in the table as they were computed, and the recomputed decision has them again."""
    graded = policy(RULE.replace("severity: 80", 'severity: "10 + amount / 300.00 USD"'))
    for minor in (12_345, 10_001, 29_999):
        decision = decided(payout(minor=minor), graded)
        stored = from_item(json.loads(json.dumps(to_item(to_record(decision)))))
        (score,) = stored["scores"].values()
        assert score == round(10 + minor / 30_000, 2) == decision.scores["account_takeover"]
        assert to_item(to_record(decision))["scores"]["M"]["account_takeover"] == {"N": f"{score}"}
        assert recomputed(stored, graded) == decision


def test_who_is_linked_is_recorded_with_the_decision():
    """And comes again with it; a record without links says nothing of them."""
    links = (Linked("neighbours", "device:d_1", 0.8, ("user:u_2", "user:u_3")),)
    decision = replace(decided(payout()), links=links)
    stored = json.loads(json.dumps(to_record(decision)))
    assert recomputed(stored, policy()) == decision
    assert "links" not in json.loads(to_record(decided(payout()))["capsule"])


def test_only_what_asks_for_something_is_in_the_outbox_and_in_the_index():
    """A plain allow has no outbox and no outcome; a pend has both."""
    particulars = replace(Particulars.of(payout(minor=5), {}), gating=False)
    quiet = conclude(particulars, Judgement((), (), {}, {}), {}, policy())
    assert not {"outbox", "outcome_day", "actions"} & to_record(quiet).keys()
    loud = to_record(decided(payout()))
    assert loud["outbox"] == "6 to publish"
    assert loud["outcome_day"].startswith("pend#2026-11-22#")
    assert [Action.from_json(action).kind for action in json.loads(loud["actions"])][-1] == "decision"


def test_a_clock_that_runs_ahead_puts_no_action_into_the_future():
    """A person's release, given after the decision was known, must reach what the decision placed."""
    ahead = decided(payout(received=NOON - timedelta(minutes=10)))
    assert {action.occurred_at for action in ahead.actions} == {NOON - timedelta(minutes=10)}


def test_personal_data_stays_out_of_the_record():
    """An address that came with the signal stands nowhere in what is stored."""
    signal = payout()
    with_address = signal.data.model_dump() | {"ip": "203.0.113.9"}
    assert "203.0.113.9" not in json.dumps(to_record(decided(payout(data=with_address))))
