"""DynamoDB tables in memory: the calls that Sluice's stores make, the service's limits, and what each call costs."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks.expressions import Substitutions, holds, projected, updated
from tests.benchmarks.units import LARGEST_ITEM, Index, Item, index_units, item_size, read_units, write_units

KEYS_PER_READ = 100
WRITES_PER_BATCH = 25

Request = Mapping[str, Any]
Response = dict[str, Any]


class ServiceError(Exception):
    """A service's refusal: its code, a message, and what else stands in the answer."""

    def __init__(self, code: str, message: str, **more: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.body = {"__type": code, "message": message, **more}


@dataclass(frozen=True, slots=True)
class Schema:
    """A table's keys and indexes, and whether it has a stream."""

    name: str
    keys: tuple[str, ...]
    indexes: tuple[Index, ...] = ()
    streams: bool = False


@dataclass
class Consumed:
    """Units that calls cost: reads; writes by where they went, the table or one of its indexes by name."""

    reads: float = 0
    writes: Counter[str] = field(default_factory=Counter)


class Table:
    """One table and its items. Not safe for threads: the server lets one call in at a time."""

    def __init__(self, schema: Schema, changes: list[dict[str, Any]]) -> None:
        self.schema = schema
        self._changes = changes
        self._items: dict[tuple[str, ...], Item] = {}

    def get(self, request: Request, consumed: Consumed) -> Item | None:
        item = self._items.get(self._key(request["Key"]))
        consumed.reads += read_units([item], consistent=request.get("ConsistentRead", False))
        return projected(request.get("ProjectionExpression"), item, Substitutions.of(request)) if item else None

    def put(self, request: Request, consumed: Consumed) -> None:
        self._write(request, self._items.get(self._key(request["Item"])), request["Item"], consumed)

    def update(self, request: Request, consumed: Consumed) -> None:
        before = self._items.get(self._key(request["Key"]))
        after = updated(request["UpdateExpression"], before or request["Key"], Substitutions.of(request))
        self._write(request, before, after, consumed)

    def _key(self, item: Item) -> tuple[str, ...]:
        """The primary key's values; each is a non-empty string, as Sluice's all are."""
        values = tuple(str(item.get(name, {}).get("S", "")) for name in self.schema.keys)
        if not all(values):
            raise ServiceError("ValidationException", f"{self.schema.name}: a key needs {', '.join(self.schema.keys)}")
        return values

    def _write(self, request: Request, before: Item | None, after: Item, consumed: Consumed) -> None:
        condition = request.get("ConditionExpression")
        if condition and not holds(condition, before, Substitutions.of(request)):
            consumed.writes["table"] += write_units(before, before)
            wants_old = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
            old = {"Item": before} if before and wants_old else {}
            raise ServiceError("ConditionalCheckFailedException", "The conditional request failed", **old)
        if item_size(after) > LARGEST_ITEM:
            raise ServiceError("ValidationException", "Item size has exceeded the maximum allowed size")
        consumed.writes["table"] += write_units(before, after)
        for index in self.schema.indexes:
            consumed.writes[index.name] += index_units(index, before, after)
        self._items[self._key(after)] = after
        if self.schema.streams and before != after:
            self._changes.append(
                {
                    "eventName": "MODIFY" if before else "INSERT",
                    "eventSourceARN": f"arn:aws:dynamodb:us-east-1:123456789012:table/{self.schema.name}/stream/1",
                    "dynamodb": {"NewImage": after, "SequenceNumber": f"{len(self._changes) + 1:021d}"},
                }
            )


class Tables:
    """DynamoDB's operations by name."""

    def __init__(self, schemas: Iterable[Schema]) -> None:
        self.changes: list[dict[str, Any]] = []
        self._tables = {schema.name: Table(schema, self.changes) for schema in schemas}
        self._operations = {
            "PutItem": self._put,
            "UpdateItem": self._update,
            "GetItem": self._get,
            "BatchGetItem": self._batch_get,
            "BatchWriteItem": self._batch_write,
        }

    def call(self, operation: str, request: Request, consumed: Consumed) -> Response:
        """Do what is asked and add to `consumed`; raises `ServiceError`."""
        if operation not in self._operations:
            raise ServiceError("UnknownOperationException", f"the stub has no {operation}")
        return self._operations[operation](request, consumed)

    def _table(self, name: str) -> Table:
        if name not in self._tables:
            raise ServiceError("ResourceNotFoundException", f"there is no table {name}")
        return self._tables[name]

    def _put(self, request: Request, consumed: Consumed) -> Response:
        self._table(request["TableName"]).put(request, consumed)
        return {}

    def _update(self, request: Request, consumed: Consumed) -> Response:
        self._table(request["TableName"]).update(request, consumed)
        return {}

    def _get(self, request: Request, consumed: Consumed) -> Response:
        item = self._table(request["TableName"]).get(request, consumed)
        return {"Item": item} if item else {}

    def _batch_get(self, request: Request, consumed: Consumed) -> Response:
        asked = request["RequestItems"]
        _within(sum(len(each["Keys"]) for each in asked.values()), KEYS_PER_READ, "keys")
        found: dict[str, list[Item]] = {}
        for name, each in asked.items():
            table = self._table(name)
            _distinct(each["Keys"])
            items = [table.get({**each, "Key": key}, consumed) for key in each["Keys"]]
            found[name] = [item for item in items if item]
        return {"Responses": found, "UnprocessedKeys": {}}

    def _batch_write(self, request: Request, consumed: Consumed) -> Response:
        asked = request["RequestItems"]
        _within(sum(len(each) for each in asked.values()), WRITES_PER_BATCH, "writes")
        for name, writes in asked.items():
            for write in writes:
                self._table(name).put(write["PutRequest"], consumed)
        return {"UnprocessedItems": {}}


def _within(number: int, most: int, what: str) -> None:
    if not 1 <= number <= most:
        raise ServiceError("ValidationException", f"{number} {what} in one call; from 1 to {most} are taken")


def _distinct(keys: list[Item]) -> None:
    if len({repr(sorted(key.items())) for key in keys}) != len(keys):
        raise ServiceError("ValidationException", "Provided list of item keys contains duplicates")
