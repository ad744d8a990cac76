"""Words for the parts of Python that are not parts of the language, and for what to write instead."""

import ast

from shared.policy.conditions.tree import Type


def example(kind: Type) -> str:
    """How a value of the type is compared, such as `>= 5`."""
    examples = {"integer": ">= 5", "number": "> 0.5", "money": "> 100.00 USD", "text": '== "…"'}
    examples |= {"time": '> "2026-11-01"', "duration": "> 24h", "ip": "in …"}
    if kind.kind == "choice" and kind.choices:
        return f'== "{kind.choices[0]}"'
    return examples.get(kind.kind, "in lists.…")


def construct(node: ast.expr) -> str:
    """A piece of Python that conditions do not have, by its name."""
    words = {
        ast.Attribute: "a `.` between names",
        ast.Lambda: "`lambda`",
        ast.IfExp: "`if … else`",
        ast.JoinedStr: "a text with an `f` before it",
        ast.NamedExpr: "`:=`",
        ast.Subscript: "`[…]` after a name",
        ast.Tuple: "a list that stands alone",
        ast.List: "a list that stands alone",
        ast.Starred: "`*` before a name",
        ast.Await: "`await`",
    }
    if isinstance(node, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
        return "a loop"
    if isinstance(node, ast.BinOp):
        signs = {ast.Pow: "`**`", ast.FloorDiv: "`//`"}
        return signs.get(type(node.op), "this sign")
    return words.get(type(node), "this")


def way_out(node: ast.expr) -> str:
    """What to write instead."""
    if isinstance(node, ast.Attribute):
        return "fields stand by their names alone; only lists have a `.`, as in `lists.name`"
    if isinstance(node, ast.UnaryOp):
        return "a minus stands before numbers only: `-5`"
    return "conditions are made of comparisons, `and`, `or`, `not`, `in`, `+ - * /` and functions"
