"""What a program asks for, what it keeps, and what it says: facts, verdicts, explanations, reasons, tests."""

import json
from datetime import UTC, datetime

import pytest

from shared.features import AtLeast
from shared.policy import dump_inputs, load_documents, load_inputs
from shared.signals.amounts import Amount
from tests.support.policies import program_with

pytestmark = pytest.mark.unit

FEATURES = """
features:
  declines_1h: {count: payment.declined, by: card, window: 1h}
  failures_1d: {count: login.failed, by: user, window: 1d}
  scores_1d: {count: score.computed, where: score > 0.5, by: scored, window: 1d}
  seller_reports_7d: {count: report.submitted, by: reported, window: 7d, for: seller}
"""
FEATURES_USED = "(declines_1h > 1 or failures_1d > 1 or scores_1d > 1 or seller_reports_7d > 1 or true)"
RULES = """
rules:
  a_lure:
    abuse: phishing
    on: message.sent
    when: >-
      lookalike(links, lists.protected) and length(text) > 10 and first_contact
      and not (contains(text, "refund") or contains(text, "hello")) and sender_account_age_days < 3
    then: [deny]
    reason: "An account {sender_account_age_days} days old wrote to {recipient}"
    user_reason: "No."
    owner: trust
lists:
  protected: {owner: phishing, values: [brightmarket.example]}
"""
YOUNG = """
rules:
  young:
    abuse: phishing
    on: message.sent
    when: sender_account_age_days < 3
    then: [deny]
    reason: "young"
    user_reason: "No."
    owner: trust
"""
MESSAGE = {
    "text": "Confirm your account, Anna",
    "links": ["https://brightrnarket.example/anna"],
    "first_contact": True,
    "sender_account_age_days": 1,
    "sender": "user:u_1",
    "recipient": "user:u_2",
    "ip": "ip:1~00ff",
}


def test_personal_data_stays_out_of_the_inputs() -> None:
    """Text and links leave facts in the inputs, named by their own source; themselves they do not stand there."""
    program = load_documents({"a": RULES}).program("message.sent")
    assert program.inputs(MESSAGE, {}) == {
        "first_contact": True,
        "sender_account_age_days": 1,
        "recipient": "user:u_2",
        "lookalike(links, lists.protected)": True,
        "length(text)": 26,
        'contains(text, "refund")': False,
        'contains(text, "hello")': False,
    }
    assert program.fields == ("first_contact", "recipient", "sender_account_age_days")
    assert program.reads == ("first_contact", "links", "recipient", "sender_account_age_days", "text")


def test_a_decision_is_recomputed_from_its_inputs_alone() -> None:
    """Verdicts, explanation and reason need the inputs, as they came back from JSON, and the policy."""
    program = load_documents({"a": RULES}).program("message.sent")
    inputs = load_inputs(json.loads(json.dumps(dump_inputs(program.inputs(MESSAGE, {})))))
    (verdict,) = program.judge(inputs)
    assert verdict.fired is True
    assert program.reason(verdict.rule, inputs) == "An account 1 days old wrote to user:u_2"
    assert [(found.text, found.value) for found in program.explain(verdict.rule, inputs)] == [
        ("lookalike(links, lists.protected)", True),
        ("length(text) > 10", True),
        ("first_contact", True),
        ('contains(text, "refund")', False),
        ('contains(text, "hello")', False),
        ("sender_account_age_days < 3", True),
    ]


def test_what_is_unknown_is_said_to_be() -> None:
    """A missing value is unknown in the verdict and the explanation, and `?` in the reason."""
    program = load_documents({"a": RULES}).program("message.sent")
    inputs = program.inputs({**MESSAGE, "sender_account_age_days": None}, {})
    (verdict,) = program.judge(inputs)
    assert verdict.fired is None
    assert verdict.error is None
    assert program.explain(verdict.rule, inputs)[-1].value is None
    assert program.reason(verdict.rule, inputs) == "An account ? days old wrote to user:u_2"


def test_a_broken_rule_breaks_alone() -> None:
    """A value that a rule cannot stand makes that rule unknown, with an error, and no other."""
    steady = RULES.replace("and sender_account_age_days < 3", "")
    program = load_documents({"a": steady, "b": YOUNG}).program("message.sent")
    lure, young = program.judge({**program.inputs(MESSAGE, {}), "sender_account_age_days": "one"})
    assert (lure.fired, lure.error) == (True, None)
    assert young.fired is None
    assert young.error is not None
    assert young.error.startswith("TypeError")


def test_a_broken_fact_breaks_only_what_needs_it() -> None:
    """A fact that cannot be computed is kept as broken, without the data, and never reads as true or false."""
    program = load_documents({"a": RULES}).program("message.sent")
    inputs = program.inputs({**MESSAGE, "links": 7}, {})
    (verdict,) = program.judge(load_inputs(dump_inputs(inputs)))
    assert verdict.fired is None
    assert verdict.error == "BrokenFactError: lookalike(links, lists.protected): TypeError"


def test_for_whom_features_are_read() -> None:
    """The role of the same name, else who acts when the kinds agree, else the role that `for:` names."""
    program = program_with(FEATURES_USED, more=FEATURES)
    assert {use.feature.name: use.role for use in program.features} == {
        "declines_1h": "card",
        "failures_1d": "buyer",
        "scores_1d": "buyer",
        "seller_reports_7d": "seller",
    }


def test_a_compiled_where_judges_remembered_fields() -> None:
    """The condition on what is remembered is three-valued, too."""
    uses = program_with(FEATURES_USED, more=FEATURES).features
    (feature,) = (use.feature for use in uses if use.feature.where)
    assert feature.where is not None
    assert [feature.where({"score": score}) for score in (0.9, 0.1, None)] == [True, False, None]


def test_inputs_survive_json() -> None:
    """Money, times and lower bounds come back as what they were."""
    inputs = {
        "amount": Amount(-5, "USD"),
        "time": datetime(2026, 5, 31, 5, 59, 1, 250_000, tzinfo=UTC),
        "count": AtLeast(5),
        "sum": AtLeast(Amount(5, "")),
        "flag": False,
        "score": 0.25,
        "words": ["a", "b"],
    }
    assert load_inputs(json.loads(json.dumps(dump_inputs(inputs)))) == inputs


REASONED = """
rules:
  the_rule:
    abuse: policy
    on: payment.attempted
    when: amount > 1.00 USD
    then: [{review: {of: buyer}}]
    reason: "{amount}, {gift_card}, {country}, {time}, {buyer}"
    owner: tests
    tests:
      fires: [{amount: 2.00 USD}, {amount: 3.00 USD, country: DE}]
      holds: [{amount: 1.00 USD}, {amount: ~}, {amount: 1.50 USD}]
"""


def test_reasons_are_readable() -> None:
    """Values stand in reasons as people write them."""
    program = load_documents({"a": REASONED}).program("payment.attempted")
    values = {"amount": AtLeast(Amount(1250, "USD")), "gift_card": False, "time": datetime(2026, 5, 31, 5, tzinfo=UTC)}
    told = program.reason(program.rules[0], values)
    assert told == "at least 12.50 USD, no, ?, 2026-05-31T05:00:00+00:00, ?"


def test_tests_beside_rules() -> None:
    """A test that does not come out says what the rule gave and what each condition saw; unknown is not holding."""
    unknown, fired = load_documents({"a": REASONED}).run_tests()
    assert (unknown.rule, unknown.fired, unknown.case.fires) == ("the_rule", None, False)
    assert (fired.fired, fired.explanation) == (True, "amount > 1.00 USD: yes (amount = 1.50 USD)")
    assert fired.case.span.line == 12
