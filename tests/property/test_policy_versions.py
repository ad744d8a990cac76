"""`R@version`: equal for rules that decide and do the same, different for all others, however they are written."""

import json
from dataclasses import dataclass, fields
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from shared.policy import Rule, load_documents

pytestmark = pytest.mark.property

FEW = settings(max_examples=settings.default.max_examples // 4)


@dataclass(frozen=True)
class Said:
    """What a rule says and does."""

    abuse: str
    on: str
    least: int
    window: str
    where: str
    rung: int
    hold: str
    person: str
    severity: str
    stale_after: str
    if_unknown: str
    counted: str
    reason: str
    user_reason: str
    suppress_notice: str


@dataclass(frozen=True)
class Written:
    """What does not change it: how it is laid out, how far it is let act, what only people read."""

    mode: str
    rollout: str
    owner: str
    tag: str
    list_value: str
    blank: str
    quote: str
    comment: str
    apart: bool
    by_let: bool
    hours: bool
    other_rule: bool


def text_of(said: Said, written: Written) -> dict[str, str]:
    """The documents, laid out one way or another."""
    blank, quote = written.blank, written.quote
    condition = f"disputes{blank}>={blank}{said.least} and card not in lists.spared"
    named = "often" if written.by_let else condition
    lasts = str(24 * int(said.hold[:-1])) + "h" if written.hours else said.hold
    features = f"""
features:
  disputes: {{count: {said.counted}, by: seller, window: {said.window}, where: {quote}{said.where}{quote}}}
  others: {{count: payment.declined, by: buyer, window: 1d}}
lists:
  spared: {{owner: tests, values: [{written.list_value}]}}
let:
  often: {condition}
"""
    rules = f"""
ladders:
  payouts:
    of: seller
    steps:
      - friction: {{ask: confirmation}}
      - {{when: disputes{blank}>{blank}{said.rung}, restrict: {{to: none, capability: receive_payout, for: {lasts}}}}}
      - {{when: disputes > 90, restrict: {{capability: list, to: none, for: 7d}}, person: {said.person}}}
rules:  # {written.comment}
  disputed:
    owner: {written.owner}
    tags: [{written.tag}]
    mode: {written.mode}
    rollout: {written.rollout}
    abuse: {said.abuse}
    on: {said.on}
    when: {named}
    if_unknown: {said.if_unknown}
    counterparty: true
    severity: {said.severity}
    stale_after: {said.stale_after}
    then: [{{ladder: payouts}}, review: {{of: seller}}]
    reason: {quote}{said.reason}{quote}
    user_reason: {quote}{said.user_reason}{quote}
    suppress_notice: {json.dumps(said.suppress_notice)}
"""
    other = """
rules:
  another:
    abuse: policy
    on: payment.attempted
    when: others >= 3
    then: [score]
    reason: "because"
    owner: tests
"""
    texts = {"a.yaml": features, "b.yaml": rules} if written.apart else {"all.yaml": features + rules}
    return texts | ({"c.yaml": other} if written.other_rule else {})


def rule_of(said: Said, written: Written) -> Rule:
    """The rule that says so."""
    return load_documents(text_of(said, written), published=True).rules["disputed"]


said = st.builds(
    Said,
    st.sampled_from(["seller_fraud", "payment_fraud"]),
    st.sampled_from(["payment.attempted", "payment.settled", "[payment.attempted, payment.settled]"]),
    st.integers(1, 2),
    st.sampled_from(["7d", "30d"]),
    st.sampled_from(["amount > 1.00 USD", "amount > 2.00 USD"]),
    st.integers(5, 6),
    st.sampled_from(["1d", "2d"]),
    st.sampled_from(["24h", "48h"]),
    st.sampled_from(["50", "60", "min(disputes, 100)"]),
    st.sampled_from(["24h", "12h"]),
    st.sampled_from(["hold", "fire"]),
    st.sampled_from(["dispute.opened", "payment.declined"]),
    st.sampled_from(["{disputes} disputes", "disputes"]),
    st.sampled_from(["Disputed.", "Often disputed."]),
    st.sampled_from(["a request of the police", "an open inquiry"]),
)
written = st.builds(
    Written,
    st.sampled_from(["shadow", "off"]),
    st.sampled_from(["25%", "100%"]),
    st.sampled_from(["payouts", "trust"]),
    st.sampled_from(["old", "new"]),
    st.sampled_from(["card:a", "card:b"]),
    st.sampled_from(["", " "]),
    st.sampled_from(["'", '"']),
    st.sampled_from(["", "as agreed"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
PLAIN = Said(
    "seller_fraud", "payment.attempted", 1, "7d", "amount > 1.00 USD", 5, "1d", "24h", "50", "24h", "hold",
    "dispute.opened", "disputes", "Disputed.", "an open inquiry",
)  # fmt: skip
LOOKS = Written(
    "shadow", "100%", "payouts", "old", "card:a", " ", '"', "", apart=False, by_let=False, hours=False, other_rule=False
)
CHANGES: list[tuple[str, Any]] = [
    ("abuse", "payment_fraud"), ("on", "payment.settled"), ("least", 2), ("window", "30d"),
    ("where", "amount > 2.00 USD"), ("rung", 6), ("hold", "2d"), ("person", "48h"), ("severity", "min(disputes, 100)"),
    ("stale_after", "12h"), ("if_unknown", "fire"), ("counted", "payment.declined"), ("reason", "{disputes} disputes"),
    ("user_reason", "Often disputed."), ("suppress_notice", "a request of the police"),
]  # fmt: skip
"""One other value for each thing that a rule can say."""


@given(said, said, written, written)
@example(PLAIN, PLAIN, LOOKS, LOOKS)
def test_versions_are_equal_when_and_only_when_rules_say_the_same(
    one: Said, other: Said, first: Written, second: Written
) -> None:
    """However they are written, and however far they are let act."""
    versions = rule_of(one, first).version, rule_of(other, second).version
    assert (versions[0] == versions[1]) is (one == other)


@FEW
@given(st.sampled_from(CHANGES), written, written)
def test_any_one_change_of_what_it_says_changes_the_version(
    change: tuple[str, Any], first: Written, second: Written
) -> None:
    """The least there is: one value of one key, of a feature that it reads, or of a rung that it climbs."""
    changed = Said(**{**{each.name: getattr(PLAIN, each.name) for each in fields(Said)}, change[0]: change[1]})
    assert rule_of(PLAIN, first).version != rule_of(changed, second).version


@FEW
@given(said, written, written)
def test_how_a_rule_is_written_does_not_change_its_version(one: Said, first: Written, second: Written) -> None:
    """Laid out anew, cut into other files, let act further, with other values on its lists: it is the same rule."""
    version = rule_of(one, first).version
    assert version == rule_of(one, second).version
    assert len(bytes.fromhex(version)) == 4
