"""A rule in one line: what it becomes, and what it must not be."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.policy import PolicyError, Rule, load_documents
from shared.policy.authoring.emergency import Line, irreversible, prolonged, with_rule

pytestmark = pytest.mark.unit

ENDS = datetime(2026, 11, 22, 16, tzinfo=UTC)
BASE = {
    "rules.yaml": """
rules:
  huge:
    abuse: payment_fraud
    on: payment.attempted
    when: amount >= 9999.00 USD
    then: [challenge]
    reason: "{amount} at once"
    user_reason: "Please confirm that it is you."
    owner: payments-risk
"""
}
LINE = Line(
    "gift_cards",
    "payment_fraud",
    "payment.attempted",
    "amount > 200.00 USD",
    ("pend", "friction: {of: buyer, ask: step_up}", "restrict: {of: buyer, capability: buy, to: none, for: 4h}"),
    "amount: 350.00 USD",
    'a wave of "gift cards"',
    "We look at this first.",
    "on call: ann",
)


def made(line: Line) -> Rule:
    return with_rule(BASE, line.document, line.text(ENDS))[0].rules[line.name]


def problems(line: Line) -> str:
    with pytest.raises(PolicyError) as caught:
        made(line)
    return str(caught.value)


def test_a_line_is_a_live_rule_that_ends() -> None:
    """With all that was given in it, quotes included."""
    policy, texts = with_rule(BASE, LINE.document, LINE.text(ENDS))
    rule = policy.rules["gift_cards"]
    assert texts.keys() == {"rules.yaml", "emergency/gift_cards.yaml"}
    assert (rule.mode, rule.emergency, rule.expires, rule.abuse, rule.on) == (
        "live",
        True,
        ENDS,
        "payment_fraud",
        ("payment.attempted",),
    )
    assert (rule.reason, rule.user_reason, rule.owner) == ('a wave of "gift cards"', LINE.user_reason, "on call: ann")
    assert list(irreversible(rule)) == []


def test_a_rule_goes_on_with_another_end() -> None:
    """Nothing else of it changes."""
    later = ENDS + timedelta(days=2)
    assert prolonged(LINE.text(ENDS), later) == LINE.text(later)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"when": "amuont > 200.00 USD"}, "did you mean `amount`?"),
        ({"when": "amount > 5"}, "emergency/gift_cards.yaml:6:"),
        ({"on": "payment.tried"}, "payment.tried"),
        ({"abuse": "fraud"}, "payment_fraud"),
        ({"then": ("pend it",)}, "pend it"),
        ({"fires": "amount: 150.00 USD"}, "but it holds"),
        ({"name": "a rule"}, "cannot be a rule's name"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(changed: dict[str, object], said: str) -> None:
    """By the policy language's own messages."""
    assert said in problems(replace(LINE, **changed))  # type: ignore[arg-type]  # fields by their names


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        ("deny", "cannot be taken back: `pend`"),
        ("command: {of: buyer, do: revoke_sessions}", "cannot be taken back: restrict"),
        ("release: {of: buyer, met: documents}", "cannot be taken back, as what it lifts"),
        ("restrict: {of: buyer, capability: buy, to: none, for: 48h}", "at most `for: 24h`"),
        ("restrict: {of: buyer, capability: buy, to: none, for: 4h, on_expiry: person}", "until a person decides"),
    ],
)
def test_what_cannot_be_taken_back_is_told(effect: str, said: str) -> None:
    """Each effect with what to write instead."""
    (advice,) = irreversible(made(replace(LINE, then=("review: {of: buyer}", effect))))
    assert said in advice


@pytest.mark.parametrize(
    ("changed", "option"),
    [
        ({"when": "amount > 200.00 USD\n    owner: me"}, "--when"),
        ({"then": ("pend", "challenge\n  other: {}")}, "--then"),
        ({"fires": "amount: 350.00 USD}\r    mode: {"}, "--fires"),
        ({"on": ""}, "--on"),
        ({"abuse": "policy\u2028"}, "--abuse"),
    ],
)
def test_one_line_is_one_line(changed: dict[str, object], option: str) -> None:
    """What stands on a second one nobody would review."""
    assert LINE.on_many_lines() is None
    assert replace(LINE, **changed).on_many_lines() == option  # type: ignore[arg-type]  # fields by their names


def test_a_fault_in_what_is_in_force_keeps_no_rule_out() -> None:
    """It passed the checks of its day, and functions go on with it; the rule's own problems are told all the same."""
    faulty = {**BASE, "old.yaml": "features:\n  unused: {count: payment.attempted, by: card, window: 1h}\n"}
    with pytest.raises(PolicyError):
        load_documents(faulty)
    assert "gift_cards" in with_rule(faulty, LINE.document, LINE.text(ENDS))[0].rules
    wrong = replace(LINE, when="amuont > 5.00 USD")
    with pytest.raises(PolicyError) as caught:
        with_rule(faulty, wrong.document, wrong.text(ENDS))
    assert {problem.span.source.name for problem in caught.value.problems} == {"emergency/gift_cards.yaml"}
