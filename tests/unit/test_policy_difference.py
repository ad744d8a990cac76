"""What changed between two policies, in words."""

import pytest

from shared.policy import load_documents
from shared.policy.authoring.difference import Difference, Version, differences

pytestmark = pytest.mark.unit

BASE = """
features:
  cards_1d: {distinct: card, of: payment.attempted, where: amount > 5.00 USD, by: buyer, window: 1d}
lists:
  risky: {owner: risk, values: [DE, FR]}
rules:
  card_testing:
    abuse: payment_fraud
    on: payment.attempted
    when: cards_1d >= 5 and country in lists.risky
    then: [challenge]
    reason: "{cards_1d} cards"
    user_reason: "Please confirm."
    owner: risk
"""

CONDITION = """
features:
  cards_1d: {{distinct: card, of: payment.attempted, by: buyer, window: 1d}}
rules:
  the_rule:
    abuse: payment_fraud
    on: payment.attempted
    when: {}
    then: [challenge]
    reason: "{{cards_1d}}"
    user_reason: "Please confirm."
    owner: risk
"""


def version(text: str) -> Version:
    texts = {"policy.yaml": text}
    return Version(load_documents(texts), texts)


def between(*replacements: tuple[str, str]) -> list[Difference]:
    after = BASE
    for old, new in replacements:
        assert old in after
        after = after.replace(old, new)
    return differences(version(BASE), version(after))


def test_nothing_changed() -> None:
    """Blanks, comments and the order of keys are no difference."""
    assert between(("cards_1d >= 5 and", "cards_1d>=5   and"), ("features:", "# features\nfeatures:")) == []


@pytest.mark.parametrize(
    ("old", "new", "detail"),
    [
        ("cards_1d >= 5", "cards_1d >= 4", "cards_1d >= 5 → 4"),
        ("then: [challenge]", "then: [deny]", "then: - challenge, + deny"),
        ("owner: risk\n", "owner: risk\n    severity: 80\n", "severity: 50 → 80"),
        ("owner: risk\n", "owner: risk\n    severity: 9 * cards_1d\n", "severity: 50 → “9 * cards_1d”"),
        ("then:", "rollout: 25%\n    then:", "rollout: 1 → 0.25 of entities"),
        ("then:", "stale_after: 7d\n    then:", "stale_after: 1d → 7d"),
        ("then:", "expires: 2027-01-31\n    then:", "expires: never → 2027-01-31T00:00:00Z"),
        ("then:", "tags: [ring]\n    then:", "tags: + ring"),
        ("Please confirm.", "Is it you?", "user_reason: “Please confirm.” → “Is it you?”"),
        ("then:", "tests: {fires: {cards_1d: 5, '\"country in lists.risky\"': true}}\n    then:", "tests: 0 → 1"),
    ],
)
def test_a_rule_changed(old: str, new: str, detail: str) -> None:
    """Each part of a rule that changed is one line: thresholds by their numbers, effects by what came and went."""
    new = new.replace("'\"", '"').replace("\"'", '"')
    (found,) = between((old, new))
    assert (found.kind, found.name, found.how) == ("rule", "card_testing", "changed")
    assert found.details == (detail,)


@pytest.mark.parametrize(
    ("before", "after", "details"),
    [
        ("gift_card and card_is_new", "card_is_new and gift_card", ["when: the same, in another order"]),
        (
            "gift_card",
            "gift_card and card_is_new",
            ["when, before: gift_card", "when, after:  gift_card and card_is_new"],
        ),
        (
            "gift_card and card_is_new",
            "gift_card and quantity_of_it",
            ["when: - card_is_new", "when: + cards_1d >= 2"],
        ),
        (
            "gift_card and (card_is_new or amount > 5.00 USD)",
            "gift_card and (card_is_new or amount > 9.00 USD)",
            ["amount > 5.00 USD → 9.00 USD"],
        ),
        (
            "gift_card and (card_is_new or amount > 5.00 USD)",
            "(amount > 5.00 USD or quantity_of_it) and gift_card",
            ["when: - card_is_new", "when: + cards_1d >= 2"],
        ),
    ],
)
def test_another_condition(before: str, after: str, details: list[str]) -> None:
    """What changed in a condition is told as narrowly as it can be, with everything that it names in full."""
    one, other = (
        version(CONDITION.format(when.replace("quantity_of_it", "cards_1d >= 2"))) for when in (before, after)
    )
    found = [each for each in differences(one, other) if each.kind == "rule"]
    assert [list(each.details) for each in found] == [details]


def test_rules_come_go_and_are_renamed() -> None:
    """A rule that says the same under another name was renamed; others were added or removed, and are told."""
    (renamed,) = between(("card_testing:", "cards_tested:"))
    assert (renamed.how, renamed.details[0]) == ("renamed", "to cards_tested")
    found = between(("card_testing:", "cards_tested:"), ("cards_1d >= 5", "cards_1d >= 9"))
    assert [(each.name, each.how) for each in found] == [("cards_tested", "added"), ("card_testing", "removed")]
    assert found[0].details == (
        "shadow on payment.attempted, against payment_fraud",
        "when cards_1d >= 9 and country in lists.risky",
        "then challenge",
    )


def test_features_and_lists_changed() -> None:
    """A feature is told in words before and after; a list by what came onto it and what left it."""
    feature, values = between(
        ("amount > 5.00 USD", "amount > 8.00 USD"), ("[DE, FR]", "[DE, NL, US]"), ("owner: risk,", "owner: trust,")
    )
    assert feature.details == (
        "before: different card of payment.attempted by buyer within 1d, where amount > 5.00 USD",
        "after:  different card of payment.attempted by buyer within 1d, where amount > 8.00 USD",
    )
    assert values.details == ("+2 values: NL, US", "-1 values: FR", "owner: risk → trust")


CONTROLS = """
features:
  disputes_30d: {count: dispute.opened, by: seller, window: 30d}
known_good:
  seller_fraud: {on: payment.attempted, of: seller, when: disputes_30d < 1, continuity: not gift_card, lapses: 72h}
ladders:
  payouts:
    of: seller
    steps:
      - {friction: {ask: confirmation}}
      - {when: disputes_30d >= 5, restrict: {capability: receive_payout, to: 70%, for: 30d}}
      - {when: disputes_30d >= 9, restrict: {capability: list, to: none, for: 7d}, person: 24h}
rules:
  disputed:
    abuse: seller_fraud
    on: payment.attempted
    when: disputes_30d >= 3
    counterparty: true
    then: [{ladder: payouts}]
    expect: {hits: 50}
    reason: "many disputes"
    user_reason: "Many of your buyers disputed what they paid."
    owner: payouts
"""
LAST = "restrict seller: list to none for 7d, if a person agrees within"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(
            "disputes_30d >= 9",
            "disputes_30d >= 8",
            ("rule", "disputed", f"- when disputes_30d >= 9, {LAST} 1d, + when disputes_30d >= 8, {LAST} 1d"),
            id="a rung's condition",
        ),
        pytest.param(
            "person: 24h",
            "person: 48h",
            ("rule", "disputed", f"- when disputes_30d >= 9, {LAST} 1d, + when disputes_30d >= 9, {LAST} 2d"),
            id="how long a person has",
        ),
    ],
)
def test_a_change_of_a_ladder_is_a_change_of_the_rules_that_climb_it(
    old: str, new: str, expected: tuple[str, str, str]
) -> None:
    """Each rung is told with its own condition, what it does, and whom it waits for."""
    (found,) = differences(version(CONTROLS), version(CONTROLS.replace(old, new)))
    assert (found.kind, found.name, found.details) == (*expected[:2], (f"ladder: {expected[2]}",))


def test_a_change_of_who_is_known_good_is_told() -> None:
    """What the engine adds is part of the condition: a lapse of another length shows."""
    changed = CONTROLS.replace("lapses: 72h", "lapses: 48h").replace("when: disputes_30d < 1", "when: disputes_30d < 2")
    found = [each for each in differences(version(CONTROLS), version(changed)) if each.kind != "feature"]
    assert [(each.kind, each.name, each.how) for each in found] == [
        ("known good", "seller for seller_fraud", "changed")
    ]
    assert found[0].details == (
        "when: - security_changes(seller, 3d) == 0",
        "when: - disputes_30d < 1",
        "when: + security_changes(seller, 2d) == 0",
        "when: + disputes_30d < 2",
    )


def test_what_is_known_good_no_longer_is_told() -> None:
    """A protection that is gone is gone with its condition."""
    start, end = CONTROLS.index("known_good"), CONTROLS.index("ladders")
    bare = CONTROLS[:start] + CONTROLS[end:]
    found = [each for each in differences(version(CONTROLS), version(bare)) if each.kind != "feature"]
    assert [(each.kind, each.how) for each in found] == [("known good", "removed")]


def test_a_change_of_guardrails_and_expectations_is_told_by_key() -> None:
    """Plain values are told before and after."""
    before = f"{CONTROLS}gates:\n  payment.attempted: {{deadline: 15m, then: closed}}\n"
    after = before.replace("15m", "5m").replace("hits: 50", "hits: 60")
    found = differences(version(before), version(after))
    assert [(each.kind, each.name, each.details) for each in found] == [
        ("rule", "disputed", ("expect: 50 hits an hour → 60 hits an hour",)),
        ("gate", "payment.attempted", ("deadline: 15m → 5m",)),
    ]
