"""How words are hidden from those who search for them, in ways that a reader hardly minds."""

from infra.local.simulation.dice import Dice

TWINS = str.maketrans({"a": "\u0430", "c": "\u0441", "e": "\u0435", "o": "\u043e", "p": "\u0440", "x": "\u0445"})
"""Cyrillic letters that look like Latin ones."""
ACCENTED = str.maketrans({"a": "\u00e4", "e": "\u00eb", "i": "\u00ef", "o": "\u00f6", "u": "\u00fc", "n": "\u0144"})
FULL_WIDTH = str.maketrans({letter: chr(ord(letter) + 0xFEE0) for letter in "abcdefghijklmnopqrstuvwxyz"})
JOINERS = ("\u200b", "\u200d", "\u2060", "\u00ad")
"""Characters without width."""
GAPS = (" ", "_", "*", "~", "\u00b7")
SHORTEST = 5
"""Letters of a word that is worth hiding."""
PUNCTUATION = ".,:;!?()"


def a_hidden_word(rng: Dice, word: str) -> str:
    """Letters of another script or with accents, with gaps or something invisible between, or a vowel left out."""
    way = rng.choice(("twins", "accents", "wide", "invisible", "gaps", "no vowel"))
    match way:
        case "twins":
            return word.translate(TWINS)
        case "accents":
            return word.lower().translate(ACCENTED)
        case "wide":
            return word.lower().translate(FULL_WIDTH)
        case "invisible":
            return rng.choice(JOINERS).join((word[:2], word[2:-1], word[-1:]))
        case "gaps":
            return rng.choice(GAPS).join(word)
    vowels = [at for at in range(1, len(word)) if word[at].lower() in "aeiou"]
    gone = rng.choice(vowels) if vowels else 0
    return f"{word[:gone]}{rng.choice(('', '*'))}{word[gone + 1 :]}"


def hidden(rng: Dice, text: str, how_many: int = 1) -> str:
    """The text with some of its long words hidden; words with a `{` or `}` in them stay."""
    words = text.split(" ")
    worth = [at for at, word in enumerate(words) if len(word.strip(PUNCTUATION)) >= SHORTEST and "{" not in word]
    for at in rng.sample(worth, min(how_many, len(worth))):
        bare = words[at].strip(PUNCTUATION)
        words[at] = words[at].replace(bare, a_hidden_word(rng, bare))
    return " ".join(words)
