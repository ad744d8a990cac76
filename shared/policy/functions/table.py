"""The functions that conditions may call: one table, with types.

Each is total: it gives a value for every argument of the right type. An unknown argument makes the result unknown.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from shared.policy.conditions.tree import BOOLEAN, INTEGER, TEXT, Kind, Type
from shared.policy.functions.lookalike import host_of, imitates, skeleton, with_parents

Parameter = tuple[Kind, ...] | Literal["list"]


@dataclass(frozen=True, slots=True)
class Function:
    """`parameters` are the kinds that each argument may have; `example` is how an analyst writes it."""

    parameters: tuple[Parameter, ...]
    result: Type
    run: Callable[..., Any]
    example: str


def _contains(text: str, part: str) -> bool:
    return part.casefold() in text.casefold()


def _contains_any(text: str, parts: frozenset[str]) -> bool:
    folded = text.casefold()
    return any(part in folded for part in _folded(parts))


@lru_cache(maxsize=256)
def _folded(parts: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(part.casefold() for part in parts))


def _mentions_any(text: str, terms: frozenset[str]) -> bool:
    """Whole words only, but seen as a person reads them: `c0caine` and `c-o-c-a-i-n-e` mention `cocaine`."""
    return bool(terms) and _words_of(terms).search(readable(text)) is not None


@lru_cache(maxsize=256)
def _words_of(terms: frozenset[str]) -> re.Pattern[str]:
    alternatives = (re.escape(readable(term).strip()) for term in sorted(terms))
    return re.compile(rf" (?:{'|'.join(alternatives)})s? ")


@lru_cache(maxsize=8)
def readable(text: str) -> str:
    """Words by their skeletons, one blank around each; single letters in a row become one word.

    Several rules ask of the same text, one after the other; no more of it is kept than that needs.
    """
    joined = re.sub(r"(?<=\w)[.*_'\u2019\u00b7](?=\w)", "", text)
    spelled = re.sub(r"\b\w(?:[ -]\w\b){2,}", lambda match: re.sub(r"[ -]", "", match[0]), joined)
    words = (word.strip("!|") for word in re.split(r"[^\w$@|!]+", spelled.replace("_", "")))
    return f" {skeleton(' '.join(word for word in words if word))} "


def _any_in(links: list[str], domains: frozenset[str]) -> bool:
    hosts = (host_of(link) for link in links)
    return any(parent in domains for host in hosts if host for parent in with_parents(host))


def _lookalike(links: list[str], protected: frozenset[str]) -> bool:
    hosts = (host_of(link) for link in links)
    return any(imitates(host, protected) for host in hosts if host)


def _domain(text: str) -> str:
    return text.rpartition("@")[2].lower() if "@" in text and "/" not in text else host_of(text) or ""


def _hour(time: datetime) -> int:
    return time.hour


FUNCTIONS = {
    "length": Function((("text", "texts"),), INTEGER, len, "length(text) > 500"),
    "contains": Function((("text",), ("text",)), BOOLEAN, _contains, 'contains(text, "whatsapp")'),
    "contains_any": Function((("text",), "list"), BOOLEAN, _contains_any, "contains_any(text, lists.words)"),
    "mentions_any": Function((("text",), "list"), BOOLEAN, _mentions_any, "mentions_any(title, lists.words)"),
    "any_in": Function((("texts",), "list"), BOOLEAN, _any_in, "any_in(links, lists.bad_domains)"),
    "lookalike": Function((("texts",), "list"), BOOLEAN, _lookalike, "lookalike(links, lists.protected_domains)"),
    "domain": Function((("text",),), TEXT, _domain, 'domain(email) == "example.com"'),
    "hour": Function((("time",),), INTEGER, _hour, "hour(time) < 6"),
}
"""`hour` is in UTC; `contains` and `contains_any` ignore case; `mentions_any` wants whole words, disguised or not."""
