"""Law 7, the policy's part: verdicts follow from the inputs alone, as they come back from a record."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.features import AtLeast, Feature
from shared.policy import dump_inputs, load_inputs
from shared.policy.conditions.kinds import feature_type
from shared.signals import CATALOGUE, FieldSpec
from shared.signals.amounts import Amount
from tests.support.all_kinds import beside_the_shipped
from tests.support.reference import truth

pytestmark = pytest.mark.property

amounts = st.builds(Amount, st.integers(0, 10**6), st.sampled_from(["USD", "EUR", "JPY"]))
counts = st.integers(0, 30)
words = st.sampled_from(["whatsapp", "c0caine, no prescription", "https://paypa1.com", "books", "DE", "a@bako.example"])
BOUNDED = ("count", "sum", "distinct", "months", "linked", "age")
SIGNALS = sorted({signal for rule in beside_the_shipped().rules.values() for signal in rule.on})


def values_of(field: FieldSpec) -> st.SearchStrategy[Any]:
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "text": words,
        "texts": st.lists(words, max_size=3),
        "choice": st.sampled_from(field.choices or ("",)),
        "integer": counts,
        "number": st.floats(0, 1),
        "boolean": st.booleans(),
        "money": amounts,
        "time": st.datetimes(timezones=st.just(UTC)),
        "entity": st.just("user:u_1"),
    }
    return st.one_of(st.none(), kinds[field.type])


def features_of(signal: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {use.feature.name: measured(use.feature) for use in beside_the_shipped().program(signal).features}
    )


def measured(feature: Feature) -> st.SearchStrategy[Any]:
    """What timelines may say: unknown, a value, or, of what is counted and summed, a lower bound."""
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "integer": counts,
        "money": amounts,
        "number": st.floats(0, 1),
        "duration": st.timedeltas(timedelta(0), timedelta(days=90)),
        "text": words,
        "boolean": st.booleans(),
        "time": st.datetimes(timezones=st.just(UTC)),
    }
    value = kinds[feature_type(feature).kind]
    bounds = value.map(AtLeast) if feature.kind in BOUNDED else st.nothing()
    return st.none() | value | bounds


@st.composite
def seen(draw: st.DrawFn) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """A signal's name, its values and the features read for it."""
    signal = draw(st.sampled_from(SIGNALS))
    values = {field.visible_as: draw(values_of(field)) for field in CATALOGUE[signal].fields}
    return signal, {**values, "time": datetime(2026, 5, 31, tzinfo=UTC)}, draw(features_of(signal))


@given(seen())
def test_judging_again_from_the_record_gives_the_same(case: tuple[str, dict[str, Any], dict[str, Any]]) -> None:
    """Inputs that went through JSON give the same verdicts, explanations and reasons, and nothing breaks."""
    signal, values, features = case
    program = beside_the_shipped().program(signal)
    judgement = program.judge({**values, **features})
    inputs = program.inputs({**values, **features}, judgement.facts)
    again = load_inputs(json.loads(json.dumps(dump_inputs(inputs))))
    assert again == inputs
    once_more = program.judge(again)
    assert (once_more[:3], once_more[4:]) == (judgement[:3], judgement[4:])
    assert not judgement.broken
    for rule in judgement.fired:
        assert program.explain(rule, again) == program.explain(rule, inputs)
        assert program.reason(rule, again) == program.reason(rule, inputs)
        assert program.severity(rule, again) == program.severity(rule, {**values, **features})
        assert 0 <= program.severity(rule, again) <= 100


@given(seen())
def test_personal_text_is_never_in_the_inputs(case: tuple[str, dict[str, Any], dict[str, Any]]) -> None:
    """No personal field of any signal stands in the inputs, under whatever name."""
    signal, values, features = case
    program = beside_the_shipped().program(signal)
    inputs = program.inputs({**values, **features}, program.judge({**values, **features}).facts)
    personal = {field.visible_as for field in CATALOGUE[signal].fields if field.personal and field.type != "entity"}
    assert not personal & inputs.keys()
    facts = inputs.keys() - values.keys() - features.keys()
    assert all(isinstance(inputs[fact], bool | int | float) for fact in facts)


BOUND = st.sampled_from(
    [3, 0.25, Amount(250, "EUR"), timedelta(days=400, microseconds=1), datetime(2026, 2, 1, 12, 0, 0, 1, tzinfo=UTC)]
)


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.floats(allow_nan=False) | BOUND | BOUND.map(AtLeast)))
def test_every_value_of_a_feature_survives_the_record(values: dict[str, Any]) -> None:
    """Times, durations, amounts and lower bounds come back from JSON as they were, to the microsecond."""
    again = load_inputs(json.loads(json.dumps(dump_inputs(values))))
    assert again == values
    assert [type(value) for value in again.values()] == [type(value) for value in values.values()]


@given(seen())
def test_the_shipped_policy_means_what_it_says(case: tuple[str, dict[str, Any], dict[str, Any]]) -> None:
    """On signals of the catalogue, the engine judges the shipped rules as a plain walk over their conditions does."""
    signal, values, features = case
    policy, given = beside_the_shipped(), {**values, **features}
    judging = policy.program(signal)
    judgement = judging.judge(given)
    expected = {rule.name: truth(rule.conditions[signal], given, policy.value_lists) for rule in judging.rules}
    assert {rule.name for rule in judgement.unknown} == {name for name, found in expected.items() if found is None}
    assert {rule.name for rule in judgement.fired if rule.if_unknown == "hold"} == {
        rule.name for rule in judging.rules if expected[rule.name] is True and rule.if_unknown == "hold"
    }
