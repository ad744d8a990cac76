"""Law 1, recorded: every valid signal has one decision record, every invalid one is kept whole with its reason."""

import json
from base64 import b64decode
from itertools import repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.signals import CATALOGUE, InvalidSignal, Signal, parse
from shared.stores import Refused
from tests.support.aws import Aws
from tests.support.lambdas import deliver_queue, deliver_stream, evaluate_queue, evaluate_stream, sizes
from tests.support.signals import event, moment, payload, queued, streamed
from tests.support.two_policies import first

pytestmark = pytest.mark.property

FEW = settings(max_examples=settings.default.max_examples // 5)
REASONS = {"too_large", "not_json", "not_cloudevents", "unknown_type", "invalid_data", "from_the_future"}
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(["USD", "2026-11-20"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def mutilated(draw: st.DrawFn) -> Any:
    """A valid event of any type with an attribute, or a field of its data, dropped, added or replaced."""
    made = event(draw(st.sampled_from(sorted(CATALOGUE))), f"s{draw(st.integers(0, 9))}")
    for _ in range(draw(st.integers(0, 2))):
        target = draw(st.sampled_from([made, made.get("data")]))
        if isinstance(target, dict) and target:
            key = draw(st.sampled_from(sorted(target)) | st.text(max_size=8))
            target.pop(key, None)
            if draw(st.booleans()):
                target[key] = draw(values)
    return made


deliveries = st.one_of(
    mutilated().map(payload), mutilated().map(payload), st.binary(max_size=60), st.text(max_size=60).map(str.encode)
)


def verdict(document: bytes) -> Signal | InvalidSignal:
    try:
        return parse(document, moment(3600))
    except InvalidSignal as invalid:
        return invalid


@given(deliveries)
def test_whatever_comes_is_a_signal_or_refused_with_reasons(document: bytes) -> None:
    """Parsing ends in one of two ways, and a refusal can always be written down."""
    outcome = verdict(document)

    if isinstance(outcome, InvalidSignal):
        assert outcome.reason in REASONS
        assert outcome.problems
        kept = Refused(document, "here", moment(0), outcome).document()
        written = json.loads(json.dumps(kept, ensure_ascii=False).encode())
        assert written == kept
        whole = b64decode(kept["payload_base64"]) if "payload_base64" in kept else kept["payload"].encode()
        assert whole == document


@FEW
@given(st.lists(deliveries, max_size=8), st.lists(st.integers(1, 4), max_size=4), st.booleans())
def test_everything_that_came_is_recorded_once_or_kept_whole(
    aws: Aws, documents: list[bytes], cuts: list[int], ordered: bool
) -> None:
    """Of a stream and of a queue: as many records as distinct valid signals, a document for each refused one."""
    world = aws.fresh()
    if ordered:
        attempts = repeat(evaluate_stream(world.evaluation(first())))
        deliver_stream(attempts, streamed(documents), sizes(*cuts), world.wire)
        seen = [parse_at(place, document) for place, document in enumerate(documents)]
    else:
        texts = [document.decode(errors="replace").encode() for document in documents]
        attempts = repeat(evaluate_queue(world.evaluation(first())))
        deliver_queue(attempts, queued(texts), sizes(*cuts), world.wire)
        seen = [parse_at(place, text) for place, text in enumerate(texts)]

    valid = {each.decision_id for each in seen if isinstance(each, Signal)}
    assert world.state().decisions.keys() == valid
    kept = world.kept()
    assert len(kept) == sum(isinstance(each, InvalidSignal) for each in seen)
    assert {each["key"] for each in world.messages(world.invalid_queue)} == kept.keys()


def parse_at(place: int, document: bytes) -> Signal | InvalidSignal:
    """The verdict at the time at which the document arrives in the delivery."""
    try:
        return parse(document, moment(61 + place))
    except InvalidSignal as invalid:
        return invalid
