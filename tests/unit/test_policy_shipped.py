"""The policy that ships."""

import pytest

from shared.policy import Rule, load, shipped, shipped_folder, texts_of
from shared.policy.authoring.coverage import coverage
from shared.policy.authoring.layout import laid_out
from shared.restrictions.effects import Dispose, Restrict, Score

pytestmark = pytest.mark.unit

RULES = list(shipped().rules.values())


def test_its_tests_come_out() -> None:
    """Every test beside a rule comes out."""
    assert shipped().run_tests() == ()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rules_are_whole(rule: Rule) -> None:
    """Each rule has tests both ways, a reason for colleagues and one for users who feel it, an owner and tags."""
    assert {case.fires for case in rule.tests} == {True, False}
    assert rule.reason
    assert rule.user_reason or rule.effects == (Score(),)
    assert rule.owner
    assert rule.tags


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_no_slip_goes_unnoticed(rule: Rule) -> None:
    """A threshold moved by one, `and` for `or`, a part left out: some test beside the rule tells, live or on trial."""
    found = coverage(shipped(), rule)
    assert [each.test for each in found.open] == []
    assert found.unseen == ()


def test_it_stands_every_check() -> None:
    """It is held to what is asked of a policy that is to be published."""
    assert load(shipped_folder()).digest == shipped().digest


def test_it_is_laid_out_like_any_policy() -> None:
    """As `sluice policy fmt` leaves it."""
    documents = {name: text for name, text in texts_of(shipped_folder()).items() if name.endswith(".yaml")}
    assert {name: laid_out(name, text) for name, text in documents.items()} == documents


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
