"""The letters that look like Latin ones, as the confusable-homoglyphs library has them."""

import string
import unicodedata

from confusable_homoglyphs.confusables import confusables_data

from shared.policy.functions.skeleton import SIGNS

_LETTER_OF = {sign: letter for letter, signs in SIGNS.items() for sign in signs}


def looks_like():
    """Each Latin letter with the other small letters that Unicode says can be confused with it, in their order."""
    seen = {}
    for letter, lookalikes in confusables_data.items():
        if not (letter.isalpha() and letter == letter.lower() and unicodedata.normalize("NFKD", letter) == letter):
            continue  # the skeleton takes care of accents, capitals and fonts by itself
        latin = {one["c"].lower() for one in lookalikes if one["c"] in {*string.ascii_letters, *string.digits}}
        if letter.isascii() or not latin:
            continue
        (only,) = {_LETTER_OF.get(one, one) for one in latin}
        if only.isalpha():
            seen.setdefault(only, []).append(letter)
    return {letter: "".join(sorted(seen[letter])) for letter in sorted(seen)}


def as_source(table):
    """The table as it stands in `confusables.py`, in lines that are not too long."""
    lines = ["LOOKS_LIKE = {"]
    for letter, signs in table.items():
        pieces = [ascii(signs[at : at + 10]) for at in range(0, len(signs), 10)]
        lines.append(f'    "{letter}": ' + "\n    ".join(pieces) + ",")
    return "\n".join([*lines, "}"])
