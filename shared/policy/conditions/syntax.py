"""From the text of a condition to Python's syntax tree, on one line, with every place kept.

Before Python's parser sees the text, each literal that it would not read as the language does (texts in quotes, `72h`,
`25%`, `12.50 USD`) becomes a name of the same length, all `_`. The tree's names are told apart again by where they
stand; so columns stay as they were written, and what is quoted is never read as Python.
"""

import ast
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from shared.policy.conditions.tree import Place
from shared.policy.documents.reading import Scalar
from shared.policy.problems import Findings

MAX_CHARACTERS = 2_000
MAX_NESTING = 24
MAX_NODES = 300

_LITERAL = re.compile(
    r"""
      (?: \b[bfruBFRU]{1,2} )? (?: "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' )
    | (?<![\w.]) (?: \d[\d.]*[ ]+(?!AND\b|NOT\b)[A-Z]{3}\b | \d+[wdhms]\b | \d+(?:\.\d+)?%(?![\w.]) )
    """,
    re.VERBOSE | re.ASCII,
)
_STRANGE = re.compile(r"&&|\|\||<>|=>|=<|::|[^ \w.,()\[\]<>=!+*/'\"-]|[^\x00-\x7f]")
_STRANGE_HINTS = {
    "&&": "write `and`",
    "||": "write `or`",
    "<>": "write `!=`",
    "=>": "write `>=`",
    "=<": "write `<=`",
    "#": "write comments on a line of their own, in YAML",
    "%": "a share is written `25%`, without a blank; there is no remainder of a division",
    "{": "names stand without braces in conditions",
    "$": "names stand without `$`; money is written `5.00 USD`",
    "@": "money is written `5.00 USD`",
    ":": 'a text stands in quotes, and a time too: `time >= "2026-11-01T10:00:00Z"`',
}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A condition's syntax tree. `literals` has the literals that stand as names in it, by their first character."""

    scalar: Scalar
    tree: ast.expr
    literals: Mapping[int, str]
    indent: int

    def place(self, node: ast.expr) -> Place:
        """Where the node stands in the scalar's text."""
        first, last = node.col_offset, node.end_col_offset
        return Place(self.scalar, self.indent + first, self.indent + (first + 1 if last is None else last))

    def literal(self, node: ast.expr) -> str | None:
        """The literal that the node stands for, as it was written."""
        return self.literals.get(self.indent + node.col_offset) if isinstance(node, ast.Name) else None


def parse(scalar: Scalar, findings: Findings) -> Parsed | None:
    """The syntax tree of a condition; None, with a finding, when it is not an expression of the language."""
    text = re.sub(r"[\t\n\r]", " ", scalar.text)
    if not text.strip():
        findings.add("the condition is empty", scalar.span, "write a condition, such as `amount > 100.00 USD`")
        return None
    if len(text) > MAX_CHARACTERS:
        what = f"the condition has {len(text):,} characters; at most {MAX_CHARACTERS:,} are taken"
        findings.add(what, scalar.span_at(0, 1), "split the rule in two, or name parts of it under `let:`")
        return None
    literals: dict[int, str] = {}

    def named(match: re.Match[str]) -> str:
        literals[match.start()] = match[0]
        return "_" * len(match[0])

    covered = _LITERAL.sub(named, text)
    if not _plain(text, covered, literals, scalar, findings):
        return None
    indent = len(covered) - len(covered.lstrip())
    tree = _tree(covered, text, indent, scalar, findings)
    return Parsed(scalar, tree, literals, indent) if tree and _bounded(tree, scalar, findings) else None


def _tree(covered: str, text: str, indent: int, scalar: Scalar, findings: Findings) -> ast.expr | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return ast.parse(covered[indent:], mode="eval").body
    except SyntaxError as error:
        first = indent + max(0, (error.offset or 1) - 1)
        last = indent + max(0, (error.end_offset or 0) - 1)
        what, hint = _reworded(error.msg or "invalid syntax", text, first)
        findings.add(what, scalar.span_at(min(first, len(text) - 1), max(first + 1, last)), hint)
    except (ValueError, RecursionError, MemoryError):
        findings.add("the condition cannot be read", scalar.span_at(0, len(text)), "simplify it")
    return None


def _plain(text: str, covered: str, literals: Mapping[int, str], scalar: Scalar, findings: Findings) -> bool:
    """Whether nothing stands outside of quotes that the language does not have."""
    if hidden := next((at for at, sign in enumerate(text) if not sign.isprintable()), None):
        what = f"{text[hidden]!a} stands here, which cannot be printed"
        findings.add(what, scalar.span_at(hidden, hidden + 1), "type the condition anew")
        return False
    if strange := _STRANGE.search(covered):
        sign = strange[0]
        if sign.isascii():
            what, hint = f"`{sign}` is not part of the language", _STRANGE_HINTS.get(sign, "put texts in quotes")
        else:
            what, hint = f"{sign!a} is not a plain letter, digit or sign", "type it anew, or quote it"
        findings.add(what, scalar.span_at(strange.start(), strange.end()), hint)
        return False
    if quote := re.search("[\"']", covered):
        findings.add(
            "a text begins here and does not end",
            scalar.span_at(quote.start(), quote.end()),
            f"close it with {quote[0]}; a quote inside it is written `\\{quote[0]}`",
        )
        return False
    for first, literal in literals.items():
        last = first + len(literal)
        if re.match(r"\w", covered[first - 1 : first] or " ") or re.match(r"\w", covered[last:] or " "):
            findings.add(
                f"`{literal}` touches what stands beside it",
                scalar.span_at(first, last),
                "put a blank between",
            )
            return False
    return True


def _bounded(tree: ast.expr, scalar: Scalar, findings: Findings) -> bool:
    level: list[ast.AST] = [tree]
    nodes = depth = 0
    while level:
        nodes, depth = nodes + len(level), depth + 1
        if depth > MAX_NESTING or nodes > MAX_NODES:
            too = f"nested deeper than {MAX_NESTING} levels" if depth > MAX_NESTING else f"more than {MAX_NODES} parts"
            findings.add(
                f"the condition is too large: {too}",
                scalar.span_at(0, len(scalar.text)),
                "split the rule in two, or name parts of it under `let:`",
            )
            return False
        # Operators have no fields, and are no parts of their own.
        level = [child for node in level for child in ast.iter_child_nodes(node) if child._fields]
    return True


def _reworded(message: str, text: str, at: int) -> tuple[str, str]:  # noqa: PLR0911  (one return for each slip)
    """Python's message in the words of the language, and a hint."""
    before, here = text[:at].rstrip(), text[at:].lstrip()
    if re.match(r"=(?!=)", here) or "Maybe you meant '=='" in message or re.search(r"[^=<>!]=$", before):
        return "`=` is not a comparison", "write `==` for `is equal to`"
    if "was never closed" in message:
        hint = "close it; within `{ }` of YAML a comma ends the condition, unless it is quoted as a whole"
        return f"the condition ends too soon: {message}", hint
    if "unexpected EOF" in message or not here:
        return f"the condition ends too soon: {message}", "finish the last comparison"
    if word := re.match(r"(AND|OR|NOT|IN)\b", here):
        return f"`{word[1]}` is not an operator", f"write `{word[1].lower()}`"
    if (number := re.search(r"\d+ +$", text[:at])) and (unit := re.match(r"[wdhms]\b", here)):
        return "a blank stands before the unit", f"write `{number[0].rstrip()}{unit[0]}`"
    value = re.split(r"[^\w.]", text[:at])[-1] + re.split(r"[^\w.]", text[at:])[0]
    if re.match(r"\d+(?![.\d]*$)|0\d", value):
        return f"`{value}` is not a value of the language", "with units, write `72h`, `7d`, `25%` or `5.00 USD`"
    return f"this is not a condition: {message}", "a condition reads like `amount > 100.00 USD and card_is_new`"
