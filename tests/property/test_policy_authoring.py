"""What authors are told about rules agrees with what the engine decides: explanations, flips, proposed tests."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.policy import Program, Rule
from shared.policy.authoring.boundaries import Boundaries
from shared.policy.authoring.coverage import coverage
from shared.policy.authoring.explaining import explained
from shared.policy.authoring.mutations import mutants
from shared.policy.checks.domains import Domains
from shared.policy.conditions.facts import Facts, hoisted
from shared.policy.conditions.kinds import nothing_yet
from shared.policy.conditions.tree import Expression
from shared.policy.engine.compiler import compiled
from shared.policy.sections.cases import defaults
from tests.support.all_kinds import beside_the_shipped

pytestmark = pytest.mark.property

POLICY = beside_the_shipped()
RULES = st.sampled_from(list(POLICY.rules.values()))
Values = Mapping[str, Any]


def verdict(rule: Rule, signal: str, values: Values) -> bool | None:
    """What the engine says about one rule."""
    program = Program(signal, [rule], POLICY.uses.get(signal, {}), POLICY.value_lists)
    judgement = program.judge(values)
    return None if judgement.unknown else bool(judgement.fired)


@cache
def condition(name: str, signal: str) -> tuple[Expression, Facts]:
    facts: Facts = {}
    return hoisted(POLICY.rules[name].conditions[signal], facts), facts


def boundaries(rule: Rule, signal: str) -> Boundaries:
    domains = Domains(signal, POLICY.uses.get(signal, {}))
    return Boundaries(*condition(rule.name, signal), POLICY.value_lists, domains)


@st.composite
def seen(draw: st.DrawFn) -> tuple[Rule, str, dict[str, Any]]:
    """A rule, one of its signals, and the values of one of its tests with some moved to a boundary or unknown."""
    rule = draw(RULES)
    case = draw(st.sampled_from(rule.tests))
    values = {**case.values, **case.features, **case.facts}
    edges = boundaries(rule, case.signal)
    for name in draw(st.lists(st.sampled_from(edges.names), max_size=4)):
        values[name.name] = draw(st.sampled_from([*edges.of(name, values), None]))
    return rule, case.signal, {name: value for name, value in values.items() if value is not None}


@given(seen())
def test_an_explanation_says_what_the_engine_says(given_: tuple[Rule, str, dict[str, Any]]) -> None:
    """The whole of an explanation is the rule's verdict."""
    rule, signal, values = given_
    assert explained(POLICY, rule, signal, values).fired is verdict(rule, signal, values)


@given(seen())
def test_a_flip_flips(given_: tuple[Rule, str, dict[str, Any]]) -> None:
    """With the values that an explanation names, the engine says the opposite."""
    rule, signal, values = given_
    found = explained(POLICY, rule, signal, values)
    facts = {name: value for name, value in known_facts(rule, signal, values).items() if name not in values}
    for flip in found.flips:
        changed = {**values, **facts, **{change.name: change.value for change in flip}}
        assert verdict(rule, signal, changed) is (found.fired is not True)


def known_facts(rule: Rule, signal: str, values: Values) -> dict[str, Any]:
    program = Program(signal, [rule], POLICY.uses.get(signal, {}), POLICY.value_lists)
    return dict(program.judge(values).facts)


@given(RULES)
def test_a_proposed_test_comes_out_and_notices(rule: Rule) -> None:
    """What is proposed as a test comes out with the rule as it is."""
    bare = coverage(POLICY, replace(rule, tests=rule.tests[:1]))
    for each in bare.open:
        signal = each.example.get("signal", rule.on[0])
        values = {**_usual(signal), **each.example}
        assert verdict(rule, signal, values) is each.fires


@given(RULES)
def test_each_slip_is_another_condition(rule: Rule) -> None:
    """Every slip is one step away: another tree that still compiles."""
    for signal in rule.on:
        tree, facts = condition(rule.name, signal)
        for mutant in mutants(tree, facts):
            assert mutant.tree != tree
            compiled(mutant.tree, POLICY.value_lists)


def _usual(signal: str) -> dict[str, Any]:
    """What a test need not say: nothing happened before, and fields have the values that their model gives them."""
    return {**defaults(signal), **{name: nothing_yet(use.feature) for name, use in POLICY.uses[signal].items()}}
