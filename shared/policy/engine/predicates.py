"""What conditions are made of once they are in normal form: operands, tests of them, and junctions of tests."""

from dataclasses import dataclass, field
from typing import Any, Literal

from shared.policy.conditions.tree import Expression

OperandKind = Literal["field", "feature", "minor", "sum", "call", "match", "patterns", "fact", "opaque"]


@dataclass(frozen=True, slots=True)
class Operand:
    """A value that tests look at; generated code keeps each in a local, where None is unknown.

    `field` and `feature` are read by name, `minor` is the minor units of an amount if it is in `currency`, `sum` is
    plain arithmetic over `parts`, `call` a function of them or their being in a list. A `match` is whether a pattern is
    among those found in a text, its one part, which is `patterns`: all that rules seek there are sought at once. A
    `fact` is taken as it was recorded, else computed from its one part and noted. `opaque` is whatever only the
    careful way understands: generated code asks it.
    """

    kind: OperandKind
    text: str
    node: Expression = field(compare=False, repr=False)
    currency: str = ""
    parts: tuple["Operand", ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Test:
    """A comparison or a truth. It holds where `node` is true, or false if `held` is false; else it is unknown.

    A `threshold` orders one operand against the constant `bound`, `equal` and `member` look for it among constants,
    `relation` compares two operands, `truth` asks a boolean operand, `known` whether there is a value at all.
    `sign` and `negated` say the same for code: a threshold that must not hold is turned round where that is exact.
    """

    kind: Literal["threshold", "equal", "member", "relation", "truth", "known"]
    node: Expression = field(compare=False, repr=False)
    text: str
    held: bool
    operands: tuple[Operand, ...]
    sign: str = ""
    bound: Any = None
    negated: bool = False

    def __str__(self) -> str:
        return self.text if self.held else f"not {self.text}"


@dataclass(frozen=True, slots=True)
class Junction:
    """`every` part must hold, or `either` of them. Without parts, the one always holds, and the other never."""

    word: Literal["every", "either"]
    parts: tuple["Test | Junction", ...]

    def __str__(self) -> str:
        return "(" + (" and " if self.word == "every" else " or ").join(map(str, self.parts)) + ")"


Predicate = Test | Junction
ALWAYS, NEVER = Junction("every", ()), Junction("either", ())


def tests_in(predicate: Predicate) -> "list[Test]":
    """The tests that a predicate is made of, in order."""
    if isinstance(predicate, Test):
        return [predicate]
    return [test for part in predicate.parts for test in tests_in(part)]
