"""Law 9, late means careful: past `stale_after`, or redriven, a signal is decided and remembered, not acted on."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.aws import Aws
from tests.support.signals import event, moment, streamed
from tests.support.two_policies import first

pytestmark = pytest.mark.property

FEW = settings(max_examples=settings.default.max_examples // 4)
STALE = 24 * 3600
EDGES = st.sampled_from([0, 60, STALE - 1, STALE, STALE + 1, 10 * STALE]) | st.integers(0, 3 * STALE)
CARD = "card_11111111"


def judged(aws: Aws, delay: int, **extensions: Any) -> tuple[Any, dict[str, Any]]:
    """The record of a payment after two declines that arrived `delay` seconds after it happened, and its world."""
    world = aws.fresh()
    declines = [event("payment.declined", f"d{n}", -60 + n, card_fingerprint=CARD) for n in range(2)]
    paid = event("payment.attempted", "p1", 0, extensions, card_fingerprint=CARD)
    (arrival,) = streamed([paid], 9)
    arrival = type(arrival)(
        arrival.receipt, arrival.position, arrival.payload, moment(delay), arrival.partition_key, arrival.undecodable
    )
    world.evaluation(first()).run([*streamed(declines), arrival], ordered=True)
    (record,) = (item for item in world.items("decisions") if item["signal_id"] == "p1")
    return world, record


@FEW
@given(EDGES)
def test_past_stale_after_a_rule_is_held_back(aws: Aws, delay: int) -> None:
    """Up to its limit it acts; after it, the record says that it fired and was stale, and nothing is asked for."""
    _, record = judged(aws, delay)
    kinds = {action["kind"] for action in json.loads(record["actions"])}

    if delay <= STALE:
        assert record["disposition"] == "deny"
        assert record["rules"] == ["card_testing"]
        assert kinds == {"restrict", "command", "review", "decision"}
    else:
        assert record["disposition"] == "allow"
        assert record["held_back"] == ["card_testing: stale"]
        assert kinds == {"decision"}, "whoever holds the payment is still told"
    assert json.loads(record["remembered"])


@FEW
@given(EDGES)
def test_redriven_to_observe_it_acts_on_nothing(aws: Aws, delay: int) -> None:
    """It is decided and remembered as if it had come in time, and asks for nothing at all."""
    world, record = judged(aws, delay, sluiceredrive="observe")
    _, acted = judged(aws, delay)

    assert "actions" not in record
    assert "outbox" not in record
    assert world.outbox() == []
    assert record["held_back"] == ["card_testing: redrive"]
    assert record["remembered"] == acted["remembered"]
    assert record["digest"] == acted["digest"], "our own mark is no change of content"


@FEW
@given(EDGES)
def test_redriven_to_act_it_is_judged_like_any_signal(aws: Aws, delay: int) -> None:
    """Only a person asks for that; the rules' own limits still hold."""
    _, record = judged(aws, delay, sluiceredrive="act")
    _, plain = judged(aws, delay)

    assert record == plain


def test_every_action_says_when_it_becomes_stale(aws: Aws) -> None:
    """Counted from the signal's own time, so that a consumer can be as careful as we are."""
    _, record = judged(aws, 60)
    actions = [action for action in json.loads(record["actions"]) if action["kind"] != "decision"]

    assert {action["stale_after"] for action in actions} == {"2026-11-21T12:00:00.000Z"}
