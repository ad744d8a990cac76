"""Words for findings: a part of a condition in short, and what its values can be."""

import math
from datetime import timedelta

from shared.policy.checks.domains import Domains
from shared.policy.checks.ranges import Line, Words
from shared.policy.conditions.literals import written_duration
from shared.policy.conditions.tree import Compare, Constant, Expression, Member, source_of, walk

_LONGEST = 60


def quoted(node: Expression) -> str:
    """The part as its author wrote it, in backticks and on one line, cut where it gets long."""
    place = node.place
    text = " ".join(place.scalar.text[place.first : place.last].split()) if place else source_of(node)
    return f"`{text}`" if len(text) <= _LONGEST else f"`{text[: _LONGEST - 2]} …`"


def in_words(leaf: Expression, domains: Domains) -> str:
    """What to know about the values of a comparison that is always or never true."""
    if isinstance(leaf, Constant):
        return "to switch a rule off, write `mode: off`"
    compared = [part for part in _compared(leaf) if not isinstance(part, Constant)]
    if len(compared) != 1:
        return "compare different things, or remove it"
    (term,) = compared
    promise = _promise(term, domains)
    return f"{quoted(term)} is {promise}: change what stands here, or remove it" if promise else "remove it"


def currencies(node: Expression) -> set[str]:
    """The currencies of the amounts that are written in the part."""
    return {part.type.currency for part in walk(node) if isinstance(part, Constant) and part.type.kind == "money"}


def _compared(leaf: Expression) -> tuple[Expression, ...]:
    if isinstance(leaf, Compare):
        return leaf.operands
    return (leaf.item,) if isinstance(leaf, Member) else (leaf,)


def _promise(term: Expression, domains: Domains) -> str:
    promised = domains.promised(term)
    if "pattern" in promised:
        return f"text like `{promised['pattern'].strip('^$')}`"
    if "maxLength" in promised and term.type.kind == "text":
        return f"text of at most {promised['maxLength']:,} characters"
    rest = domains.of(term).rest
    if isinstance(rest, Words):
        return "one of " + ", ".join(sorted(map(str, rest.words))) if not rest.others else ""
    if term.type.kind == "duration" and not math.isinf(rest.cuts[-1][0]):
        return " to ".join(written_duration(timedelta(microseconds=rest.cuts[end][0])) for end in (0, -1))
    return _between(rest) if term.type.kind in ("integer", "number") else "never negative"


def _between(numbers: Line) -> str:
    low, high = numbers.cuts[0], numbers.cuts[-1]
    least = -math.inf if math.isinf(low[0]) else low[0]
    most = high[0] - (1 - high[1]) if numbers.whole else high[0]
    kind = "a whole number" if numbers.whole else "a number"
    if math.isinf(most):
        return kind if math.isinf(least) else f"{least} or more" + (", in whole numbers" if numbers.whole else "")
    return f"{kind} from {least} to {most}"
