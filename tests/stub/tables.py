"""DynamoDB in memory: the calls that Sluice's stores make, the service's limits, and what each call costs.

What the stub does not know is refused, be it an operation, a parameter or a word of an expression: it never guesses.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.stub.attributes import Item
from tests.stub.errors import ServiceError, invalid
from tests.stub.queries import Page, query, scan
from tests.stub.streams import Streams
from tests.stub.syntax import Substitutions
from tests.stub.table import ConditionFailedError, Consumed, Request, Schema, Table, Write
from tests.stub.transactions import Transactions
from tests.stub.units import item_size, read_units
from tests.stub.updates import projected

KEYS_PER_READ = 100
BYTES_PER_READ = 16 * 1024 * 1024
WRITES_PER_BATCH = 25

Response = dict[str, Any]
Spent = defaultdict[str, Consumed]
"""By table."""

_EXPRESSED = {"ExpressionAttributeNames", "ExpressionAttributeValues"}
_CONDITIONAL = {"TableName", "ConditionExpression", "ReturnValuesOnConditionCheckFailure", *_EXPRESSED}
_WRITE = {"ReturnConsumedCapacity", "ReturnValues", *_CONDITIONAL}
_READ = {"TableName", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames", "ReturnConsumedCapacity"}
_PAGE = {"IndexName", "FilterExpression", "Limit", "ExclusiveStartKey", *_READ, *_EXPRESSED}
_PARAMETERS = {
    "PutItem": {"Item", *_WRITE},
    "UpdateItem": {"Key", "UpdateExpression", *_WRITE},
    "DeleteItem": {"Key", *_WRITE},
    "GetItem": {"Key", *_READ},
    "BatchGetItem": {"RequestItems", "ReturnConsumedCapacity"},
    "BatchWriteItem": {"RequestItems", "ReturnConsumedCapacity"},
    "Query": {"KeyConditionExpression", "ScanIndexForward", *_PAGE},
    "Scan": _PAGE,
    "TransactWriteItems": {"TransactItems", "ClientRequestToken", "ReturnConsumedCapacity"},
    "CreateTable": {
        "TableName",
        "KeySchema",
        "AttributeDefinitions",
        "BillingMode",
        "GlobalSecondaryIndexes",
        "StreamSpecification",
    },
}
_OF_SEVERAL = ("BatchGetItem", "BatchWriteItem", "TransactWriteItems")


class Tables:
    """DynamoDB's operations by name."""

    def __init__(self, schemas: Iterable[Schema] = ()) -> None:
        self.streams = Streams()
        self._tables: dict[str, Table] = {}
        for schema in schemas:
            self._add(schema)
        self._operations: dict[str, Callable[[Request, Spent], Response]] = {
            "PutItem": lambda request, spent: self._write(Table.put, request, spent),
            "UpdateItem": lambda request, spent: self._write(Table.update, request, spent),
            "DeleteItem": lambda request, spent: self._write(Table.delete, request, spent),
            "GetItem": self._get,
            "BatchGetItem": self._batch_get,
            "BatchWriteItem": self._batch_write,
            "Query": lambda request, spent: self._page(query, request, spent),
            "Scan": lambda request, spent: self._page(scan, request, spent),
            "TransactWriteItems": Transactions(self._table).write,
            "CreateTable": self._create,
        }

    @property
    def changes(self) -> list[dict[str, Any]]:
        """The records of all tables that have a stream, in the form in which Lambda gets them."""
        return self.streams.records

    def items(self, table: str) -> list[Item]:
        """Everything that a table has."""
        return self._table(table).items()

    def call(self, operation: str, request: Request, consumed: Consumed) -> Response:
        """Do what is asked and add to `consumed`; raises `ServiceError`."""
        if operation not in self._operations:
            raise ServiceError("UnknownOperationException", f"the stub has no {operation}")
        _known(request, _PARAMETERS[operation], operation)
        spent: Spent = defaultdict(Consumed)
        try:
            answer = self._operations[operation](request, spent)
        finally:
            for each in spent.values():
                consumed.add(each)
        return answer | _capacity(request.get("ReturnConsumedCapacity", "NONE"), spent, operation)

    def _add(self, schema: Schema) -> None:
        changed = self.streams.of(schema.name, schema.keys) if schema.streams else lambda _, __: None
        self._tables[schema.name] = Table(schema, changed)

    def _table(self, name: str) -> Table:
        if name not in self._tables:
            raise ServiceError("ResourceNotFoundException", f"Requested resource not found: there is no table {name}")
        return self._tables[name]

    def _create(self, request: Request, _: Spent) -> Response:
        name = request["TableName"]
        if name in self._tables:
            raise ServiceError("ResourceInUseException", f"Table already exists: {name}")
        self._add(Schema.of(request))
        return {"TableDescription": {"TableName": name, "TableStatus": "ACTIVE"}}

    def _write(self, prepare: Callable[..., Write], request: Request, spent: Spent) -> Response:
        given = Substitutions.of(request)
        table, consumed = self._table(request["TableName"]), spent[request["TableName"]]
        try:
            write = prepare(table, request, given)
        except ConditionFailedError as failed:
            consumed.writes["table"] += failed.units
            raise
        given.check_all_used()
        write.apply(consumed)
        return _returned(request.get("ReturnValues", "NONE"), write, is_update=prepare is Table.update)

    def _get(self, request: Request, spent: Spent) -> Response:
        given = Substitutions.of(request)
        table = self._table(request["TableName"])
        item = table.at(table.key(request["Key"], exactly=True))
        found = projected(request.get("ProjectionExpression"), item or {}, given)
        given.check_all_used()
        spent[request["TableName"]].reads += read_units([item], consistent=request.get("ConsistentRead", False))
        return {"Item": found} if item is not None else {}

    def _batch_get(self, request: Request, spent: Spent) -> Response:
        asked = request["RequestItems"]
        _within(sum(len(each["Keys"]) for each in asked.values()), KEYS_PER_READ, "BatchGetItem", "keys")
        found: dict[str, list[Item]] = {}
        unprocessed: dict[str, Any] = {}
        room = BYTES_PER_READ
        for name, each in asked.items():
            _known(each, _READ - {"TableName", "ReturnConsumedCapacity"} | {"Keys"}, "BatchGetItem")
            table, given = self._table(name), Substitutions.of(each)
            keys = [table.key(key, exactly=True) for key in each["Keys"]]
            _distinct(keys)
            read: list[Item | None] = []
            for item in map(table.at, keys):
                room -= item_size(item) if item else 0
                if room < 0:
                    break
                read.append(item)
            projected(each.get("ProjectionExpression"), {}, given)
            given.check_all_used()
            found[name] = [projected(each.get("ProjectionExpression"), item, given) for item in read if item]
            spent[name].reads += read_units(read, consistent=each.get("ConsistentRead", False))
            if len(read) < len(keys):
                unprocessed[name] = {**each, "Keys": each["Keys"][len(read) :]}
        return {"Responses": found, "UnprocessedKeys": unprocessed}

    def _batch_write(self, request: Request, spent: Spent) -> Response:
        asked = request["RequestItems"]
        _within(sum(len(each) for each in asked.values()), WRITES_PER_BATCH, "BatchWriteItem", "writes")
        ready: list[Write] = []
        for name, writes in asked.items():
            table = self._table(name)
            for write in writes:
                ((kind, what),) = write.items()
                prepare = {"PutRequest": table.put, "DeleteRequest": table.delete}[kind]
                ready.append(prepare(what, Substitutions.of({})))
        _distinct([(write.table.schema.name, write.key) for write in ready])
        for prepared in ready:
            prepared.apply(spent[prepared.table.schema.name])
        return {"UnprocessedItems": {}}

    def _page(self, read: Callable[[Table, Request, Substitutions], Page], request: Request, spent: Spent) -> Response:
        given = Substitutions.of(request)
        page = read(self._table(request["TableName"]), request, given)
        given.check_all_used()
        spent[request["TableName"]].reads += page.units
        return page.to_json()


def _known(request: Mapping[str, Any], parameters: set[str], operation: str) -> None:
    unknown = request.keys() - parameters
    if unknown:
        what = ", ".join(sorted(unknown))
        raise ServiceError("UnknownOperationException", f"the stub knows no {what} of {operation}")


def _returned(wanted: str, write: Write, *, is_update: bool) -> Response:
    match wanted:
        case "NONE":
            return {}
        case "ALL_OLD":
            return {"Attributes": write.before} if write.before else {}
        case "ALL_NEW" if is_update:
            return {"Attributes": write.after}
        case _:
            raise ServiceError("UnknownOperationException", f"the stub returns no {wanted}")


def _capacity(wanted: str, spent: Spent, operation: str) -> Response:
    """What the answer says of the units, where it is asked for."""
    if wanted == "NONE":
        return {}
    told = []
    for name, consumed in spent.items():
        table = consumed.reads + consumed.writes["table"]
        written = {index: units for index, units in consumed.writes.items() if index != "table" and units}
        indexes = {index: {"CapacityUnits": units} for index, units in written.items()}
        each: dict[str, Any] = {
            "TableName": name,
            "CapacityUnits": table + sum(written.values()),
        }
        if wanted == "INDEXES":
            each |= {"Table": {"CapacityUnits": table}, "GlobalSecondaryIndexes": indexes}
        told.append(each)
    return {"ConsumedCapacity": told if operation in _OF_SEVERAL else told[0]}


def _within(number: int, most: int, operation: str, what: str) -> None:
    if number > most:
        raise invalid(
            f"Too many items requested for the {operation} call: {number} {what} in one call, {most} are taken"
        )
    if not number:
        raise invalid(f"{number} {what} in one call: {operation} takes from 1 to {most}")


def _distinct(keys: list[Any]) -> None:
    if len(set(keys)) != len(keys):
        raise invalid("Provided list of item keys contains duplicates")
