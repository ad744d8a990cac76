"""The third stage: Python source, and the function that Python makes of it.

A function calls `fire` with the number of each rule that fires. It adds to `unsure` the rules that are unknown, if all
that is unknown has no value at all; to `careful` those that only the careful way can tell; and to `later` groups of
paths that have a function of their own. It raises if a value is not what its type says.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from shared.policy.engine.expressions import Expressions, Surroundings
from shared.policy.engine.index import Block, Case, Check, Filing, Path, Split, Step
from shared.policy.engine.predicates import Junction, Operand, Predicate, Test
from shared.policy.engine.uses import Uses

_STAIRS = 5
_CHAIN = 4
_SHOWN = 8
Judge = Callable[..., None]
"""A generated function: `judge(get, values, computed, fire, unsure, careful, later)`."""


@dataclass(eq=False, slots=True)
class Group:
    """Paths that one function judges.

    A `doubtful` group's paths cannot fire any more, only be unknown or false; `exact` says that those which are not
    false are certainly unknown. `asked` counts how often it came up before it had its function.
    """

    paths: tuple[Path, ...]
    doubtful: bool = False
    exact: bool = True
    asked: int = 0
    run: Judge | None = None


@dataclass(slots=True)
class Source:
    """The text of one function `judge`, and what the names in it stand for."""

    lines: list[str]
    bound: dict[str, Any]

    @property
    def text(self) -> str:
        """The function as people read it: above it, what is bound."""
        shown = {name: value for name, value in self.bound.items() if name.startswith("constant")}
        return "\n".join([*(f"# {name} = {_shortly(value)}" for name, value in shown.items()), *self.lines, ""])

    def function(self) -> Judge:
        namespace = {"__builtins__": {}, **self.bound}
        exec(compile("\n".join(self.lines), "<policy>", "exec"), namespace)  # noqa: S102  (our own text: see above)
        judge: Judge = namespace["judge"]
        return judge


def _shortly(value: Any) -> str:
    return f"a list of {len(value)} values" if isinstance(value, frozenset) and len(value) > _SHOWN else repr(value)


def source_for(group: Group, filing: Filing, around: Surroundings) -> Source:
    """The function for a group."""
    return _Writer(filing.arranged(group.paths), around, group).source()


class _Writer:
    """Writes one function, statement by statement."""

    def __init__(self, block: Block, around: Surroundings, group: Group) -> None:
        self._block, self._doubtful, self._exact = block, group.doubtful, group.exact
        self._uses = Uses()
        self._uses.count(block)
        self._in_code = Expressions(self._uses, around)
        self._lines: list[str] = []

    def source(self) -> Source:
        self._write_block(self._block, 1, exact=self._exact)
        code = self._in_code
        reads = [f" {code.local(operand)} = {code.found(operand)}" for operand in self._uses.always]
        unset = [f" {' = '.join(code.remembered)} = UNSET"] if code.remembered else []
        head = "def judge(get, values, computed, fire, unsure, careful, later):"
        return Source([head, *unset, *reads, *(self._lines or [" pass"])], code.bound)

    def _write(self, depth: int, line: str) -> None:
        self._lines.append(" " * depth + line)

    def _write_block(self, block: Block, depth: int, *, exact: bool) -> None:
        for node in block:
            if isinstance(node, Split):
                self._write_split(node, depth, exact=exact)
            elif isinstance(node, Check):
                self._write_check(node, depth, exact=exact)
            elif self._doubtful:
                self._write(depth, f"{'unsure' if exact else 'careful'} += {node.rules!r}")
            else:
                for rule in node.rules:
                    self._write(depth, f"fire({rule})")

    def _write_check(self, node: Check, depth: int, *, exact: bool) -> None:
        test = node.test
        still_exact = exact and _told_exactly(test)
        if self._doubtful:
            self._write(depth, f"if {self._in_code.not_false(test)}:")
            self._write_block(node.then, depth + 1, exact=still_exact)
        elif isinstance(test, Junction) or test.kind in ("truth", "known"):
            self._write(depth, f"if {self._in_code.holds(test)}:")
            self._write_block(node.then, depth + 1, exact=exact)
            doubted = self._in_code.doubted(test)
            if doubted != "False":
                self._write(depth, f"elif {doubted}:")
                self._write_doubt(node.paths, depth + 1, exact=still_exact)
        else:
            self._write(depth, f"if {self._in_code.unknown(test)}:")
            self._write_doubt(node.paths, depth + 1, exact=still_exact)
            self._write(depth, f"elif {self._in_code.compared(test)}:")
            self._write_block(node.then, depth + 1, exact=exact)

    def _write_doubt(self, paths: Iterable[Path], depth: int, *, exact: bool) -> None:
        """The paths cannot fire any more; those with tests left may yet turn out false."""
        done = tuple(dict.fromkeys(path.rule for path in paths if not path.tests))
        left = tuple(path for path in paths if path.tests)
        if done:
            self._write(depth, f"{'unsure' if exact else 'careful'} += {done!r}")
        if left:
            self._write(depth, f"later.append({self._in_code.bind('group', Group(left, doubtful=True, exact=exact))})")

    def _write_split(self, node: Split, depth: int, *, exact: bool) -> None:
        self._write(depth, f"if {self._in_code.value(node.operand)} is None:")
        self._write_doubt(node.paths, depth + 1, exact=exact and _reads_one(node.operand))
        self._write(depth, "else:")
        local = self._in_code.local(node.operand)
        self._write_stairs(local, node.ups, depth + 1, exact=exact)
        self._write_stairs(local, node.downs, depth + 1, exact=exact)
        self._write_cases(local, node.cases, depth + 1, exact=exact)

    def _write_stairs(
        self, local: str, steps: tuple[Step, ...], depth: int, *, exact: bool, entered: bool = False
    ) -> None:
        """Steps one inside the other. Long stairs are cut into flights, so that Python's nesting is enough for them."""
        size = max(1, math.ceil(len(steps) / _STAIRS))
        for first in range(0, len(steps), size):
            flight = steps[first : first + size]
            if first or not entered:
                self._write(depth, f"if {local} {flight[0].sign} {self._in_code.literal(flight[0].bound)}:")
                depth += 1
            if size == 1:
                self._write_block(flight[0].then, depth, exact=exact)
            else:
                self._write_stairs(local, flight, depth, exact=exact, entered=True)

    def _write_cases(self, local: str, cases: tuple[Case, ...], depth: int, *, exact: bool) -> None:
        if not cases:
            return
        if cases[0].then is None:
            groups = {case.value: Group(case.paths, self._doubtful, exact) for case in cases}
            self._write(depth, f"case = {self._in_code.bind('groups', groups.get)}({local})")
            self._write(depth, "if case is not None: later.append(case)")
        elif len(cases) <= _CHAIN:
            for number, case in enumerate(cases):
                self._write(depth, f"{'el' * (number > 0)}if {local} == {self._in_code.literal(case.value)}:")
                self._write_block(case.then or (), depth + 1, exact=exact)
        else:
            numbers = {case.value: number for number, case in enumerate(cases)}
            self._write(depth, f"case = {self._in_code.bind('cases', numbers.get)}({local})")
            self._write(depth, "if case is not None:")
            self._write_halves(cases, range(len(cases)), depth + 1, exact=exact)

    def _write_halves(self, cases: tuple[Case, ...], among: range, depth: int, *, exact: bool) -> None:
        if len(among) == 1:
            self._write_block(cases[among[0]].then or (), depth, exact=exact)
            return
        middle = len(among) // 2
        self._write(depth, f"if case < {among[middle]}:")
        self._write_halves(cases, among[:middle], depth + 1, exact=exact)
        self._write(depth, "else:")
        self._write_halves(cases, among[middle:], depth + 1, exact=exact)


def _told_exactly(predicate: Predicate) -> bool:
    """Whether code can tell unknown from false and broken: it stops at the first thing that is unknown."""
    if isinstance(predicate, Test):
        return len(predicate.operands) == 1 and _reads_one(predicate.operands[0])
    return predicate.word == "either" and all(
        isinstance(part, Test) and _told_exactly(part) for part in predicate.parts
    )


def _reads_one(operand: Operand) -> bool:
    return len(operand.parts) <= 1 and all(map(_reads_one, operand.parts))
