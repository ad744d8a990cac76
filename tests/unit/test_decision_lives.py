"""For how long decisions are kept, and what their capsules have in common."""

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.decisions import KEPT, PLAIN_KEPT, Decision, judge, kept_for, to_record
from shared.decisions.words import words_of
from shared.features import Plan, Timelines
from shared.policy import Policy, shipped
from shared.restrictions import Action
from shared.signals import CATALOGUE, FEEDBACK
from tests.support.aws import PSEUDONYMS
from tests.support.signals import event, moment, signal
from tests.support.two_policies import first

pytestmark = pytest.mark.unit


def decision(name: str, policy: Policy | None = None) -> Decision:
    policy = policy or first()
    plan = Plan(policy.features.values())
    return judge(signal(event(name, "s1")), Timelines(plan, {}, 500), plan, policy, PSEUDONYMS)


def asking(kind: Any) -> Action:
    return Action(kind, "a1", "user:u_1", "rule:r", moment(0), "")


def test_a_plain_allow_is_kept_for_less_long() -> None:
    """It let the thing pass, and asked for nothing but the word about it; a login asks not even for that."""
    for name in ("payment.attempted", "login.succeeded"):
        assert kept_for(decision(name)) == PLAIN_KEPT
    assert [action.kind for action in decision("payment.attempted").actions] == ["decision"]


@pytest.mark.parametrize("kind", ["restrict", "friction", "review", "command", "park", "guardrail", "clear"])
def test_whatever_asked_for_something_is_kept(kind: str) -> None:
    """Also an allow beside which somebody was met, or something waits for a person."""
    plain = decision("payment.attempted")
    assert kept_for(replace(plain, actions=(*plain.actions, asking(kind)))) == KEPT


@pytest.mark.parametrize("disposition", ["challenge", "pend", "deny"])
def test_whatever_was_not_let_through_is_kept(disposition: Any) -> None:
    """Whoever was stopped may ask why, months later."""
    assert kept_for(replace(decision("payment.attempted"), disposition=disposition)) == KEPT


@pytest.mark.parametrize("name", sorted({"report.submitted", *FEEDBACK}))
def test_what_people_said_is_kept(name: str) -> None:
    """Also a review that found nothing out: somebody may ask who looked, or complain that nothing came of it."""
    assert kept_for(replace(decision(name), actions=())) == KEPT


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_words_name_all_that_a_capsule_says(name: str) -> None:
    """Every input by its name and in its order, and all else that every capsule has: the same for every policy."""
    policy = shipped()
    words = words_of(policy.program(name))
    capsule = json.loads(to_record(decision(name, policy))["capsule"])
    rules, end = json.JSONDecoder().raw_decode(words)
    common = json.loads(words[end:])
    assert set(rules) == {rule.name for rule in policy.program(name).rules}
    assert capsule.keys() - {"answer", "links", "guarded"} <= common.keys()
    assert capsule["inputs"].keys() <= common["inputs"].keys()
    assert capsule["entities"].keys() <= common["entities"].keys()
    assert (capsule["actor"], capsule["gating"]) == (common["actor"], common["gating"])


def test_words_follow_from_what_is_asked_alone() -> None:
    """Another threshold or value of a list makes no other words: a policy's next version mostly needs no new ones."""
    program = first().program("payment.attempted")
    assert words_of(program) == words_of(first().with_values({}).program("payment.attempted"))
