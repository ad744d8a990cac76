"""Update and projection expressions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any

from tests.stub.attributes import SETS, Attribute, Item, kind_of, minus, plus
from tests.stub.errors import ExpressionError, invalid
from tests.stub.syntax import Path, Reader, Substitutions, found, replaced

Value = Callable[[Item, Substitutions], Attribute | None]
Change = Callable[[Attribute | None, Attribute], Attribute | None]
"""From what is there and a value to what is there then."""

_TYPE = "An operand in the update expression has an incorrect data type"
_TAKEN = {"ADD": SETS | {"N"}, "DELETE": SETS, "+": {"N"}, "-": {"N"}}
_MISSING = "The provided expression refers to an attribute that does not exist in the item"


@dataclass(frozen=True, slots=True)
class _Action:
    """One path's change: the new value, of the item as it was; None removes it.

    `literals` are the values of the request that its operator takes of some types only.
    """

    path: Path
    value: Value
    operator: str = ""
    literals: tuple[str, ...] = ()


def changed_by(expression: str, given: Substitutions) -> set[str | int]:
    """The attributes that an update changes, or parts of them; raises where it could not be done to any item."""
    actions = _parsed(expression)
    paths = [given.path(action.path) for action in actions]
    for one, other in combinations(paths, 2):
        if one[: len(other)] == other[: len(one)]:
            raise ExpressionError(
                "Invalid UpdateExpression: Two document paths overlap with each other; "
                f"must remove or rewrite one of these paths; path one: {list(one)}, path two: {list(other)}"
            )
    for action in actions:
        for token in action.literals:
            kind = kind_of(given.value(token))
            if kind not in _TAKEN[action.operator]:
                raise ExpressionError(
                    "Invalid UpdateExpression: Incorrect operand type for operator or function; "
                    f"operator: {action.operator}, operand type: {kind}"
                )
    return {path[0] for path in paths}


def updated(expression: str, item: Item, given: Substitutions) -> dict[str, Any]:
    """The item after an update; every operand is of the item as it was before."""
    changes = [(given.path(action.path), action.value(item, given)) for action in _parsed(expression)]
    after = dict(item)
    # Removals last, and the last of a list first: then places in lists mean what they meant before.
    for path, value in sorted(changes, key=lambda each: (each[1] is None, _backwards(each[0]))):
        if len(path) == 1 and isinstance(path[0], str) and value is not None:
            after[path[0]] = value
        else:
            after = dict(replaced({"M": after}, path, value)["M"])
    return after


def projected(expression: str | None, item: Item, given: Substitutions) -> Item:
    """The attributes that a projection expression asks for; all where there is none."""
    if not expression:
        return item
    paths = [given.path(path) for path in _projection(expression)]
    if any(len(path) > 1 for path in paths):
        raise ExpressionError(f"the stub projects whole attributes only, not {expression!r}")
    return {str(path[0]): item[str(path[0])] for path in paths if path[0] in item}


@lru_cache(maxsize=4096)
def _projection(expression: str) -> tuple[Path, ...]:
    reader = Reader(expression)
    paths = tuple(reader.paths())
    reader.end()
    return paths


@lru_cache(maxsize=4096)
def _parsed(expression: str) -> tuple[_Action, ...]:
    reader, clauses = Reader(expression), set[str]()
    actions: list[_Action] = []
    while reader.peek():
        clause = reader.take().upper()
        if clause not in _CLAUSES:
            raise ExpressionError(f"the stub knows no clause {clause!r} in {expression!r}")
        if clause in clauses:
            raise ExpressionError(
                f'Invalid UpdateExpression: The "{clause}" section can only be used once in an update expression;'
            )
        clauses.add(clause)
        actions += _CLAUSES[clause](reader)
    if not actions:
        raise ExpressionError("Invalid UpdateExpression: The expression can not be empty;")
    return tuple(actions)


def _sets(reader: Reader) -> Iterator[_Action]:
    yield _set(reader)
    while reader.takes(","):
        yield _set(reader)


def _set(reader: Reader) -> _Action:
    path = reader.path()
    reader.take("=")
    tokens, left = [reader.peek()], _operand(reader)
    sign = reader.peek()
    if sign not in ("+", "-"):
        return _Action(path, left)
    reader.take()
    tokens.append(reader.peek())
    right, combine = _operand(reader), plus if sign == "+" else minus

    def value(item: Item, given: Substitutions) -> Attribute:
        numbers = [operand(item, given) or {} for operand in (left, right)]
        if any("N" not in each for each in numbers):
            raise invalid(_TYPE)
        return {"N": combine(numbers[0]["N"], numbers[1]["N"])}

    return _Action(path, value, sign, tuple(token for token in tokens if token.startswith(":")))


def _operand(reader: Reader) -> Value:
    if reader.peek() == "if_not_exists" and reader.peek(1) == "(":
        reader.take()
        reader.take("(")
        path = reader.path()
        reader.take(",")
        otherwise = _operand(reader)
        reader.take(")")
        return lambda item, given: _first(found(item, given.path(path)), otherwise(item, given))
    if reader.peek().startswith(":"):
        token = reader.value()
        return lambda _, given: given.value(token)
    there = reader.path()

    def value(item: Item, given: Substitutions) -> Attribute:
        attribute = found(item, given.path(there))
        if attribute is None:
            raise invalid(_MISSING)
        return attribute

    return value


def _first(there: Attribute | None, otherwise: Attribute | None) -> Attribute | None:
    return otherwise if there is None else there


def _removals(reader: Reader) -> Iterator[_Action]:
    for path in reader.paths():
        yield _Action(path, lambda _, __: None)


def _additions(reader: Reader) -> Iterator[_Action]:
    return _with_values(reader, "ADD", _added)


def _deletions(reader: Reader) -> Iterator[_Action]:
    return _with_values(reader, "DELETE", _less)


def _with_values(reader: Reader, operator: str, change: Change) -> Iterator[_Action]:
    while True:
        path, token = reader.path(), reader.value()
        yield _Action(path, _of_what_is_there(path, token, change), operator, (token,))
        if not reader.takes(","):
            return


def _of_what_is_there(path: Path, token: str, change: Change) -> Value:
    return lambda item, given: change(found(item, given.path(path)), given.value(token))


def _added(there: Attribute | None, value: Attribute) -> Attribute:
    kind = kind_of(value)
    if there is None:
        return value
    if kind not in there:
        raise invalid(_TYPE)
    if kind == "N":
        return {"N": plus(there["N"], value["N"])}
    return {kind: sorted({*there[kind], *value[kind]})}


def _less(there: Attribute | None, value: Attribute) -> Attribute | None:
    kind = kind_of(value)
    if there is None:
        return None
    if kind not in there:
        raise invalid(_TYPE)
    left = set(there[kind]).difference(value[kind])
    return {kind: sorted(left)} if left else None


def _backwards(path: Path) -> tuple[tuple[int, str], ...]:
    return tuple((-step, "") if isinstance(step, int) else (0, step) for step in path)


_CLAUSES: dict[str, Callable[[Reader], Iterator[_Action]]] = {
    "SET": _sets,
    "REMOVE": _removals,
    "ADD": _additions,
    "DELETE": _deletions,
}
