"""What is wrong with what a condition says: parts that can never be true, or always are, or make no difference.

A finding is about one part of one text, the author's own. What was written elsewhere and comes in by name (a `let`,
another rule, a group's gate) is taken into account, and is judged where it stands.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from shared.policy.checks.domains import Domains
from shared.policy.checks.statements import Goal, Statement, Truth, always, never, possible, terms
from shared.policy.checks.stating import stated
from shared.policy.checks.telling import currencies, in_words, quoted
from shared.policy.conditions.tree import Constant, Expression, Logic, Quantified, walk
from shared.policy.documents.reading import Scalar
from shared.policy.problems import Problem


def senseless(tree: Expression, text: Scalar, domains: Domains) -> list[Problem]:
    """The findings about a condition that stands in `text`, one for each part that is to blame."""
    reader = _Reader(text, domains)
    for part in walk(tree):
        if isinstance(part, Quantified) and reader.own(part):
            reader.condition(part.predicate)
    reader.condition(tree)
    return reader.problems


@dataclass(frozen=True, slots=True)
class _Known:
    """Something that holds whenever the part in question matters, with the text that says so."""

    node: Expression
    goal: Goal


class _Reader:
    def __init__(self, text: Scalar, domains: Domains) -> None:
        self.problems: list[Problem] = []
        self._text = text
        self._domains = domains

    def condition(self, tree: Expression) -> None:
        """Single comparisons first: what is wrong with one of them would only be repeated by what contains it."""
        before = len(self.problems)
        for leaf in _leaves(tree):
            if self.own(leaf):
                self._leaf(leaf)
        statement = self._stated(tree)
        found = list(terms(statement))
        if len(self.problems) == before and len(set(found)) < len(found):
            self._visit(tree, (), positive=True)
        if len(self.problems) == before and isinstance(tree, Logic):
            self._whole(tree, statement)

    def own(self, node: Expression) -> bool:
        """Whether the part was written in this text, and not brought in by name."""
        return node.place is not None and node.place.scalar is self._text

    def _stated(self, node: Expression) -> Statement:
        return stated(node, self._domains)

    def _add(self, node: Expression, what: str, hint: str) -> None:
        span = node.place.span if node.place and self.own(node) else self._text.span
        self.problems.append(Problem(what, span, hint))

    def _leaf(self, leaf: Expression) -> None:
        statement = self._stated(leaf)
        if never(statement):
            self._add(leaf, f"{quoted(leaf)} can never be true", in_words(leaf, self._domains))
        elif always(statement) and not isinstance(leaf, Constant):
            self._add(leaf, f"{quoted(leaf)} is always true", in_words(leaf, self._domains))

    def _whole(self, tree: Expression, statement: Statement) -> None:
        if any(_settled(self._stated(part)) for part in _named(tree, self.own)):
            return  # that is told where the part stands
        if never(statement):
            hint = "its parts cannot hold at once: change one, or join them with `or`"
            self._add(tree, "this can never be true", hint)
        elif always(statement):
            self._add(tree, "this is always true, whatever the values are", "remove it, or change one of its parts")

    def _visit(self, node: Expression, known: tuple[_Known, ...], *, positive: bool) -> None:
        """Looks into `and` and `or`. `known` holds whenever the node matters; `positive`: under no `not`, or two."""
        if not isinstance(node, Logic):
            return
        if node.operator == "not":
            self._visit(node.operands[0], known, positive=not positive)
        elif node.operator == "or" and always(self._stated(node)):
            self._add(node, "this is always true, whatever the values are", "remove it, or change one of its parts")
        elif node.operator == "and" and never(self._stated(node)):
            before = len(self.problems)
            self._conflict(node.operands, (), {id(part): self._asked(part, positive=True) for part in node.operands})
            if len(self.problems) == before:
                self._whole(node, self._stated(node))
        elif (node.operator == "and") is positive:
            self._all_of(node.operands, known, positive=positive)
        else:
            self._one_of(node.operands, known, positive=positive)

    def _all_of(self, parts: tuple[Expression, ...], known: tuple[_Known, ...], *, positive: bool) -> None:
        """Parts that must hold together."""
        asked = {id(part): self._asked(part, positive=positive) for part in parts}
        if not possible(*_goals(known), *_goals(asked.values())):
            self._conflict(parts, known, asked)
            return
        kept = dict(asked)
        for part in reversed(parts):
            others = (*known, *(one for key, one in kept.items() if key != id(part)))
            missed = self._missed(part, positive=positive)
            if self.own(part) and not possible(*_goals(others), missed):
                beside = self._beside(self._rival(missed, others))
                hint = "what stands beside it asks for more: remove it"
                self._add(part, f"{quoted(part)} makes no difference{beside}", hint)
                del kept[id(part)]
        for part in parts:
            if id(part) in kept and self.own(part):
                others = (*known, *(one for key, one in kept.items() if key != id(part)))
                self._visit(part, others, positive=positive)

    def _conflict(self, parts: tuple[Expression, ...], known: tuple[_Known, ...], asked: dict[int, _Known]) -> None:
        """Parts that cannot hold together: the last own one that one other part rules out is to blame."""
        for part in reversed(parts):
            others = (*known, *(one for key, one in asked.items() if key != id(part)))
            rival = self._rival(asked[id(part)].goal, others)
            if rival and self.own(part):
                what = f"{quoted(part)} can never be true{self._beside(rival)}"
                self._add(part, what, self._way_out(part, rival))
                return
        if possible(*_goals(asked.values())):
            self._add(parts[-1], "this can never be true here", "what stands before it rules it out")

    def _one_of(self, parts: tuple[Expression, ...], known: tuple[_Known, ...], *, positive: bool) -> None:
        """Parts of which one must hold."""
        kept = {id(part): _Known(part, self._missed(part, positive=positive)) for part in parts}
        for part in reversed(parts):
            if not self.own(part):
                continue
            asked = self._asked(part, positive=positive).goal
            others = [one for key, one in kept.items() if key != id(part)]
            if not possible(*_goals(known), asked):
                if possible(asked):  # else it is told by itself
                    beside = self._beside(self._rival(asked, known))
                    self._add(part, f"{quoted(part)} can never be true here{beside}", "change it, or remove it")
                    del kept[id(part)]
            elif not possible(*_goals(known), *_goals(others), asked):
                hint = "wherever it is true, the rest of the `or` is too: remove it"
                beside = self._beside(self._rival(asked, others))
                self._add(part, f"{quoted(part)} makes no difference{beside}", hint)
                del kept[id(part)]
        for part in parts:
            if id(part) in kept and self.own(part):
                self._visit(part, known, positive=positive)

    def _asked(self, part: Expression, *, positive: bool) -> _Known:
        return _Known(part, (self._stated(part), Truth.TRUE if positive else Truth.FALSE))

    def _missed(self, part: Expression, *, positive: bool) -> Goal:
        return self._stated(part), Truth.NOT_TRUE if positive else Truth.NOT_FALSE

    def _rival(self, goal: Goal, known: Iterable[_Known]) -> Expression | None:
        """The one other part that is enough to rule the goal out; None when it takes several."""
        for one in known:
            if possible(goal) and possible(one.goal) and not possible(goal, one.goal):
                return one.node
        return None

    def _beside(self, rival: Expression | None) -> str:
        if rival is None:
            return ""
        if rival.place is None or self.own(rival):
            return f" beside {quoted(rival)}"
        span = rival.place.span
        return f" beside {quoted(rival)} ({span.source.name}, line {span.line})"

    def _way_out(self, part: Expression, rival: Expression) -> str:
        if len({currency for node in (part, rival) for currency in currencies(node)}) > 1:
            return "an amount is in one currency: join the two with `or`"
        return "change one of the two" + (", or join them with `or`" if self.own(rival) else "")


def _goals(known: Iterable[_Known]) -> list[Goal]:
    return [one.goal for one in known]


def _settled(statement: Statement) -> bool:
    return never(statement) or always(statement)


def _named(node: Expression, own: Callable[[Expression], bool]) -> Iterator[Expression]:
    """The largest parts that came in by name."""
    if isinstance(node, Logic) and (own(node) or node.place is None):
        for operand in node.operands:
            yield from _named(operand, own)
    elif not own(node):
        yield node


def _leaves(node: Expression) -> Iterator[Expression]:
    """The parts between `and`, `or` and `not`, in the order of the text."""
    if isinstance(node, Logic):
        for operand in node.operands:
            yield from _leaves(operand)
    else:
        yield node
