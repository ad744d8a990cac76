"""Whole words of a text, disguised or not."""

import re
from collections.abc import Iterator
from functools import lru_cache

from shared.policy.functions.prepared import Prepared
from shared.policy.functions.skeleton import skeleton


@lru_cache(maxsize=8)
def readable(text: str) -> str:
    """Words by their skeletons, one blank around each; single letters in a row become one word.

    Several rules ask of the same text, one after the other; no more of it is kept than that needs.
    """
    joined = re.sub(r"(?<=\w)[.*_'\u2019\u00b7](?=\w)", "", text)
    spelled = re.sub(r"\b\w(?:[ -]\w\b){2,}", lambda match: re.sub(r"[ -]", "", match[0]), joined)
    words = (word.strip("!|") for word in re.split(r"[^\w$@|!]+", spelled.replace("_", "")))
    return f" {skeleton(' '.join(word for word in words if word))} "


class _Terms:
    """The terms of a list by their first word, so that a text's words are looked up instead of the terms searched."""

    def __init__(self, terms: frozenset[str]) -> None:
        self._phrases: set[tuple[str, ...]] = set()
        self._lengths: dict[str, set[int]] = {}
        for term in terms:
            phrase = tuple(readable.__wrapped__(term).split())
            if not phrase:
                continue
            for written in (phrase, (*phrase[:-1], f"{phrase[-1]}s")):
                self._phrases.add(written)
                self._lengths.setdefault(written[0], set()).add(len(written))

    def mentioned_in(self, text: str) -> Iterator[tuple[str, ...]]:
        words = readable(text).split(" ")
        for at, word in enumerate(words):
            for length in self._lengths.get(word, ()):
                phrase = tuple(words[at : at + length])
                if phrase in self._phrases:
                    yield phrase


terms_of = Prepared(_Terms)


def mentions_any(text: str, terms: frozenset[str]) -> bool:
    """Whole words only, but seen as a person reads them: `c0caine` and `c-o-c-a-i-n-e` mention `cocaine`.

    An `s` at the end makes no other word. 20,000 terms cost no more than ten.
    """
    return any(True for _ in terms_of(terms).mentioned_in(text))


def no_word(value: str) -> str:
    """Why a value is no word; nothing when it is. Looking for one would find the gaps between words instead."""
    return (
        ""
        if readable(value).strip()
        else "is no word: `mentions_any` cannot find signs: keep them in a list for `contains_any`"
    )
