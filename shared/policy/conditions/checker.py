"""From Python's syntax tree to a checked one: only what the language has, every name known, every type right."""

import ast
from typing import Literal

from shared.policy.conditions.arithmetic import arithmetic
from shared.policy.conditions.calls import call
from shared.policy.conditions.comparing import comparison
from shared.policy.conditions.constants import covered, negative, plain
from shared.policy.conditions.constructs import construct, example, way_out
from shared.policy.conditions.membership import member
from shared.policy.conditions.naming import named
from shared.policy.conditions.page import Page
from shared.policy.conditions.scope import Scope
from shared.policy.conditions.syntax import Parsed, parse
from shared.policy.conditions.tree import Expression, Logic
from shared.policy.documents.reading import Scalar
from shared.policy.problems import Findings


def check(scalar: Scalar, scope: Scope, findings: Findings) -> Expression | None:
    """The condition as a checked tree, true or false in the end; None, with findings, when something is wrong."""
    parsed = parse(scalar, findings)
    return check_parsed(parsed, scope, findings) if parsed else None


def check_parsed(parsed: Parsed, scope: Scope, findings: Findings) -> Expression | None:
    """The same, for a condition that is checked against more than one scope."""
    before = len(findings.problems)
    checked = _Checker(parsed, scope, findings).boolean(parsed.tree, "a condition")
    return checked if len(findings.problems) == before else None


def check_value(parsed: Parsed, scope: Scope, findings: Findings) -> Expression | None:
    """An expression of any type as a checked tree; None, with findings, when something is wrong."""
    before = len(findings.problems)
    checked = _Checker(parsed, scope, findings).value(parsed.tree)
    return checked if len(findings.problems) == before else None


class _Checker(Page):
    def boolean(self, node: ast.expr, asker: str) -> Expression:
        checked = self.value(node)
        if checked.type.kind in ("boolean", "wrong"):
            return checked
        written = self.written(node)
        what = f"`{written}` is {checked.type}, but {asker} must be true or false"
        return self.refuse(node, what, f"compare it with something, such as `{written} {example(checked.type)}`")

    def value(self, node: ast.expr) -> Expression:  # noqa: C901, PLR0911  (one return for each kind of node)
        if literal := self.parsed.literal(node):
            return covered(self, node, literal)
        match node:
            case ast.BoolOp():
                return self._junction(node)
            case ast.UnaryOp(ast.Not(), operand):
                return Logic("not", (self.boolean(operand, "what follows `not`"),), place=self.place(node))
            case ast.UnaryOp(ast.USub(), operand) if self._is_literal(operand):
                return negative(self, node, self.value(operand))
            case ast.Compare():
                return comparison(self, node) if _compares(node) else member(self, node)
            case ast.BinOp():
                return arithmetic(self, node)
            case ast.Constant():
                return plain(self, node)
            case ast.Name():
                return named(self, node)
            case ast.Call():
                return call(self, node)
            case ast.Attribute(ast.Name("lists")):
                hint = "write `x in lists.name`, or give it to a function such as `contains_any(text, lists.words)`"
                return self.refuse(node, f"the list `{self.written(node)}` cannot stand here", hint)
        return self.refuse(node, f"{construct(node)} is not part of the language", way_out(node))

    def _junction(self, node: ast.BoolOp) -> Expression:
        word: Literal["and", "or"] = "and" if isinstance(node.op, ast.And) else "or"
        parts = (self.boolean(operand, f"each side of `{word}`") for operand in node.values)
        return Logic(word, tuple(parts), place=self.place(node))

    def _is_literal(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Constant) or self.parsed.literal(node) is not None


def _compares(node: ast.Compare) -> bool:
    return not any(isinstance(sign, ast.In | ast.NotIn) for sign in node.ops)
