"""How long conditions take at most: for the longest texts that the signal models take, and the lists as they are.

The figures are of one core of a small machine, rounded up; what counts is that they tell a thousandfold apart.
"""

from collections.abc import Iterable, Mapping

from shared.policy.checks.domains import Domains
from shared.policy.conditions.tree import (
    Call,
    Constant,
    Expression,
    ListName,
    Quantified,
    children,
    source_of,
)
from shared.policy.functions.table import FUNCTIONS

Sizes = Mapping[str, int]
"""The number of values of each list."""

_STEP = 0.05
_CALL = 2.0
_PER_CHARACTER = {"text": 0.05, "list": 0.4}
_PER_LINK = {"list": 10.0, "heavy": 10.0}
_PER_LINK_AND_NAME = 0.025
_SHORT = 256
_MANY = 100
"""Microseconds for a node, for a function, for each character and each link; the length of what has no limit of its
own: a short text, and a list of links."""


def efforts(tree: Expression, domains: Domains, sizes: Sizes) -> dict[str, float]:
    """Microseconds for each different part of a condition that calls functions, by its text; `""` has the rest."""
    found = {"": 0.0}
    waiting: list[Expression | ListName] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Quantified | Call):
            found[source_of(node)] = _effort(node, domains, sizes, {})
        else:
            found[""] += _STEP
            waiting += children(node)
    return found


def _effort(node: Expression | ListName, domains: Domains, sizes: Sizes, item: Mapping[str, int]) -> float:
    """One node with everything in it. `item` has the length of `it`."""
    if isinstance(node, Quantified):
        promised = domains.promised(node.source)
        length = promised.get("items", {}).get("maxLength", _SHORT)
        each = _effort(node.predicate, domains, sizes, {"it": length})
        return _effort(node.source, domains, sizes, item) + int(promised.get("maxItems", _MANY)) * each
    inner = sum(_effort(child, domains, sizes, item) for child in children(node))
    return inner + (_of_call(node, domains, sizes, item) if isinstance(node, Call) else _STEP)


def _of_call(call: Call, domains: Domains, sizes: Sizes, item: Mapping[str, int]) -> float:
    cost = FUNCTIONS[call.function].cost
    texts = [part for part in call.arguments if not isinstance(part, ListName)]
    names = sum(sizes.get(part.name, 0) for part in call.arguments if isinstance(part, ListName))
    characters = sum(_length(part, domains, item) for part in texts if part.type.kind in ("text", "choice"))
    links = sum(int(domains.promised(part).get("maxItems", _MANY)) for part in texts if part.type.kind == "texts")
    each = _PER_LINK.get(cost, 0) + (names * _PER_LINK_AND_NAME if cost == "heavy" else 0)
    return _CALL + characters * _PER_CHARACTER.get(cost, 0) + links * each


def _length(text: Expression, domains: Domains, item: Mapping[str, int]) -> int:
    if isinstance(text, Constant):
        return len(str(text.value))
    longest = domains.promised(text).get("maxLength", item.get(source_of(text), _SHORT))
    return int(longest)


def together(parts: Iterable[Mapping[str, float]]) -> float:
    """Microseconds for several conditions on one signal: what they share is computed once."""
    rest, shared = 0.0, dict[str, float]()
    for each in parts:
        rest += each[""]
        shared |= {text: effort for text, effort in each.items() if text}
    return rest + sum(shared.values())
