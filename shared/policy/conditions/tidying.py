"""A condition in one way of writing: blanks, quotes, and where its lines break. Nothing but its looks changes."""

import re
from collections.abc import Sequence

_TOKENS = re.compile(
    r"""\s*(?:
    (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
    |(?P<number>\d[\d_.]*(?:[eE][+-]?\d+)?(?:%|[wdhms]\b)?)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>[=!<>]=|[-+*/<>()\[\]{},.])
    )""",
    re.VERBOSE,
)
_WORDS = ("and", "or", "not", "in")
_OPENING, _CLOSING = "([{", ")]}"
CONDITIONS = {
    "rules": ("when", "severity"),
    "groups": ("when", "severity"),
    "features": ("where",),
    "known_good": ("when", "continuity"),
}
"""The keys under which the entries of a section have conditions and expressions; a `let` is one itself."""
SAME = "same"
"""The key beside the condition of an `unless`: the field that ties two signals."""


def tidied(text: str) -> str:
    """The condition on one line; as it is, but for its blanks, where it has something that is not of the language."""
    tokens = _tokens(text)
    return _joined(tokens) if tokens is not None else " ".join(text.split())


def is_condition(path: Sequence[str]) -> bool:
    """Whether a condition, or an expression, stands at a place: section, name, key, and so on; `-` is any item."""
    match path:
        case (section, _, key):
            return key in CONDITIONS.get(section, ())
        case ("let", _) | ("features", _, "sequence", "-", _) | ("ladders", _, "steps", "-", "when"):
            return True
        case ("features", _, "unless", key):
            return key != SAME
        case ("known_good" as section, _, "-", key):
            return key in CONDITIONS[section]
    return False


def plainly(content: object, path: Sequence[str]) -> object:
    """What stands at a place, as strings, lists and dicts, its conditions tidied: how they were typed means nothing."""
    match content:
        case str():
            return tidied(content) if is_condition(path) else content
        case list():
            return [plainly(item, (*path, "-")) for item in content]
        case dict():
            return {key: plainly(item, (*path, key)) for key, item in content.items()}
    return content


def broken(text: str, width: int) -> list[str]:
    """A tidy condition as lines of at most `width`, if it can be: each begins with the `and` or `or` that joins it.

    What stands in parentheses is indented to where they open.
    """
    lines, opened = [], list[int]()
    for line in _broken(text, width):
        indent = opened[-1] if opened else 0
        lines.append(f"{' ' * indent}{line}")
        for token in _TOKENS.finditer(line):
            if token[0].strip() in _OPENING:
                opened.append(indent + token.end())
            elif token[0].strip() in _CLOSING and opened:
                opened.pop()
    return lines


def _broken(text: str, width: int) -> list[str]:
    if len(text) <= width:
        return [text]
    tokens = _tokens(text) or [text]
    for depth in range(_depth(tokens) + 1):
        for word in ("or", "and"):
            pieces = _split(tokens, depth, word)
            if len(pieces) > 1:
                return [line for piece in pieces for line in _broken(_joined(piece), width)]
    return [text]


def _tokens(text: str) -> list[str] | None:
    found: list[str] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKENS.match(text, at)
        if not match:
            return None
        quoted = match["text"]
        found.append(_requoted(quoted) if quoted else match[0].strip())
        at = match.end()
    return found


def _requoted(text: str) -> str:
    plain = text[0] == "'" and '"' not in text and "\\" not in text
    return f'"{text[1:-1]}"' if plain else text


def _joined(tokens: list[str]) -> str:
    line = ""
    for place, token in enumerate(tokens):
        before = tokens[place - 1] if place else ""
        line += token if not before or _touch(before, token, tokens[place - 2] if place > 1 else "") else f" {token}"
    return line


def _touch(before: str, token: str, earlier: str) -> bool:
    """Whether no blank stands between two neighbours; `earlier` is the one before them."""
    if token in (*_CLOSING, ",", ".") or before in (*_OPENING, "."):
        return True
    if token in ("(", "["):
        return before not in _WORDS and (before[-1].isalnum() or before[-1] == "_")
    operand = bool(earlier) and earlier not in _WORDS and (earlier[-1].isalnum() or earlier[-1] in "_\"'%)]}")
    return before == "-" and not operand


def _depth(tokens: list[str]) -> int:
    depth = deepest = 0
    for token in tokens:
        depth += (token in _OPENING) - (token in _CLOSING)
        deepest = max(deepest, depth)
    return deepest


def _split(tokens: list[str], at: int, word: str) -> list[list[str]]:
    """The tokens cut before each `word` that stands so many parentheses deep."""
    pieces: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token in _OPENING) - (token in _CLOSING)
        if token == word and depth == at and pieces[-1]:
            pieces.append([])
        pieces[-1].append(token)
    return pieces
