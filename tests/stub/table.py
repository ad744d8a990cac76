"""A DynamoDB table in memory: its items and indexes, what may be written to it, and what each write costs.

Items are never changed in place, so that an item may be handed out, kept as an image, or put back, uncopied.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.stub.attributes import Attribute, Item, checked, kind_of, scalar
from tests.stub.conditions import holds
from tests.stub.errors import ServiceError, invalid
from tests.stub.syntax import Substitutions
from tests.stub.units import LARGEST_ITEM, Index, index_units, item_size, write_units
from tests.stub.updates import changed_by, updated

LONGEST_PARTITION_KEY, LONGEST_SORT_KEY = 2048, 1024

Request = Mapping[str, Any]
Key = tuple[str | Decimal | bytes, ...]
"""The values of the primary key, or of an index's keys and then of the primary key."""


@dataclass(frozen=True, slots=True)
class Schema:
    """A table's keys and indexes, whether it has a stream, and the types of keys that are no strings."""

    name: str
    keys: tuple[str, ...]
    indexes: tuple[Index, ...] = ()
    streams: bool = False
    types: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, properties: Mapping[str, Any]) -> "Schema":
        """The schema that a `CreateTable` asks for, or a CloudFormation template."""
        keys = _keys(properties)
        types = {each["AttributeName"]: each["AttributeType"] for each in properties.get("AttributeDefinitions", ())}
        return cls(
            properties["TableName"],
            keys,
            tuple(_index(keys, index) for index in properties.get("GlobalSecondaryIndexes", ())),
            # A template's specification has no `StreamEnabled`: it is there for tables that have a stream.
            streams=properties.get("StreamSpecification", {"StreamEnabled": False}).get("StreamEnabled", True),
            types={name: kind for name, kind in types.items() if kind != "S"},
        )


@dataclass
class Consumed:
    """Units that calls cost: reads; writes by where they went, the table or one of its indexes by name."""

    reads: float = 0
    writes: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Consumed") -> None:
        self.reads += other.reads
        self.writes.update(other.writes)


class ConditionFailedError(ServiceError):
    """A write whose condition did not hold of what there was, which is `told` to the caller who asked for it."""

    def __init__(self, before: Item | None, *, told: bool) -> None:
        old = {"Item": before} if before and told else {}
        super().__init__("ConditionalCheckFailedException", "The conditional request failed", **old)
        self.units = write_units(before, before)


@dataclass(frozen=True, slots=True)
class Write:
    """A write that may be done: one item before and after, None where there is none."""

    table: "Table"
    key: Key
    before: Item | None
    after: Item | None

    def apply(self, consumed: Consumed, factor: int = 1) -> None:
        """Do it; `factor` 2 is the price of a transaction."""
        consumed.writes["table"] += factor * write_units(self.before, self.after)
        for index in self.table.schema.indexes:
            consumed.writes[index.name] += factor * index_units(index, self.before, self.after)
        self.table.keep(self)


class Table:
    """One table and its items. Not safe for threads: the service lets one call in at a time."""

    def __init__(self, schema: Schema, changed: Callable[[Item | None, Item | None], None]) -> None:
        self.schema = schema
        self._changed = changed
        self._items: dict[Key, Item] = {}
        self._partitions: dict[str, dict[Any, dict[Key, Item]]] = {
            name: defaultdict(dict) for name in ("", *(index.name for index in schema.indexes))
        }

    def items(self) -> list[Item]:
        """Everything, in no order."""
        return list(self._items.values())

    def at(self, key: Key) -> Item | None:
        """The item under a primary key."""
        return self._items.get(key)

    def index(self, name: str | None) -> Index:
        """An index by its name; the table itself for None."""
        if name is None:
            return Index("", self.schema.keys, None)
        for index in self.schema.indexes:
            if index.name == name:
                return index
        raise invalid(f"The table does not have the specified index: {name}")

    def entries(self, index: Index, partition: Attribute | None = None) -> Iterator[tuple[Key, Item]]:
        """An index's entries, or those under one partition key, with all their attributes, in no order."""
        partitions = self._partitions[index.name]
        some: Iterable[dict[Key, Item]]
        some = partitions.values() if partition is None else [partitions.get(scalar(partition), {})]
        for entries in some:
            yield from entries.items()

    def put(self, request: Request, given: Substitutions) -> Write:
        """Prepare a put; raises `ServiceError` where the service would refuse it."""
        after = checked(request["Item"])
        key = self.key(after)
        write = Write(self, key, self._items.get(key), after)
        _meets(request, write, given)
        self._check_index_keys(after)
        if item_size(after) > LARGEST_ITEM:
            raise invalid("Item size has exceeded the maximum allowed size")
        return write

    def update(self, request: Request, given: Substitutions) -> Write:
        """Prepare an update; raises `ServiceError` where the service would refuse it."""
        key = self.key(request["Key"], exactly=True)
        before, expression = self._items.get(key), request.get("UpdateExpression")
        after: Item = before or checked(request["Key"])
        if expression:
            changed = changed_by(expression, given)
            for name in self.schema.keys:
                if name in changed:
                    raise invalid(
                        f"One or more parameter values were invalid: Cannot update attribute {name}. "
                        "This attribute is part of the key"
                    )
        # The service tells a condition that fails before an operand that does not fit.
        _meets(request, Write(self, key, before, before), given)
        if expression:
            after = updated(expression, after, given)
        self._check_index_keys(after)
        if item_size(after) > LARGEST_ITEM:
            raise invalid("Item size to update has exceeded the maximum allowed size")
        return Write(self, key, before, after)

    def delete(self, request: Request, given: Substitutions) -> Write:
        """Prepare a deletion, or the mere check of a condition; raises `ServiceError`."""
        key = self.key(request["Key"], exactly=True)
        write = Write(self, key, self._items.get(key), None)
        _meets(request, write, given)
        return write

    def keep(self, write: Write) -> None:
        if write.after is None:
            self._items.pop(write.key, None)
        else:
            self._items[write.key] = write.after
        for index in (self.index(None), *self.schema.indexes):
            self._move(index, write)
        if write.before != write.after:
            self._changed(write.before, write.after)

    def key(self, item: Item, *, exactly: bool = False) -> Key:
        """The primary key's values; raises `ServiceError` where the item has them not, or wrong."""
        names = self.schema.keys
        if exactly and item.keys() != set(names):
            raise invalid("The provided key element does not match the schema")
        for name in names:
            if name not in item:
                raise invalid(f"One or more parameter values were invalid: Missing the key {name} in the item")
            if kind_of(item[name]) != self._type(name):
                raise invalid(
                    f"One or more parameter values were invalid: Type mismatch for key {name} "
                    f"expected: {self._type(name)} actual: {kind_of(item[name])}"
                )
        values = tuple(scalar(item[name]) for name in names)
        for name, value, most in zip(names, values, (LONGEST_PARTITION_KEY, LONGEST_SORT_KEY), strict=False):
            if value in ("", b""):
                raise invalid(
                    "One or more parameter values are not valid. "
                    f"The AttributeValue for a key attribute cannot contain an empty string value. Key: {name}"
                )
            if _length(value) > most:
                kind = "hashkey" if most == LONGEST_PARTITION_KEY else "rangekey"
                raise invalid(
                    "One or more parameter values were invalid: "
                    f"Size of {kind} has exceeded the maximum size limit of{most} bytes"
                )
        return values

    def _check_index_keys(self, item: Item) -> None:
        for index in self.schema.indexes:
            for name, most in zip(index.keys, (LONGEST_PARTITION_KEY, LONGEST_SORT_KEY), strict=False):
                if name in item:
                    self._check_index_key(index, name, item[name], most)

    def _check_index_key(self, index: Index, name: str, attribute: Attribute, most: int) -> None:
        kind = kind_of(attribute)
        if kind != self._type(name):
            raise invalid(
                f"One or more parameter values were invalid: Type mismatch for Index Key {name} "
                f"Expected: {self._type(name)} Actual: {kind} IndexName: {index.name}"
            )
        if scalar(attribute) in ("", b""):
            raise invalid(
                "One or more parameter values are not valid. A value specified for a secondary index key is not "
                "supported. The AttributeValue for a key attribute cannot contain an empty string value. "
                f"IndexName: {index.name}, IndexKey: {name}"
            )
        if _length(scalar(attribute)) > most:
            raise invalid(
                "One or more parameter values were invalid: "
                f"Size of {name} has exceeded the maximum size limit of {most} bytes IndexName: {index.name}"
            )

    def _move(self, index: Index, write: Write) -> None:
        partitions = self._partitions[index.name]
        for item in (write.before, write.after):
            if item is None or any(name not in item for name in index.keys):
                continue
            values = tuple(scalar(item[name]) for name in index.keys)
            place = values if index.name == "" else (*values, *write.key)
            if item is write.after:
                partitions[values[0]][place] = item
            else:
                partitions[values[0]].pop(place, None)

    def _type(self, name: str) -> str:
        return self.schema.types.get(name, "S")


def _meets(request: Request, write: Write, given: Substitutions) -> None:
    condition = request.get("ConditionExpression")
    if condition and not holds(condition, write.before, given):
        raise ConditionFailedError(write.before, told=request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD")


def _length(value: Any) -> int:
    return 0 if isinstance(value, Decimal) else len(value.encode() if isinstance(value, str) else value)


def _keys(properties: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(key["AttributeName"] for key in properties["KeySchema"])


def _index(table_keys: tuple[str, ...], index: Mapping[str, Any]) -> Index:
    keys, projection = _keys(index), index["Projection"]
    named = frozenset({*table_keys, *keys, *projection.get("NonKeyAttributes", ())})
    return Index(index["IndexName"], keys, None if projection["ProjectionType"] == "ALL" else named)
