"""The literals of conditions: numbers, texts, shares, durations, money; and times, which are texts until compared."""

import ast
import math
import re
from dataclasses import replace
from datetime import timedelta

from shared.policy.conditions.literals import duration, moment, money, unquoted
from shared.policy.conditions.page import MISPLACED, Page
from shared.policy.conditions.tree import DURATION, INTEGER, NUMBER, TEXT, TIME, Constant, Expression, Type
from shared.policy.problems import did_you_mean
from shared.signals.amounts import Amount
from shared.signals.currencies import ISO_4217

LARGEST = 2**63
LONGEST = timedelta(days=36_525)
"""A hundred years: what is longer is a slip, and no calendar takes it."""


def covered(page: Page, node: ast.expr, written: str) -> Constant:
    """The literal that stood as a name in the tree: a text, a share, a duration or money."""
    if written[0] in "\"'":
        return Constant(unquoted(written), TEXT, page.place(node))
    if written[-1] in "\"'":
        return page.refuse(node, f"`{written}` has letters before its quotes", "a text stands in quotes alone")
    if written.endswith("%"):
        return number(page, node, float(written[:-1]) / 100)
    if written[-1].islower():
        return _duration(page, node, written)
    return _money(page, node, written)


def number(page: Page, node: ast.expr, value: float) -> Constant:
    """A number that 64 bits hold."""
    if not math.isfinite(value) or abs(value) >= LARGEST:
        return page.refuse(node, f"`{page.written(node)}` is too large a number", "numbers have at most 64 bits")
    return Constant(value, INTEGER if isinstance(value, int) else NUMBER, page.place(node))


def plain(page: Page, node: ast.Constant) -> Constant:
    """What Python reads as a literal: a number in digits, or what the language does not have."""
    written = page.written(node)
    if isinstance(node.value, bool) or node.value is None:
        hint = (
            "what is missing is unknown, and makes the condition unknown; ask `known(name)`"
            if node.value is None
            else f"write `{written.lower()}`"
        )
        return page.refuse(node, f"`{written}` is not part of the language", hint)
    if isinstance(node.value, int | float):
        if re.fullmatch(r"\d+(\.\d+)?(e[+-]?\d+)?", written):
            return number(page, node, node.value)
        return page.refuse(node, f"`{written}` is not how numbers are written", "write digits, such as `1000` or `0.5`")
    return page.refuse(node, f"`{written}` is not part of the language", "write a number or a text")


def negative(page: Page, node: ast.expr, literal: Expression) -> Expression:
    """A minus before a literal."""
    if literal.type.kind == "wrong" or not isinstance(literal, Constant):
        return MISPLACED
    if isinstance(literal.value, Amount):
        return replace(literal, value=Amount(-literal.value.minor, literal.value.currency), place=page.place(node))
    if literal.type.kind in ("integer", "number", "duration"):
        return replace(literal, value=-literal.value, place=page.place(node))
    return page.refuse(node, "a minus stands before what is no number", "leave it out")


def as_moment(page: Page, node: ast.expr, value: Expression) -> Expression:
    """A quoted text beside a time is a moment."""
    if not (isinstance(value, Constant) and value.type.kind == "text"):
        return value
    found = moment(value.value)
    if found is None:
        what = f"`{value.value}` is not a date, nor a date with a time"
        return page.refuse(node, what, 'write it like "2026-11-01" or "2026-11-01T10:00:00Z"')
    return Constant(found, TIME, value.place)


def _duration(page: Page, node: ast.expr, written: str) -> Constant:
    value = duration(written)
    if value is None or value > LONGEST:
        return page.refuse(
            node, f"`{written}` is no duration", "write it like `90m` or `72h`; a century is the longest"
        )
    return Constant(value, DURATION, page.place(node))


def _money(page: Page, node: ast.expr, written: str) -> Constant:
    digits, code = written.split()
    try:
        value = money(digits, code)
    except ArithmeticError:
        return page.refuse(node, f"`{written}` is not an amount", "write it like `5.00 USD`")
    if value is None:
        known = code in ISO_4217
        what = f"{code} has no amounts as small as {digits}" if known else f"`{code}` is not an ISO 4217 currency"
        return page.refuse(node, what, "use fewer digits" if known else did_you_mean(code, ISO_4217, otherwise=""))
    if abs(value.minor) >= LARGEST:
        return page.refuse(node, f"`{written}` is too large an amount", "amounts have at most 64 bits in minor units")
    return Constant(value, Type("money", currency=code), page.place(node))
