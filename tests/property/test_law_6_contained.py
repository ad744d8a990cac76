"""Law 6, contained: what is missing or broken is unknown, shown and counted; it never stops a batch."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.policy import Policy, shipped
from tests.support.aws import Aws
from tests.support.signals import event, streamed
from tests.support.two_policies import policy

pytestmark = pytest.mark.property

FEW = settings(max_examples=settings.default.max_examples // 5)
TOO_LARGE = " * ".join(["9e15"] * 20)
BREAKING = f"""
features:
  broken_1h: {{count: payment.attempted, by: buyer, window: 1h, where: "amount * {TOO_LARGE} > 1.00 EUR"}}
  sound_1h:  {{count: payment.attempted, by: buyer, window: 1h}}
rules:
  broken_condition:
    abuse: policy
    on: payment.attempted
    when: amount * {TOO_LARGE} > 1.00 EUR
    then: [{{review: {{of: buyer}}}}]
    reason: "{{amount}}"
    owner: tests
  broken_feature:
    abuse: policy
    on: payment.attempted
    when: broken_1h > 5
    then: [{{review: {{of: buyer}}}}]
    reason: "{{broken_1h}}"
    owner: tests
  sound:
    abuse: policy
    on: payment.attempted
    when: sound_1h >= 1 and amount > 0.01 EUR
    then: [{{review: {{of: buyer}}}}]
    mode: live
    reason: "{{sound_1h}}"
    owner: tests
    tests:
      fires: {{sound_1h: 1, amount: 5.00 EUR}}
      holds: {{sound_1h: 0, amount: 5.00 EUR}}
  missing:
    abuse: policy
    on: payment.attempted
    when: not (buyer_account_age_days > 30)
    then: [{{review: {{of: buyer}}}}]
    reason: "{{buyer_account_age_days}}"
    owner: tests
"""


def judged(aws: Aws, rules: Policy, documents: list[Any]) -> tuple[dict[str, Any], Any]:
    """The records by signal id, and the tally."""
    world = aws.fresh()
    receipts, tally = world.evaluation(rules).run(streamed(documents), ordered=True)
    assert receipts == []
    return {item["signal_id"]: item for item in world.items("decisions")}, tally


@FEW
@given(st.lists(st.tuples(st.integers(1, 10**15), st.none() | st.integers(0, 100)), min_size=2, max_size=5))
def test_a_broken_rule_or_feature_is_unknown_and_the_others_still_judge(
    aws: Aws, payments: list[tuple[int, int | None]]
) -> None:
    """Every signal of the batch is judged; the broken rule is named with its error, and the sound one acts."""
    documents = [
        event(
            "payment.attempted",
            f"p{number}",
            number,
            amount={"minor": minor, "currency": "EUR"},
            buyer_account_age_days=age,
        )
        for number, (minor, age) in enumerate(payments)
    ]
    records, tally = judged(aws, policy(BREAKING), documents)

    assert len(records) == len(payments)
    assert tally["BrokenRules"] == len(payments)
    for number, (minor, age) in enumerate(payments):
        record = records[f"p{number}"]
        capsule = json.loads(record["capsule"])
        assert capsule["broken"].keys() == {"broken_condition"}
        assert ("missing" in capsule["unknown"]) == (age is None), "a missing value is not the value that holds still"
        assert ("broken_feature" in capsule["unknown"]) == (number > 0)
        assert (record["rules"] == ["sound"]) == (number > 0 and minor > 1)


texts = st.text(max_size=60) | st.sampled_from(
    ["http://[", "//", "https://p\u0430ypal.com", "xn--", "http://a..b/", "a@b@c", "%00"]
)


@given(texts, st.lists(texts.filter(bool), max_size=4))
def test_no_text_breaks_a_rule_that_ships(text: str, links: list[str]) -> None:
    """Whatever people write, the shipped rules answer, and their reasons can be put into words."""
    values = {"text": text, "links": links, "title": text, "description": text, "email": text, "category": text}
    for name in ("message.sent", "listing.submitted", "account.created"):
        program = shipped().program(name)
        judgement = program.judge(values)
        assert not judgement.broken
        for rule in program.rules:
            assert isinstance(program.reason(rule, values), str)
