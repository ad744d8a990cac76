"""How severe a rule is: a number, or one that is computed; and rules that score and do nothing else."""

from datetime import timedelta
from typing import Any

import pytest

from shared.decisions import judge, recomputed, to_record
from shared.features import Plan, Timelines
from shared.features.model import AtLeast
from shared.policy import Policy, PolicyError, Program, load_documents
from shared.policy.authoring.catalogue import features
from shared.policy.authoring.explaining import explained
from shared.policy.checks import costs
from shared.restrictions.effects import Score
from shared.signals import entities_of
from shared.signals.amounts import Amount
from tests.support.aws import PSEUDONYMS
from tests.support.signals import event, signal

pytestmark = pytest.mark.unit

GRADED = """
features:
  tries_7d: {{count: payment.attempted, by: buyer, window: 7d}}
parameters: {{weight: 10}}
let: {{weighed: weight * tries_7d}}
rules:
  graded:
    abuse: payment_fraud
    on: payment.attempted
    when: tries_7d >= 0
    then: [score]
    mode: live
    severity: {severity}
    reason: "{{tries_7d}}"
    owner: tests
    {more}
    tests: {{fires: {{tries_7d: 2}}, holds: {{tries_7d: 0}}}}
"""


def policy(severity: str, more: str = "") -> Policy:
    return load_documents({"a": GRADED.format(severity=severity, more=more)}, published=True)


def severity(text: str, **values: Any) -> float:
    loaded = policy(text)
    return loaded.program("payment.attempted").severity(loaded.rules["graded"], values)


@pytest.mark.parametrize(
    ("text", "values", "comes_to"),
    [
        ("85", {}, 85),
        ("20 + weighed", {"tries_7d": 3}, 50.0),
        ("weighed / 3", {"tries_7d": 1}, 3.33),
        ("20 + weighed", {"tries_7d": 9_000}, 100.0),
        ("20 - weighed", {"tries_7d": 9_000}, 0.0),
        ("20 + weighed", {"tries_7d": AtLeast(3)}, 50.0),
        ("20 - weighed", {"tries_7d": AtLeast(3)}, 1),
        ("20 + weighed", {}, 1),
        ("weighed / tries_7d", {"tries_7d": 0}, 1),
        ("amount / 1.00 USD", {"amount": Amount(1_250, "USD")}, 12.5),
        ("amount / 1.00 USD", {"amount": Amount(1_250, "EUR")}, 1),
        ("min(60, 20 + weighed)", {"tries_7d": 30}, 60.0),
    ],
)
def test_what_a_severity_comes_to(text: str, values: dict[str, Any], comes_to: float) -> None:
    """It is kept between 0 and 100 and rounded to two decimals; what is unknown is 1, and a bound counts as it is."""
    assert severity(text, **values) == comes_to


def test_what_breaks_is_the_least() -> None:
    """A value of a type that no signal has breaks the expression, and never the decision."""
    assert severity("20 + weighed", tries_7d="many") == 1


def test_a_rule_with_its_own_parameters() -> None:
    """`with:` holds for the severity, too, and is not said to be needless when only that uses it."""
    loaded = policy("weighed", more="with: {weight: 2}")
    assert loaded.program("payment.attempted").severity(loaded.rules["graded"], {"tries_7d": 3}) == 6.0


def attempted(number: int) -> Any:
    return signal(event("payment.attempted", f"p_{number}", number, buyer_id="u_1"), 600)


def decided(loaded: Policy, before: int) -> Any:
    """The decision about a buyer's payment, after so many others."""
    plan = Plan(loaded.features.values())
    past = Timelines(plan, {}, cap=500)
    for each in map(attempted, range(before)):
        past.add(plan.entries(each, entities_of(each, PSEUDONYMS), PSEUDONYMS))
    return judge(attempted(before), past, plan, loaded, PSEUDONYMS)


def test_a_graded_score_is_recorded_and_recomputed() -> None:
    """What the severity reads is among the inputs, so that the record alone gives the same score again."""
    loaded = policy("weighed / 3")
    decision = decided(loaded, 4)
    assert decision.scores == {"payment_fraud": 13.33}
    assert decision.inputs["tries_7d"] == 4
    again = recomputed(to_record(decision), loaded)
    assert again.scores == decision.scores


def test_a_rule_that_only_scores() -> None:
    """It fires, counts and is told; the thing that waits is allowed, and nothing but that answer is published."""
    loaded = policy("40")
    decision = decided(loaded, 2)
    assert loaded.rules["graded"].effects == (Score(),)
    assert (decision.disposition, decision.scores, decision.reasons) == ("allow", {"payment_fraud": 40}, ("2",))
    assert [action.kind for action in decision.actions] == ["decision"]
    assert "outcome_day" not in to_record(decision)


def test_a_rule_that_only_scores_says_nothing_to_users() -> None:
    """It needs no words for users, and does not stand before the words of a rule that does something."""
    more = """
  held:
    abuse: payment_fraud
    on: payment.attempted
    when: tries_7d >= 1
    then: [pend]
    mode: live
    reason: "held"
    user_reason: "We are looking at your payment."
    owner: tests
    tests: {fires: {tries_7d: 1}, holds: {tries_7d: 0}}
"""
    loaded = load_documents({"a": GRADED.format(severity="40", more="") + more}, published=True)
    (answer,) = decided(loaded, 1).actions
    assert answer.reason == "We are looking at your payment."


def test_the_highest_severity_counts() -> None:
    """Of several rules against one abuse, graded or not, the score is the highest severity."""
    more = """
  always:
    {abuse: payment_fraud, on: payment.attempted, when: tries_7d >= 1, then: [score], mode: live, severity: 25,
     reason: a, owner: tests, tests: {fires: {tries_7d: 1}, holds: {tries_7d: 0}}}
"""
    loaded = load_documents({"a": GRADED.format(severity="weighed", more="") + more}, published=True)
    assert [decided(loaded, before).scores["payment_fraud"] for before in (1, 2, 3)] == [25, 25, 30.0]


def test_an_explanation_tells_the_severity() -> None:
    """What a graded one came to, and the values that it was made of; of a fixed one, just the number."""
    loaded = policy("20 + weighed")
    told = explained(loaded, loaded.rules["graded"], "payment.attempted", {"tries_7d": 3})
    assert (told.severity, told.graded_by) == (50.0, {"tries_7d": 3})
    fixed = policy("30")
    told = explained(fixed, fixed.rules["graded"], "payment.attempted", {"tries_7d": 3})
    assert (told.severity, told.graded_by) == (30, {})


def test_a_severity_is_told_as_it_is_written() -> None:
    """People read the expression with all its names in full, and a feature that only it reads has the rule for user."""
    loaded = policy("20 + weighed")
    assert loaded.rules["graded"].told_severity == "20 + 10 * tries_7d"
    text = GRADED.format(severity="20 + spent_7d / 1.00 USD", more="").replace(
        "parameters:", "  spent_7d: {sum: amount, of: payment.settled, by: buyer, window: 7d}\nparameters:"
    )
    asked = load_documents({"a": text}, published=True)
    rows = {row["feature"]: row["rules"] for row in features(asked, {"a": text})}
    assert rows["spent_7d"] == ["graded"]
    assert [use.feature.name for use in asked.program("payment.attempted").features] == ["spent_7d", "tries_7d"]


def test_how_it_is_typed_means_nothing() -> None:
    """Blanks in a severity do not change the policy; another number does."""
    digests = [policy(text).digest for text in ("20 + weighed", "20+weighed", "'20  + weighed'", "21 + weighed")]
    assert [digest == digests[0] for digest in digests] == [True, True, True, False]


def test_what_it_costs_counts() -> None:
    """A severity that calls functions makes its rule dearer, and what it reads is read."""
    plain, dear = (costs(policy(text)).rules["graded"] for text in ("40", "40 + edits(category, 'books')"))
    assert dear.microseconds > plain.microseconds
    assert dear.dearest == 'edits(category, "books")'


def test_several_signals() -> None:
    """On each signal of its rule a severity is checked, and computed from what that has."""
    text = """
rules:
  graded:
    abuse: policy
    on: [payment.attempted, payout.requested]
    when: known(amount)
    then: [score]
    severity: amount / 1.00 EUR
    reason: "a"
    owner: tests
"""
    loaded = load_documents({"a": text}, published=True)
    rule = loaded.rules["graded"]
    for name in rule.on:
        program: Program = loaded.program(name)
        assert program.severity(rule, {"amount": Amount(700, "EUR")}) == 7.0
    with pytest.raises(PolicyError, match=r"`gift_card` is not a field of payout\.requested"):
        load_documents({"a": text.replace("amount / 1.00 EUR", "length(gift_card)")}, published=True)


def test_lives_as_long_as_other_rules() -> None:
    """What else holds a rule back holds back its score: a late signal is not scored."""
    loaded = policy("40", more="stale_after: 1m")
    assert loaded.rules["graded"].stale_after == timedelta(minutes=1)
    assert decided(loaded, 2).scores == {}
