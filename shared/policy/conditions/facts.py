"""Facts: what rules need of personal data and lists, computed beforehand, so that the record never holds the data.

Every largest part of a condition that reads personal data or a list and gives true or false or a number becomes a fact
named by its own text: a list may have changed when the rule is recomputed, and the data is gone. Rules then read the
fact, and so does everyone who recomputes them. What reads personal data beside a feature, but no list, stays as it is,
for the checker to refuse.
"""

import re
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
_ADDRESS = re.compile(r"[A-Za-z0-9]@[A-Za-z0-9]")


def hoisted(node: Expression, facts: Facts) -> Expression:  # noqa: PLR0911  (one return for each kind of node)
    """The condition with facts in place of what they stand for; adds these to `facts` by name."""
    if not _delicate(node):
        return node
    if isinstance(node, Logic):
        return replace(node, operands=tuple(hoisted(part, facts) for part in node.operands))
    if isinstance(node, Compare) and all(_storable(part) for part in node.operands):
        return replace(node, operands=tuple(hoisted(part, facts) for part in node.operands))
    if _storable(node) and (_reads_list(node) or not _reads_feature(node)):
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
    """Of a type that may stand in the record, or nothing that a person would mind.

    A number that is made of a personal one, such as a latitude, could give it away: of these, only truths are kept.
    """
    return (
        node.type.kind == "boolean"
        or (node.type.kind in NUMERIC and not any(_personal_number(part) for part in walk(node)))
        or not _delicate(node)
    )


def _personal_number(node: Expression | ListName) -> bool:
    return isinstance(node, Name) and node.personal and node.type.kind in NUMERIC


def _reads_list(node: Expression) -> bool:
    return any(isinstance(part, ListName) for part in walk(node))


def _reads_feature(node: Expression) -> bool:
    return any(isinstance(part, Name) and part.origin == "feature" for part in walk(node))


def spelled_out(node: Expression) -> Iterator[Name]:
    """Personal data that is compared with values in the text of the condition: the text is the fact's name.

    Functions may be given words and domains, but nobody's whole e-mail address.
    """
    for part in walk(node):
        if isinstance(part, Call) and any(isinstance(one, Constant) and _is_address(one) for one in part.arguments):
            yield from (given for given in part.arguments if isinstance(given, Name) and given.personal)
        operands: tuple[Expression, ...] = part.operands if isinstance(part, Compare) else ()
        if isinstance(part, Member) and not isinstance(part.among, ListName):
            operands = (part.item, *part.among)
        if any(isinstance(operand, Constant) and isinstance(operand.value, str) for operand in operands):
            yield from (operand for operand in operands if isinstance(operand, Name) and operand.personal)


def _is_address(constant: Constant) -> bool:
    return isinstance(constant.value, str) and _ADDRESS.search(constant.value) is not None
