"""The stub's tables: what they take, refuse, bill and answer."""

import base64
import json
from typing import Any

import pytest

from tests.stub.conditions import holds
from tests.stub.errors import ExpressionError, ServiceError
from tests.stub.services import Services
from tests.stub.syntax import Substitutions
from tests.stub.table import Consumed, Schema
from tests.stub.tables import Tables
from tests.stub.units import Index
from tests.stub.updates import updated

pytestmark = pytest.mark.unit

SCHEMAS = [
    Schema("log", ("id",), (Index("by_day", ("day",), frozenset({"id", "day"})),), streams=True),
    Schema("tiles", ("entity", "tile")),
]
NO_WORDS = Substitutions({}, {})


@pytest.fixture
def tables() -> Tables:
    return Tables(SCHEMAS)


def binary(content: bytes) -> str:
    return base64.b64encode(content).decode()


def put(tables: Tables, item: dict[str, Any], **more: Any) -> Consumed:
    consumed = Consumed()
    tables.call("PutItem", {"TableName": "log", "Item": item, **more}, consumed)
    return consumed


def add(tables: Tables, *elements: bytes, cap: int = 10) -> Consumed:
    consumed = Consumed()
    request = {
        "TableName": "tiles",
        "Key": {"entity": {"S": "user:1"}, "tile": {"S": "t"}},
        "UpdateExpression": "ADD #events :elements SET #expires = :expires",
        "ConditionExpression": "attribute_not_exists(#events) OR size(#events) < :cap",
        "ExpressionAttributeNames": {"#events": "events", "#expires": "expires_at"},
        "ExpressionAttributeValues": {
            ":elements": {"BS": [binary(element) for element in elements]},
            ":expires": {"N": "1800000000"},
            ":cap": {"N": str(cap)},
        },
    }
    tables.call("UpdateItem", request, consumed)
    return consumed


def tile(tables: Tables) -> dict[str, Any]:
    request = {"TableName": "tiles", "Key": {"entity": {"S": "user:1"}, "tile": {"S": "t"}}}
    found: dict[str, Any] = tables.call("GetItem", request, Consumed())["Item"]
    return found


def test_a_put_counts_table_and_indexes(tables: Tables) -> None:
    """A put of 1.5 KB with an index key takes two units of the table and one of the index."""
    consumed = put(tables, {"id": {"S": "a"}, "day": {"S": "d"}, "x": {"S": "x" * 1500}})
    assert consumed.writes == {"table": 2, "by_day": 1}
    assert consumed.reads == 0


def test_the_first_put_wins(tables: Tables) -> None:
    """A second put under `attribute_not_exists` is refused, billed, and shown what stands when it asks."""
    put(tables, {"id": {"S": "a"}, "n": {"N": "1"}})
    consumed = Consumed()
    request = {
        "TableName": "log",
        "Item": {"id": {"S": "a"}, "n": {"N": "2"}},
        "ConditionExpression": "attribute_not_exists(id)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(ServiceError) as refused:
        tables.call("PutItem", request, consumed)
    assert refused.value.body["__type"] == "ConditionalCheckFailedException"
    assert refused.value.body["Item"]["n"] == {"N": "1"}
    assert consumed.writes["table"] == 1


def test_adding_to_a_set_is_a_union(tables: Tables) -> None:
    """Elements that are there stay, and the other attribute is set."""
    add(tables, b"one", b"two")
    add(tables, b"two", b"three")
    assert sorted(tile(tables)["events"]["BS"]) == sorted(map(binary, (b"one", b"two", b"three")))
    assert tile(tables)["expires_at"] == {"N": "1800000000"}


def test_a_full_set_takes_no_more(tables: Tables) -> None:
    """The size in a condition is the number of a set's elements."""
    add(tables, b"one", b"two", cap=2)
    with pytest.raises(ServiceError, match="ConditionalCheckFailedException"):
        add(tables, b"three", cap=2)


def test_an_update_is_billed_by_the_whole_item(tables: Tables) -> None:
    """Adding one element to a tile of 1.5 KB takes two units."""
    add(tables, *(f"{number:0100}".encode() for number in range(15)), cap=100)
    assert add(tables, b"one more", cap=100).writes == {"table": 2}


def test_a_batch_reads_what_there_is(tables: Tables) -> None:
    """A batch gives the items that exist, projected, and bills each key, consistently."""
    put(tables, {"id": {"S": "a"}, "x": {"S": "x" * 5000}})
    consumed = Consumed()
    asked = {"Keys": [{"id": {"S": "a"}}, {"id": {"S": "b"}}], "ConsistentRead": True, "ProjectionExpression": "id"}
    answer = tables.call("BatchGetItem", {"RequestItems": {"log": asked}}, consumed)
    assert answer["Responses"] == {"log": [{"id": {"S": "a"}}]}
    assert consumed.reads == 2 + 1


@pytest.mark.parametrize(("keys", "message"), [(101, "101 keys"), (0, "0 keys")])
def test_a_batch_read_has_at_most_a_hundred_keys(tables: Tables, keys: int, message: str) -> None:
    """The service's limit is the stub's."""
    asked = {"Keys": [{"id": {"S": str(number)}} for number in range(keys)]}
    with pytest.raises(ServiceError, match=message):
        tables.call("BatchGetItem", {"RequestItems": {"log": asked}}, Consumed())


def test_a_batch_read_names_a_key_once(tables: Tables) -> None:
    """The service refuses a key that stands twice in a batch."""
    asked = {"Keys": [{"id": {"S": "a"}}] * 2}
    with pytest.raises(ServiceError, match="duplicates"):
        tables.call("BatchGetItem", {"RequestItems": {"log": asked}}, Consumed())


def test_a_batch_write_has_at_most_25_items(tables: Tables) -> None:
    """Twenty-five puts are written and billed one by one, twenty-six are refused."""
    consumed = Consumed()
    writes = [{"PutRequest": {"Item": {"id": {"S": str(number)}}}} for number in range(25)]
    tables.call("BatchWriteItem", {"RequestItems": {"log": writes}}, consumed)
    assert consumed.writes["table"] == 25
    with pytest.raises(ServiceError, match="26 writes"):
        tables.call("BatchWriteItem", {"RequestItems": {"log": [*writes, writes[0]]}}, Consumed())


def test_an_item_has_at_most_400_kilobytes(tables: Tables) -> None:
    """A larger one is refused before it is written."""
    with pytest.raises(ServiceError, match="Item size"):
        put(tables, {"id": {"S": "a"}, "x": {"S": "x" * 400 * 1024}})
    assert tables.changes == []


def test_the_stream_has_changes_alone(tables: Tables) -> None:
    """A first put is an INSERT, another content a MODIFY, the same again nothing; tables without a stream have none."""
    for number in ("1", "2", "2"):
        put(tables, {"id": {"S": "a"}, "n": {"N": number}})
    add(tables, b"one")
    assert [change["eventName"] for change in tables.changes] == ["INSERT", "MODIFY"]
    assert tables.changes[1]["dynamodb"]["NewImage"]["n"] == {"N": "2"}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("attribute_not_exists(id) OR version = :seven", True),
        ("attribute_not_exists(id) OR version < :seven", False),
        ("attribute_exists(id) AND version >= :seven", True),
        ("attribute_exists(id) AND lost = :seven", False),
        ("attribute_not_exists(id) OR attribute_exists(id) AND version <> :seven", False),
    ],
)
def test_conditions(condition: str, *, expected: bool) -> None:
    """Conditions compare, AND binds stronger than OR, and what is missing compares as false."""
    item = {"id": {"S": "a"}, "version": {"N": "7"}}
    assert holds(condition, item, Substitutions({}, {":seven": {"N": "7"}})) is expected


@pytest.mark.parametrize("condition", ["contains(a, :b)", "a = :b extra", "a + :b", "a ="])
def test_what_the_stub_does_not_know_is_refused(condition: str) -> None:
    """An expression beyond the stub's part of the language is an error, never a guess."""
    with pytest.raises(ExpressionError, match="the stub"):
        holds(condition, {"a": {"S": "x"}}, Substitutions({}, {":b": {"S": "x"}}))


def test_a_number_is_added_to_what_is_there() -> None:
    """ADD of a number starts from zero."""
    words = Substitutions({}, {":one": {"N": "1"}})
    once = updated("ADD n :one", {}, words)
    assert updated("ADD n :one", once, words) == {"n": {"N": "2"}}


@pytest.mark.parametrize(
    ("operation", "request_", "said"),
    [
        ("PutItem", {"Item": {"id": {"S": "a"}}, "Expected": {}}, "the stub knows no Expected of PutItem"),
        ("PutItem", {"Item": {"id": {"S": "a"}}, "ReturnValues": "ALL_NEW"}, "the stub returns no ALL_NEW"),
        ("UpdateItem", {"Key": {"id": {"S": "a"}}, "AttributeUpdates": {}}, "knows no AttributeUpdates"),
        ("Scan", {"Segment": 0, "TotalSegments": 4}, "knows no Segment, TotalSegments of Scan"),
        ("ExecuteStatement", {}, "the stub has no ExecuteStatement"),
    ],
)
def test_a_parameter_that_the_stub_does_not_know_is_refused(
    tables: Tables, operation: str, request_: dict[str, Any], said: str
) -> None:
    """To leave it out would be a guess; the message names it."""
    with pytest.raises(ServiceError, match=said):
        tables.call(operation, {"TableName": "log", **request_}, Consumed())


def test_a_write_in_a_transaction_costs_twice(tables: Tables) -> None:
    """In the table and in its indexes; one that is cancelled, too, for the condition that failed."""
    guarded = {
        "Put": {
            "TableName": "log",
            "Item": {"id": {"S": "a"}, "day": {"S": "d"}, "x": {"S": "x" * 1500}},
            "ConditionExpression": "attribute_not_exists(id)",
        }
    }
    done, cancelled = Consumed(), Consumed()
    tables.call("TransactWriteItems", {"TransactItems": [guarded]}, done)
    with pytest.raises(ServiceError, match="TransactionCanceledException"):
        tables.call("TransactWriteItems", {"TransactItems": [guarded]}, cancelled)

    assert done.writes == {"table": 4, "by_day": 2}
    assert cancelled.writes == {"table": 4}


def test_an_item_that_is_deleted_is_told_by_its_key(tables: Tables) -> None:
    """As the stream of a table has it whose records carry new images alone."""
    put(tables, {"id": {"S": "a"}, "n": {"N": "1"}})
    tables.call("DeleteItem", {"TableName": "log", "Key": {"id": {"S": "a"}}}, Consumed())

    change = tables.changes[-1]
    assert change["eventName"] == "REMOVE"
    assert change["dynamodb"]["Keys"] == {"id": {"S": "a"}}
    assert "NewImage" not in change["dynamodb"]


def test_calls_are_answered_in_process_as_over_the_wire(tables: Tables) -> None:
    """Status, headers and body by service and operation; what was refused is counted."""
    services = Services(tables)
    status, headers, body = services.answer(
        "DynamoDB_20120810", "PutItem", json.dumps({"TableName": "log", "Item": {"id": {"S": "a"}}}).encode()
    )
    assert (status, headers["content-type"], json.loads(body)) == (200, "application/x-amz-json-1.0", {})

    status, _, body = services.answer("DynamoDB_20120810", "PutItem", b'{"TableName": "none", "Item": {}}')
    assert (status, json.loads(body)["__type"]) == (400, "ResourceNotFoundException")
    assert services.usage()["PutItem"]["calls"] == 2
    assert services.usage()["PutItem"]["refused"] == 1
