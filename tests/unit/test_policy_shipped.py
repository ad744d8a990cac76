"""The policy that ships."""

from datetime import timedelta

import pytest

from shared.policy import Rule, load, shipped, shipped_folder, texts_of
from shared.policy.authoring.coverage import coverage
from shared.policy.authoring.layout import laid_out
from shared.policy.checks import remarks
from shared.restrictions.effects import Lift, Restrict, Score, tier_of
from shared.restrictions.limits import NONE
from shared.signals import CATALOGUE

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
    assert all(effect.lasts.days <= 30 for effect in rule.every_effect if isinstance(effect, Restrict))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_weak_evidence_costs_friction_only(rule: Rule) -> None:
    """A rule of low severity neither denies nor pends nor restricts."""
    if rule.severity <= 45:
        assert {tier_of(effect) for effect in rule.every_effect} <= {None, "review", "friction", "release"}


HARD = [rule for rule in RULES if rule.mode == "live" and {"hold", "deny"} & {*map(tier_of, rule.every_effect)}]
TAKEOVER = [rule for rule in HARD if rule.abuse == "account_takeover"]


@pytest.mark.parametrize("rule", HARD, ids=lambda rule: rule.name)
def test_hard_rules_say_what_they_expect(rule: Rule) -> None:
    """A rule that holds or denies says how often it should, so that a slip in it is braked while it is new."""
    assert rule.expect is not None
    assert rule.expect.hits is not None


@pytest.mark.parametrize("rule", TAKEOVER, ids=lambda rule: rule.name)
def test_whose_account_was_taken_over_goes_on_selling(rule: Rule) -> None:
    """Against takeover a user's money and credentials wait, until a step-up or a review (where the step-up itself is in
    doubt, until a review); selling and buying go on."""
    held = [effect for effect in rule.effects if isinstance(effect, Restrict) and effect.of != "device"]
    money = {"withdraw", "receive_payout", "change_payout_account", "change_credentials"}
    assert {effect.capability for effect in held} <= money
    until = ("review",) if rule.name == "stepup_by_a_new_factor" else ("step_up", "review")
    assert all(effect.until == until for effect in held)


def test_disputed_payouts_wait_in_part_and_for_a_while() -> None:
    """Whose buyers dispute waits for part of the money, then for all, and stops selling by a person's word only."""
    part, whole, selling = shipped().rules["seller_of_disputes"].ladder
    (reserve,), (hold,), (stop,) = part.effects, whole.effects, selling.effects
    assert isinstance(reserve, Restrict)
    assert isinstance(hold, Restrict)
    assert isinstance(stop, Restrict)
    assert (reserve.limit.to_json(), reserve.on_expiry) == ({"reserve_share": 50, "reserve_days": 14}, "release")
    assert (hold.limit, hold.on_expiry) == (NONE, "person")
    assert (stop.capability, selling.person) == ("list", timedelta(hours=24))


def test_whatever_waits_for_something_can_get_it() -> None:
    """Of each condition that restrictions wait for, an answer or a live rule tells."""
    effects = [effect for rule in RULES if rule.mode == "live" for effect in rule.every_effect]
    waited_for = {way for effect in effects if isinstance(effect, Restrict) for way in effect.until}
    told = {effect.met for effect in effects if isinstance(effect, Lift)}
    assert waited_for - {"step_up", "review"} == told


def test_every_gate_has_an_end() -> None:
    """Whatever a service holds for us is let through, or not, at a deadline; money never for want of a word."""
    gates = shipped().gates
    assert gates.keys() == {name for name, spec in CATALOGUE.items() if spec.gating}
    assert gates["payout.requested"].then == "closed"


def test_the_law_is_there_to_be_confirmed() -> None:
    """The figures are those of the articles that they name, and no one claims that counsel has read them."""
    found = shipped().jurisdictions
    assert {each.confirmed_by for each in found.values()} == {None}
    assert (len(found["eu"].countries), found["eu"].appeal_within.days, found["eu"].business_notice.days) == (
        27,
        184,
        30,
    )
    assert all(each.basis and each.human for each in found.values())
    (remark,) = remarks(shipped())
    assert remark.startswith("no counsel has confirmed the figures of default, eu, uk and us")


def test_it_is_read_once() -> None:
    """A process loads the shipped policy once."""
    assert shipped() is shipped()
