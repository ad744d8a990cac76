"""Comparing texts of which timelines keep only so much: see `shared.features.kept`."""

import ast
from collections.abc import Sequence
from dataclasses import replace

from shared.features import kept
from shared.policy.conditions.page import Page
from shared.policy.conditions.tree import Constant, Expression


def alike(page: Page, nodes: Sequence[ast.expr], operands: Sequence[Expression]) -> list[Expression]:
    """The sides of a comparison: where one of them is shortened, texts in quotes are shortened alike.

    Any other text is refused, as it may be longer than what is kept of its equal.
    """
    if not any(operand.type.shortened for operand in operands):
        return list(operands)
    return [_alike(page, node, operand) for node, operand in zip(nodes, operands, strict=True)]


def _alike(page: Page, node: ast.expr, operand: Expression) -> Expression:
    if isinstance(operand, Constant) and isinstance(operand.value, str):
        return short(operand)
    if operand.type.shortened or operand.type.kind not in ("text", "choice"):
        return operand
    return refused(page, node, "is compared with")


def short(text: Constant) -> Constant:
    """A text in quotes, as timelines keep it."""
    return replace(text, value=kept(text.value)) if isinstance(text.value, str) else text


def refused(page: Page, node: ast.expr, verb: str = "is") -> Constant:
    """The finding for anything else that is asked of such a text, or compared with it."""
    what = f"`{page.written(node)}` {verb} a text of which timelines keep 16 bytes, or a hash"
    hint = 'it can be compared with texts in quotes: `== "books"` or `in ("books", "music")`'
    return page.refuse(node, what, hint)
