"""Explaining a rule on one set of values: what it saw, what decided, and what would have flipped it."""

from typing import Any

import pytest

from shared.features.model import AtLeast
from shared.policy import load_documents
from shared.policy.authoring.explaining import Explanation, Part, explained
from shared.signals.amounts import Amount
from tests.support.policies import policy_with

pytestmark = pytest.mark.unit

FEATURES = """
features:
  small_declines_1h: {count: payment.declined, by: card, window: 1h}
  cards_1d: {distinct: card, of: payment.attempted, by: buyer, window: 1d}
"""


def told(condition: str, **values: Any) -> Explanation:
    more = "".join(
        line + "\n"
        for line in FEATURES.splitlines()
        if not line.startswith("  ") or line.strip().split(":")[0] in condition
    )
    policy = policy_with(condition, more=more if ": {" in more else "")
    return explained(policy, policy.rules["the_rule"], "payment.attempted", values)


def deciders(part: Part) -> list[str]:
    inner = [text for each in part.parts for text in deciders(each)]
    return inner or ([part.text] if part.decided and not part.parts else [])


def test_each_condition_shows_what_it_saw() -> None:
    """The parts of the condition stand in its order, with truths and values."""
    found = told("small_declines_1h >= 5 and (card_is_new or gift_card)", small_declines_1h=6, gift_card=False)
    left, right = found.whole.parts
    assert (left.text, left.value, left.seen) == ("small_declines_1h >= 5", True, {"small_declines_1h": 6})
    assert [(part.text, part.value) for part in right.parts] == [("card_is_new", None), ("gift_card", False)]
    assert found.fired is None


@pytest.mark.parametrize(
    ("values", "decided"),
    [
        ({"small_declines_1h": 1, "card_is_new": True}, ["small_declines_1h >= 5"]),
        ({"small_declines_1h": 6, "card_is_new": True}, ["small_declines_1h >= 5", "card_is_new"]),
        ({"small_declines_1h": 6, "card_is_new": False, "gift_card": True}, ["small_declines_1h >= 5", "gift_card"]),
        ({"small_declines_1h": 6, "gift_card": False}, ["card_is_new"]),
    ],
)
def test_the_branch_that_decided_is_marked(values: dict[str, Any], decided: list[str]) -> None:
    """What made the whole true, false or unknown is told apart from what was merely looked at."""
    assert deciders(told("small_declines_1h >= 5 and (card_is_new or gift_card)", **values).whole) == decided


@pytest.mark.parametrize(
    ("condition", "values", "said"),
    [
        ("small_declines_1h >= 5", {"small_declines_1h": 2}, "It would fire if small_declines_1h were 5 or more."),
        ("small_declines_1h >= 5", {"small_declines_1h": 9}, "It would not fire if small_declines_1h were 4 or less."),
        ("small_declines_1h >= 1", {"small_declines_1h": 1}, "It would not fire if small_declines_1h were 0."),
        (
            "small_declines_1h >= 5",
            {"small_declines_1h": AtLeast(3)},
            "It would fire if small_declines_1h were 5 or more.",
        ),
        ("small_declines_1h >= 5", {}, "It would fire if small_declines_1h were 5 or more."),
        (
            "amount < 5.00 USD",
            {"amount": Amount(900, "USD")},
            "It would fire if amount were 4.99 USD or less.",
        ),
        (
            "cards_1d > 0.2 * small_declines_1h",
            {"cards_1d": 2, "small_declines_1h": 30},
            "It would fire if cards_1d were 7 or more.",
        ),
        ("card_is_new", {"card_is_new": False}, "It would fire if card_is_new were true."),
        ('card_funding == "prepaid"', {"card_funding": "debit"}, 'It would fire if card_funding were "prepaid".'),
        (
            'card_funding == "prepaid"',
            {"card_funding": "prepaid"},
            'It would not fire if card_funding were not "prepaid".',
        ),
        (
            "country != card_country",
            {"country": "DE", "card_country": "DE"},
            'It would fire if country were not "DE".',
        ),
        (
            "country == card_country",
            {"country": "DE", "card_country": "FR"},
            'It would fire if country were "FR".',
        ),
        ('country in ("DE", "FR")', {"country": "US"}, 'It would fire if country were "DE".'),
    ],
)
def test_the_smallest_change_that_flips_it(condition: str, values: dict[str, Any], said: str) -> None:
    """What would have made the rule say otherwise is told as the nearest value, and whether more of it would, too."""
    assert said in told(condition, **values).sentences


def test_two_changes_where_one_does_not_do() -> None:
    """Where no single value flips the rule, two together are looked for."""
    found = told("small_declines_1h >= 5 and card_is_new", small_declines_1h=2, card_is_new=False)
    assert [len(flip) for flip in found.flips] == [2]
    assert "small_declines_1h were 5 or more and card_is_new were true" in found.sentences[0]


def test_recorded_facts_are_taken_as_they_are() -> None:
    """A fact whose personal data is gone is explained, and flipped, by its recorded answer."""
    text = "mentions_any(text, lists.words)"
    policy = policy_with(text, "message.sent", "lists: {words: {owner: tests, values: [whatsapp]}}")
    found = explained(policy, policy.rules["the_rule"], "message.sent", {text: True})
    assert (found.fired, found.whole.seen) == (True, {})
    assert found.sentences == (f"It would not fire if `{text}` were false.",)


LADDER = """
features:
  disputes_30d: {count: dispute.opened, by: seller, window: 30d}
lists:
  watched: {owner: tests, values: ["card:a"]}
ladders:
  payouts:
    of: seller
    steps:
      - friction: {ask: confirmation}
      - when: disputes_30d >= 5 or (gift_card and card in lists.watched)
        restrict: {capability: receive_payout, to: 70%, for: 30d}
      - {when: disputes_30d >= 9, restrict: {capability: list, to: none, for: 7d}, person: 24h}
rules:
  disputed:
    abuse: seller_fraud
    on: payment.attempted
    when: disputes_30d >= 3 or gift_card
    counterparty: true
    then: [{ladder: payouts}]
    reason: "many disputes"
    user_reason: "Many of your buyers disputed what they paid."
    owner: payouts
"""


@pytest.mark.parametrize(
    ("values", "reached", "stands", "asked"),
    [
        ({"disputes_30d": 3}, [True, None, False], 0, None),
        ({"disputes_30d": 3, "gift_card": False}, [True, False, False], 0, None),
        ({"disputes_30d": 0, "gift_card": True, "card in lists.watched": True}, [True, True, False], 1, None),
        ({"disputes_30d": 9, "gift_card": False}, [True, True, True], 1, 2),
        ({"disputes_30d": 2, "gift_card": False}, [False, False, False], None, None),
    ],
)
def test_how_far_up_its_ladder_a_rule_gets(
    values: dict[str, Any], reached: list[bool | None], stands: int | None, asked: int | None
) -> None:
    """Each rung tells whether it is reached and what it saw beside the rule's own condition."""
    policy = load_documents({"policy.yaml": LADDER})
    found = explained(policy, policy.rules["disputed"], "payment.attempted", values)
    assert [rung.reached for rung in found.rungs] == reached
    assert [number for number, rung in enumerate(found.rungs) if rung.stands] == [stands] * (stands is not None)
    assert [number for number, rung in enumerate(found.rungs) if rung.asked] == [asked] * (asked is not None)
    assert [[part.text for part in rung.parts] for rung in found.rungs] == [[], ["or"], ["disputes_30d >= 9"]]
