"""Severities that are computed, against a plain walk over their expressions: live, and from the record."""

import json
import math
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.features.model import AtLeast
from shared.policy import Program, dump_inputs, load_inputs
from shared.policy.conditions.tree import Expression, Name, walk
from tests.support.random_programs import FEATURES, LISTS, SIGNAL, Writer, conditions, program, signal
from tests.support.reference import value

pytestmark = pytest.mark.property


def expected(tree: Expression, values: dict[str, Any]) -> float:
    """0 to 100 in two decimals; 1 where there is no number. A lower bound counts as what it is at least."""
    try:
        number = value(tree, values, LISTS)
    except Exception:  # noqa: BLE001  (whatever it is: that is what broken means)
        return 1
    if isinstance(number, AtLeast):
        number = number.value
    if not isinstance(number, int | float) or math.isnan(number):
        return 1
    return 0 if number < 0 else 100 if number > 100 else round(number, 2)


@st.composite
def graded(draw: st.DrawFn) -> tuple[Program, Expression, dict[str, Any]]:
    """A program whose one rule is graded by a number that is made of nothing personal, and values."""
    dice = Random(draw(st.integers(0, 2**32)))
    writer = Writer(dice)
    grade = writer.number()
    while any(isinstance(part, Name) and part.personal for part in walk(grade)):
        grade = writer.number()
    (bare,) = program(list(conditions(dice, 1)), {}).rules
    judging = Program(SIGNAL, (replace(bare, severity=1, grades={SIGNAL: grade}),), FEATURES, LISTS)
    return judging, grade, signal(dice, missing=0.2, odd=0.1)


@given(graded())
def test_a_severity_is_what_its_expression_says(case: tuple[Program, Expression, dict[str, Any]]) -> None:
    """Whatever the values are, missing and broken ones too."""
    judging, grade, values = case
    (rule,) = judging.rules
    assert judging.severity(rule, values) == expected(grade, values)


@given(graded())
def test_a_severity_is_recomputed_from_the_record(case: tuple[Program, Expression, dict[str, Any]]) -> None:
    """The inputs that a decision keeps give the same severity as the values that it was made of."""
    judging, _, values = case
    (rule,) = judging.rules
    inputs = judging.inputs(values, judging.judge(values).facts)
    again = load_inputs(json.loads(json.dumps(dump_inputs(inputs))))
    assert judging.severity(rule, again) == judging.severity(rule, values)
