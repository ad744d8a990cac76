"""Any string, in any field of any signal, is refused in words or judged; it never breaks the batch that it came in."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.decisions import judge, to_record
from shared.features import Plan, Timelines
from shared.policy import shipped
from shared.signals import CATALOGUE, InvalidSignal, Pseudonyms, parse, subject_of
from shared.stores.attributes import to_item

pytestmark = pytest.mark.property
ARRIVAL = datetime(2026, 11, 30, tzinfo=UTC)
KEY = Pseudonyms(b"k" * 32)
EXAMPLES = {name: files("shared.signals").joinpath("examples", f"{name}.json").read_text() for name in CATALOGUE}
ODD = ("", "\x00", "x\ud800y", "fe80::1%\ud800", "::1%eth0", "ip:203.0.113.9", "user:", "٣", "\u202e")
ANY = st.text(st.characters(codec=None), max_size=40)


def text_fields(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from text_fields(part, (*path, key))
    elif isinstance(value, str):
        yield path


FIELDS = [(name, path) for name, text in EXAMPLES.items() for path in text_fields(json.loads(text))]


@pytest.mark.parametrize("odd", ODD, ids=ascii)
def test_no_field_lets_a_string_through_that_breaks_us(odd: str) -> None:
    """Strings that have broken parsers before, in every field of every type."""
    for name, path in FIELDS:
        assert_refused_or_judged(name, path, odd)


@given(st.sampled_from(FIELDS), ANY)
def test_any_string_is_refused_or_judged(field: tuple[str, tuple[str, ...]], text: str) -> None:
    """Whatever the characters, lone surrogates included."""
    assert_refused_or_judged(*field, text)


def assert_refused_or_judged(name: str, path: tuple[str, ...], odd: str) -> None:
    """What passes the check can be hashed, judged, packed and written as UTF-8, and no rule breaks on it."""
    event = json.loads(EXAMPLES[name])
    part = event
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = odd
    try:
        signal = parse(json.dumps(event).encode(), ARRIVAL)
    except InvalidSignal:
        return

    policy = shipped()
    plan = Plan(policy.features.values())
    decision = judge(signal, Timelines(plan, {}, 500), plan, policy, KEY)

    assert not decision.broken
    assert subject_of(signal, KEY).encode()
    assert json.dumps(to_item(to_record(decision)), ensure_ascii=False).encode()
