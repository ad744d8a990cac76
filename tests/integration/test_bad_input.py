"""Bad input: kept whole with its reason and position, never retried, never lost, and in nobody's way."""

import json
import re
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest

from shared.signals import envelope
from tests.support.aws import World
from tests.support.signals import event, kinesis_record, payload, sqs_record

pytestmark = pytest.mark.integration

Handlers = Callable[[str], Callable[[dict[str, Any]], dict[str, Any]]]
BEFORE, AFTER = event("login.succeeded", "good_1", 1), event("login.succeeded", "good_2", 2)
PAYMENT = event("payment.attempted", "bad")
SIGNUP = event("account.created", "bad")


def but(**changes: Any) -> bytes:
    """A valid payment with other attributes; None drops one."""
    return payload({key: value for key, value in {**PAYMENT, **changes}.items() if value is not None})


def costing(amount: str) -> bytes:
    """A valid payment whose amount is this JSON text."""
    return re.sub(rb'"amount": \{[^}]*\}', b'"amount": ' + amount.encode(), payload(PAYMENT))


def scored(score: str) -> bytes:
    """A valid sign-up with this JSON text as its captcha score."""
    return payload(event("account.created", "bad", captcha_score=0.5)).replace(
        b'"captcha_score": 0.5', f'"captcha_score": {score}'.encode()
    )


BAD: dict[str, tuple[bytes, str, str]] = {
    "nothing": (b"", "not_json", "Expecting value"),
    "no_json": (b"{'id': 1}", "not_json", "Expecting property name"),
    "no_text": (b"\xff\xfe\xfa", "not_json", ""),
    "one_mebibyte": (but(padding="x" * 2**20), "too_large", r"1,04\d,\d\d\d bytes; at most 262,144"),
    "deep_array": (b"[" * 100_000, "not_json", "nested too deep"),
    "deep_object": (b'{"a":' * 40_000 + b"1" + b"}" * 40_000, "not_json", "nested too deep"),
    "nan": (costing('{"minor": NaN, "currency": "USD"}'), "not_json", "NaN is not JSON"),
    "infinity": (scored("-Infinity"), "not_json", "-Infinity is not JSON"),
    "float_too_large": (scored("1e999"), "invalid_data", r"data\.captcha_score: "),
    "integer_too_large_for_a_float": (scored("1" + "0" * 400), "invalid_data", r"data\.captcha_score: "),
    "integer_of_5000_digits": (costing('{"minor": %s, "currency": "USD"}' % ("9" * 5000)), "not_json", "digits"),
    "huge_amount": (costing('{"minor": 1%s, "currency": "USD"}' % ("0" * 30)), "invalid_data", r"data\.amount\.minor"),
    "amount_at_the_limit_of_64_bits": (
        costing('{"minor": %s, "currency": "USD"}' % (2**63 - 1)),
        "invalid_data",
        r"data\.amount\.minor.*1000000000000000",
    ),
    "entity_of_2_kb": (
        payload(event("payment.attempted", "bad", card_fingerprint="c" * 2048)),
        "invalid_data",
        r"data\.card_fingerprint: .*at most 64 characters",
    ),
    "subject_of_2_kb": (but(subject="user:" + "u" * 2048), "not_cloudevents", "subject: .*at most 160 characters"),
    "negative_amount": (costing('{"minor": -1, "currency": "USD"}'), "invalid_data", r"data\.amount\.minor"),
    "amount_as_float": (costing('{"minor": 12.5, "currency": "USD"}'), "invalid_data", r"data\.amount\.minor.*12\.5"),
    "amount_as_whole_float": (costing('{"minor": 12.0, "currency": "USD"}'), "invalid_data", r"data\.amount\.minor"),
    "amount_as_text": (costing('{"minor": "1250", "currency": "USD"}'), "invalid_data", r"data\.amount\.minor"),
    "bare_amount": (costing("12.5"), "invalid_data", r"data\.amount: "),
    "unknown_currency": (
        costing('{"minor": 1, "currency": "XQQ"}'),
        "invalid_data",
        r"data\.amount\.currency.*ISO 4217",
    ),
    "currency_in_small_letters": (costing('{"minor": 1, "currency": "usd"}'), "invalid_data", "in capitals"),
    "duplicate_key": (payload(PAYMENT)[:-1] + b', "id": "other"}', "not_json", "the key 'id' stands twice"),
    "duplicate_key_within": (
        costing('{"minor": 1, "minor": 2, "currency": "USD"}'),
        "not_json",
        "'minor' stands twice",
    ),
    "array": (b"[1, 2]", "not_cloudevents", "this is a JSON array"),
    "null": (b"null", "not_cloudevents", "this is a JSON null"),
    "old_specversion": (but(specversion="0.3"), "not_cloudevents", "specversion: "),
    "number_as_specversion": (but(specversion=1.0), "not_cloudevents", "specversion: "),
    "no_id": (but(id=None), "not_cloudevents", "id: is missing"),
    "empty_id": (but(id=""), "not_cloudevents", "id: "),
    "number_as_id": (but(id=7), "not_cloudevents", "id: "),
    "no_data": (but(data=None), "not_cloudevents", "data: is missing"),
    "data_as_text": (but(data="x"), "not_cloudevents", "data: "),
    "time_without_zone": (but(time="2026-11-20T12:00:00"), "not_cloudevents", "time: must have an offset from UTC"),
    "date_as_time": (but(time="2026-11-20"), "not_cloudevents", "time: "),
    "number_as_time": (but(time=1795176000), "not_cloudevents", "time: must be a string"),
    "seconds_as_time": (but(time="1795176000.5"), "not_cloudevents", "time: .*not a count of seconds"),
    "year_one": (but(time="0001-01-01T00:00:00Z"), "not_cloudevents", "time: must lie between"),
    "year_9999": (but(time="9999-12-31T23:59:59-12:00"), "not_cloudevents", "time: must lie between"),
    "from_the_future": (but(time="2026-11-20T13:00:00Z"), "from_the_future", "check the producer's clock"),
    "unknown_type": (but(type="payment.atempted.v1"), "unknown_type", "did you mean 'payment.attempted.v1'"),
    "later_version": (but(type="payment.attempted.v2"), "unknown_type", "did you mean 'payment.attempted.v1'"),
    "other_subject": (but(subject="user:someone"), "invalid_data", "subject: is 'user:someone'"),
    "half_a_surrogate_pair_in_an_address": (
        payload(event("login.succeeded", "bad", ip="fe80::1%\ud800")),
        "invalid_data",
        r"data\.ip: .*without a zone",
    ),
    "half_a_surrogate_pair": (but(id="\ud800"), "not_cloudevents", "id: "),
    "missing_and_wrong": (but(data={"payment_id": 3}), "invalid_data", r"data\.order_id: is missing"),
}


# A queue carries text only.
@pytest.mark.parametrize(
    ("function", "name"),
    [("evaluate_stream", name) for name in BAD] + [("evaluate_queue", name) for name in BAD if name != "no_text"],
)
def test_it_is_kept_whole_with_its_reason_and_stops_nobody(
    handler: Handlers, cloud: World, function: str, name: str
) -> None:
    """The neighbours are judged; the bad one lies in the bucket as it came, and the queue points there."""
    document, reason, finding = BAD[name]
    record = kinesis_record if function == "evaluate_stream" else sqs_record
    records = [record(number, each) for number, each in enumerate((BEFORE, document, AFTER), 1)]
    assert handler(function)({"Records": records}) == {"batchItemFailures": []}

    assert {item["signal_id"] for item in cloud.items("decisions")} == {"good_1", "good_2"}
    ((key, kept),) = cloud.kept().items()
    assert kept["reason"] == reason
    assert re.search(finding, "\n".join(kept["problems"]))
    assert whole(kept) == document
    where = "shardId-000000000000:2" if function == "evaluate_stream" else "message-2"
    assert kept["position"].endswith(where)
    assert cloud.messages(cloud.invalid_queue) == [
        {"bucket": cloud.bucket, "key": key, "reason": reason, "position": kept["position"]}
    ]


def whole(kept: dict[str, Any]) -> bytes:
    """The payload of a kept document, byte for byte."""
    return b64decode(kept["payload_base64"]) if "payload_base64" in kept else kept["payload"].encode()


@pytest.mark.parametrize("data", ["%%%", "abc", "aGk=\n", "größe", "aGk=aGk="])
def test_malformed_base64_is_kept_as_the_text_it_is(handler: Handlers, cloud: World, data: str) -> None:
    """What a broken transport delivers is kept undecoded."""
    records = [kinesis_record(1, BEFORE), kinesis_record(2, {}, data=data), kinesis_record(3, AFTER)]

    assert handler("evaluate_stream")({"Records": records}) == {"batchItemFailures": []}

    assert len(cloud.items("decisions")) == 2
    (kept,) = cloud.kept().values()
    assert kept["reason"] == "not_base64"
    assert kept["payload"] == data


def test_half_a_surrogate_pair_in_a_message_is_kept_as_it_came(handler: Handlers, cloud: World) -> None:
    """SQS bodies are text, and JSON can carry text that UTF-8 cannot."""
    broken = sqs_record(2, b"") | {"body": 'x\ud800"'}

    assert handler("evaluate_queue")({"Records": [broken]}) == {"batchItemFailures": []}

    (kept,) = cloud.kept().values()
    assert whole(kept) == 'x\ud800"'.encode(errors="surrogatepass")


def test_a_batch_where_all_fail_is_acknowledged_and_all_is_kept(handler: Handlers, cloud: World) -> None:
    """Retrying would not help: each is kept for people, and the stream goes on."""
    records = [kinesis_record(number, b"junk %d" % number) for number in range(1, 6)]

    assert handler("evaluate_stream")({"Records": records}) == {"batchItemFailures": []}

    assert {whole(kept) for kept in cloud.kept().values()} == {b"junk %d" % number for number in range(1, 6)}
    assert len(cloud.messages(cloud.invalid_queue)) == 5
    assert cloud.items("decisions") == []


def test_unknown_extra_fields_are_no_fault(handler: Handlers, cloud: World) -> None:
    """Producers may send more than Sluice knows, deep and strange things included."""
    nested: Any = "bottom"
    for _ in range(200):
        nested = {"down": [nested]}
    more = event("payment.attempted", "p1", 3, {"traceparent": "00-1", "odd": nested}, basket=nested, ratio=1e300)

    assert handler("evaluate_stream")({"Records": [kinesis_record(1, more)]}) == {"batchItemFailures": []}

    assert cloud.kept() == {}
    assert len(cloud.items("decisions")) == 1


def test_looking_for_a_repeated_key_takes_no_longer_than_reading() -> None:
    """A wide object is compared key by key with none of its other keys: nobody stops a shard with one record."""
    comparisons = 0

    class Key(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal comparisons
            comparisons += 1
            return str.__eq__(self, other)

    keys = [Key(number) for number in range(1_000)]
    with pytest.raises(ValueError, match="the key '7' stands twice"):
        envelope._without_duplicates([(key, 0) for key in [*keys, Key(7)]])
    assert comparisons < 5_000


def test_a_signal_that_is_mended_and_sent_again_is_judged(handler: Handlers, cloud: World) -> None:
    """A refusal uses up no id: the producer fixes the payload and sends it under the same one."""
    handler("evaluate_stream")({"Records": [kinesis_record(1, costing('{"minor": 1.5, "currency": "USD"}'))]})

    handler("evaluate_stream")({"Records": [kinesis_record(2, PAYMENT)]})

    (item,) = cloud.items("decisions")
    assert json.loads(payload(PAYMENT))["id"] == item["signal_id"]
