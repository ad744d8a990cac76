"""Law 7, replayable: a decision follows again from its own record and the policy that it names."""

from itertools import repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.decisions import Pinned, recomputed, to_record
from shared.policy import shipped
from shared.signals import CATALOGUE
from tests.support.aws import Aws, Fixed
from tests.support.lambdas import deliver_stream, evaluate_stream, sizes
from tests.support.signals import event, streamed
from tests.support.two_policies import first, second

pytestmark = pytest.mark.property

FEW = settings(max_examples=settings.default.max_examples // 5)
POLICIES = [first, second, shipped]


@st.composite
def histories(draw: st.DrawFn) -> list[Any]:
    """Signals of all types, early and late, some caused by us, some redriven."""
    sent = []
    for number in range(draw(st.integers(1, 10))):
        extensions = draw(st.sampled_from([{}, {}, {"sluicecause": "a1"}, {"sluiceredrive": "observe"}]))
        name = draw(st.sampled_from([*sorted(CATALOGUE), *["payment.attempted"] * 12]))
        sent.append(event(name, f"s{number}", draw(st.sampled_from([-200_000, -60, 0, number])), extensions))
    return sent


@FEW
@given(histories(), st.sampled_from(POLICIES), st.integers(1, 10))
def test_a_record_gives_its_decision_again(aws: Aws, history: list[Any], policy: Any, size: int) -> None:
    """To the last attribute: disposition, rules, reasons, actions, capsule and what is remembered."""
    world = aws.fresh()
    deliver_stream(repeat(evaluate_stream(world.evaluation(policy()))), streamed(history), repeat(size), world.wire)

    records = world.state().decisions.values()
    assert len(records) == len(history)
    for record in records:
        assert record["policy"] == policy().digest
        again = to_record(recomputed(record, policy()))
        assert again == {name: record[name] for name in record if name not in ("expires_at", "label")}


@FEW
@given(histories(), st.floats(0, 1), st.sets(st.sampled_from(["card_testing", "shared_card", "stuffing", "busy_card"])))
def test_staged_policies_and_stopped_rules_are_in_the_record(
    aws: Aws, history: list[Any], share: float, stopped: set[str]
) -> None:
    """A decision made while a policy was staged and rules were stopped follows from what its record names alone."""
    world = aws.fresh()
    pinned = Pinned(first(), second(), share, frozenset(stopped))
    deliver_stream(repeat(evaluate_stream(world.evaluation(Fixed(pinned)))), streamed(history), sizes(), world.wire)

    policies = {policy.digest: policy for policy in pinned.policies}
    for record in world.state().decisions.values():
        assert not stopped & set(record["rules"])
        again = to_record(recomputed(record, policies[record["policy"]]))
        assert again == {name: record[name] for name in record if name not in ("expires_at", "label")}
