"""From the text of a condition to Python's syntax tree, on one line, with every place kept.

Money is written `5.00 USD`. The blank before the currency becomes `@` for Python's parser, an operator that the
language does not have otherwise; so columns stay as they were written.
"""

import ast
import re
import warnings

from shared.policy.documents.reading import Scalar
from shared.policy.problems import Findings

MAX_CHARACTERS = 2_000
MAX_NESTING = 24
MAX_NODES = 300

_QUOTED = r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'"""
_MONEY = re.compile(rf"{_QUOTED}|(?<![\w.])(\d[\d.]*)( +)(?!AND|NOT)(?=[A-Z]{{3}}\b)")
_STRANGE = re.compile(rf"{_QUOTED}|(&&|\|\||<>|=>|=<|::|[^ \w.,()\[\]<>=!+*/\"'-]|[^\x00-\x7f])")
_STRANGE_HINTS = {
    "&&": "write `and`",
    "||": "write `or`",
    "<>": "write `!=`",
    "=>": "write `>=`",
    "=<": "write `<=`",
    "#": "write comments on a line of their own, in YAML",
    "%": "write a share as a fraction, such as 0.25",
    "{": "names stand without braces in conditions",
    "$": "names stand without `$`; money is written `5.00 USD`",
    "@": "money is written `5.00 USD`",
}


def parse(scalar: Scalar, findings: Findings) -> ast.expr | None:
    """The syntax tree of a condition; None, with a finding, when it is not an expression of the language."""
    text = re.sub(r"\s", " ", scalar.text)
    if not text.strip():
        findings.add("the condition is empty", scalar.span, "write a condition, such as `amount > 100.00 USD`")
        return None
    if len(text) > MAX_CHARACTERS:
        findings.add(
            f"the condition has {len(text):,} characters; at most {MAX_CHARACTERS:,} are taken",
            scalar.span_at(0, 1),
            "split the rule in two",
        )
        return None
    if not _plain(text, scalar, findings):
        return None
    money = _MONEY.sub(lambda match: match[0] if match[1] is None else match[1] + "@" + match[2][1:], text)
    indent = len(money) - len(money.lstrip())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = ast.parse(money[indent:], mode="eval").body
    except SyntaxError as error:
        first = indent + max(0, (error.offset or 1) - 1)
        last = indent + max(0, (error.end_offset or 0) - 1)
        what, hint = _reworded(error.msg or "invalid syntax", text, first)
        findings.add(what, scalar.span_at(min(first, len(text) - 1), max(first + 1, last)), hint)
        return None
    except (ValueError, RecursionError, MemoryError):
        findings.add("the condition cannot be read", scalar.span_at(0, len(text)), "simplify it")
        return None
    return tree if _bounded(tree, scalar, findings) else None


def _plain(text: str, scalar: Scalar, findings: Findings) -> bool:
    for match in _STRANGE.finditer(text):
        if strange := match[1]:
            what = f"`{strange}` is not part of the language"
            if not strange.isascii():
                what = f"{strange!a} is not a plain letter, digit or sign"
            hint = _STRANGE_HINTS.get(
                strange, "put texts in quotes" if strange.isascii() else "type it anew, or quote it"
            )
            findings.add(what, scalar.span_at(match.start(1), match.end(1)), hint)
            return False
    if not text.isprintable():
        findings.add("there is a character here that cannot be printed", scalar.span, "type the condition anew")
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
                f"the condition is too large: {too}", scalar.span_at(0, len(scalar.text)), "split the rule in two"
            )
            return False
        level = [
            child
            for node in level
            for child in ast.iter_child_nodes(node)
            if not isinstance(child, ast.expr_context | ast.operator | ast.cmpop | ast.boolop | ast.unaryop)
        ]
    return True


def _reworded(message: str, text: str, at: int) -> tuple[str, str]:
    """Python's message in the words of the language, and a hint."""
    before, here = text[:at].rstrip(), text[at:].lstrip()
    if re.match(r"=(?!=)", here) or "Maybe you meant '=='" in message or re.search(r"[^=<>!]=$", before):
        return "`=` is not a comparison", "write `==` for `is equal to`"
    if "was never closed" in message or "unexpected EOF" in message or not here:
        return f"the condition ends too soon: {message}", "close what is open, or finish the last comparison"
    if word := re.match(r"(AND|OR|NOT|IN)\b", here):
        return f"`{word[1]}` is not an operator", f"write `{word[1].lower()}`"
    return f"this is not a condition: {message}", "a condition reads like `amount > 100.00 USD and card_is_new`"
