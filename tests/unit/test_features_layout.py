"""The bytes of elements, links and facts."""

import json
import struct
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.features import Layout, Plan, kept, reader_of
from shared.features.elements import VERSION, bound, event_hash, milliseconds
from shared.features.facts import Facts
from shared.features.model import Feature
from shared.signals import CATALOGUE, entities_of
from shared.signals.amounts import Amount
from tests.support.remembering import HOUR, KEY, asked, sent
from tests.support.signals import EXAMPLES, signal

pytestmark = pytest.mark.unit


def packed(each):
    """The element of a signal, and the layout that made it."""
    layout = Layout.of(each.name)
    return layout, layout.pack(each, entities_of(each, KEY), KEY)


def declined(**data):
    return sent("payment.declined", 7, HOUR, **data)


def test_an_element_reads_back_what_was_packed():
    """Money, choices, booleans and absent fields come back, and entities as their marks."""
    layout, element = packed(declined(device_id=None))
    read = layout.unpack(element)
    assert read.time_ms == milliseconds(declined().time)
    assert read.event == event_hash(declined().decision_id)
    assert read.fields == {
        "buyer": KEY.mark("user:u_20418"),
        "seller": KEY.mark("user:u_771"),
        "amount": Amount(34900, "EUR"),
        "card": KEY.mark("card:card_4e1d90b27c"),
        "decline_code": "insufficient_funds",
        "device": None,
        "ip": KEY.mark(entities_of(declined(), KEY)["ip"]),
    }


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_every_signal_of_the_catalogue_can_be_kept(name):
    """Its golden example is packed and read back, and every remembered field is there."""
    example = signal(json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8")), 10**8)
    layout, element = packed(example)
    assert len(element) == layout.size
    assert list(layout.unpack(element).fields) == [field.visible_as for field in CATALOGUE[name].remembered]


def test_the_bytes_of_an_element_never_change():
    """Layout version 3 is written down: these bytes are in customers' tables."""
    each = declined(device_id=None, ip="203.0.113.24")
    written = (
        "03 01a1f90ad880 597655b8e8927f48 00"  # version, time, event, no flags
        "5f a9ffb0d9ab864bda 5b5cfa4d98030bb0"  # present: six of seven; buyer, seller
        "0000000000008854 455552 21122435781cada5 00"  # 34,900 minor units, EUR; card; decline code
        "0000000000000000 de6f61976f5e6016"  # no device; address
    )
    assert packed(each)[1] == bytes.fromhex(written)


def test_elements_sort_by_time_and_then_by_event():
    """So a window is found by bisection, and the latest by `(time, event)` is the last."""
    signals = [sent("payment.declined", number, at) for number in range(20) for at in (-1, 0, HOUR)]
    ordered = sorted(signals, key=lambda each: (each.time, event_hash(each.decision_id)))
    assert sorted(packed(each)[1] for each in signals) == [packed(each)[1] for each in ordered]
    assert packed(sent("payment.declined", 1, -0.001))[1] < bound(milliseconds(sent("payment.declined", 1, 0).time))


@pytest.mark.parametrize("extra", [b"", b"\0"])
@pytest.mark.parametrize("version", [0, VERSION - 1, VERSION + 1, 255])
def test_an_element_of_another_hand_is_not_guessed_at(version, extra):
    """Other versions, and other lengths, are no elements."""
    layout, element = packed(declined())
    assert layout.unpack(bytes([version]) + element[1:] + extra) is None
    assert layout.unpack(element + b"\0") is None
    assert layout.unpack(element[:-1]) is None
    assert layout.unpack(b"") is None


@given(st.integers(0, 10**15), st.sampled_from(["EUR", "JPY"]))
def test_no_amount_that_a_signal_may_have_is_changed(minor, currency):
    """From nothing to the greatest amount, to the minor unit."""
    layout, element = packed(declined(amount={"minor": minor, "currency": currency}))
    assert layout.unpack(element).fields["amount"] == Amount(minor, currency)


def test_an_integer_that_a_model_lets_through_fits_into_64_bits():
    """So a number that no element could hold is refused when the signal comes, by the field's own bounds."""
    kept_numbers = [
        field for spec in CATALOGUE.values() for field in spec.remembered if field.type in ("integer", "money")
    ]
    for least, greatest in (field.bounds for field in kept_numbers):
        assert struct.pack(">qq", least, greatest)
    assert kept_numbers


def test_the_limits_of_64_bits_are_read_as_they_were_written():
    """Whatever stands in eight bytes of an amount is the number that it says, with its sign."""
    layout, element = packed(declined())
    at = element.index((34900).to_bytes(8, "big"))
    for minor in (2**63 - 1, -(2**63), -1):
        other = element[:at] + minor.to_bytes(8, "big", signed=True) + element[at + 8 :]
        assert layout.unpack(other).fields["amount"] == Amount(minor, "EUR")


def test_bytes_that_mean_nothing_are_read_without_an_error():
    """A currency that is no text, and a choice that there is not, break nothing."""
    layout, element = packed(declined())
    broken = element.replace(b"EUR", b"\xff\xfe\xfd")
    assert layout.unpack(broken).fields["amount"].minor == 34900
    at = element.index(KEY.mark("card:card_4e1d90b27c")) + 8
    assert layout.unpack(element[:at] + b"\xff" + element[at + 1 :]).fields["decline_code"] is None


@pytest.mark.parametrize("user", ["użytkownik", "ユーザー", "u" * 128, "ж" * 128])
def test_ids_of_any_script_are_kept_and_linked(user):
    """The mark is the entity's, and a link reads back its name."""
    link = Feature("f", "linked", "login.succeeded", "device", timedelta(days=30), "user")
    each = sent("login.succeeded", 1, 0, user_id=user)
    ((key, element),) = Plan([link]).entries(each, entities_of(each, KEY), KEY)
    read = reader_of(key).unpack(element)
    assert read.link == f"user:{user}"
    assert read.fields["user"] == KEY.mark(f"user:{user}")


def test_a_link_without_a_name_is_unreadable():
    """Who is linked is all that it is for; the elements of other series have no name, and are none of its."""
    layout, element = packed(sent("login.succeeded", 1, 0))
    links = Layout.of("login.succeeded", links=True)
    assert links.unpack(element) is None
    assert layout.unpack(element + b"user:u_1") is None
    assert links.unpack(element + b"user:u_1").link == "user:u_1"


def test_a_fact_reads_back_its_value():
    """An entity by its mark, a month as text, and nothing where only the earliest of all is kept."""
    each = sent("login.succeeded", 1, 0)
    kinds = [("new", "device"), ("months", None), ("first_seen", None)]
    plan = Plan([Feature(kind, kind, "login.succeeded", "user", None, field) for kind, field in kinds])
    read = {key.tile: reader_of(key).unpack(fact) for key, fact in plan.entries(each, entities_of(each, KEY), KEY)}
    assert {name: fact.fields for name, fact in read.items()} == {
        "login.succeeded#user>device#ever": {"device": KEY.mark("device:dev_c04477e1")},
        "login.succeeded#user>months#ever": {"months": "2026-11"},
        "login.succeeded#user#ever": {},
    }
    assert {(fact.time_ms, fact.event) for fact in read.values()} == {
        (milliseconds(each.time), event_hash(each.decision_id))
    }
    assert Facts().unpack(b"\x02" + bytes(23)) is None


def test_an_echo_is_told_apart_and_a_model_on_trial_too():
    """Both by a flag, so that a feature need not read any field to leave them out."""
    _, honest = packed(sent("score.computed", 1, 0))
    _, trial = packed(sent("score.computed", 1, 0, challenger=True))
    _, echo = packed(sent("score.computed", 1, 0, {"sluicecause": "a" * 32}))
    assert [element[15] for element in (honest, echo, trial)] == [0, 1, 2]


def test_a_field_that_a_producer_adds_sets_no_flag():
    """Unknown fields are kept with the signal, and mean nothing: also one called `challenger`."""
    assert packed(declined(challenger=True))[1] == packed(declined())[1]


def test_a_mail_address_is_kept_as_the_mark_of_its_domain():
    """The domain is an entity of the signal; the address itself is nowhere."""
    layout, element = packed(sent("account.created", 1, 0, email="Mira@Example.COM"))
    assert layout.unpack(element).fields["email_domain"] == KEY.mark("email_domain:example.com")
    assert "email" not in layout.unpack(element).fields


def test_a_signal_asks_with_what_timelines_would_keep_of_it():
    """Marks of its entities, derived ones too, and its other fields as they are kept; nothing that is personal."""
    created = sent("account.created", 1, 0, email="mira@example.com", referral_code="r" * 30)
    asks = asked(created)
    assert asks.own == {
        "user": KEY.mark("user:u_20418"),
        "email_domain": KEY.mark("email_domain:example.com"),
        "device": KEY.mark("device:dev_9f31c2aa"),
        "ip": KEY.mark(entities_of(created, KEY)["ip"]),
        "account_kind": "personal",
        "signup_method": "email",
        "country": "DE",
        "referral_code": kept("r" * 30),
        "captcha_score": 0.93,
    }
    assert (asks.actor, asks.event) == ("user:u_20418", event_hash(created.decision_id))
    assert asked(declined()).own["amount"] == Amount(34900, "EUR")


@pytest.mark.parametrize("text", ["RO", "home and garden", "", "2026-10-02T10:00"])
def test_a_short_text_is_kept_as_it_is(text):
    """Sixteen bytes hold most names; they read as they were written."""
    assert kept(text) == text


def test_texts_are_told_apart_by_what_is_kept_of_them():
    """Long ones by their hash; what looks like a hash, or would lose its end, is hashed itself."""
    texts = ["a" * 16, "a" * 17, "a" * 18, kept("a" * 17), "~", "b", "b\0", "b\0\0", "ж" * 8, "ж" * 9]
    marks = [kept(text) for text in texts]
    assert len(set(marks)) == len(texts)
    assert all(len(mark.encode()) <= 16 for mark in marks)
    elements = [packed(sent("score.computed", 1, 0, model=text)) for text in texts]
    assert [layout.unpack(element).fields["model"] for layout, element in elements] == marks


def test_no_remembered_text_is_personal():
    """Texts are kept without the key, so a personal one must not be."""
    remembered = [field for spec in CATALOGUE.values() for field in spec.remembered]
    assert not [field.name for field in remembered if field.type == "text" and field.personal]


def test_no_remembered_field_is_called_like_the_family_of_months():
    """Its facts are months, and a field of that name would be taken for them."""
    assert not [spec.name for spec in CATALOGUE.values() for field in spec.remembered if field.visible_as == "months"]
