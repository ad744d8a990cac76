"""Facts: what rules need of personal data and lists, computed beforehand, so that the record never holds the data.

Every largest part of a condition that reads personal data or a list, gives true or false or a number, and needs no
feature, becomes a fact named by its own text. Rules then read the fact, and so does everyone who recomputes them.
"""

from collections.abc import Iterator
from dataclasses import replace

from shared.policy.conditions.tree import (
    NUMERIC,
    Arithmetic,
    Call,
    Compare,
    Constant,
    Expression,
    ListName,
    Logic,
    Member,
    Name,
    source_of,
    walk,
)

Facts = dict[str, Expression]


def hoisted(node: Expression, facts: Facts) -> Expression:  # noqa: PLR0911  (one return for each kind of node)
    """The condition with facts in place of what they stand for; adds these to `facts` by name."""
    if not _delicate(node):
        return node
    if isinstance(node, Logic):
        return replace(node, operands=tuple(hoisted(part, facts) for part in node.operands))
    if isinstance(node, Compare) and all(_storable(part) for part in node.operands):
        return replace(node, operands=tuple(hoisted(part, facts) for part in node.operands))
    if _storable(node) and not _reads_feature(node):
        name = source_of(node)
        facts[name] = node
        return Name(name, node.type, "fact")
    if isinstance(node, Arithmetic):
        return replace(node, left=hoisted(node.left, facts), right=hoisted(node.right, facts))
    if isinstance(node, Call):
        parts = (part if isinstance(part, ListName) else hoisted(part, facts) for part in node.arguments)
        return replace(node, arguments=tuple(parts))
    return node


def left_over(node: Expression) -> Iterator[Name]:
    """Personal values that the condition still reads after hoisting."""
    return (part for part in walk(node) if isinstance(part, Name) and part.personal)


def _delicate(node: Expression) -> bool:
    return any(isinstance(part, ListName) or (isinstance(part, Name) and part.personal) for part in walk(node))


def _storable(node: Expression) -> bool:
    """Of a type that may stand in the record, or nothing that a person would mind."""
    return node.type.kind in ("boolean", *NUMERIC) or not _delicate(node)


def _reads_feature(node: Expression) -> bool:
    return any(isinstance(part, Name) and part.origin == "feature" for part in walk(node))


def spelled_out(node: Expression) -> Iterator[Name]:
    """Personal data that is compared with values in the text of the condition: the text is the fact's name."""
    for part in walk(node):
        operands: tuple[Expression, ...] = part.operands if isinstance(part, Compare) else ()
        if isinstance(part, Member) and not isinstance(part.among, ListName):
            operands = (part.item, *part.among)
        if any(isinstance(operand, Constant) and isinstance(operand.value, str) for operand in operands):
            yield from (operand for operand in operands if isinstance(operand, Name) and operand.personal)
