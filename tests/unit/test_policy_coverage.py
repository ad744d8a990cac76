"""Coverage of rules by the tests beside them: what tests saw, which slips none notices, and what to add."""

import pytest

from shared.policy import Policy, load_documents
from shared.policy.authoring.coverage import Coverage, coverage, missing
from shared.policy.authoring.mutations import stepped
from shared.signals.amounts import Amount

pytestmark = pytest.mark.unit

POLICY = """
features:
  failures_1h: {{count: login.failed, by: user, window: 1h}}
  strangers_1d: {{distinct: device, of: login.failed, by: user, window: 1d}}
lists:
  partners: {{owner: tests, values: [DE, FR]}}
rules:
  the_rule:
    abuse: account_takeover
    on: login.succeeded
    when: {when}
    then: {then}
    mode: live
    reason: "{{failures_1h}}"
    user_reason: "We look at it."
    owner: tests
    tests:
      fires: {fires}
      holds: {holds}
"""
UNUSED = """
  uses_the_rest:
    abuse: account_takeover
    on: login.succeeded
    when: failures_1h > strangers_1d and country in lists.partners
    then: [{{review: {{of: user}}}}]
    reason: "rest"
    owner: tests
"""


def policy(when: str, fires: str, holds: str, then: str = "[deny]") -> Policy:
    text = (POLICY + UNUSED).format(when=when, fires=fires, holds=holds, then=then)
    return load_documents({"policy.yaml": text})


def covered(when: str, fires: str, holds: str, then: str = "[deny]") -> Coverage:
    found = policy(when, fires, holds, then)
    return coverage(found, found.rules["the_rule"])


def slips(found: Coverage) -> set[tuple[str, str]]:
    return {(each.before, each.after) for each in found.open}


def test_tests_on_both_sides_of_a_threshold_notice_every_slip() -> None:
    """A rule with tests right at and right below its threshold lacks nothing."""
    found = covered("failures_1h >= 5", "{failures_1h: 5}", "{failures_1h: 4}")
    assert found.open == ()
    assert found.tried >= 3


def test_tests_far_from_a_threshold_miss_its_neighbours() -> None:
    """Slips of one step are named, each with the value that would show it."""
    found = covered("failures_1h >= 5", "{failures_1h: 9}", "{failures_1h: 1}")
    assert slips(found) == {
        ("failures_1h >= 5", "failures_1h > 5"),
        ("failures_1h >= 5", "failures_1h >= 4"),
        ("failures_1h >= 5", "failures_1h >= 6"),
    }
    assert {each.test for each in found.open} == {"fires: {failures_1h: 5}", "holds: {failures_1h: 4}"}


def test_the_tests_that_are_proposed_are_enough() -> None:
    """With the proposed tests added nothing is left to ask for."""
    found = covered("failures_1h >= 5 or strangers_1d >= 2", "{failures_1h: 9}", "{failures_1h: 1}")
    proposed = [each.test.partition(": ") for each in found.open]
    fires = [values for word, _, values in proposed if word == "fires"]
    holds = [values for word, _, values in proposed if word == "holds"]
    again = covered(
        "failures_1h >= 5 or strangers_1d >= 2",
        f"[{{failures_1h: 9}}, {', '.join(fires)}]",
        f"[{{failures_1h: 1}}, {', '.join(holds)}]",
    )
    assert found.open
    assert again.open == ()


@pytest.mark.parametrize(
    ("when", "fires", "holds", "equivalent"),
    [
        ("failures_1h > 4", "{failures_1h: 5}", "{failures_1h: 4}", "failures_1h > 4 for >= 5"),
        ("failures_1h >= 1", "{failures_1h: 1}", "{failures_1h: 0}", "no count is below 0"),
    ],
)
def test_what_makes_no_difference_is_not_asked_for(when: str, fires: str, holds: str, equivalent: str) -> None:
    """A slip that decides alike on every value that can come in needs no test."""
    assert covered(when, fires, holds).open == (), equivalent


def test_a_swapped_operator_and_a_dropped_operand_are_slips() -> None:
    """Where no test has one side true and the other false, `and` could be `or`, and a side could be left out."""
    found = covered(
        "failures_1h >= 5 and device_is_new",
        "{failures_1h: 5, device_is_new: true}",
        "{failures_1h: 4, device_is_new: false}",
    )
    assert {after for _, after in slips(found)} == {"failures_1h >= 5 or device_is_new", "", "failures_1h >= 4"}
    assert ("device_is_new", "") in slips(found)


def test_a_not_and_a_choice_can_be_turned_round() -> None:
    """A `not` left out and `==` for `!=` are slips; tests both ways notice them."""
    one = covered("not device_is_new", "{device_is_new: false}", "{device_is_new: true}")
    other = covered('method != "password"', "{method: passkey}", "{method: password}")
    assert one.open == other.open == ()
    assert (one.tried, other.tried) == (1, 1)


def test_a_membership_in_a_list_is_tested_by_its_fact() -> None:
    """Turning `in` round is noticed by tests that give the answer itself."""
    fact = '"country in lists.partners"'
    found = covered("country in lists.partners", f"{{{fact}: true}}", f"{{{fact}: false}}")
    assert (found.open, found.tried) == ((), 1)


def test_what_lies_in_a_fact_is_advice() -> None:
    """A slip inside a fact is told, not demanded; tests that give the raw value notice it."""
    text = "any(links, length(it) > 100)"

    def found(fires: str, holds: str) -> Coverage:
        tests = f"tests: {{fires: {fires}, holds: {holds}}}"
        rule = f"abuse: phishing, on: message.sent, when: '{text}', then: [deny], reason: r, user_reason: u, owner: o"
        policy = load_documents({"policy.yaml": f"rules: {{the_rule: {{{rule}, mode: live, {tests}}}}}"})
        return coverage(policy, policy.rules["the_rule"])

    by_text = found(f'{{"{text}": true}}', f'{{"{text}": false}}')
    assert by_text.open == ()
    assert {each.after for each in by_text.unnoticed} == {
        "length(it) >= 100",
        "length(it) > 99",
        "length(it) > 101",
    }
    by_value = found(f"{{links: [{'x' * 101}]}}", f"{{links: [{'x' * 100}]}}")
    assert by_value.unnoticed == ()


def test_conditions_are_counted_true_false_and_unknown() -> None:
    """Each atomic condition says how many tests saw it which way."""
    found = covered(
        "failures_1h >= 5 and device_is_new",
        "[{failures_1h: 5, device_is_new: true}]",
        "[{failures_1h: 4}, {failures_1h: 2, device_is_new: true}]",
    )
    seen = {atom.text: (atom.true, atom.false, atom.unknown) for atom in found.atoms}
    assert seen == {"failures_1h >= 5": (1, 2, 0), "device_is_new": (2, 0, 1)}
    assert found.unseen == ("`device_is_new` false",)


def test_only_rules_that_restrict_or_deny_must_be_covered() -> None:
    """What lacks tests is a problem of a rule that denies, with the place and the test, and of no milder one."""
    loose = ("failures_1h >= 5", "{failures_1h: 9}", "{failures_1h: 1}")
    problems = missing(policy(*loose))
    assert {problem.span.line for problem in problems} == {11}
    assert "add the test `fires: {failures_1h: 5}`" in {problem.hint for problem in problems}
    assert missing(policy(*loose, then="[challenge]")) == []
    assert missing(policy(*loose, then="[{restrict: {of: user, capability: withdraw, to: none, for: 24h}}]"))


def test_an_emergency_does_not_wait_for_tests() -> None:
    """An emergency rule, which ends by itself, may deny with what tests it has."""
    text = (POLICY + UNUSED).format(
        when="failures_1h >= 5", fires="{failures_1h: 9}", holds="{failures_1h: 1}", then="[deny]"
    )
    urgent = text.replace("mode: live", "mode: live\n    emergency: true\n    expires: 2099-01-01")
    assert missing(load_documents({"policy.yaml": text}))
    assert missing(load_documents({"policy.yaml": urgent})) == []


@pytest.mark.parametrize(
    ("value", "steps"),
    [
        (5, (4, 6)),
        (0.5, (0.495, 0.505)),
        (Amount(500, "USD"), (Amount(499, "USD"), Amount(501, "USD"))),
        (True, ()),
        ("DE", ()),
    ],
)
def test_steps(value: object, steps: tuple[object, ...]) -> None:
    """One step is one of what is whole, a minor unit of money, a hundredth of other numbers."""
    assert stepped(value) == steps
