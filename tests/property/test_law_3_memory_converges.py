"""Law 3, memory converges: what is remembered depends on the set of signals alone, and features look strictly back."""

from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction
from itertools import repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.decisions import Pinned, series_read
from shared.features import AtLeast, Entry, Feature, Plan, Timelines
from shared.signals import Signal, entities_of
from shared.signals.amounts import Amount
from tests.support.aws import PSEUDONYMS, Aws, Fixed
from tests.support.lambdas import deliver_queue, deliver_stream, evaluate_queue, evaluate_stream, sizes
from tests.support.signals import event, queued, signal, streamed
from tests.support.two_policies import first, second

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
features = st.one_of(
    st.builds(
        Feature,
        st.just("it"),
        st.just("count"),
        st.just("payment.attempted"),
        st.just("buyer"),
        st.sampled_from(WINDOWS),
    ),
    st.builds(
        Feature,
        st.just("it"),
        st.just("distinct"),
        st.just("payment.attempted"),
        st.just("buyer"),
        st.sampled_from(WINDOWS),
        st.just("card"),
    ),
    st.builds(
        Feature,
        st.just("it"),
        st.just("sum"),
        st.just("payment.attempted"),
        st.just("buyer"),
        st.sampled_from(WINDOWS),
        st.just("amount"),
    ),
    st.builds(
        Feature,
        st.just("it"),
        st.just("last"),
        st.just("payment.attempted"),
        st.just("buyer"),
        st.sampled_from(WINDOWS),
        st.just("amount"),
    ),
    st.builds(
        Feature,
        st.just("it"),
        st.just("since"),
        st.just("payment.attempted"),
        st.just("buyer"),
        st.sampled_from(WINDOWS),
    ),
)


def expected(feature: Feature, at: Signal, history: Iterable[Signal]) -> Any:
    """The definition, read aloud: distinct signals of the buyer in `[t - w, t)` that we did not cause ourselves."""
    window = Fraction(feature.window / timedelta(milliseconds=1))
    now = _milliseconds(at)
    chosen = {
        each.decision_id: each
        for each in history
        if each.subject == at.subject
        and not each.cause
        and each.decision_id != at.decision_id
        and now - window <= _milliseconds(each) < now
    }.values()
    counted = [each.data.model_dump() for each in chosen]
    if feature.kind in ("last", "since"):
        latest = max(chosen, key=lambda each: (_milliseconds(each), each.decision_id[:16]), default=None)
        if latest is None:
            return None
        if feature.kind == "since":
            return timedelta(milliseconds=now - _milliseconds(latest))
        return Amount(latest.data.model_dump()["amount"]["minor"], "EUR")
    if feature.kind == "count":
        return len(counted)
    if feature.kind == "distinct":
        return len({data["card_fingerprint"] for data in counted} - {None})
    return Amount(sum(data["amount"]["minor"] for data in counted), "EUR" if counted else "")


def _milliseconds(each: Signal) -> int:
    return round(each.time.timestamp() * 1000)


@given(histories, features, st.randoms(use_true_random=False))
def test_a_feature_is_what_its_definition_says_in_whatever_order_memory_was_filled(
    history: tuple[Any, ...], feature: Feature, random: Any
) -> None:
    """Against a definition that knows nothing of tiles: shuffled, doubled, and as of each signal's own time."""
    plan = Plan([feature])
    signals = [signal(document, 3600) for document in history]
    entries: list[tuple[Entry, ...]] = [
        plan.entries(each, entities_of(each, PSEUDONYMS), PSEUDONYMS) for each in signals
    ]
    shuffled = [*entries, *random.sample(entries, len(entries) // 2)]
    random.shuffle(shuffled)
    past = Timelines(plan, {}, cap=10_000)
    for each in shuffled:
        past.add(each)

    for each in signals:
        assert past.measure(feature, each.subject, each.time, each.decision_id) == expected(feature, each, signals)


@given(histories, features, st.integers(1, 6))
def test_beyond_the_cap_a_feature_is_a_lower_bound(history: tuple[Any, ...], feature: Feature, cap: int) -> None:
    """A tile that took no more gives `AtLeast` of no more than the truth; of a last one, nothing that is wrong."""
    plan = Plan([feature])
    signals = [signal(document, 3600) for document in history]
    tiles: dict[Any, set[bytes]] = {}
    for each in signals:
        for key, element in plan.entries(each, entities_of(each, PSEUDONYMS), PSEUDONYMS):
            if len(tiles.setdefault(key, set())) < cap:
                tiles[key].add(element)
    past = Timelines(plan, tiles, cap)

    for each in signals:
        value = past.measure(feature, each.subject, each.time, each.decision_id)
        truth = expected(feature, each, signals)
        if isinstance(value, AtLeast):
            assert value.value <= truth or value.value == Amount(0, "")
        elif value is not None or feature.kind not in ("last", "since"):
            assert value == truth


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
