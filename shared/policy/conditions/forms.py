"""Words that are called like functions, and take more than values: `any`, `all`, `known`, `fired`."""

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from shared.policy.conditions.page import MISPLACED, Page
from shared.policy.conditions.scores import SCORES, score
from shared.policy.conditions.tree import TEXT, Constant, Expression, Known, Name, Quantified, walk
from shared.policy.problems import did_you_mean

Form = Callable[[Page, ast.Call], Expression]


def wrong_count(page: Page, node: ast.Call, counts: range, example: str) -> Constant:
    """The finding for a call with too few or too many values, or with named ones."""
    least, most = counts[0], counts[-1]
    number = f"{least}" if least == most else f"{least} or {most}"
    what = f"`{page.written(node.func)}` takes {number} value{'s' * (most != 1)}"
    return page.refuse(node, what, f"write it like `{example}`")


def _any(page: Page, node: ast.Call) -> Expression:
    return _quantified(page, node, "any")


def _all(page: Page, node: ast.Call) -> Expression:
    return _quantified(page, node, "all")


def _quantified(page: Page, node: ast.Call, word: Literal["any", "all"]) -> Expression:
    example = f"{word}(links, domain(it) in lists.bad_domains)"
    if node.keywords or len(node.args) != 2:  # noqa: PLR2004  (a list and a condition)
        return wrong_count(page, node, range(2, 3), example)
    if page.item:
        return page.refuse(node, f"`{word}` cannot stand inside `any( )` or `all( )`", "`it` could be either item's")
    source = page.value(node.args[0])
    if source.type.kind not in ("texts", "wrong"):
        what = f"`{page.written(node.args[0])}` is {source.type}, a list of texts is needed here"
        return page.refuse(node.args[0], what, f"write it like `{example}`")
    personal = any(isinstance(part, Name) and part.personal for part in walk(source))
    page.item = Name("it", TEXT, "item", personal)
    try:
        predicate = page.boolean(node.args[1], f"what `{word}` asks of each item")
    finally:
        page.item = None
    if "wrong" in (source.type.kind, predicate.type.kind):
        return MISPLACED
    if why := _misasked(page.written(node.args[1]), predicate, example):
        return page.refuse(node.args[1], *why)
    return Quantified(word, source, predicate, place=page.place(node))


def _misasked(written: str, predicate: Expression, example: str) -> tuple[str, str] | None:
    """What is wrong with a condition as what is asked of each item."""
    parts = list(walk(predicate))
    if any(isinstance(part, Quantified) for part in parts):
        return f"`{written}` has an `any( )` or `all( )` in it", "`it` could be either item's"
    if not any(isinstance(part, Name) and part.origin == "item" for part in parts):
        return f"`{written}` asks nothing of the item", f"`it` is the item, as in `{example}`"
    return None


def _known(page: Page, node: ast.Call) -> Expression:
    if node.keywords or len(node.args) != 1:
        return wrong_count(page, node, range(1, 2), "known(amount)")
    asked = node.args[0]
    name = page.scope.names.get(asked.id) if isinstance(asked, ast.Name) and not page.parsed.literal(asked) else None
    if name:
        return Known(replace(name, place=page.place(asked)), place=page.place(node))
    before = len(page.findings.problems)
    value = page.value(asked)
    if isinstance(value, Name) and value.origin == "feature":
        return Known(value, place=page.place(node))
    if value.type.kind != "wrong" and len(page.findings.problems) == before:
        what = f"`{page.written(asked)}` is neither a field nor a feature"
        return page.refuse(asked, what, "ask of each name: `known(amount) and known(card)`")
    return MISPLACED


def _fired(page: Page, node: ast.Call) -> Expression:
    if node.keywords or len(node.args) != 1:
        return wrong_count(page, node, range(1, 2), 'fired("other_rule")')
    written = page.parsed.literal(node.args[0]) or ""
    rule = page.value(node.args[0]) if written[:1] in ("'", '"') else None
    if not isinstance(rule, Constant):
        what = f"`{page.written(node.args[0])}` is not a rule's name"
        return page.refuse(node.args[0], what, 'write it in quotes: `fired("other_rule")`')
    if definition := page.scope.rules.get(rule.value):
        return definition(page.place(node.args[0])) or MISPLACED
    reason = page.scope.elsewhere_rules.get(rule.value)
    what = f'`fired("{rule.value}")` cannot be used here: {reason}' if reason else f"there is no rule `{rule.value}`"
    hint = did_you_mean("" if reason else rule.value, page.scope.rules, otherwise="the rules here are")
    return page.refuse(node.args[0], what, hint or "no rule can be asked of here")


FORMS: dict[str, Form] = {"any": _any, "all": _all, "known": _known, "fired": _fired, **dict.fromkeys(SCORES, score)}
"""Words that are called like functions, and take more than values."""
