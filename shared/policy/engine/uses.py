"""How often the code of a block needs each operand: what is read once at the top, what is remembered, what is not."""

from collections import Counter
from dataclasses import dataclass, field

from shared.policy.engine.index import Block, Check, Split
from shared.policy.engine.predicates import Junction, Operand, tests_in


@dataclass
class Uses:
    """How operands are used in a block: always (at its top), and how often."""

    always: dict[Operand, None] = field(default_factory=dict)
    often: Counter[Operand] = field(default_factory=Counter)
    exposed: set[Operand] = field(default_factory=set)
    """Where a lower bound would not raise, but be taken for a value."""

    def count(self, block: Block, *, top: bool = True) -> None:
        for node in block:
            if isinstance(node, Split):
                self._use(node.operand, always=top)
                if node.cases:
                    self.exposed.add(node.operand)
                for step in (*node.ups, *node.downs):
                    self.count(step.then, top=False)
                for case in node.cases:
                    self.count(case.then or (), top=False)
            elif isinstance(node, Check):
                # Inside a junction a local may stay unread, so it has to be set beforehand: it counts as used twice.
                junction = isinstance(node.test, Junction)
                for test in tests_in(node.test):
                    if test.kind not in ("threshold", "relation") or test.sign in ("==", "!="):
                        self.exposed.update(test.operands)
                    for operand in test.operands:
                        self._use(operand, always=top and not junction, times=1 + junction)
                self.count(node.then, top=False)

    def _use(self, operand: Operand, *, always: bool, times: int = 1) -> None:
        self.often[operand] += times
        if always and operand.kind in ("field", "feature", "minor"):
            self.always[operand] = None
        for part in operand.parts:
            # Read on the way to the operand or not at all, so it has to be set beforehand, too.
            self._use(part, always=always and operand.kind == "sum", times=2)
            if operand.kind != "sum":
                self.exposed.add(part)
