"""Queries and scans, of tables and of indexes, page by page."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.stub.attributes import Attribute, Item, scalar
from tests.stub.conditions import Condition, holds, parsed
from tests.stub.errors import ExpressionError, invalid
from tests.stub.syntax import Reader, Substitutions
from tests.stub.table import Key, Request, Table
from tests.stub.units import Index, item_size, page_units
from tests.stub.updates import projected

BYTES_PER_PAGE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Page:
    """One page: what the filter let through, how many it was asked about, where to go on, and read units."""

    items: list[Item]
    scanned: int
    last: Item | None
    units: float

    def to_json(self) -> dict[str, Any]:
        more = {"LastEvaluatedKey": self.last} if self.last else {}
        return {"Items": self.items, "Count": len(self.items), "ScannedCount": self.scanned, **more}


def query(table: Table, request: Request, given: Substitutions) -> Page:
    """The entries under one partition key, in the order of the sort key, and of the primary key where these tie."""
    index = table.index(request.get("IndexName"))
    partition, sort = _key_condition(request["KeyConditionExpression"], index.keys, given)
    entries = sorted(table.entries(index, partition))
    chosen = [(key, item) for key, item in entries if sort is None or sort(item, given)]
    # What no entry was asked is asked of nothing: a wrong expression is refused, however empty the table.
    if sort:
        sort({}, given)
    if not request.get("ScanIndexForward", True):
        chosen.reverse()
    return _page(table, index, chosen, request, given)


def scan(table: Table, request: Request, given: Substitutions) -> Page:
    """Every entry, in the order of the keys: the service's is another one, which nobody may count on either."""
    index = table.index(request.get("IndexName"))
    return _page(table, index, sorted(table.entries(index)), request, given)


def _page(table: Table, index: Index, entries: list[tuple[Key, Item]], request: Request, given: Substitutions) -> Page:
    consistent = request.get("ConsistentRead", False)
    if consistent and index.name:
        raise invalid("Consistent reads are not supported on global secondary indexes")
    condition, start = request.get("FilterExpression"), request.get("ExclusiveStartKey")
    if condition:
        _check_filter(condition, index, given)
        holds(condition, None, given)
    if wanted := request.get("ProjectionExpression"):
        names = {given.name(token) for token in Reader(wanted).attributes()}
        _check_held(names, index, f"Global secondary index {index.name} does not project")
    waiting, found = entries, list[Item]()
    if start:
        waiting = _after(waiting, _place(table, index, start), backwards=not request.get("ScanIndexForward", True))
    scanned = size = 0
    last: Item | None = None
    for _, item in waiting:
        entry = index.entry(item) or {}
        scanned += 1
        size += item_size(entry)
        if not condition or holds(condition, entry, given):
            found.append(projected(wanted, entry, given))
        if scanned == request.get("Limit") or size >= BYTES_PER_PAGE:
            last = {name: item[name] for name in {*table.schema.keys, *index.keys}}
            break
    return Page(found, scanned, last, page_units(size, consistent=consistent))


def _key_condition(text: str, keys: tuple[str, ...], given: Substitutions) -> tuple[Attribute, Condition | None]:
    """The partition key's value, and the condition on the sort key, if there is one."""
    reader, partition, sort = Reader(text), None, None
    while True:
        clause = _clause(reader)
        name = given.name(clause[2] if clause[0] == "begins_with" else clause[0])
        if name == keys[0] and clause[1] == "=" and partition is None:
            partition = given.value(clause[2])
        elif name in keys[1:] and clause[1] != "<>" and sort is None:
            sort = parsed(" ".join(clause))
        else:
            raise ExpressionError(f"Invalid KeyConditionExpression: Query key condition not supported: {text}")
        if reader.word() != "AND":
            break
        reader.take()
    reader.end()
    if partition is None:
        raise ExpressionError(f"Query condition missed key schema element: {keys[0]}")
    return partition, sort


def _clause(reader: Reader) -> list[str]:
    """The tokens of one comparison of a key: `name = :v`, `name BETWEEN :a AND :b` or `begins_with(name, :v)`."""
    length = 6 if reader.peek() == "begins_with" else 5 if reader.peek(1).upper() == "BETWEEN" else 3
    return [reader.take() for _ in range(length)]


def _check_filter(condition: str, index: Index, given: Substitutions) -> None:
    names = {given.name(token) for token in Reader(condition).attributes()}
    for name in names.intersection(index.keys):
        raise ExpressionError(
            f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {name}"
        )
    _check_held(names, index, f"Secondary index {index.name} does not project one or more filter attributes:")


def _check_held(names: set[str], index: Index, refusal: str) -> None:
    missing = names - index.holds if index.holds is not None else ()
    if missing:
        raise invalid(f"One or more parameter values were invalid: {refusal} {sorted(missing)}")


def _place(table: Table, index: Index, start: Mapping[str, Attribute]) -> Key:
    names = table.schema.keys if not index.name else (*index.keys, *table.schema.keys)
    if start.keys() != set(names):
        raise invalid("The provided starting key is invalid")
    return tuple(scalar(start[name]) for name in names)


def _after(entries: list[tuple[Key, Item]], place: Key, *, backwards: bool) -> list[tuple[Key, Item]]:
    return [(key, item) for key, item in entries if (key < place if backwards else key > place)]
