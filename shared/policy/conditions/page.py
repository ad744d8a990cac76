"""What the parts of the checker share: one condition, what it can see, and where its parts stand."""

import ast
from abc import ABC, abstractmethod
from dataclasses import dataclass

from shared.policy.conditions.scope import Scope
from shared.policy.conditions.syntax import Parsed
from shared.policy.conditions.tree import WRONG, Constant, Expression, Name, Place
from shared.policy.problems import Findings

MISPLACED = Constant(None, WRONG)
"""Stands for what is already reported."""


@dataclass
class Page(ABC):
    """One condition while it is checked. `item` is what `it` stands for, inside `any( )` and `all( )`."""

    parsed: Parsed
    scope: Scope
    findings: Findings
    item: Name | None = None

    @abstractmethod
    def value(self, node: ast.expr) -> Expression:
        """The node as a checked expression; what is wrong with it is reported, and fits everything."""

    @abstractmethod
    def boolean(self, node: ast.expr, asker: str) -> Expression:
        """The same, where `asker` must be true or false."""

    def place(self, node: ast.expr) -> Place:
        return self.parsed.place(node)

    def written(self, node: ast.expr) -> str:
        """The node as it was written, on one line."""
        place = self.parsed.place(node)
        return " ".join(place.scalar.text[place.first : place.last].split())

    def refuse(self, node: ast.expr, what: str, hint: str) -> Constant:
        self.findings.add(what, self.parsed.place(node).span, hint)
        return MISPLACED
