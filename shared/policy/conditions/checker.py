"""From Python's syntax tree to a checked one: only what the language has, every name known, every type right."""

import ast
import math
from dataclasses import dataclass, field
from typing import Any

from shared.policy.conditions import syntax
from shared.policy.conditions.comparing import misfit
from shared.policy.conditions.constructs import construct, example, way_out
from shared.policy.conditions.literals import money
from shared.policy.conditions.scope import Scope
from shared.policy.conditions.tree import (
    BOOLEAN,
    INTEGER,
    NUMBER,
    NUMERIC,
    TEXT,
    WRONG,
    Arithmetic,
    Call,
    Compare,
    Constant,
    Expression,
    ListName,
    Logic,
    Member,
    Type,
    source_of,
)
from shared.policy.documents.reading import Scalar
from shared.policy.functions.table import FUNCTIONS, Function, readable
from shared.policy.problems import Findings, Span, did_you_mean
from shared.signals.currencies import ISO_4217

_COMPARISONS = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
_ARITHMETIC = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
_LARGEST = 2**63
_MISPLACED = Constant(None, WRONG)


def check(scalar: Scalar, scope: Scope, findings: Findings) -> Expression | None:
    """The condition as a checked tree, true or false in the end; None, with findings, when something is wrong."""
    before = len(findings.problems)
    tree = syntax.parse(scalar, findings)
    if tree is None:
        return None
    checked = _Checker(scalar, scope, findings).boolean(tree, "a condition")
    return checked if len(findings.problems) == before else None


@dataclass
class _Checker:
    scalar: Scalar
    scope: Scope
    findings: Findings
    _text: bytes = field(init=False)

    def __post_init__(self) -> None:
        flat = "".join(" " if sign.isspace() else sign for sign in self.scalar.text)
        self._indent = len(flat) - len(flat.lstrip())
        self._text = flat.lstrip().encode()

    # Places

    def _columns(self, node: ast.expr) -> tuple[int, int]:
        """First and last character of a node in the scalar's text; `ast` counts bytes."""
        first = len(self._text[: node.col_offset].decode(errors="ignore"))
        last = len(self._text[: node.end_col_offset].decode(errors="ignore"))
        return self._indent + first, self._indent + last

    def _span(self, node: ast.expr) -> Span:
        return self.scalar.span_at(*self._columns(node))

    def _written(self, node: ast.expr) -> str:
        first, last = self._columns(node)
        return " ".join(self.scalar.text[first:last].split())

    def _refuse(self, node: ast.expr, what: str, hint: str) -> Constant:
        self.findings.add(what, self._span(node), hint)
        return _MISPLACED

    # Expressions

    def boolean(self, node: ast.expr, asker: str) -> Expression:
        checked = self._value(node)
        if checked.type.kind in ("boolean", "wrong"):
            return checked
        return self._refuse(
            node,
            f"`{self._written(node)}` is {checked.type}, but {asker} must be true or false",
            f"compare it with something, such as `{self._written(node)} {example(checked.type)}`",
        )

    def _value(self, node: ast.expr) -> Expression:  # noqa: PLR0911  (one return for each kind of node)
        match node:
            case ast.BoolOp(operator, operands):
                word = "and" if isinstance(operator, ast.And) else "or"
                return Logic(word, tuple(self.boolean(operand, f"each side of `{word}`") for operand in operands))  # type: ignore[arg-type]  # `word` is one of the two
            case ast.UnaryOp(ast.Not(), operand):
                return Logic("not", (self.boolean(operand, "what follows `not`"),))
            case ast.Compare():
                return self._comparison(node)
            case ast.BinOp():
                return self._money(node) if isinstance(node.op, ast.MatMult) else self._arithmetic(node)
            case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as number)) if not isinstance(number, bool):
                return self._number(node, -number)
            case ast.Constant():
                return self._constant(node)
            case ast.Name():
                return self._name(node)
            case ast.Call():
                return self._call(node)
            case ast.Attribute(ast.Name("lists")):
                hint = "write `x in lists.name`, or give it to a function such as `contains_any(text, lists.words)`"
                return self._refuse(node, f"the list `{self._written(node)}` cannot stand here", hint)
        return self._refuse(node, f"{construct(node)} is not part of the language", way_out(node))

    def _name(self, node: ast.Name) -> Expression:  # noqa: PLR0911  (one return for each thing that a name can be)
        if node.id in ("true", "false"):
            return Constant(node.id == "true", BOOLEAN)
        if known := self.scope.names.get(node.id):
            return known
        if reason := self.scope.elsewhere.get(node.id):
            return self._refuse(
                node,
                f"`{node.id}` cannot be used here: {reason}",
                did_you_mean("", self.scope.names, otherwise="here you can use"),
            )
        if node.id in FUNCTIONS:
            return self._refuse(node, f"`{node.id}` is a function", f"call it: `{FUNCTIONS[node.id].example}`")
        if node.id in self.scope.lists:
            return self._refuse(node, f"`{node.id}` is a list", f"write `lists.{node.id}`")
        if node.id in ISO_4217:
            return self._refuse(node, f"the currency {node.id} stands without an amount", f"write `5.00 {node.id}`")
        return self._refuse(
            node,
            f"`{node.id}` is not {self.scope.what}",
            did_you_mean(node.id, self.scope.names, otherwise="texts stand in quotes; the names are"),
        )

    def _constant(self, node: ast.Constant) -> Expression:
        if isinstance(node.value, str):
            return Constant(node.value, TEXT)
        if isinstance(node.value, bool) or node.value is None:
            hint = (
                "what is missing is unknown, and makes the condition unknown"
                if node.value is None
                else (f"write `{str(node.value).lower()}`")
            )
            return self._refuse(node, f"`{self._written(node)}` is not part of the language", hint)
        if isinstance(node.value, int | float):
            return self._number(node, node.value)
        return self._refuse(node, f"`{self._written(node)}` is not part of the language", "write a number or a text")

    def _number(self, node: ast.expr, value: float) -> Expression:
        if not math.isfinite(value) or abs(value) >= _LARGEST:
            return self._refuse(node, f"`{self._written(node)}` is too large a number", "numbers have at most 64 bits")
        return Constant(value, INTEGER if isinstance(value, int) else NUMBER)

    def _money(self, node: ast.BinOp) -> Expression:
        """`5.00 USD`, which came as `5.00 @ USD`; Python binds it like `*`, so `3 * 5.00 USD` must be turned round."""
        left, currency = node.left, node.right
        if isinstance(left, ast.BinOp):
            inner = ast.copy_location(ast.BinOp(left.right, ast.MatMult(), currency), left.right)
            inner.end_col_offset = currency.end_col_offset
            return self._arithmetic(ast.copy_location(ast.BinOp(left.left, left.op, inner), node))
        code = currency.id if isinstance(currency, ast.Name) else ""
        number = self._text[left.col_offset : left.end_col_offset].decode()
        try:
            value = money(number, code)
        except ArithmeticError:
            return self._refuse(node, f"`{self._written(node)}` is not an amount", "write it like `5.00 USD`")
        if value is None:
            known = code in ISO_4217
            what = f"{code} has no amounts as small as {number}" if known else f"`{code}` is not an ISO 4217 currency"
            return self._refuse(node, what, "use fewer digits" if known else did_you_mean(code, ISO_4217, otherwise=""))
        return Constant(value, Type("money", currency=code))

    def _arithmetic(self, node: ast.BinOp) -> Expression:
        sign = _ARITHMETIC.get(type(node.op))
        if sign is None:
            return self._refuse(node, f"{construct(node)} is not part of the language", "there are `+ - * /`")
        left, right = self._value(node.left), self._value(node.right)
        kinds = (left.type.kind, right.type.kind)
        if "wrong" in kinds:
            return _MISPLACED
        result: Type | None = None
        if all(kind in NUMERIC for kind in kinds):
            result = INTEGER if kinds == ("integer", "integer") and sign != "/" else NUMBER
        elif kinds == ("money", "money") and sign in "+-/":
            if why := misfit(left, right, "=="):
                return self._refuse(node, *why)
            result = NUMBER if sign == "/" else Type("money", currency=left.type.currency or right.type.currency)
        elif (kinds[0] == "money" and kinds[1] in NUMERIC and sign in "*/") or (
            kinds[1] == "money" and kinds[0] in NUMERIC and sign == "*"
        ):
            result = Type("money", currency=left.type.currency or right.type.currency)
        if result is None:
            what = f"`{sign}` does not take {left.type} and {right.type}"
            return self._refuse(node, what, "it takes two numbers, or money and a number where that makes sense")
        return Arithmetic(sign, left, right, result)

    def _comparison(self, node: ast.Compare) -> Expression:
        if any(isinstance(sign, ast.In | ast.NotIn) for sign in node.ops):
            return self._member(node)
        operands = [self._value(part) for part in (node.left, *node.comparators)]
        signs = [_COMPARISONS.get(type(sign), "") for sign in node.ops]
        if "" in signs:
            return self._refuse(node, "`is` is not part of the language", "write `==` or `!=`")
        for place, sign, left, right in zip(node.comparators, signs, operands, operands[1:], strict=False):
            if why := misfit(left, right, sign):
                return self._refuse(place if len(signs) > 1 else node, *why)
        return Compare(tuple(operands), tuple(signs))

    def _member(self, node: ast.Compare) -> Expression:  # noqa: PLR0911  (one return for each thing that can be wrong)
        if len(node.ops) > 1:
            return self._refuse(node, "`in` cannot be chained", "join two comparisons with `and`")
        item, group, negated = self._value(node.left), node.comparators[0], isinstance(node.ops[0], ast.NotIn)
        if isinstance(group, ast.Attribute):
            named = self._list(group)
            if item.type.kind not in ("text", "choice", "entity", "wrong"):
                hint = "`in` takes a text or an entity; for links there is `any_in(links, lists.name)`"
                return self._refuse(node, f"`{self._written(node.left)}` is {item.type}, lists have texts", hint)
            self._entities_listed(node, item, named)
            return Member(item, named or ListName(""), negated)
        if not isinstance(group, ast.Tuple | ast.List | ast.Set) or not group.elts:
            hint = (
                'write a list, as in `country in lists.embargoed`, or values, as in `change in ("email", "password")`'
            )
            return self._refuse(group, f"`{self._written(group)}` is not a list", hint)
        values = [self._value(element) for element in group.elts]
        for element, value in zip(group.elts, values, strict=True):
            if not isinstance(value, Constant):
                return self._refuse(element, "only values can stand in a list", "join comparisons with `or`")
            if why := misfit(item, value, "=="):
                return self._refuse(element, *why)
        return Member(item, tuple(value for value in values if isinstance(value, Constant)), negated)

    def _entities_listed(self, node: ast.expr, item: Expression, named: ListName | None) -> None:
        if item.type.kind != "entity" or named is None:
            return
        if item.type.keyed:
            hint = "only features and comparisons with another such entity can use it"
            self._refuse(node, f"`{source_of(item)}` is a keyed pseudonym, no list can have it", hint)
            return
        kind = item.type.entity
        for value in sorted(self.scope.lists[named.name].values):
            if kind != "*" and not value.startswith(f"{kind}:"):
                what = f"`{value}` in lists.{named.name} can never be {item.type}"
                self._refuse(node, what, f"entities are written `{kind}:…`")
                return

    def _list(self, node: ast.expr) -> ListName | None:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "lists":
            if node.attr in self.scope.lists:
                return ListName(node.attr)
            hint = did_you_mean(node.attr, self.scope.lists, otherwise="the lists are") or "there are no lists here"
            self._refuse(node, f"`{node.attr}` is no list", hint)
            return None
        self._refuse(node, f"`{self._written(node)}` is not a list", "lists are written `lists.name`")
        return None

    def _call(self, node: ast.Call) -> Expression:
        known = FUNCTIONS.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if known is None or not isinstance(node.func, ast.Name):
            name = self._written(node.func)
            hint = did_you_mean(name, FUNCTIONS, otherwise="the functions are")
            return self._refuse(node.func, f"`{name}` is no function", hint)
        if node.keywords or len(node.args) != len(known.parameters):
            count = len(known.parameters)
            what = f"`{node.func.id}` takes {count} value{'s' * (count != 1)}"
            return self._refuse(node, what, f"write it like `{known.example}`")
        arguments = [
            self._argument(part, kinds, known) for part, kinds in zip(node.args, known.parameters, strict=True)
        ]
        if None in arguments:
            return _MISPLACED
        if node.func.id == "mentions_any" and isinstance(arguments[1], ListName):
            self._words_listed(node.args[1], arguments[1])
        return Call(node.func.id, tuple(part for part in arguments if part is not None), known.run, known.result)

    def _words_listed(self, node: ast.expr, named: ListName) -> None:
        """What has no letter or digit is no word: looking for it would find the gaps between words instead."""
        if signs := [value for value in self.scope.lists[named.name].values if not readable(value).strip()]:
            what = f"`{min(signs)}` in lists.{named.name} is no word"
            self._refuse(node, what, "`mentions_any` cannot find signs: keep them in a list for `contains_any`")

    def _argument(self, node: ast.expr, kinds: Any, function: Function) -> Expression | ListName | None:
        if kinds == "list":
            return self._list(node)
        checked = self._value(node)
        kind = checked.type.kind
        if kind in kinds or (kind == "choice" and "text" in kinds):
            return checked
        if kind != "wrong":
            wanted = " or ".join(str(Type(name)) for name in kinds)
            what = f"`{self._written(node)}` is {checked.type}, {wanted} is needed here"
            self._refuse(node, what, f"write it like `{function.example}`")
        return None
