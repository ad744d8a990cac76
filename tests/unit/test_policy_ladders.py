"""Ladders: what a rule does follows from the highest rung whose condition holds."""

import pytest

from shared.policy import PolicyError, load_documents
from shared.policy.authoring.coverage import missing
from shared.policy.model import Climb
from shared.restrictions import Friction, Restrict, Review

pytestmark = pytest.mark.unit

LADDER = """
parameters:
  often: 5
features:
  disputes_30d: {count: dispute.opened, by: seller, window: 30d}
  paid_30d: {count: payment.settled, by: seller, window: 30d}
ladders:
  payouts:
    of: seller
    steps:
      - friction: {ask: confirmation}
      - {when: disputes_30d >= often, restrict: {capability: receive_payout, to: 70%, for: 30d}}
      - when: disputes_30d >= 20 and paid_30d < 100
        then:
          - restrict: {capability: receive_payout, to: none, for: 7d}
          - review: {within: 24h}
      - {when: disputes_30d >= 50, restrict: {capability: list, to: none, for: 7d}, person: 48h}
"""
RULE = """
rules:
  disputed:
    abuse: seller_fraud
    on: [{on}]
    when: disputes_30d >= 3
    counterparty: true
    {more}
    then: [{{ladder: payouts}}]
    reason: "many disputes"
    user_reason: "Many of your buyers disputed what they paid."
    owner: payouts
"""


def policy(*, on="payment.attempted", more="if_unknown: hold", ladder=LADDER):
    return load_documents({"a.yaml": ladder, "b.yaml": RULE.format(on=on, more=more)})


def climb(disputes, paid=0, **more):
    """The tier of the rung that stands, and of the one that a person is asked about."""
    judgement = policy(**more).program("payment.attempted").judge({"disputes_30d": disputes, "paid_30d": paid})
    (rule,) = judgement.fired
    climb = rule.climbed(judgement.steps)
    return climb.stands and climb.stands.tier, climb.asked and climb.asked.tier


@pytest.mark.parametrize(
    ("disputes", "paid", "expected"),
    [(3, 0, "friction"), (4, 0, "friction"), (5, 0, "limit"), (19, 0, "limit"), (20, 0, "hold"), (20, 100, "limit")],
)
def test_the_highest_rung_whose_condition_holds_stands(disputes, paid, expected):
    """Each rung is reached exactly where its own condition says so."""
    assert climb(disputes, paid) == (expected, None)


def test_a_rung_that_needs_a_person_waits_on_the_one_below():
    """A person is asked about it, and the next rung that needs nobody stands, whatever its own condition says."""
    assert climb(50) == ("hold", "deny")
    assert climb(50, 100) == ("hold", "deny")


def test_a_rung_that_is_unknown_is_not_reached():
    """Nobody is held by what is not known; the rung below stands."""
    assert climb(20, None) == ("limit", None)


def test_a_rule_that_does_not_fire_climbs_nothing():
    """No rung's condition counts where the rule's own does not hold."""
    judgement = policy().program("payment.attempted").judge({"disputes_30d": 2, "paid_30d": 0})
    assert (judgement.fired, judgement.steps) == ((), frozenset())


def test_a_rule_that_fires_when_it_is_unknown_climbs_as_far_as_is_known():
    """Its rungs do not wait for its own condition to be known."""
    told = policy(more="if_unknown: fire", ladder=LADDER.replace("disputes_30d >= 50", "paid_30d > 500"))
    judgement = told.program("payment.attempted").judge({"disputes_30d": None, "paid_30d": 600})
    (rule,) = judgement.fired
    assert judgement.steps == {"disputed.4"}
    assert rule.climbed(judgement.steps).stands.tier == "hold"


def test_where_no_rung_is_reached_nothing_is_done():
    """A ladder whose first rung has a condition may leave a rule that fires without effects."""
    first = "- {when: disputes_30d >= 4, friction: {ask: confirmation}}"
    told = policy(ladder=LADDER.replace("- friction: {ask: confirmation}", first))
    judgement = told.program("payment.attempted").judge({"disputes_30d": 3, "paid_30d": 0})
    (rule,) = judgement.fired
    assert rule.climbed(judgement.steps) == Climb()


def test_rungs_have_the_role_of_the_ladder():
    """Effects of a rung that do not say of whom are about the ladder's role."""
    (rule,) = policy().rules.values()
    assert {effect.of for effect in rule.every_effect} == {"seller"}
    assert [type(effect) for effect in rule.every_effect] == [Friction, Restrict, Restrict, Review, Restrict]
    assert rule.effects == ()


def test_a_rule_reads_a_ladder_with_its_own_values_and_signals():
    """Parameters that a rule overrides count in the rungs that it climbs, and so do all signals that it is on."""
    told = policy(on="payment.attempted, payout.requested", more="with: {often: 9}")
    assert [step.tier for step in told.rules["disputed"].ladder] == ["friction", "limit", "hold", "deny"]
    assert set(told.asides) == {"disputed.2", "disputed.3", "disputed.4"}
    for signal in ("payment.attempted", "payout.requested"):
        steps = [told.program(signal).judge({"disputes_30d": disputes, "paid_30d": 0}).steps for disputes in (5, 8, 9)]
        assert steps == [frozenset(), frozenset(), {"disputed.2"}]


def test_rungs_of_rules_that_are_off_are_not_asked():
    """A rule that is off costs nothing."""
    assert policy(more="mode: off").program("payment.attempted").asides == ()


def test_what_rungs_read_is_in_the_record():
    """A feature that only a rung reads is gathered, and kept."""
    program = policy().program("payment.attempted")
    assert [use.feature.name for use in program.features] == ["disputes_30d", "paid_30d"]
    values = {"disputes_30d": 20, "paid_30d": 7}
    assert program.inputs(values, program.judge(values).facts) == values


def with_tests(tests):
    return policy(more=f"tests: {tests}")


@pytest.mark.parametrize(
    "tests",
    [
        "{fires: {disputes_30d: 3, rung: 1}, holds: {disputes_30d: 2}}",
        "{fires: [{disputes_30d: 5, rung: 2}, {disputes_30d: 20, rung: 3}, {disputes_30d: 50, rung: 4}]}",
    ],
)
def test_a_test_can_say_how_far_a_rule_gets(tests):
    """It is the highest rung whose condition holds, whether or not a person is asked before it is done."""
    assert with_tests(tests).run_tests() == ()


@pytest.mark.parametrize(
    ("tests", "what"),
    [
        ("{fires: {disputes_30d: 5, rung: 3}}", "this test says that disputed fires on rung 3, but it gets to rung 2"),
        ("{fires: {disputes_30d: 2, rung: 1}}", "this test says that disputed fires on rung 1, but it holds"),
        ("{fires: {disputes_30d: 5, rung: 5}}", "the ladder has no rung `5`"),
        ("{holds: {disputes_30d: 2, rung: 1}}", "a rule that holds stands on no rung"),
    ],
)
def test_a_test_that_names_another_rung_fails(tests, what):
    """It is told at its place, with the rung that the rule got to."""
    with pytest.raises(PolicyError) as refused:
        with_tests(tests)
    assert [problem.what for problem in refused.value.problems] == [what]


def test_a_failing_test_of_a_rung_shows_what_the_rungs_saw():
    """Their conditions stand beside the rule's own, each once."""
    with pytest.raises(PolicyError, match=r"it saw disputes_30d >= 5: no .*; disputes_30d >= 3: yes ") as refused:
        with_tests("{fires: {disputes_30d: 4, rung: 2}}")
    assert str(refused.value).count("disputes_30d >= 3") == 1


LIVE = """
    mode: live
    tests:
      fires: [{fires}]
      holds: [{{disputes_30d: 2}}]
"""
TESTED = """
{disputes_30d: 3, rung: 1}, {disputes_30d: 4, rung: 1}, {disputes_30d: 5, rung: 2}, {disputes_30d: 19, rung: 2},
{disputes_30d: 20, rung: 3}, {disputes_30d: 20, paid_30d: 99, rung: 3}, {disputes_30d: 20, paid_30d: 100, rung: 2},
{disputes_30d: 49, rung: 3}, {disputes_30d: 50, rung: 4}
""".replace("\n", " ").strip()


def live(fires):
    return policy(more=LIVE.format(fires=fires).strip())


def test_every_rung_of_a_live_rule_must_be_tested():
    """A slip in a rung's condition that no test with `rung:` notices is told with the test to add."""
    assert missing(live(TESTED)) == []
    told = missing(
        live(TESTED.replace("{disputes_30d: 19, rung: 2}, ", "").replace("{disputes_30d: 49, rung: 3}, ", ""))
    )
    assert {problem.what for problem in told} == {
        "in the rule disputed, `disputes_30d >= 50` can become `disputes_30d >= 49` and no test notices",
        "in the rule disputed, `disputes_30d >= 20` can become `disputes_30d >= 19` and no test notices",
    }


def test_the_tests_that_are_asked_for_come_out_and_are_enough():
    """Whoever adds each of them, and nothing else, is asked for no more in the end."""
    fires = ["{disputes_30d: 3}"]
    for _ in range(20):
        asked = missing(live(", ".join(fires)))
        if not asked:
            break
        fires += dict.fromkeys(problem.hint.partition("fires: ")[2].rstrip("`") for problem in asked)
    assert asked == []
    assert live(", ".join(fires)).run_tests() == ()


def test_a_test_may_say_that_no_rung_is_reached():
    """Where the first rung has a condition, a rule can fire and do nothing."""
    first = "- {when: disputes_30d >= 4, friction: {ask: confirmation}}"
    told = policy(
        ladder=LADDER.replace("- friction: {ask: confirmation}", first),
        more="tests: {fires: [{disputes_30d: 3, rung: 0}, {disputes_30d: 4, rung: 1}]}",
    )
    assert told.run_tests() == ()
