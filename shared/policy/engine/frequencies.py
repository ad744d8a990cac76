"""How often a test holds, and what it costs to ask: what the index and the order of conditions are chosen by.

Nothing here can change a verdict; it only makes it cheap.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from math import prod

from shared.policy.conditions.tree import Member
from shared.policy.engine.predicates import Junction, Operand, Predicate, Test, tests_in

Frequencies = Mapping[str, float]
"""The share of signals on which a condition is true, of those on which it can be told, 0 to 1, by its text."""

_COSTS = {"field": 1.0, "feature": 1.0, "minor": 1.0, "sum": 4.0, "opaque": 80.0}
_COSTS |= {"call": 200.0, "match": 3.0, "patterns": 150.0, "fact": 10.0}
_LOOK_UP = 3.0
"""What it takes to find an operand, in units of about 10 ns; and whether a known one is in a list."""
_TEXT_EQUALS, _ENTITY_EQUALS, _OTHER_EQUALS = 0.05, 0.001, 0.1
_FLAG, _FACT, _RELATION = 0.25, 0.05, 0.4


class Estimates:
    """Shares of tests: as recorded, else guessed from the kind of test and from its place among all thresholds.

    Whoever writes twenty thresholds on one value spreads them over what the value can be; so the highest `>=` is
    taken to hold most rarely.
    """

    def __init__(self, predicates: Iterable[Predicate], recorded: Frequencies) -> None:
        self._recorded = recorded
        bounds: defaultdict[Operand, set[float]] = defaultdict(set)
        self._uses: Counter[Operand] = Counter()
        for predicate in predicates:
            for test in tests_in(predicate):
                self._uses.update(test.operands)
                if test.kind == "threshold":
                    bounds[test.operands[0]].add(test.bound)
        self._bounds = {operand: sorted(found) for operand, found in bounds.items()}
        self._known: dict[Predicate, float] = {}

    def share(self, predicate: Predicate) -> float:
        """How often the predicate holds, 0 to 1."""
        if (known := self._known.get(predicate)) is None:
            known = self._known[predicate] = self._share(predicate)
        return known

    def _share(self, predicate: Predicate) -> float:
        if isinstance(predicate, Junction):
            shares = [self.share(part) for part in predicate.parts]
            return prod(shares) if predicate.word == "every" else 1 - prod(1 - share for share in shares)
        if (recorded := self._recorded.get(predicate.text)) is not None:
            return recorded if predicate.held else 1 - recorded
        guess = self._guess(predicate)
        return 1 - guess if predicate.negated else guess

    def _guess(self, test: Test) -> float:
        match test.kind:
            case "threshold":
                bounds = self._bounds[test.operands[0]]
                rank = (bisect_left(bounds, test.bound) + 0.5) / len(bounds)
                return 0.05 + 0.5 * (1 - rank if test.sign in (">", ">=") else rank)
            case "equal":
                return _equals(test.operands[0])
            case "member":
                return min(0.8, _equals(test.operands[0]) * len(test.bound))
            case "relation":
                return _RELATION
            case _:
                return _FACT if test.operands[0].kind == "fact" else _FLAG

    def cost(self, predicate: Predicate) -> float:
        """What it takes to look, in units of about 10 ns."""
        return sum(_cost(operand) for test in tests_in(predicate) for operand in test.operands)

    def shared_cost(self, test: Test) -> float:
        """The same for one of many tests of an operand that is found once."""
        return sum(_cost(operand) / self._uses[operand] for operand in test.operands)

    def urgency(self, predicate: Predicate) -> float:
        """The lower, the earlier a test is asked: cheap ones first, and those that often end it."""
        return self.cost(predicate) / max(1 - self.share(predicate), 0.001)


def _cost(operand: Operand) -> float:
    own = _LOOK_UP if isinstance(operand.node, Member) else _COSTS[operand.kind]
    return own + sum(map(_cost, operand.parts))


def _equals(operand: Operand) -> float:
    kind = operand.node.type
    if kind.choices:
        return 1 / len(kind.choices)
    return {"text": _TEXT_EQUALS, "entity": _ENTITY_EQUALS}.get(kind.kind, _OTHER_EQUALS)
