"""What a word in a condition stands for."""

import ast
from dataclasses import replace

from shared.policy.conditions.page import MISPLACED, Page
from shared.policy.conditions.tree import BOOLEAN, Constant, Expression, Name
from shared.policy.functions.table import FUNCTIONS
from shared.policy.problems import did_you_mean
from shared.signals.currencies import ISO_4217


def named(page: Page, node: ast.Name) -> Expression:
    """A field, role or feature; a `let` or parameter, expanded; `it`; `true` or `false`."""
    name, scope = node.id, page.scope
    if name in ("true", "false"):
        return Constant(name == "true", BOOLEAN, page.place(node))
    if name == "it" and page.item:
        return replace(page.item, place=page.place(node))
    if known := scope.names.get(name):
        return Name(known.name, known.type, known.origin, known.personal, page.place(node))
    if definition := scope.defined.get(name):
        return definition(page.place(node)) or MISPLACED
    what, hint = _stranger(name, page)
    return page.refuse(node, what, hint)


def _stranger(name: str, page: Page) -> tuple[str, str]:  # noqa: PLR0911  (one return for each thing that a name can be)
    scope = page.scope
    usable = [*scope.names, *scope.defined]
    if name == "it":
        return "`it` stands for an item only inside `any( )` and `all( )`", "write `any(links, domain(it) in lists.x)`"
    if reason := scope.elsewhere.get(name):
        return f"`{name}` cannot be used here: {reason}", did_you_mean("", usable, otherwise="here you can use")
    if name in FUNCTIONS:
        return f"`{name}` is a function", f"call it: `{FUNCTIONS[name].example}`"
    if name in scope.rules:
        return f"`{name}` is a rule", f'write `fired("{name}")`'
    if name in scope.lists:
        return f"`{name}` is a list", f"write `lists.{name}`"
    if name in ISO_4217:
        return f"the currency {name} stands without an amount", f"write `5.00 {name}`"
    return f"`{name}` is not {scope.what}", did_you_mean(name, usable, otherwise="texts stand in quotes; the names are")
