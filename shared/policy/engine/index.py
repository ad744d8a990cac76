"""The second stage: the index, in which each rule is filed under its rarest test.

So most rules are never looked at. Tests of one value stand together: its thresholds as stairs, of which a signal climbs
as many as its value reaches; its equalities as a switch. Inside, what is left of the rules is filed again. A rule
whose rarest part is an `or` is filed under each branch.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from shared.policy.engine.frequencies import Estimates
from shared.policy.engine.predicates import NEVER, Junction, Operand, Predicate, Test

_WORTH_FILING = 3
_DEEPEST = 4
_NESTED = 6
"""More tests of one rule are not written one inside the other, but as one: Python nests 100 blocks at most."""
_WIDEST = 8
"""More branches, or values of a literal set, are not filed each for itself."""
_COST = 0.02
"""What asking a test costs beside going on behind it, which takes about half a microsecond."""
_CASES = 64
"""More cases get a function each: compiled when one of them comes up."""


class Path(NamedTuple):
    """One way for a rule to fire: all tests must hold."""

    rule: int
    tests: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Fire:
    """Nothing is left to ask: the rules have fired."""

    rules: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """If the test holds, go on. `paths` is what hangs on it: where it is unknown, they are doubtful."""

    test: Predicate
    then: "Block"
    paths: tuple[Path, ...]


class Step(NamedTuple):
    """What is to be asked at or past one bound of the stairs."""

    sign: str
    bound: Any
    then: "Block"


class Case(NamedTuple):
    """What is to be asked where a value is equal to one: arranged apart (no `then`) where there are many cases."""

    value: Any
    paths: tuple[Path, ...]
    then: "Block | None"


@dataclass(frozen=True, slots=True)
class Split:
    """All that hangs on one operand: `ups` by rising and `downs` by falling bounds, and what it may be equal to."""

    operand: Operand
    ups: tuple[Step, ...]
    downs: tuple[Step, ...]
    cases: tuple[Case, ...]
    paths: tuple[Path, ...]


Node = Fire | Check | Split
Block = tuple[Node, ...]


def paths_of(predicates: Iterable[Predicate]) -> Iterator[Path]:
    """The rules by number, each with its tests; a rule that is false whatever comes is left out."""
    for number, predicate in enumerate(predicates):
        if predicate != NEVER:
            yield Path(number, _parts(predicate))


def _parts(predicate: Predicate) -> tuple[Predicate, ...]:
    return predicate.parts if isinstance(predicate, Junction) and predicate.word == "every" else (predicate,)


class Filing:
    """Arranges paths by what is known of their tests."""

    def __init__(self, estimates: Estimates) -> None:
        self._estimates = estimates

    def arranged(self, paths: Iterable[Path], depth: int = 0) -> Block:
        """The block that asks for all of the paths."""
        waiting: list[Path] = []
        done: list[Path] = []
        for path in paths:
            (waiting if path.tests else done).append(path)
        nodes: list[Node] = [Fire(tuple(dict.fromkeys(path.rule for path in done)))] if done else []
        if len(waiting) < _WORTH_FILING or depth >= _DEEPEST:
            return (*nodes, *(self._straight(path) for path in waiting))
        by_operand: defaultdict[Operand, list[tuple[Test, Path]]] = defaultdict(list)
        by_test: defaultdict[Predicate, list[Path]] = defaultdict(list)
        for path in waiting:
            for access, rest in self._filed(path):
                if isinstance(access, Test) and _splits(access):
                    by_operand[access.operands[0]].append((access, rest))
                else:
                    by_test[access].append(rest)
        for operand, members in by_operand.items():
            nodes.append(self._split(operand, members, depth + 1))
        for test, members_of_test in by_test.items():
            nodes.append(Check(test, self.arranged(members_of_test, depth + 1), tuple(members_of_test)))
        return tuple(nodes)

    def _straight(self, path: Path) -> Node:
        """One path alone: its tests one inside the other, cheap and rare ones outside."""
        test, *others = sorted(path.tests, key=self._estimates.urgency)
        if len(others) > _NESTED:
            others = [*others[: _NESTED - 1], Junction("every", tuple(others[_NESTED - 1 :]))]
        rest = Path(path.rule, tuple(others))
        return Check(test, (self._straight(rest),) if others else (Fire((path.rule,)),), (rest,))

    def _filed(self, path: Path) -> Iterator[tuple[Predicate, Path]]:
        """The test that the path is filed under, with what is left of it: or one for each branch."""
        test = min(path.tests, key=self._score)
        others = tuple(other for other in path.tests if other is not test)
        if not (isinstance(test, Junction) and len(test.parts) <= _WIDEST):
            yield test, Path(path.rule, others)
            return
        for branch in test.parts:
            tests = _parts(branch)
            access = min(tests, key=self._score)
            left = tuple(other for other in tests if other is not access)
            yield access, Path(path.rule, tuple(dict.fromkeys((*left, *others))))

    def _score(self, predicate: Predicate) -> float:
        """What filing under the test costs each signal: how often it holds, and a share of asking it."""
        if isinstance(predicate, Test):
            return self._estimates.share(predicate) + self._estimates.shared_cost(predicate) * _COST
        if predicate.word == "every":
            return min(map(self._score, predicate.parts), default=1.0)
        return sum(map(self._score, predicate.parts))

    def _split(self, operand: Operand, members: list[tuple[Test, Path]], depth: int) -> Node:
        if len(members) == 1:
            ((test, path),) = members
            return Check(test, self.arranged((path,), depth), (path,))
        steps: dict[str, dict[tuple[Any, str], list[Path]]] = {"up": {}, "down": {}}
        equals: dict[Any, list[Path]] = {}
        for test, path in members:
            if test.kind == "threshold":
                side = steps["up" if test.sign in (">", ">=") else "down"]
                side.setdefault((test.bound, test.sign), []).append(path)
            else:
                for value in test.bound if test.kind == "member" else (test.bound,):
                    equals.setdefault(value, []).append(path)
        few = len(equals) <= _CASES
        return Split(
            operand,
            tuple(self._steps(steps["up"], (">=", ">"), depth, falling=False)),
            tuple(self._steps(steps["down"], ("<=", "<"), depth, falling=True)),
            tuple(
                Case(value, tuple(paths), self.arranged(paths, depth) if few else None)
                for value, paths in equals.items()
            ),
            tuple(path for _, path in members),
        )

    def _steps(
        self, side: dict[tuple[Any, str], list[Path]], signs: tuple[str, str], depth: int, *, falling: bool
    ) -> Iterator[Step]:
        """A strict sign asks for more than the other at the same bound, so its step comes after that."""

        def order(step: tuple[Any, str]) -> int:
            return signs.index(step[1])

        by_sign = sorted(side, key=order)
        for bound, sign in sorted(by_sign, key=lambda step: step[0], reverse=falling):
            yield Step(sign, bound, self.arranged(side[bound, sign], depth))


def _splits(test: Test) -> bool:
    """Whether the test can stand among others of its operand."""
    if test.negated:
        return False
    return test.kind in ("threshold", "equal") or (test.kind == "member" and len(test.bound) <= _WIDEST)
