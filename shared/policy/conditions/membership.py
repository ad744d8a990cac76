"""`in` and `not in`: whether a value is one of some, or of a list."""

import ast

from shared.policy.conditions.comparing import misfit
from shared.policy.conditions.page import MISPLACED, Page
from shared.policy.conditions.shortened import refused, short
from shared.policy.conditions.tree import Constant, Expression, ListName, Member, source_of
from shared.policy.functions.prepared import Prepared
from shared.policy.problems import did_you_mean


def member(page: Page, node: ast.Compare) -> Expression:
    if len(node.ops) > 1:
        return page.refuse(node, "`in` cannot be chained", "join two comparisons with `and`")
    item, group, negated = page.value(node.left), node.comparators[0], isinstance(node.ops[0], ast.NotIn)
    among: ListName | tuple[Constant, ...] | None
    if isinstance(group, ast.Attribute):
        among = _listed(page, node, item, group)
    elif isinstance(group, ast.Tuple | ast.List | ast.Set) and group.elts:
        among = _values(page, item, group.elts)
    elif _alone(page, group) and _enclosed(page, group):
        among = _values(page, item, [group])
    elif _alone(page, group):
        what = f"`{page.written(group)}` is one value, not a list"
        return page.refuse(group, what, f"write `{page.written(node.left)} == {page.written(group)}`")
    else:
        hint = 'write a list, as in `country in lists.embargoed`, or values, as in `change in ("email", "password")`'
        return page.refuse(group, f"`{page.written(group)}` is not a list", hint)
    return MISPLACED if among is None else Member(item, among, negated, place=page.place(node))


def _alone(page: Page, node: ast.expr) -> bool:
    node = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(node, ast.Constant) or page.parsed.literal(node) is not None


def _enclosed(page: Page, node: ast.expr) -> bool:
    """Whether parentheses stand around it; Python's parser sees no list in a single one."""
    place = page.place(node)
    before, after = place.scalar.text[: place.first].rstrip(), place.scalar.text[place.last :].lstrip()
    return before.endswith("(") and after.startswith(")")


def _listed(page: Page, node: ast.Compare, item: Expression, group: ast.expr) -> ListName | None:
    named = list_named(page, group)
    if item.type.kind not in ("text", "choice", "entity", "wrong"):
        hint = "`in` takes a text or an entity; for several there is `any(links, it in lists.name)`"
        page.refuse(node, f"`{page.written(node.left)}` is {item.type}, lists have texts", hint)
        return None
    if item.type.shortened:
        refused(page, node.left)
        return None
    if named and item.type.kind == "entity":
        _entities_listed(page, node, item, named)
    return named


def _values(page: Page, item: Expression, nodes: list[ast.expr]) -> tuple[Constant, ...] | None:
    values: list[Constant] = []
    for node in nodes:
        value = page.value(node)
        why = misfit(item, value, "==")
        if not isinstance(value, Constant):
            why = "only values can stand in a list", "join comparisons with `or`"
        if why:
            page.refuse(node, *why)
            return None
        if isinstance(value, Constant):
            values.append(short(value) if item.type.shortened else value)
    return tuple(values)


def list_named(page: Page, node: ast.expr) -> ListName | None:
    """The list that `lists.name` names; None, with a finding, for anything else."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "lists":
        if node.attr in page.scope.lists:
            return ListName(node.attr, page.place(node))
        hint = did_you_mean(node.attr, page.scope.lists, otherwise="the lists are") or "there are no lists here"
        page.refuse(node, f"`{node.attr}` is no list", hint)
        return None
    page.refuse(node, f"`{page.written(node)}` is not a list", "lists are written `lists.name`")
    return None


def _entities_listed(page: Page, node: ast.expr, item: Expression, named: ListName) -> None:
    if item.type.keyed:
        hint = "only features and comparisons with another such entity can use it"
        page.refuse(node, f"`{source_of(item)}` is a keyed pseudonym, no list can have it", hint)
        return
    kind = item.type.entity
    if kind == "*":
        return
    prefix = f"{kind}:"
    if stranger := _stranger(page.scope.lists[named.name].values, prefix):
        what = f"`{stranger}` in lists.{named.name} can never be {item.type}"
        page.refuse(node, what, f"entities are written `{prefix}…`")


def _found_strangers(_: frozenset[str]) -> dict[str, str | None]:
    return {}


_strangers = Prepared(_found_strangers)
"""Of a list, by prefix; many rules ask of the same long lists."""


def _stranger(values: frozenset[str], prefix: str) -> str | None:
    """The first value without the prefix."""
    found = _strangers(values)
    if prefix not in found:
        found[prefix] = min((value for value in values if not value.startswith(prefix)), default=None)
    return found[prefix]
