"""What a text contains, how it begins and ends, and how near it is to another. Capital or small makes no difference."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from shared.policy.functions.prepared import Prepared

LONGEST_PATTERN = 500
LARGEST_PROGRAM = 1_000
"""In RE2's instructions: with it, the slowest pattern there is takes 50 ms for the longest text there is."""
_LARGEST_TOGETHER = LARGEST_PROGRAM // 2
"""Of patterns in one walk: at worst it takes twice as long, as RE2 has no other way to find several at once."""
LONGEST_COMPARED = 2_000
"""Characters of a text that `edits` and `similarity` look at: what they cost grows with the square."""

_MEMORY, _MEMORY_TOGETHER = 1 << 20, 1 << 23
_THE_END = r"\z"
_PERL = re.compile(r"perl operator: \(\?<?[=!]|escape sequence: \\[1-9]")
_TOO_LARGE = "is too large a pattern: at most 500 characters, and no great counts such as `{0,500}`; split it"
_FEW, _LETTERS = 64, 4


# Many rules ask of the same text, one after the other; no more of it is kept than that needs.
_folded = lru_cache(maxsize=8)(str.casefold)
_folded_part = lru_cache(maxsize=4_096)(str.casefold)


def contains(text: str, part: str) -> bool:
    return _folded_part(part) in _folded(text)


def starts_with(text: str, start: str) -> bool:
    return _folded(text).startswith(_folded_part(start))


def ends_with(text: str, end: str) -> bool:
    return _folded(text).endswith(_folded_part(end))


def equals(text: str, other: str) -> bool:
    return _folded(text) == _folded(other)


def matches(text: str, pattern: str) -> bool:
    """Whether RE2 finds the pattern anywhere in the text, in time that grows with the text's length alone."""
    return _compiled(pattern).search(_bytes(text)) is not None


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")  # half a surrogate pair is in no alphabet


def no_pattern(pattern: str) -> str:
    """Why a text is no pattern; nothing when it is one."""
    import re2  # noqa: PLC0415  (only some policies need it)

    if len(pattern) > LONGEST_PATTERN:
        return _TOO_LARGE
    try:
        compiled = _compiled(pattern)
    except UnicodeEncodeError:
        return "is no pattern: it has half of a surrogate pair in it"
    except re2.error as refused:
        said = refused.args[0].decode(errors="replace")
        way_out = "; there is no look-around and no back-reference, use `and` and `not`" if _PERL.search(said) else ""
        return _TOO_LARGE if "too large" in said else f"is no pattern that RE2 takes: it says `{said}`{way_out}"
    return _TOO_LARGE if compiled.programsize > LARGEST_PROGRAM else ""


@lru_cache(maxsize=4_096)
def _compiled(pattern: str) -> Any:
    import re2  # noqa: PLC0415  (only some policies need it)

    return re2.compile(pattern.encode(), _options(_MEMORY))


def _options(memory: int) -> Any:
    import re2  # noqa: PLC0415  (only some policies need it)

    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    options.never_capture = True
    options.max_mem = memory
    return options


class Patterns:
    """Patterns that are looked for in a text all at once: RE2 walks it once for as many as are not too large together.

    Those that are found are told by their `places`.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self.places: dict[str, int] = {}
        sets: list[list[str]] = []
        room = 0
        for pattern in dict.fromkeys(patterns):
            size = _compiled(pattern).programsize
            if size > room:
                sets.append([])
                room = _LARGEST_TOGETHER
            # The end of the text, which each set looks for besides, has a place, too.
            self.places[pattern] = len(self.places) + len(sets) - 1
            sets[-1].append(pattern)
            room -= size
        self._sets = [(self.places[some[0]], some, _together(some)) for some in sets]

    def found_in(self, text: str) -> list[int]:
        """The places of those that `matches` finds, and some that are nobody's."""
        searched = _bytes(text)
        found: list[int] = []
        for first, patterns, match in self._sets:
            at = match(searched)
            if at is None:  # not even the end: too large, or RE2 had too little memory, and does not say so
                at = [number for number, pattern in enumerate(patterns) if matches(text, pattern)]
            found += [first + number for number in at] if first else at
        return found


def _together(patterns: Sequence[str]) -> Callable[[bytes], list[int] | None]:
    import re2  # noqa: PLC0415  (only some policies need it)

    if _compiled(patterns[0]).programsize > _LARGEST_TOGETHER:
        return lambda _: None
    together = re2.Set.SearchSet(_options(_MEMORY_TOGETHER))
    for pattern in (*patterns, _THE_END):
        together.Add(pattern.encode())
    try:
        together.Compile()
    except re2.error:
        return lambda _: None
    match: Callable[[bytes], list[int] | None] = together.Match
    return match


class _Parts:
    """Texts to be found in another. Many are filed under those four letters of theirs that fewest others have."""

    def __init__(self, parts: frozenset[str]) -> None:
        folded = sorted({part.casefold() for part in parts if part})
        self._few = tuple(folded) if len(folded) <= _FEW else ()
        many = () if self._few else folded
        self._short = {size: {part for part in many if len(part) == size} for size in range(1, _LETTERS)}
        self._filed: dict[str, list[str]] = {}
        long = [part for part in many if len(part) >= _LETTERS]
        having = Counter(letters for part in long for letters in _runs(part, _LETTERS))
        for part in long:
            rarest = min(_runs(part, _LETTERS), key=lambda letters: (having[letters], letters))
            self._filed.setdefault(rarest, []).append(part)

    def found_in(self, text: str) -> Iterator[str]:
        folded = text.casefold()
        yield from (part for part in self._few if part in folded)
        for size, parts in self._short.items():
            if parts:
                yield from parts & _runs(folded, size)
        if self._filed:
            for letters in self._filed.keys() & _runs(folded, _LETTERS):
                yield from (part for part in self._filed[letters] if part in folded)


def _runs(text: str, size: int) -> set[str]:
    """All runs of so many letters in the text."""
    return set(map("".join, zip(*(text[at:] for at in range(size)), strict=False)))


parts_of = Prepared(_Parts)


def contains_any(text: str, parts: frozenset[str]) -> bool:
    return any(True for _ in parts_of(parts).found_in(text))


def edits(left: str, right: str) -> int:
    """How many letters must be put in, taken out, replaced or swapped to make one text the other."""
    from rapidfuzz.distance import OSA  # noqa: PLC0415  (only some policies need it)

    return OSA.distance(left.casefold()[:LONGEST_COMPARED], right.casefold()[:LONGEST_COMPARED])


def similarity(left: str, right: str) -> float:
    """1 for the same text, 0 for texts that have nothing in common: the share of letters that need no edit."""
    from rapidfuzz.distance import OSA  # noqa: PLC0415  (only some policies need it)

    return OSA.normalized_similarity(left.casefold()[:LONGEST_COMPARED], right.casefold()[:LONGEST_COMPARED])


def words_within(edits: int, of: str, among: Collection[str]) -> list[str]:
    """Those of the words that are no more edits away, as they are written."""
    from rapidfuzz import process  # noqa: PLC0415  (only some policies need it)
    from rapidfuzz.distance import OSA  # noqa: PLC0415  (only some policies need it)

    return [word for word, _, _ in process.extract(of, among, scorer=OSA.distance, score_cutoff=edits, limit=None)]


def load_distances() -> None:
    """Have the library for `edits` and `similarity` before a signal asks."""
    edits("", "")
