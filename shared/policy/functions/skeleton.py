"""Text as it looks: letters that a person takes for one another are one letter.

It follows Unicode TS 39, and adds the digits and signs that phishing and sellers of forbidden goods write for letters.
"""

import re
import unicodedata

from shared.policy.functions.confusables import LOOKS_LIKE

SIGNS = {"o": "0", "l": "1|!i", "e": "3", "a": "4@", "s": "5$", "t": "7", "b": "8", "g": "9", "z": "2"}
"""What stands for a letter and is none."""

# Cyrillic and Greek small letters that look like a capital, or are Latin ones but for a stroke.
_ALSO = {"b": "\u044c", "e": "\u03b5", "k": "\u043a\u03ba", "m": "\u043c", "n": "\u043f", "t": "\u0442", "x": "\u03c7"}
_LETTERS = str.maketrans(
    {sign: letter for table in (SIGNS, LOOKS_LIKE, _ALSO) for letter, signs in table.items() for sign in signs}
)
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_FOREIGN = frozenset(
    sign
    for table in (LOOKS_LIKE, _ALSO)
    for signs in table.values()
    for sign in signs
    if not unicodedata.name(sign, "").startswith("LATIN")
)
_LATIN = re.compile("[a-z]")


def skeleton(text: str) -> str:
    """The text as it looks: accents off, look-alike signs as one letter."""
    bare = text.lower()
    if not bare.isascii():
        bare = "".join(sign for sign in unicodedata.normalize("NFKD", bare) if not unicodedata.combining(sign))
    seen = bare.translate(_LETTERS)
    for pair, letter in _PAIRS:
        seen = seen.replace(pair, letter)
    return seen


def homoglyphs(text: str) -> bool:
    """Whether a word has, among Latin letters, letters of another script that look like Latin ones."""
    if text.isascii():
        return False
    words = re.findall(r"\w+", text.lower())
    return any(not _FOREIGN.isdisjoint(word) and _LATIN.search(word) is not None for word in words)
