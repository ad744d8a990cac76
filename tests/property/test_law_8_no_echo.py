"""Law 8, no echo: what our own actions caused is recorded and remembered, but counts for nothing."""

import json
from itertools import repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.aws import Aws
from tests.support.lambdas import deliver_stream, evaluate_stream, sizes
from tests.support.signals import event, streamed
from tests.support.two_policies import first

pytestmark = pytest.mark.property

FEW = settings(max_examples=settings.default.max_examples // 4)
KINDS = ["payment.declined", "payment.attempted", "payment.attempted"]
histories = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(["u_1", "u_2"]), st.booleans()), max_size=10)


@FEW
@given(histories, st.lists(st.integers(1, 5), max_size=6))
def test_signals_that_we_caused_change_no_other_decision(
    aws: Aws, history: list[tuple[str, str, bool]], cuts: list[int]
) -> None:
    """The others are judged as if ours had never happened, though every one of ours has its record and its element."""
    documents = [
        event(
            kind, f"s{n}", n, {"sluicecause": "a1"} if ours else None, buyer_id=user, card_fingerprint="card_11111111"
        )
        for n, (kind, user, ours) in enumerate(history)
    ]
    everything = decided(aws, documents, cuts)
    without = decided(aws, [each for each in documents if "sluicecause" not in each], cuts)

    assert everything.keys() == {each["id"] for each in documents}
    for signal_id, record in without.items():
        for name in ("disposition", "rules", "reasons", "scores", "actions"):
            assert everything[signal_id].get(name) == record.get(name)
    for each in documents:
        if "sluicecause" in each and each["type"] == "payment.attempted.v1":
            assert json.loads(everything[each["id"]]["remembered"])


def decided(aws: Aws, documents: list[Any], cuts: list[int]) -> dict[str, Any]:
    world = aws.fresh()
    deliver_stream(repeat(evaluate_stream(world.evaluation(first()))), streamed(documents), sizes(*cuts), world.wire)
    return {item["signal_id"]: item for item in world.items("decisions")}
