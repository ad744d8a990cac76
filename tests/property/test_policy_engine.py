"""The engine against a plain walk over the tree: whatever the rules, the signal, and the order they are judged in."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.policy.capsule import dump_inputs, load_inputs
from shared.policy.conditions.tree import Expression, Name, walk
from shared.policy.model import Judgement
from shared.policy.program import Program
from tests.support.random_programs import LISTS, conditions, program, signal
from tests.support.reference import BROKEN, truth

pytestmark = pytest.mark.property

SIGNALS = 4
RECURRING = 17
"""What comes up so often gets functions of its own."""
Verdicts = dict[str, Any]


@dataclass(frozen=True)
class Rumours(Mapping[str, float]):
    """Frequencies out of thin air for whatever is asked."""

    seed: int

    def __getitem__(self, text: str) -> float:
        return Random(f"{self.seed} {text}").random()

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@dataclass(frozen=True)
class Posed:
    """Rules, and signals to judge by them."""

    trees: list[Expression]
    seen: list[dict[str, Any]]
    seed: int

    @property
    def program(self) -> Program:
        return program(self.trees, {})


@st.composite
def posed(draw: st.DrawFn) -> Posed:
    number = draw(st.integers(1, 40))
    seed = draw(st.integers(0, 2**32))
    missing, odd = draw(st.sampled_from([0, 0.05, 0.3])), draw(st.sampled_from([0, 0, 0.05]))
    dice = Random(seed)
    trees = list(conditions(dice, number))
    return Posed(trees, [signal(dice, missing, odd) for _ in range(SIGNALS)], seed)


def verdicts(judged: Judgement, number: int) -> list[Any]:
    """What each rule came to."""
    fired, unknown = ({rule.name for rule in rules} for rules in (judged.fired, judged.unknown))
    assert judged.broken.keys() <= unknown
    assert not fired & unknown
    assert [*judged.fired] == sorted(judged.fired, key=lambda rule: int(rule.name[1:]))
    assert [*judged.unknown] == sorted(judged.unknown, key=lambda rule: int(rule.name[1:]))
    return [
        BROKEN if name in judged.broken else None if name in unknown else name in fired
        for name in (f"r{place}" for place in range(number))
    ]


def right(trees: list[Expression], values: Mapping[str, Any]) -> list[Any]:
    return [truth(tree, values, LISTS) for tree in trees]


@given(posed())
def test_the_engine_says_what_the_conditions_mean(case: Posed) -> None:
    """Fired, unknown and broken rules are those of the plain walk; also when more has been compiled for what recurs."""
    judge = case.program.judge
    for values in case.seen:
        expected = right(case.trees, values)
        assert verdicts(judge(values), len(case.trees)) == expected
        for _ in range(RECURRING):
            judged = judge(values)
        assert verdicts(judged, len(case.trees)) == expected


@given(posed())
def test_no_order_changes_a_verdict(case: Posed) -> None:
    """Whatever the engine is told about frequencies, it judges alike."""
    first, second = case.program, program(case.trees, Rumours(case.seed))
    for values in case.seen:
        assert second.judge(values)[:3] == first.judge(values)[:3]


@given(posed())
def test_what_is_recorded_gives_the_same_again(case: Posed) -> None:
    """The inputs, as they come back from a record, are judged alike in any order, and hold no personal data."""
    first, second = case.program, program(case.trees, Rumours(case.seed))
    personal = {part.name for tree in case.trees for part in walk(tree) if isinstance(part, Name) and part.personal}
    for values in case.seen:
        judged = first.judge(values)
        inputs = first.inputs(values, judged.facts)
        assert not personal & inputs.keys()
        again = load_inputs(json.loads(json.dumps(dump_inputs(inputs))))
        assert first.judge(again)[:3] == judged[:3]
        assert second.judge(again)[:3] == judged[:3]


@given(posed())
def test_a_rule_alone_says_what_it_says_among_others(case: Posed) -> None:
    """No rule's verdict depends on which rules are judged with it."""
    values = case.seen[0]
    alone = [verdicts(program([tree], {}).judge(values), 1)[0] for tree in case.trees]
    assert alone == verdicts(case.program.judge(values), len(case.trees))


@given(posed())
def test_a_rule_may_fire_on_the_unknown(case: Posed) -> None:
    """With `if_unknown: fire`, what is true or unknown fires, but for what is broken; it stays listed as unknown."""
    bold, values = program(case.trees, {}, "fire"), case.seen[0]
    judged = case.program.judge(values)
    bolder = bold.judge(values)
    told = {rule.name for rule in (*judged.fired, *judged.unknown)}
    assert {rule.name for rule in bolder.fired} == told - judged.broken.keys()
    assert [rule.name for rule in bolder.unknown] == [rule.name for rule in judged.unknown]
