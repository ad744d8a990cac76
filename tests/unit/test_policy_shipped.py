"""The policy that ships."""

import pytest

from shared.policy import Rule, shipped
from shared.restrictions.effects import Dispose, Restrict, Review

pytestmark = pytest.mark.unit

RULES = list(shipped().rules.values())


def test_its_tests_come_out() -> None:
    """Every test beside a rule comes out."""
    assert shipped().run_tests() == ()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rules_are_whole(rule: Rule) -> None:
    """Each rule has tests both ways, a reason, an owner, and words for the user unless it only asks for a review."""
    assert {case.fires for case in rule.tests} == {True, False}
    assert rule.reason
    assert rule.owner
    assert rule.user_reason or all(isinstance(effect, Review) for effect in rule.effects)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_harm_wants_a_person_or_an_end(rule: Rule) -> None:
    """What restricts does so for thirty days at most."""
    assert all(effect.lasts.days <= 30 for effect in rule.effects if isinstance(effect, Restrict))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_weak_evidence_costs_friction_only(rule: Rule) -> None:
    """A rule of low severity neither denies nor pends nor restricts."""
    if rule.severity <= 45:
        assert not any(isinstance(effect, Restrict) for effect in rule.effects)
        assert not any(isinstance(effect, Dispose) and effect.disposition != "challenge" for effect in rule.effects)


def test_it_is_read_once() -> None:
    """A process loads the shipped policy once."""
    assert shipped() is shipped()
