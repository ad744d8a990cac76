"""The mark that redriving adds to a signal, and where payloads go back to."""

import json

import pytest

from shared.stores import CannotRedriveError
from shared.stores.redrive import (
    Delivery,
    Mark,
    ToFunction,
    ToQueue,
    ToStream,
    destination_of,
    json_object,
    marked,
    partition_key,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("mark", ["observe", "act"])
@pytest.mark.parametrize(
    "payload",
    [
        b"{}",
        b' \n{ "a": 1}\n',
        b'{"sluiceredrive": "act", "a": 1.10}',
        '{"a": "ü漢"}'.encode(),
        '{"a": "ü"}'.encode("utf-16"),
        '{"a": 1}'.encode("utf-8-sig"),
        b'{"a": "\\ud800", "b": 1e400, "c": 12345678901234567890123}',
        b'{"a": "\xed\xa0\x80"}',
    ],
)
def test_a_marked_signal_is_the_signal_and_its_mark(payload: bytes, mark: Mark) -> None:
    """However a signal is written, marking it sets the mark and changes nothing else."""
    document = json_object(payload)
    assert document is not None
    assert json_object(marked(payload, mark)) == document | {"sluiceredrive": mark}


def test_marking_leaves_the_text_as_it_came() -> None:
    """What stands after the mark is the producer's own text, byte for byte."""
    assert marked(b'{"a":  1.100, "b":"\xc3\xbc"}', "act") == b'{"sluiceredrive":"act","a":  1.100, "b":"\xc3\xbc"}'


@pytest.mark.parametrize(
    "payload", [b"", b"nope", b"[]", b'"x"', b"null", b'{"a":1,"a":1}', b'{"a":Infinity}', b"\xff"]
)
def test_only_json_objects_can_be_marked(payload: bytes) -> None:
    """What evaluation would refuse to read cannot be marked either."""
    with pytest.raises(CannotRedriveError, match="not a JSON object"):
        marked(payload, "observe")


def test_what_cannot_be_read_goes_back_as_it_is_within_a_batch() -> None:
    """Among the records of a batch, one that can never act needs no mark."""
    assert Delivery(b"nope", ToStream("s", "k"), "unreadable").marked("observe") == b"nope"


@pytest.mark.parametrize(
    ("arn", "to"),
    [
        ("arn:aws:kinesis:eu-west-1:1:stream/s", ToStream("s", "k")),
        ("arn:aws:sqs:eu-west-1:1:q", ToQueue("q")),
        ("arn:aws:lambda:eu-west-1:1:function:f", ToFunction("f")),
        ("arn:aws:lambda:eu-west-1:1:function:f:$LATEST", ToFunction("f")),
    ],
)
def test_an_arn_names_a_destination(arn: str, to: object) -> None:
    """Streams, queues and functions are known by their ARNs."""
    assert destination_of(arn, "k") == to


@pytest.mark.parametrize("arn", ["", "nowhere", "arn:aws:s3:::bucket"])
def test_other_places_take_nothing_back(arn: str) -> None:
    """What did not come from a stream, a queue or for a function cannot go back."""
    with pytest.raises(CannotRedriveError, match="no stream, queue or function"):
        destination_of(arn, "k")


@pytest.mark.parametrize("subject", [None, "", 7, "x" * 300])
def test_a_signal_without_a_usable_subject_keeps_its_key(subject: object) -> None:
    """The partition key is the subject where there is one that Kinesis takes."""
    assert partition_key(json.dumps({"subject": subject}).encode(), "old") == "old"
    assert partition_key(b'{"subject": "user:u_1"}', "old") == "user:u_1"
