"""`sluice policy fmt`: one layout for every document, comments and meaning kept."""

import pytest

from shared.policy import load_documents, shipped_folder, texts_of
from shared.policy.authoring.layout import laid_out
from shared.policy.conditions.tidying import broken, tidied

pytestmark = pytest.mark.unit

UNTIDY = """
# Stolen cards.

rules:   # all of them


  card_testing:   # since March
    owner:   payments-risk
    # why
    when: >-
       cards_1d>=5   and(card_is_new or  not gift_card)
    on: payment.attempted
    tests: {fires: {cards_1d: 5, card_is_new: true},   # both
            holds: [{cards_1d: 4}]}
    then:
    -   deny   # at once
    - restrict:
        of: buyer
        capability: buy
        to: none
        for: 24h
    reason: 'It''s {cards_1d} cards'
    user_reason: "No: really"
    abuse: payment_fraud
features:
    cards_1d:
      by: buyer
      window: 1d
      of: payment.attempted
      distinct: card
      where: 'card_funding=="prepaid"'
# the end
"""
TIDY = """\
# Stolen cards.

rules:  # all of them
  card_testing:  # since March
    abuse: payment_fraud
    on: payment.attempted
    # why
    when: cards_1d >= 5 and (card_is_new or not gift_card)
    then:
      - deny  # at once
      - restrict: {of: buyer, capability: buy, to: none, for: 24h}
    reason: "It's {cards_1d} cards"
    user_reason: "No: really"
    owner: payments-risk
    tests:  # both
      fires: {cards_1d: 5, card_is_new: true}
      holds: [{cards_1d: 4}]
features:
  cards_1d: {distinct: card, of: payment.attempted, where: card_funding == "prepaid", by: buyer, window: 1d}
# the end
"""


def test_a_document_is_laid_out() -> None:
    """Keys in order, blanks in conditions, small things on one line; every comment stays with its line."""
    assert laid_out("a.yaml", UNTIDY) == TIDY


def test_what_is_laid_out_stays() -> None:
    """Laying out twice changes nothing, and the documents that ship are laid out."""
    assert laid_out("a.yaml", TIDY) == TIDY
    documents = {name: text for name, text in texts_of(shipped_folder()).items() if name.endswith(".yaml")}
    assert {name: laid_out(name, text) for name, text in documents.items()} == documents


def test_the_policy_stays_the_same() -> None:
    """The digest of a policy does not move when its documents are laid out."""
    assert load_documents({"a.yaml": UNTIDY}).digest == load_documents({"a.yaml": TIDY}).digest


@pytest.mark.parametrize(
    ("written", "tidy"),
    [
        ("a>=5and b", "a >= 5 and b"),
        ("not(a or b)", "not (a or b)"),
        ("contains( text,'x' )", 'contains(text, "x")'),
        ("country in('DE','FR')", 'country in ("DE", "FR")'),
        ("amount<5.00   USD", "amount < 5.00 USD"),
        ("a - -5 * b", "a - -5 * b"),
        ("-5<a", "-5 < a"),
        ("share>25% or age< 72h", "share > 25% or age < 72h"),
        ("x in lists . words", "x in lists.words"),
        ("text == 'say \"no\"'", "text == 'say \"no\"'"),
        ("what is § this", "what is § this"),
        ("'an open quote", "'an open quote"),
    ],
)
def test_conditions_are_tidied(written: str, tidy: str) -> None:
    """Blanks and quotes come out in one way; what is not of the language is left alone."""
    assert tidied(written) == tidy
    assert tidied(tidy) == tidy


def test_long_conditions_break_where_they_join() -> None:
    """Each line begins with the word that joins it; inside parentheses it is indented to where they open."""
    text = "first_contact and (reports_7d >= 2 and scores_7d >= 1 or verdicts_90d >= 1)"
    assert broken(text, 50) == [
        "first_contact",
        "and (reports_7d >= 2 and scores_7d >= 1",
        "     or verdicts_90d >= 1)",
    ]


def test_what_is_said_about_a_parameter_is_folded() -> None:
    """A long text about a parameter goes over several lines, like any other; its value keeps its quotes."""
    about = " ".join(["what a stolen card buys"] * 8)
    text = f"parameters:\n  high_value: {{default: '5', owner: payments-risk, about: {about}}}\n"
    laid = laid_out("a.yaml", text)
    assert max(map(len, laid.splitlines())) <= 120
    assert laid_out("a.yaml", laid) == laid
    digests = {load_documents({"a.yaml": each}, published=True).digest for each in (text, laid)}
    assert len(digests) == 1
