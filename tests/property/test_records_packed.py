"""Packed texts come back as they were, whatever they are, and whatever the words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.stores.packing import Dictionary
from shared.stores.records import record_from_item, record_to_item

pytestmark = pytest.mark.property

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=2_000)


@given(TEXTS, TEXTS, TEXTS)
def test_any_text_comes_back(text: str, words: str, beside: str) -> None:
    """With any words, and after anything that stands beside it."""
    dictionary = Dictionary(words.encode())
    assert dictionary.unpack(dictionary.pack(text, beside), beside) == text


@given(TEXTS, st.integers(1, 4))
def test_words_beyond_deflates_window_do_no_harm(text: str, times: int) -> None:
    """Of more than 32 KB only the last are found again."""
    dictionary = Dictionary((text + "word").encode() * 9_000 * times)
    assert dictionary.unpack(dictionary.pack(text)) == text


@given(*[TEXTS] * 5, st.lists(TEXTS, max_size=3))
def test_any_record_comes_back(
    capsule: str, remembered: str, actions: str, subject: str, signal_id: str, reasons: list[str]
) -> None:
    """Its texts and lists, empty or not."""
    record = {
        "decision_id": "d",
        "time": "2026-11-22T12:00:00.000Z",
        "subject": subject,
        "signal_id": signal_id,
        "capsule": capsule,
        "remembered": remembered,
        "actions": actions,
        "reasons": reasons,
        "held_back": reasons,
        "scores": dict.fromkeys(reasons, 20.35),
    }
    dictionary = Dictionary(b"words")
    read = record_from_item(record_to_item(record, dictionary))
    beside = remembered + record["time"]  # type: ignore[operator]  # both are texts
    assert read | {"capsule": dictionary.unpack(read["capsule"], beside)} == record
