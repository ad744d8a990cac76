"""A checked condition: typed nodes, between what was written and what runs."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from shared.policy.conditions.literals import written, written_duration, written_time
from shared.policy.documents.reading import Scalar
from shared.policy.problems import Span
from shared.signals.amounts import Amount

Kind = Literal[
    "text", "texts", "choice", "integer", "number", "boolean", "money", "time", "duration", "ip", "entity", "wrong"
]


@dataclass(frozen=True, slots=True)
class Type:
    """What an expression gives.

    `currency` is known for literals only; `entity` is the kind of an entity, and `keyed` says that it is a keyed
    pseudonym; `shortened`, that a text is one that timelines kept (`shared.features.kept`). `wrong` stands for an
    expression whose problem is already reported, and fits everything.
    """

    kind: Kind
    choices: tuple[str, ...] = ()
    currency: str = ""
    entity: str = ""
    keyed: bool = False
    shortened: bool = False

    def __str__(self) -> str:
        if self.kind == "entity":
            return f"an entity ({self.entity})"
        return _SPOKEN.get(self.kind, f"a {self.kind}")


_SPOKEN = {
    "text": "text",
    "texts": "a list of texts",
    "money": "money",
    "integer": "an integer",
    "ip": "an IP address",
}
BOOLEAN, INTEGER, NUMBER, TEXT, TEXTS, TIME, DURATION, IP, WRONG = (
    Type("boolean"),
    Type("integer"),
    Type("number"),
    Type("text"),
    Type("texts"),
    Type("time"),
    Type("duration"),
    Type("ip"),
    Type("wrong"),
)
SHORTENED = Type("text", shortened=True)
NUMERIC = ("integer", "number")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node was written: `scalar.text[first:last]`. Two nodes of one meaning are equal wherever they stand."""

    scalar: Scalar
    first: int
    last: int

    @property
    def span(self) -> Span:
        return self.scalar.span_at(self.first, self.last)


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: money is an `Amount`, a duration a `timedelta`, a time a `datetime` in UTC, a share a float."""

    value: Any
    type: Type
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A value that is read by name: a field or role of the signal, a feature, a fact derived beforehand, or `it`,
    the item that a `Quantified` is at."""

    name: str
    type: Type
    origin: Literal["field", "feature", "fact", "item"]
    personal: bool = False
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ListName:
    """`lists.name`."""

    name: str
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Member:
    """`item in among`, or `not in`."""

    item: "Expression"
    among: ListName | tuple[Constant, ...]
    negated: bool
    type: Type = BOOLEAN
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Compare:
    """`a < b <= c`: each neighbouring pair must hold."""

    operands: tuple["Expression", ...]
    operators: tuple[str, ...]
    type: Type = BOOLEAN
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Logic:
    """`and`, `or`, `not` in three-valued logic."""

    operator: Literal["and", "or", "not"]
    operands: tuple["Expression", ...]
    type: Type = BOOLEAN
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`+ - * /` on numbers, money, times and durations."""

    operator: str
    left: "Expression"
    right: "Expression"
    type: Type
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the table in `functions`; `run` takes the arguments' values, all of them known."""

    function: str
    arguments: tuple["Expression | ListName", ...]
    run: Callable[..., Any]
    type: Type
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Quantified:
    """`any(source, predicate)` or `all(…)`: the predicate, for each item as `it`, joined by `or` or `and`.

    Of an empty list, any is false and all is true; of an unknown one, both are unknown.
    """

    word: Literal["any", "all"]
    source: "Expression"
    predicate: "Expression"
    type: Type = BOOLEAN
    place: Place | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Known:
    """`known(name)`: whether there is a value. True or false, never unknown itself."""

    item: Name
    type: Type = BOOLEAN
    place: Place | None = field(default=None, compare=False, repr=False)


Expression = Constant | Name | Member | Compare | Logic | Arithmetic | Call | Quantified | Known


def children(node: Expression | ListName) -> Iterator[Expression | ListName]:
    """The parts that a node is made of."""
    if isinstance(node, Compare | Logic):
        yield from node.operands
    elif isinstance(node, Member):
        yield node.item
        if isinstance(node.among, ListName):
            yield node.among
        else:
            yield from node.among
    elif isinstance(node, Arithmetic):
        yield node.left
        yield node.right
    elif isinstance(node, Call):
        yield from node.arguments
    elif isinstance(node, Quantified):
        yield node.source
        yield node.predicate
    elif isinstance(node, Known):
        yield node.item


def walk(node: Expression | ListName) -> Iterator[Expression | ListName]:
    """The node and everything in it."""
    yield node
    for child in children(node):
        yield from walk(child)


def names(node: Expression) -> list[Name]:
    """The names that are read from a signal's values, each once, in the order of the text."""
    return list(dict.fromkeys(part for part in walk(node) if isinstance(part, Name) and part.origin != "item"))


_STRENGTH = {"or": 1, "and": 2, "not": 3, "compare": 4, "+": 5, "-": 5, "*": 6, "/": 6}
_ATOM = 9


def source_of(node: Expression | ListName) -> str:
    """The expression as canonical text: the same text for the same meaning, whatever the blanks and quotes were."""
    return _written(node)[0]


def _written(node: Expression | ListName) -> tuple[str, int]:
    """The text, and how strongly it holds together."""
    match node:
        case Member(item, among, negated):
            group = f"({', '.join(map(source_of, among))})" if isinstance(among, tuple) else source_of(among)
            return f"{_within(item, 5)} {'not ' * negated}in {group}", _STRENGTH["compare"]
        case Compare(operands, operators):
            rest = (f"{sign} {_within(part, 5)}" for sign, part in zip(operators, operands[1:], strict=True))
            return " ".join([_within(operands[0], 5), *rest]), _STRENGTH["compare"]
        case Logic("not", (operand,)):
            return f"not {_within(operand, 3)}", _STRENGTH["not"]
        case Logic(operator, operands):
            strength = _STRENGTH[operator]
            return f" {operator} ".join(_within(operand, strength + 1) for operand in operands), strength
        case Arithmetic(operator, left, right):
            strength = _STRENGTH[operator]
            return f"{_within(left, strength)} {operator} {_within(right, strength + 1)}", strength
        case _:
            return _atom(node), _ATOM


def _atom(node: Constant | Name | ListName | Call | Quantified | Known) -> str:
    match node:
        case Constant(value):
            return _literal(value)
        case Name(name):
            return name
        case ListName(name):
            return f"lists.{name}"
        case Call(function, arguments):
            return f"{function}({', '.join(map(source_of, arguments))})"
        case Quantified(word, source, predicate):
            return f"{word}({source_of(source)}, {source_of(predicate)})"
        case Known(item):
            return f"known({item.name})"


def _literal(value: Any) -> str:
    match value:
        case Amount():
            return written(value)
        case timedelta():
            return written_duration(value)
        case datetime():
            return f'"{written_time(value)}"'
    return json.dumps(value, ensure_ascii=False)


def _within(node: Expression, strength: int) -> str:
    text, own = _written(node)
    return text if own >= strength else f"({text})"
