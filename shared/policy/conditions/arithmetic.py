"""What `+ - * /` take, and what they give."""

import ast

from shared.policy.conditions.comparing import misfit
from shared.policy.conditions.constants import as_moment
from shared.policy.conditions.constructs import construct
from shared.policy.conditions.page import MISPLACED, Page
from shared.policy.conditions.tree import (
    DURATION,
    INTEGER,
    NUMBER,
    NUMERIC,
    TIME,
    Arithmetic,
    Expression,
    Type,
)

_SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_OF_TIME = {
    ("time", "-", "time"): DURATION,
    ("time", "+", "duration"): TIME,
    ("time", "-", "duration"): TIME,
    ("duration", "+", "time"): TIME,
    ("duration", "+", "duration"): DURATION,
    ("duration", "-", "duration"): DURATION,
    ("duration", "/", "duration"): NUMBER,
}
_SCALED = ("money", "duration")
"""What can be so many times, or so many parts of, itself."""


def arithmetic(page: Page, node: ast.BinOp) -> Expression:
    sign = _SIGNS.get(type(node.op))
    if sign is None:
        return page.refuse(node, f"{construct(node)} is not part of the language", "there are `+ - * /`")
    left, right = page.value(node.left), page.value(node.right)
    if left.type.kind == "time":
        right = as_moment(page, node.right, right)
    elif right.type.kind == "time":
        left = as_moment(page, node.left, left)
    if "wrong" in (left.type.kind, right.type.kind):
        return MISPLACED
    if left.type.kind == right.type.kind == "money" and sign in "+-/" and (why := misfit(left, right, "==")):
        return page.refuse(node, *why)
    result = _result(left.type, sign, right.type)
    if result is None:
        what = f"`{sign}` does not take {left.type} and {right.type}"
        hint = "it takes two numbers; money, times and durations where that makes sense, such as `time - 24h`"
        return page.refuse(node, what, hint)
    return Arithmetic(sign, left, right, result, page.place(node))


def _result(left: Type, sign: str, right: Type) -> Type | None:
    one, other = left.kind, right.kind
    if one in NUMERIC and other in NUMERIC:
        return INTEGER if (one, other) == ("integer", "integer") and sign != "/" else NUMBER
    if one == other == "money" and sign in "+-/":
        return NUMBER if sign == "/" else Type("money", currency=left.currency or right.currency)
    if one in _SCALED and other in NUMERIC and sign in "*/":
        return left
    if other in _SCALED and one in NUMERIC and sign == "*":
        return right
    return _OF_TIME.get((one, sign, other))
