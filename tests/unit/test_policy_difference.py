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
