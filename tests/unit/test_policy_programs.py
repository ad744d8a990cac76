"""What a program asks for, what it keeps, and what it says: facts, verdicts, explanations, reasons, tests."""

import json
from datetime import UTC, datetime

import pytest

from shared.features import AtLeast
from shared.policy import dump_inputs, load_documents, load_inputs
from shared.signals.amounts import Amount
from tests.support.policies import policy_with, program_with

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
    assert program.inputs(MESSAGE, program.judge(MESSAGE).facts) == {
        "first_contact": True,
        "sender_account_age_days": 1,
        "recipient": "user:u_2",
        "lookalike(links, lists.protected)": True,
        "length(text)": 26,
        'contains(text, "refund")': False,
        'contains(text, "hello")': False,
    }
    assert not {"text", "links", "ip_address"} & set(program.fields)


def test_what_no_rule_reads_is_recorded_too() -> None:
    """Every field that is not personal stands in the inputs, for conditions that nobody has thought of yet."""
    program = load_documents({"a": RULES}).program("message.sent")
    known = {**MESSAGE, "thread_id": "t_1"}
    assert program.inputs(known, {})["thread_id"] == "t_1"
    assert {field for field in program.fields if field not in program.inputs(known, {})} <= {"message_id"}


def test_a_decision_is_recomputed_from_its_inputs_alone() -> None:
    """Verdicts, explanation and reason need the inputs, as they came back from JSON, and the policy."""
    program = load_documents({"a": RULES}).program("message.sent")
    given = program.inputs(MESSAGE, program.judge(MESSAGE).facts)
    inputs = load_inputs(json.loads(json.dumps(dump_inputs(given))))
    judgement = program.judge(inputs)
    (rule,) = judgement.fired
    assert judgement.facts == {}
    assert program.reason(rule, inputs) == "An account 1 days old wrote to user:u_2"
    assert [(found.text, found.value) for found in program.explain(rule, inputs)] == [
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
    values = {**MESSAGE, "sender_account_age_days": None}
    judgement = program.judge(values)
    (rule,) = judgement.unknown
    assert not judgement.broken
    assert program.explain(rule, values)[-1].value is None
    assert program.reason(rule, values) == "An account ? days old wrote to user:u_2"


def test_a_broken_rule_breaks_alone() -> None:
    """A value that a rule cannot stand makes that rule unknown, with an error, and no other."""
    steady = RULES.replace("and sender_account_age_days < 3", "")
    program = load_documents({"a": steady, "b": YOUNG}).program("message.sent")
    judgement = program.judge({**MESSAGE, "sender_account_age_days": "one"})
    assert [rule.name for rule in judgement.fired] == ["a_lure"]
    assert [rule.name for rule in judgement.unknown] == ["young"]
    assert judgement.broken["young"].startswith("TypeError")


def test_a_broken_fact_breaks_only_what_needs_it() -> None:
    """A fact that cannot be computed is kept as broken, without the data, and never reads as true or false."""
    program = load_documents({"a": RULES}).program("message.sent")
    values = {**MESSAGE, "links": 7}
    inputs = program.inputs(values, program.judge(values).facts)
    judgement = program.judge(load_inputs(dump_inputs(inputs)))
    assert judgement.broken == {"a_lure": "BrokenFactError: lookalike(links, lists.protected): TypeError"}
    assert program.judge({**values, "first_contact": False}).broken == {}


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
    program = load_documents({"a": REASONED}, published=True).program("payment.attempted")
    values = {"amount": AtLeast(Amount(1250, "USD")), "gift_card": False, "time": datetime(2026, 5, 31, 5, tzinfo=UTC)}
    told = program.reason(program.rules[0], values)
    assert told == "at least 12.50 USD, no, ?, 2026-05-31T05:00:00Z, ?"


def test_tests_beside_rules() -> None:
    """A test that does not come out says what the rule gave and what each condition saw; unknown is not holding."""
    unknown, fired = load_documents({"a": REASONED}, published=True).run_tests()
    assert (unknown.rule, unknown.fired, unknown.case.fires) == ("the_rule", None, False)
    assert (fired.fired, fired.explanation) == (True, "amount > 1.00 USD: yes (amount = 1.50 USD)")
    assert fired.case.span.line == 12


def test_the_stages_of_the_compiler_can_be_read() -> None:
    """Normal form, index and source are texts; rules stand in the first two by name, and no text of theirs in code."""
    stages = load_documents({"a": RULES}).program("message.sent").stages()
    assert list(stages) == ["normal form", "index", "source"]
    assert stages["normal form"].startswith("a_lure: (lookalike(links, lists.protected) and length(text) > 10")
    assert stages["index"].strip().endswith("fire a_lure")
    code = [line for line in stages["source"].splitlines() if not line.startswith("#")]
    assert code[0].startswith("def judge(")
    assert not any("refund" in line for line in code)


def test_what_was_seen_changes_the_order_and_no_verdict() -> None:
    """Arranged for recorded values, a program asks what is rare first, and judges alike."""
    policy = load_documents({"a": RULES, "b": YOUNG})
    arranged = policy.arranged_for({"message.sent": [MESSAGE, {**MESSAGE, "first_contact": False}]})
    assert arranged == policy
    assert arranged.frequencies["message.sent"]["first_contact"] == 0.5
    for values in (MESSAGE, {**MESSAGE, "first_contact": False}, {**MESSAGE, "sender_account_age_days": None}):
        assert arranged.program("message.sent").judge(values)[:3] == policy.program("message.sent").judge(values)[:3]


def test_what_a_sample_cannot_tell_is_not_counted() -> None:
    """A fact that nothing needed was not recorded, and not false; a test that no sample tells of has no share."""
    program = load_documents({"a": RULES}).program("message.sent")
    lure = "lookalike(links, lists.protected)"
    seen = program.observed([{lure: True, "first_contact": True}, {"first_contact": False}, {}])
    assert seen == {lure: 1.0, "first_contact": 0.5}


def test_what_was_seen_holds_no_personal_data() -> None:
    """Shares stand under the texts of the policy's own conditions, whatever was in the samples."""
    program = load_documents({"a": RULES}).program("message.sent")
    seen = str(program.observed([MESSAGE] * 3))
    assert "length(text) > 10" in seen
    assert not any(value in seen for value in ("Anna", "anna", "brightrnarket", "u_1", "u_2", "00ff"))


EXPIRING = """
lists:
  places: {owner: trust, expires: 2026-06-01, values: [RO]}
features:
  last_country_1d: {last: country, of: login.succeeded, by: user, window: 1d}
"""


def test_a_list_beside_a_feature_is_a_fact_too() -> None:
    """What a list said is kept, also of a feature, so that a later list or hour cannot change the decision."""
    condition = "last_country_1d in lists.places"
    program = program_with(condition, "message.sent", EXPIRING)
    values = {"last_country_1d": "RO", "time": datetime(2026, 5, 31, tzinfo=UTC)}
    judgement = program.judge(values)
    assert judgement.facts == {condition: True}
    assert program.inputs(values, judgement.facts) == {"last_country_1d": "RO", condition: True}


def test_a_value_that_stands_twice_in_a_set_fires_once() -> None:
    """However a rule is filed under the values of a set."""
    rules = {
        f"{name}.yaml": YOUNG.replace("young:", f"{name}:").replace("< 3", f"in ({days}, {days}) and first_contact")
        for name, days in (("young", 1), ("younger", 2), ("youngest", 3), ("newborn", 4))
    }
    program = load_documents(rules, published=True).program("message.sent")
    assert [rule.name for rule in program.judge({**MESSAGE, "sender_account_age_days": 3}).fired] == ["youngest"]


def test_a_list_whose_values_are_elsewhere_is_unknown() -> None:
    """What is not known is not empty: a record that does not say what a table had cannot tell, and no one may guess."""
    program = policy_with("country in lists.watched", more="lists: {watched: {owner: a, table: true}}")
    judgement = program.program("payment.attempted").judge({"country": "RO"})
    assert ([rule.name for rule in judgement.unknown], judgement.facts) == (["the_rule"], {})
    for values, fired in (({"RO"}, 1), (set(), 0)):
        given = program.with_values({"watched": frozenset(values)}).program("payment.attempted")
        assert len(given.judge({"country": "RO"}).fired) == fired
        assert given.judge({"country": "RO"}).facts == {"country in lists.watched": bool(fired)}
