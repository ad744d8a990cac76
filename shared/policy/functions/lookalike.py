"""Hosts that imitate a protected one: what a person reads as `paypal.com` and a browser does not.

Names are compared by their skeleton, in which letters that look alike are one letter: `paypa1`, one with a
Cyrillic `a`, and `paypal` have the same. The protected names are filed under everything that an imitation shares with
them, so that a host is looked up and not compared with each.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from string import digits
from typing import NamedTuple

from shared.policy.functions.links import host_of, listed_domains, suffixes, with_parents
from shared.policy.functions.prepared import Prepared
from shared.policy.functions.skeleton import skeleton
from shared.policy.functions.text import load_distances, words_within

_BAIT = (
    "account|alert|app|auth|bank|billing|card|center|centre|check|claim|client|confirm|customer|fee|gift|help|home|id|"
    "info|login|mail|my|office|official|online|order|page|parcel|pay|payment|payout|portal|prize|refund|safe|secure|"
    "security|service|shop|sign|signin|site|support|team|track|tracking|update|user|verification|verify|wallet|web|www"
)
SHORTEST_NAME = 3
"""Shorter names are part of too many honest ones."""
WITHIN, ONE_TYPO, TWO_TYPOS = 6, 5, 9
"""From this length on, a name may be joined to a word of bait, one typo away, two typos away."""
LONGEST_HOST, LONGEST_LABEL = 253, 63
"""What DNS allows; nobody can be led to a longer one."""

# `paypalsecure` poses as a page of the brand; `paypalooza` and `brightmarketing` are names of their own.
_BAITED = re.compile(rf"(?:{'|'.join(skeleton(word) for word in _BAIT.split('|'))}|s)*")
_skeleton = lru_cache(maxsize=1024)(skeleton)


class _Piece(NamedTuple):
    """A stretch of the names of one length, and the names by what they have there."""

    start: int
    size: int
    names: dict[str, list[str]]


class _Protected:
    """The protected domains, their names by skeleton, and the names' pieces."""

    def __init__(self, values: frozenset[str]) -> None:
        self.domains = listed_domains(values)
        self.labels = frozenset(domain.count(".") + 1 for domain in self.domains)
        self._names: dict[str, set[str]] = {}
        self._singles: dict[str, set[str]] = {}
        self._pieces: dict[int, tuple[_Piece, ...]] = {}
        for domain in self.domains:
            _, name = _split(domain)
            if len(name) >= SHORTEST_NAME:
                self._names.setdefault(skeleton(name), set()).add(name)
        for seen, names in self._names.items():
            self._singles.setdefault(_single(seen), set()).update(names)
            if len(seen) >= ONE_TYPO:
                for piece in self._pieces.setdefault(len(seen), _pieces(len(seen))):
                    piece.names.setdefault(seen[piece.start : piece.start + piece.size], []).append(seen)

    def has(self, seen: str, own: str) -> bool:
        """Whether a name looks so. Few letters are the name of many: a university's, the firm's in another country."""
        return _foreign(self._names.get(seen), own)

    def has_single(self, seen: str, own: str) -> bool:
        """The same, with each run of a letter as one."""
        return _foreign(self._singles.get(_single(seen)), own)

    def near(self, seen: str) -> Iterator[tuple[int, set[str]]]:
        """A number of typos, and the names that can be so many from what is seen: it has a piece of theirs in place."""
        most = _typos(TWO_TYPOS)
        for length in range(max(ONE_TYPO, len(seen) - most), len(seen) + most + 1):
            typos = _typos(length)
            if abs(length - len(seen)) <= typos:
                near: set[str] = set()
                for start, size, names in self._pieces.get(length, ()):
                    for at in range(max(0, start - typos), min(start + typos, len(seen) - size) + 1):
                        near.update(names.get(seen[at : at + size], ()))
                if near:
                    yield typos, near


def lookalike(links: list[str], protected: frozenset[str]) -> bool:
    """Whether a link leads to a host that imitates a protected one."""
    hosts = {host_of(link) for link in links}
    return any(imitates(host, protected) for host in hosts if host)


def imitates(host: str, protected: frozenset[str]) -> bool:
    """Whether the host is none of the protected ones, nor under one, but looks as if it were."""
    known = protected_names(protected)
    if len(host) > LONGEST_HOST or any(parent in known.domains for parent in with_parents(host)):
        return False
    above, own = _split(host)
    if len(own) > LONGEST_LABEL:
        return False
    return _inside(host, known) or _name_imitated(own, known) or any(_name_above(label, own, known) for label in above)


protected_names = Prepared(_Protected)


def get_ready(protected: frozenset[str]) -> None:
    """Load the libraries, and index the list."""
    load_distances()
    protected_names(protected)


def _inside(host: str, known: _Protected) -> bool:
    """Whether a protected domain stands in the host: `paypal.com.evil.test`."""
    labels = host.split(".")
    runs = (".".join(labels[at : at + size]) for size in known.labels for at in range(len(labels) - size))
    return any(run in known.domains for run in runs)


def _name_imitated(own: str, known: _Protected) -> bool:
    seen, parts = _skeleton(own), [_skeleton(part) for part in own.split("-")]
    return (
        known.has_single(seen.replace("-", ""), own)
        or known.has(parts[0], own)
        or any(len(part) >= ONE_TYPO and known.has(part, own) for part in parts)
        or _baited(seen, own, known)
        or _baited(_skeleton(own.strip(digits)), own, known)
        or _mistyped(seen, own, known)
    )


def _name_above(label: str, own: str, known: _Protected) -> bool:
    """Whether a name stands in a label above a registered name that is another: `www.paypal.evil.test`."""
    words = map(_skeleton, {label, *label.split("-")})
    return any(len(word) >= ONE_TYPO and known.has(word, own) for word in words)


def _baited(word: str, own: str, known: _Protected) -> bool:
    """Whether a name stands in a longer word beside words of bait alone."""
    for at in range(WITHIN, len(word) + 1):
        start, after = word[:at], word[at:]
        before, end = word[:-at], word[-at:]
        if (known.has(start, own) and _BAITED.fullmatch(after)) or (known.has(end, own) and _BAITED.fullmatch(before)):
            return True
    return False


def _mistyped(seen: str, own: str, known: _Protected) -> bool:
    return any(known.has(name, own) for typos, names in known.near(seen) for name in words_within(typos, seen, names))


def _typos(length: int) -> int:
    return 1 + (length >= TWO_TYPOS)


def _pieces(length: int) -> tuple[_Piece, ...]:
    """The pieces that names are cut into: one more than their typos can touch, since a swap can touch two."""
    count = 2 * _typos(length) + 1
    ends = [length * piece // count for piece in range(count + 1)]
    return tuple(_Piece(start, end - start, {}) for start, end in pairwise(ends))


def _split(host: str) -> tuple[list[str], str]:
    """The labels above the registered name, and that name: `(["www"], "paypal")` of `www.paypal.co.uk`."""
    labels = host.split(".")
    registered = suffixes().privatesuffix(host)
    if registered is None:
        return [], labels[0]
    own = registered.split(".")
    return labels[: -len(own)], own[0]


def _foreign(names: set[str] | None, own: str) -> bool:
    return bool(names) and any(len(name) >= ONE_TYPO or name != own for name in names or ())


def _single(text: str) -> str:
    """Each run of a letter as one: `payppal` as `paypal`."""
    return re.sub(r"(.)\1+", r"\1", text)
