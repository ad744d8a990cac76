"""What may be compared with what."""

import ast

from shared.policy.conditions.constants import as_moment
from shared.policy.conditions.page import MISPLACED, Page
from shared.policy.conditions.shortened import alike
from shared.policy.conditions.tree import NUMERIC, Compare, Constant, Expression, Type, source_of
from shared.policy.problems import did_you_mean

_SIGNS = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_ORDERED = (*NUMERIC, "money", "time", "duration")


def comparison(page: Page, node: ast.Compare) -> Expression:
    """`a < b <= c`: each pair of neighbours must fit."""
    nodes = (node.left, *node.comparators)
    operands = [page.value(part) for part in nodes]
    signs = [_SIGNS.get(type(sign), "") for sign in node.ops]
    if "" in signs:
        return page.refuse(node, "`is` is not part of the language", "write `==` or `!=`")
    for index, part in enumerate(nodes):
        if "time" in {operand.type.kind for operand in operands[max(0, index - 1) : index + 2]}:
            operands[index] = as_moment(page, part, operands[index])
    operands = alike(page, nodes, operands)
    for place, sign, left, right in zip(node.comparators, signs, operands, operands[1:], strict=False):
        if why := misfit(left, right, sign):
            return page.refuse(place if len(signs) > 1 else node, *why)
    if any(operand.type.kind == "wrong" for operand in operands):
        return MISPLACED
    return Compare(tuple(operands), tuple(signs), place=page.place(node))


def misfit(left: Expression, right: Expression, sign: str) -> tuple[str, str] | None:  # noqa: PLR0911  (one return for each thing that can be wrong)
    """What is wrong with comparing the two, and what to do about it; None when they fit."""
    if isinstance(left, Constant) and not isinstance(right, Constant):
        left, right = right, left
    one, other = left.type, right.type
    if "wrong" in (one.kind, other.kind):
        return None
    if one.kind == "money" or other.kind == "money":
        return _unlike_money(left, one, other)
    if not _alike(one, other):
        shown = source_of(left)
        return f"`{shown}` is {one}, it cannot be compared with {other}", _way_out(shown, one)
    if sign not in ("==", "!=") and one.kind not in _ORDERED:
        return f"`{sign}` does not take {one}", "only `==`, `!=` and `in` do"
    if one.kind == "choice" and isinstance(right, Constant) and right.value not in one.choices:
        what = f"`{source_of(left)}` is never {right.value!r}"
        return what, did_you_mean(str(right.value), one.choices, otherwise="it is one of")
    if one.kind == "entity" and isinstance(right, Constant):
        return _unlike_entity(left, one, str(right.value))
    return None


def _unlike_money(left: Expression, one: Type, other: Type) -> tuple[str, str] | None:
    if one.kind != other.kind:
        return (
            f"`{source_of(left)}` is {one}, it cannot be compared with {other}",
            "write amounts with their currency: `5.00 USD`",
        )
    if one.currency and other.currency and one.currency != other.currency:
        return f"{one.currency} and {other.currency} cannot be compared", "use one currency on both sides"
    return None


def _alike(one: Type, other: Type) -> bool:
    texts = ("text", "choice")
    if one.kind == "entity" and other.kind == "entity":
        return one.entity == other.entity or "*" in (one.entity, other.entity)
    return (
        one.kind == other.kind
        or (one.kind in NUMERIC and other.kind in NUMERIC)
        or (one.kind in texts and other.kind in texts)
        or (one.kind == "entity" and other.kind == "text")
    )


def _unlike_entity(left: Expression, one: Type, written: str) -> tuple[str, str] | None:
    if one.keyed:
        return f"`{source_of(left)}` is a keyed pseudonym, no text equals it", "compare features of it instead"
    if one.entity != "*" and not written.startswith(f"{one.entity}:"):
        return f"{written!r} can never be {one}", f'entities are written "{one.entity}:…"'
    return None


def _way_out(shown: str, one: Type) -> str:
    if one.kind == "boolean":
        return f"write `{shown}` or `not {shown}` alone"
    if one.kind == "texts":
        return f"there are `length({shown})` and `any({shown}, it in lists.name)`"
    if one.kind == "entity":
        return "compare entities of one kind, or with a text in quotes"
    if one.kind in ("text", "choice"):
        return "texts stand in quotes"
    if one.kind in _WRITTEN:
        return f"compare it with {one}, such as {_WRITTEN[one.kind]}"
    return f"compare it with another {one.kind}"


_WRITTEN = {"time": '`"2026-11-01"`', "duration": "`72h`", "number": "`0.5` or `25%`"}
