"""What comes in is checked once, and what is wrong with it is said in words."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from shared.signals import (
    CATALOGUE,
    InvalidSignal,
    Limits,
    Pseudonyms,
    decision_id_of,
    entities_of,
    json_schema,
    parse,
    subject_of,
)

pytestmark = pytest.mark.unit
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def payment(**changes):
    """A payment event; `changes` replace attributes, and those under `data` fields of the payload."""
    data = {
        "payment_id": "p_1",
        "order_id": "o_1",
        "buyer_id": "u_1",
        "seller_id": "u_2",
        "amount": {"minor": 1250, "currency": "USD"},
        "card_fingerprint": "card_abcdef",
        "ip": "203.0.113.9",
        "device_id": "dev_12345678",
    } | changes.pop("data", {})
    return {
        "specversion": "1.0",
        "id": "e_1",
        "source": "payments",
        "type": "payment.attempted.v1",
        "time": "2026-11-22T11:59:00Z",
        "subject": "user:u_1",
        "data": data,
    } | changes


def refusal(event, limits=None) -> InvalidSignal:
    payload = event if isinstance(event, bytes) else json.dumps(event).encode()
    with pytest.raises(InvalidSignal) as caught:
        parse(payload, NOW, limits or Limits())
    return caught.value


def test_a_valid_event_becomes_a_signal():
    """The envelope and the payload of a valid event are read, times in UTC to the millisecond."""
    signal = parse(json.dumps(payment(time="2026-11-22T12:59:00.123456+01:00")).encode(), NOW)
    assert (signal.name, signal.id, signal.source, signal.subject) == (
        "payment.attempted",
        "e_1",
        "payments",
        "user:u_1",
    )
    assert signal.time == datetime(2026, 11, 22, 11, 59, 0, 123000, tzinfo=UTC)
    assert signal.data.amount.minor == 1250


@pytest.mark.parametrize(
    ("event", "reason", "words"),
    [
        (b"{", "not_json", "Expecting"),
        (b"\xff", "not_json", "utf-8"),
        (b"[1]", "not_cloudevents", "a JSON array"),
        (b'{"a":1,"a":2}', "not_json", "'a' stands twice"),
        (b'{"a":NaN}', "not_json", "NaN is not JSON"),
        (b'{"a":-Infinity}', "not_json", "-Infinity is not JSON"),
        (b'{"a":' + b"9" * 5000 + b"}", "not_json", "4300"),
        (b"[" * 100_000, "not_json", "nested too deep"),
        (payment(specversion="0.3"), "not_cloudevents", "specversion: input should be '1.0'"),
        (payment(time="2026-11-22T11:59:00"), "not_cloudevents", "time: must have an offset from UTC"),
        (payment(time=1795262400), "not_cloudevents", "time: must be a string; found 1795262400"),
        (payment(time="1901-01-01T00:00:00Z"), "not_cloudevents", "between the years 1970"),
        (payment(time="9999-12-31T23:59:59-14:00"), "not_cloudevents", "between the years 1970"),
        (payment(type="payment.atempted.v1"), "unknown_type", "did you mean 'payment.attempted.v1'?"),
        (payment(type="nonsense"), "unknown_type", "known are account.created.v1"),
        (payment(data={"amount": {"minor": 12.5, "currency": "USD"}}), "invalid_data", "data.amount.minor"),
        (payment(data={"amount": {"minor": 12.0, "currency": "USD"}}), "invalid_data", "found 12.0"),
        (payment(data={"amount": {"minor": 5, "currency": "usd"}}), "invalid_data", "ISO 4217"),
        (payment(data={"amount": {"minor": -5, "currency": "USD"}}), "invalid_data", "greater than or equal to 0"),
        (payment(data={"amount": {"minor": 10**18, "currency": "USD"}}), "invalid_data", "less than or equal to"),
        (payment(data={"ip": "999.1.1.1"}), "invalid_data", "data.ip: must be an IPv4 or IPv6 address"),
        (payment(data={"buyer_id": 7}, subject="user:7"), "invalid_data", "data.buyer_id"),
        (payment(subject="user:u_9"), "invalid_data", "but data.buyer_id makes it 'user:u_1'"),
        (payment(time="2026-11-22T12:16:00Z"), "from_the_future", "check the producer's clock"),
    ],
)
def test_what_is_wrong_is_named(event, reason, words):
    """Each kind of bad input has its reason, and says where and what."""
    verdict = refusal(event)
    assert verdict.reason == reason
    assert words in str(verdict)


def test_all_findings_are_told_at_once():
    """A payload with three faults is refused with three findings."""
    verdict = refusal(payment(data={"amount": {"minor": 1.5, "currency": "usd"}, "ip": "x"}))
    assert [problem.where for problem in verdict.problems] == ["data.amount.minor", "data.amount.currency", "data.ip"]


def test_a_signal_past_the_size_limit_is_refused_unread():
    """One byte over the limit is too large, whatever it holds."""
    assert refusal(b" " * 1025, Limits(max_bytes=1024)).reason == "too_large"


def test_a_message_does_not_repeat_what_may_be_personal():
    """A wrong value that is long, or not a plain word, is described and not repeated."""
    event = payment(data={"device_id": "someone@example.com", "ip": "someone@example.com"})
    assert "someone" not in str(refusal(event))


def test_unknown_fields_are_kept_and_do_no_harm():
    """Extra attributes and extra payload fields pass, and are kept."""
    signal = parse(json.dumps(payment(traceparent="00-ab", data={"basket": {"size": 3}})).encode(), NOW)
    assert signal.data.model_extra == {"basket": {"size": 3}}


def test_the_digest_follows_content_and_not_spelling():
    """Key order and white space leave the digest alone, any changed value moves it, our redrive mark does not."""
    event = payment()
    backwards = dict(reversed(event.items()))
    digests = {
        name: parse(payload, NOW).digest
        for name, payload in {
            "as_is": json.dumps(event).encode(),
            "spelled": json.dumps(backwards, indent=3).encode(),
            "redriven": json.dumps(event | {"sluiceredrive": "observe"}).encode(),
            "changed": json.dumps(event | {"time": "2026-11-22T11:58:59Z"}).encode(),
        }.items()
    }
    assert digests["as_is"] == digests["spelled"] == digests["redriven"]
    assert digests["changed"] != digests["as_is"]


def test_the_decision_id_depends_on_source_and_id_alone():
    """Moving a character from source to id gives another decision; content does not matter."""
    assert decision_id_of("ab", "c") != decision_id_of("a", "bc")
    later = parse(json.dumps(payment(time="2026-11-22T11:00:00Z")).encode(), NOW)
    assert later.decision_id == decision_id_of("payments", "e_1")


def test_entities_are_named_by_role_and_addresses_are_hidden():
    """A payment is about its buyer, seller, card, device, order, and an address that cannot be read back."""
    entities = entities_of(parse(json.dumps(payment()).encode(), NOW), Pseudonyms(b"k" * 32))
    assert entities["buyer"] == "user:u_1"
    assert entities["seller"] == "user:u_2"
    assert entities["ip"].startswith("ip:1~")
    assert "203" not in entities["ip"]
    assert "listing" not in entities


@pytest.mark.parametrize("written", ["2001:db8::9", "2001:0DB8::9"])
def test_an_address_in_a_role_for_anything_has_the_name_it_has_elsewhere(written):
    """A score about an address is about the pseudonym under which payments from it are remembered."""
    data = {"score_id": "s_1", "about": f"ip:{written}", "abuse": "payment_fraud", "model": "m", "model_version": "1"}
    event = payment(type="score.computed.v1", subject=f"ip:{written}") | {"data": {**data, "score": 0.5}}
    keyed = Pseudonyms(b"k" * 32)
    scored = parse(json.dumps(event).encode(), NOW)
    paid = parse(json.dumps(payment(data={"ip": "2001:db8::9"})).encode(), NOW)
    assert entities_of(scored, keyed)["scored"] == subject_of(scored, keyed) == entities_of(paid, keyed)["ip"]


@pytest.mark.parametrize(
    ("subject", "stored"),
    [
        ("user:u_9", "user:u_9"),
        ("device:dev_12345678", "device:dev_12345678"),
        ("ip:203.0.113.9", "ip:1~"),
        ("someone@example.com", "unknown:1~"),
        ("email:someone@example.com", "unknown:1~"),
    ],
)
def test_a_subject_that_nothing_vouches_for_is_stored_only_if_it_names_an_entity(subject, stored):
    """Nobody known failed to log in: the subject is the producer's own words, which may be an address or an e-mail."""
    data = {"reason": "unknown_user", "ip": "203.0.113.9"}
    event = payment(type="login.failed.v1", subject=subject) | {"data": data}
    named = subject_of(parse(json.dumps(event).encode(), NOW), Pseudonyms(b"k" * 32))
    assert named.startswith(stored)
    assert named == subject or not {"203", "someone"} & set(re.split(r"\W", named))


def test_another_key_gives_other_pseudonyms():
    """Without the key, an address cannot be matched with its name."""
    names = {Pseudonyms(key).name("ip", "203.0.113.9") for key in (b"k" * 32, b"l" * 32)}
    assert len(names) == 2


@pytest.mark.parametrize("size", [0, 15, 65])
def test_a_key_of_the_wrong_size_is_refused(size):
    """A key that BLAKE2b cannot take, or that is too short to be one, says so."""
    with pytest.raises(ValueError, match="16 to 64 bytes"):
        Pseudonyms(b"k" * size)


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_type_declares_itself(name):
    """Each type has a description, an actor that is one of its roles, and a schema that names its wire type."""
    spec = CATALOGUE[name]
    assert spec.description
    assert spec.actor in spec.roles
    schema = json_schema(name)
    assert schema["properties"]["type"] == {"const": f"{name}.v1"}
    assert "minor" not in schema["properties"]["data"].get("properties", {})


def test_a_signal_a_little_ahead_is_taken():
    """Clocks differ: up to the limit, a signal may be younger than its arrival."""
    assert parse(json.dumps(payment(time="2026-11-22T12:00:30Z")).encode(), NOW, Limits(max_ahead=timedelta(minutes=1)))


def test_nothing_is_scored_by_a_name_that_sluice_does_not_know():
    """An entity of an unknown kind, such as an e-mail address, would be stored and published in clear."""
    scored = {"score_id": "s_1", "about": "email:jane@example.com", "abuse": "phishing", "model": "m", "score": 0.5}
    event = payment(type="score.computed.v1", subject="email:jane@example.com") | {
        "data": scored | {"model_version": "1"}
    }
    verdict = refusal(event)
    assert [problem.where for problem in verdict.problems] == ["data.about"]
    assert "jane" not in str(verdict)
