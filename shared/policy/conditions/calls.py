"""Calls: functions of the table, and the words that are forms of their own."""

import ast
from collections.abc import Callable

from shared.policy.conditions.forms import FORMS, wrong_count
from shared.policy.conditions.membership import list_named
from shared.policy.conditions.page import MISPLACED, Page
from shared.policy.conditions.shortened import refused
from shared.policy.conditions.tree import Call, Constant, Expression, ListName, Type
from shared.policy.functions.model import Function, Parameter
from shared.policy.functions.table import FUNCTIONS
from shared.policy.problems import did_you_mean


def call(page: Page, node: ast.Call) -> Expression:
    name = page.written(node.func)
    if form := FORMS.get(name):
        return form(page, node)
    known = FUNCTIONS.get(name)
    if known is None:
        hint = did_you_mean(name, [*FUNCTIONS, *FORMS], otherwise="the functions are")
        return page.refuse(node.func, f"`{name}` is no function", hint)
    counts = range(len(known.parameters) - len(known.fallbacks), len(known.parameters) + 1)
    if node.keywords or len(node.args) not in counts:
        return wrong_count(page, node, counts, known.example)
    found = [_argument(page, part, kinds, known) for part, kinds in zip(node.args, known.parameters, strict=False)]
    given = [part for part in found if part is not None]
    if len(given) < len(found):
        return MISPLACED
    before = len(page.findings.problems)
    for index, trouble in known.checks.items():
        if index < len(given):
            _check(page, node.args[index], given[index], trouble, known)
    if len(page.findings.problems) > before:
        return MISPLACED
    left_out = len(known.parameters) - len(given)
    rest = known.fallbacks[len(known.fallbacks) - left_out :]
    return Call(name, (*given, *rest), known.run, known.result, page.place(node))


def _argument(page: Page, node: ast.expr, kinds: Parameter, function: Function) -> Expression | ListName | None:
    if kinds == "list" or ("list" in kinds and isinstance(node, ast.Attribute)):
        return list_named(page, node)
    checked = page.value(node)
    kind = checked.type.kind
    if checked.type.shortened:
        refused(page, node)
        return None
    if kind in kinds or (kind == "choice" and "text" in kinds):
        return checked
    if kind != "wrong":
        wanted = " or ".join("a list of values, `lists.…`" if name == "list" else str(Type(name)) for name in kinds)
        what = f"`{page.written(node)}` is {checked.type}, {wanted} is needed here"
        page.refuse(node, what, f"write it like `{function.example}`")
    return None


def _check(
    page: Page, node: ast.expr, given: Expression | ListName, trouble: Callable[[str], str], function: Function
) -> None:
    """What a function cannot use of what is written out for it: a value of a list, or a text."""
    if isinstance(given, ListName):
        values, where = page.scope.lists[given.name].values, f" in lists.{given.name}"
    elif isinstance(given, Constant) and isinstance(given.value, str):
        values, where = frozenset({given.value}), ""
    else:
        what = f"`{page.written(node)}` must be written out here, as a text in quotes"
        page.refuse(node, what, f"write it like `{function.example}`")
        return
    if found := min(((value, why) for value in values if (why := trouble(value))), default=None):
        what, _, hint = found[1].partition(": ")
        page.refuse(node, f"`{found[0]}`{where} {what}", hint or f"write it like `{function.example}`")
