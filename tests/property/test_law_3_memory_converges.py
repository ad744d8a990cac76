"""Law 3, memory converges: what is remembered depends on the set of signals alone.

That features look strictly back, and what they come to, is in `test_features_against_the_oracle.py`.
"""

from datetime import timedelta
from itertools import repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.decisions import Pinned, series_read
from shared.features import undominated
from tests.support.aws import Aws, Fixed
from tests.support.lambdas import deliver_queue, deliver_stream, evaluate_queue, evaluate_stream, sizes
from tests.support.signals import event, queued, streamed
from tests.support.two_policies import first, policy, second

pytestmark = pytest.mark.property

FEW = settings(max_examples=settings.default.max_examples // 5)
WINDOWS = [timedelta(minutes=1), timedelta(hours=1), timedelta(hours=3), timedelta(days=3), timedelta(days=90)]
EDGES = [window.total_seconds() for window in WINDOWS]
times = st.sampled_from([0.0, *(-edge for edge in EDGES)]).flatmap(
    lambda base: st.sampled_from([-1.0, -0.001, 0.0, 0.001, 1.0]).map(lambda jitter: base + jitter)
) | st.floats(-100_000, 60)


@st.composite
def payments(draw: st.DrawFn, number: int) -> Any:
    extensions = {"sluicecause": "a1"} if draw(st.integers(0, 5)) == 0 else None
    amount = {"minor": draw(st.integers(0, 500)), "currency": "EUR"}
    card = draw(st.sampled_from(["card_11111111", "card_22222222", None]))
    buyer = draw(st.sampled_from(["u_1", "u_2"]))
    return event(
        "payment.attempted", f"s{number}", draw(times), extensions, buyer_id=buyer, card_fingerprint=card, amount=amount
    )


histories = st.integers(0, 12).flatmap(lambda size: st.tuples(*(payments(number) for number in range(size))))


@FEW
@given(histories, st.randoms(use_true_random=False), st.lists(st.integers(1, 5), max_size=6))
def test_tiles_do_not_depend_on_order_repetition_batches_or_lanes(
    aws: Aws, history: tuple[Any, ...], random: Any, cuts: list[int]
) -> None:
    """The same signals in two lanes, some in both, shuffled and cut anywhere: the same tiles."""
    straight = aws.fresh()
    deliver_stream(
        repeat(evaluate_stream(straight.evaluation(first()))), streamed(list(history)), sizes(), straight.wire
    )
    documents = list(history)
    random.shuffle(documents)
    split = random.randint(0, len(documents))
    lanes = [documents[:split], documents[split // 2 :]]
    world = aws.fresh()
    for first_number, lane in enumerate(lanes):
        attempts = repeat(evaluate_queue(world.evaluation(first(), writers=2)))
        deliver_queue(attempts, queued(lane, 1 + 100 * first_number), sizes(*cuts), world.wire)

    assert world.state().timelines == straight.state().timelines


@FEW
@given(histories, st.lists(st.integers(1, 5), max_size=8))
def test_decisions_in_one_lane_do_not_depend_on_how_batches_are_cut(
    aws: Aws, history: tuple[Any, ...], cuts: list[int]
) -> None:
    """What a signal sees in its batch is what it would have read from the table."""
    states = []
    for sizes_ in (sizes(), sizes(*cuts)):
        world = aws.fresh()
        deliver_stream(repeat(evaluate_stream(world.evaluation(first()))), streamed(list(history)), sizes_, world.wire)
        states.append(world.state())

    assert states[0].decisions == states[1].decisions


@FEW
@given(histories, st.floats(0, 1), st.lists(st.integers(1, 8), max_size=4))
def test_a_staged_policy_fills_its_memory_and_takes_none(aws: Aws, history: Any, share: float, cuts: list[int]) -> None:
    """Whoever judges, each policy finds in its tiles what it would find there if it had always been alone."""
    together, alone = Pinned(first(), second(), share), [Pinned(first()), Pinned(second())]
    found = [_remembered(aws, history, pinned, cuts) for pinned in (together, *alone)]
    assert found[0] == found[1] | found[2]


@FEW
@given(histories, st.integers(0, 12), st.integers(0, 12))
def test_a_policy_that_comes_back_finds_its_memory_whole(aws: Aws, history: Any, out: int, back: int) -> None:
    """What the policy before reads goes on being written while another one is in force."""
    world = aws.fresh()
    policies = [Pinned(first()), Pinned(second(), also=series_read([first()])), Pinned(first())]
    start, end = sorted((out, back))
    for pinned, part in zip(policies, (history[:start], history[start:end], history[end:]), strict=True):
        attempts = repeat(evaluate_stream(world.evaluation(Fixed(pinned))))
        deliver_stream(attempts, streamed(list(part)), sizes(), world.wire)
    assert world.state().timelines.items() >= _remembered(aws, history, Pinned(first()), []).items()


def _remembered(aws: Aws, history: Any, pinned: Pinned, cuts: list[int]) -> dict[Any, Any]:
    world = aws.fresh()
    attempts = repeat(evaluate_stream(world.evaluation(Fixed(pinned))))
    deliver_stream(attempts, streamed(list(history)), sizes(*cuts), world.wire)
    return world.state().timelines


FOR_EVER = """
features:
  new_card: {new: card, of: payment.attempted, by: buyer, window: ever}
  cards: {distinct: card, of: payment.attempted, by: buyer, window: ever}
  paying_for: {age: payment.attempted, by: card, window: ever}
rules:
  new_card:
    abuse: payment_fraud
    on: payment.attempted
    when: new_card and cards >= 1 and paying_for < 1d
    then: [challenge]
    mode: live
    reason: "not one of {cards} cards"
    user_reason: "Please confirm that it is you."
    owner: payments-risk
    tests:
      fires: {new_card: true, cards: 1, paying_for: 1h}
      holds: {new_card: false, cards: 1, paying_for: 1h}
"""


@FEW
@given(histories, st.randoms(use_true_random=False), st.lists(st.integers(1, 5), max_size=6))
def test_summaries_say_the_same_whatever_the_order_repetition_batches_or_lanes(
    aws: Aws, history: tuple[Any, ...], random: Any, cuts: list[int]
) -> None:
    """Which later facts lie beside an earlier one depends on the order; what stands does not, nor that it is enough."""
    documents = list(history)
    random.shuffle(documents)
    split = random.randint(0, len(documents))
    world = aws.fresh()
    for number, lane in enumerate([documents[:split], documents[split // 2 :]]):
        attempts = repeat(evaluate_queue(world.evaluation(policy(FOR_EVER), writers=2)))
        deliver_queue(attempts, queued(lane, 1 + 100 * number), sizes(*cuts), world.wire)

    straight = _remembered(aws, history, Pinned(policy(FOR_EVER)), [])
    assert _standing(world.state().timelines) == _standing(straight)


def _standing(items: dict[Any, Any]) -> dict[Any, set[bytes]]:
    """The facts that stand, by entity and family."""
    return {
        (entity, family): undominated(facts, ())
        for (entity, _), item in items.items()
        for family, facts in item.items()
        if family.endswith("#ever")
    }
