"""Hosts that imitate a protected one: what a person reads as `paypal.com` and a browser does not.

Names are compared by their skeleton, in which letters that look alike are one letter: `paypa1`, one with a
Cyrillic `a`, and `paypal` have the same. It follows Unicode TS 39 in a small way, with the signs that phishing uses.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from string import digits
from urllib.parse import urlsplit

# Beside digits and signs: Cyrillic, Greek, Armenian and phonetic letters, as escapes so that they can be told apart.
_SEEN_AS = {
    "o": "0\u043e\u03bf\u0585",
    "l": "1|!i\u0456\u0131\u0269\u03b9",
    "e": "3\u0435\u03b5",
    "a": "4@\u0430\u03b1\u0251",
    "s": "5$\u0455",
    "t": "7\u0442",
    "b": "8\u044c",
    "g": "9\u0261",
    "c": "\u0441\u03f2",
    "p": "\u0440\u03c1",
    "y": "\u0443\u04af",
    "x": "\u0445\u03c7",
    "h": "\u04bb",
    "k": "\u043a\u03ba",
    "m": "\u043c",
    "n": "\u043f",
    "d": "\u0501",
    "j": "\u0458",
    "u": "\u03c5",
    "v": "\u03bd\u0475",
    "w": "\u051d",
    "z": "2",
}
_LETTERS = str.maketrans({sign: letter for letter, signs in _SEEN_AS.items() for sign in signs})
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_SHARED_SUFFIXES = frozenset({"ac", "co", "com", "edu", "gov", "net", "org"})
_BAIT = (
    "account|alert|app|auth|bank|billing|card|center|centre|check|claim|client|confirm|customer|fee|gift|help|home|id|"
    "info|login|mail|my|office|official|online|order|page|parcel|pay|payment|payout|portal|prize|refund|safe|secure|"
    "security|service|shop|sign|signin|site|support|team|track|tracking|update|user|verification|verify|wallet|web|www"
)
SHORTEST_NAME = 3
"""Shorter names are part of too many honest ones."""
WITHIN, ONE_TYPO, TWO_TYPOS = 6, 5, 9
"""From this length on, a name may be joined to a word of bait, one typo away, two typos away."""


def host_of(url: str) -> str | None:
    """The host of a URL or bare address in lower case, decoded from Punycode; None when there is none."""
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname
    except ValueError:
        return None
    if not host:
        return None
    host = host.strip(".").lower()
    if "xn--" in host:
        try:
            host = host.encode("ascii").decode("idna")
        except UnicodeError:
            return host
    return host or None


def with_parents(host: str) -> Iterator[str]:
    """`a.b.com`, `b.com`, `com`."""
    while host:
        yield host
        _, _, host = host.partition(".")


def skeleton(text: str) -> str:
    """The text as it looks: accents off, look-alike signs as one letter."""
    bare = text.lower()
    if not bare.isascii():
        bare = "".join(sign for sign in unicodedata.normalize("NFKD", bare) if not unicodedata.combining(sign))
    seen = bare.translate(_LETTERS)
    for pair, letter in _PAIRS:
        seen = seen.replace(pair, letter)
    return seen


# `paypalsecure` poses as a page of the brand; `paypalooza` and `brightmarketing` are names of their own.
_BAITED = re.compile(rf"(?:{'|'.join(skeleton(word) for word in _BAIT.split('|'))}|s)*")

# A host's labels are compared with every protected name.
_skeleton = lru_cache(maxsize=1024)(skeleton)


def imitates(host: str, protected: frozenset[str]) -> bool:
    """Whether the host is none of the protected ones, nor under one, but looks as if it were."""
    if any(parent in protected for parent in with_parents(host)):
        return False
    above, own = _split(host)
    return any(f".{domain}." in f".{host}" for domain in protected) or any(
        _name_imitated(own, above, name) for name in _names(protected)
    )


@lru_cache(maxsize=64)
def _names(protected: frozenset[str]) -> frozenset[str]:
    """The protected names: `paypal` of `paypal.com`."""
    names = (_split(domain)[1] for domain in protected)
    return frozenset(name for name in names if len(name) >= SHORTEST_NAME)


def _split(host: str) -> tuple[list[str], str]:
    """The labels above the registered name, and that name: `(["www"], "paypal")` of `www.paypal.co.uk`."""
    labels = host.split(".")
    suffix = 2 if len(labels) > 2 and labels[-2] in _SHARED_SUFFIXES and len(labels[-1]) == 2 else 1  # noqa: PLR2004  (`co.uk`)
    return labels[: -suffix - 1], labels[-suffix - 1] if len(labels) > suffix else labels[0]


def _name_imitated(own: str, above: list[str], protected_name: str) -> bool:
    if len(protected_name) < ONE_TYPO and own == protected_name:
        return False  # few letters are the name of many: a university's, the same firm's in another country
    name = _skeleton(protected_name)
    seen, parts = _skeleton(own), [_skeleton(part) for part in own.split("-")]
    if _single(seen.replace("-", "")) == _single(name) or parts[0] == name:
        return True
    return len(name) >= ONE_TYPO and (
        name in parts
        or any(name in map(_skeleton, (label, *label.split("-"))) for label in above)
        or _baited(name, seen, own)
        or _mistyped(name, seen)
    )


def _baited(name: str, seen: str, own: str) -> bool:
    """Whether the name stands inside a longer word beside a bait word or digits."""
    rests = _beside(name, seen, _skeleton(own.strip(digits)))
    return len(name) >= WITHIN and any(_BAITED.fullmatch(rest) for rest in rests)


def _mistyped(name: str, seen: str) -> bool:
    typos = 1 + (len(name) >= TWO_TYPOS)
    return abs(len(seen) - len(name)) <= typos and distance(seen, name) <= typos


def _beside(name: str, *words: str) -> Iterator[str]:
    """What words have before or after the name."""
    for word in words:
        if word.startswith(name):
            yield word.removeprefix(name)
        if word.endswith(name):
            yield word.removesuffix(name)


def _single(text: str) -> str:
    """Each run of a letter as one: `payppal` as `paypal`."""
    return re.sub(r"(.)\1+", r"\1", text)


def distance(left: str, right: str) -> int:
    """Edits between two words: insert, delete, replace, or swap of neighbours (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        last, before, row = before, row, [i]
        for j, b in enumerate(right, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]
