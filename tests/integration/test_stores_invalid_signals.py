"""Refused signals: whole in the bucket, a pointer in the queue."""

from base64 import b64decode

import pytest

from shared.signals import InvalidSignal, Problem
from shared.stores import Refused
from tests.support.aws import World
from tests.support.faults import Crash, CrashAfter, CrashBefore, on
from tests.support.signals import moment

pytestmark = pytest.mark.integration

VERDICT = InvalidSignal("not_json", Problem("", "Expecting value"), Problem("data.x", "is missing"))


def refused(payload: bytes, position: str = "stream shard:1") -> Refused:
    return Refused(payload, position, moment(0), VERDICT)


def test_a_refused_signal_is_kept_whole_with_its_reason_and_position(cloud: World) -> None:
    """The object says what came, where it stood, when it arrived and what is wrong with it, by the day of arrival."""
    cloud.invalid_signals().keep(refused("größer".encode()))

    ((key, document),) = cloud.kept().items()
    assert key.startswith("invalid/2026/11/20/")
    assert document == {
        "reason": "not_json",
        "problems": ["Expecting value", "data.x: is missing"],
        "position": "stream shard:1",
        "received_at": "2026-11-20T12:00:00.000Z",
        "payload": "größer",
    }
    assert cloud.messages(cloud.invalid_queue) == [
        {"bucket": cloud.bucket, "key": key, "reason": "not_json", "position": "stream shard:1"}
    ]


def test_bytes_that_are_no_text_are_kept_as_base64(cloud: World) -> None:
    """Nothing of the payload is replaced or left out."""
    cloud.invalid_signals().keep(refused(b"\xff\x00\xfe"))

    (document,) = cloud.kept().values()
    assert b64decode(document["payload_base64"]) == b"\xff\x00\xfe"
    assert "payload" not in document


@pytest.mark.parametrize("operation", ["PutObject", "SendMessage"])
@pytest.mark.parametrize("crash", [CrashBefore(), CrashAfter()], ids=["before", "after"])
def test_a_crash_while_keeping_is_repeated_safely(cloud: World, operation: str, crash: CrashBefore) -> None:
    """One object, and one pointer at least; a pointer never leads to nothing."""
    cloud.wire.strike = on(operation, crash, times=1)
    with pytest.raises(Crash):
        cloud.invalid_signals().keep(refused(b"x"))
    pointers = cloud.messages(cloud.invalid_queue)
    assert {each["key"] for each in pointers} <= cloud.kept().keys()
    cloud.wire.calm()

    cloud.invalid_signals().keep(refused(b"x"))

    (key,) = cloud.kept()
    pointers += cloud.messages(cloud.invalid_queue)
    assert {each["key"] for each in pointers} == {key}


def test_the_same_bytes_at_two_positions_are_two_refusals(cloud: World) -> None:
    """A producer that sends the same nonsense twice is heard twice."""
    cloud.invalid_signals().keep(refused(b"x", "stream shard:1"))
    cloud.invalid_signals().keep(refused(b"x", "stream shard:2"))

    assert {document["position"] for document in cloud.kept().values()} == {"stream shard:1", "stream shard:2"}
