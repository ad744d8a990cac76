"""Random calls to the stub and to DynamoDB Local, held against each other: answers, refusals and units.

The same seed makes the same calls. Left out is what the service does not promise (the order of an index's entries under
one key, whether a page that is the last one says so) and where Local is known not to do as the service's documents say:
units of reading nothing (it asks none), of transactions (it counts checks as writes) and of reading an index by its
name, and how numbers are written that are sums, or lie in lists and maps (`3.0`, `1e2`: it keeps what it gets).
"""

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

from boto3 import Session
from botocore.exceptions import ClientError

from tests.support.backends import to_dynamodb_local, to_stub

TABLE = "random"
KINDS = {"n": "N", "m": "N", "words": "SS", "marks": "BS", "deep": "M", "parts": "L"}
"""The attributes of items, and what they mostly are."""

PATHS = (*KINDS, "deep.n", "deep.gone", "parts[0]", "parts[1]", "gone")
CLAUSES = ("SET", "REMOVE", "ADD", "DELETE")
Call = tuple[str, dict[str, Any]]


@dataclass
class Agreement:
    """How many calls of each kind were answered alike, and the first that were not."""

    calls: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    different: list[tuple[Call, Any, Any]] = field(default_factory=list)


def agreement(endpoint: str, calls: int, seed: int) -> Agreement:
    """Make so many calls to both."""
    found, random = Agreement(), Random(seed)
    both = [connect(_session(), "dynamodb") for connect in (to_stub(), to_dynamodb_local(endpoint))]
    for client in both:
        _create(client, TABLE)
    for _ in range(calls):
        operation, request = call = _call(random, TABLE)
        ours, theirs = (_answered(client, operation, request) for client in both)
        found.calls[operation] += 1
        found.refused += isinstance(ours, str)
        if ours != theirs:
            found.different.append((call, ours, theirs))
    return found


def _session() -> Session:
    return Session(region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing")


def _create(client: Any, table: str) -> None:
    client.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "part", "KeyType": "HASH"}, {"AttributeName": "sort", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("part", "sort", "group_by")],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_group",
                "KeySchema": [
                    {"AttributeName": "group_by", "KeyType": "HASH"},
                    {"AttributeName": "sort", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["n", "words"]},
            }
        ],
    )


def _answered(client: Any, operation: str, request: dict[str, Any]) -> Any:
    """The answer in a form that can be compared; of a refusal, its code."""
    try:
        answer = getattr(client, operation)(**request)
    except ClientError as refusal:
        reasons = refusal.response.get("CancellationReasons", ())
        return f"{refusal.response['Error']['Code']} {[reason['Code'] for reason in reasons]}"
    del answer["ResponseMetadata"]
    capacity = answer.pop("ConsumedCapacity", {})
    indexes = {name: each["CapacityUnits"] for name, each in capacity.get("GlobalSecondaryIndexes", {}).items()}
    if answer.get("ScannedCount") == 0:
        return answer
    return _ordered(answer), capacity.get("CapacityUnits"), {} if "ScannedCount" in answer else indexes


def _ordered(value: Any) -> Any:
    """Sets in one order, all else as it is."""
    if isinstance(value, dict):
        return {name: sorted(each) if name in ("SS", "NS", "BS") else _ordered(each) for name, each in value.items()}
    return [_ordered(each) for each in value] if isinstance(value, list) else value


def _call(random: Random, table: str) -> Call:
    kind = random.choices(("put_item", "update_item", "delete_item", "query", "transact_write_items"), (4, 8, 2, 3, 3))
    operation = kind[0]
    if operation == "query":
        return operation, {"TableName": table, **_query(random), "ReturnConsumedCapacity": "INDEXES"}
    if operation == "transact_write_items":
        writes = [random.choice((_put, _update, _delete))(random) for _ in range(random.randint(1, 3))]
        for sort, write in enumerate(writes, 1):
            write["Key" if "Key" in write else "Item"].update({"part": {"S": "a"}, "sort": {"S": str(sort)}})
        names = {"Item": "Put", "UpdateExpression": "Update"}
        items = [
            {next((names[name] for name in names if name in write), "Delete"): {"TableName": table, **write}}
            for write in writes
        ]
        return operation, {"TransactItems": items}
    write = {"put_item": _put, "update_item": _update, "delete_item": _delete}[operation](random)
    wanted = random.choice(("NONE", "ALL_OLD", "ALL_NEW")) if operation == "update_item" else "ALL_OLD"
    return operation, {"TableName": table, **write, "ReturnValues": wanted, "ReturnConsumedCapacity": "INDEXES"}


def _put(random: Random) -> dict[str, Any]:
    item = {name: _fitting(random, name) for name in KINDS if random.random() < 0.8}
    group = {"group_by": {"S": random.choice("xy")}} if random.random() < 0.5 else {}
    return {"Item": {**_key(random), **group, **item}, **_conditional(random, {})}


def _update(random: Random) -> dict[str, Any]:
    values: dict[str, Any] = {}
    clauses = random.sample(CLAUSES, random.choice((1, 1, 2)))
    update = " ".join(f"{clause} {', '.join(_actions(random, clause, values))}" for clause in clauses)
    return {"Key": _key(random), "UpdateExpression": update, **_conditional(random, values)}


def _delete(random: Random) -> dict[str, Any]:
    return {"Key": _key(random), **_conditional(random, {})}


def _query(random: Random) -> dict[str, Any]:
    index = random.random() < 0.4
    values: dict[str, Any] = {":part": {"S": random.choice("xy" if index else "ab")}}
    condition = f"{'group_by' if index else 'part'} = :part"
    sort = random.choice(
        ("", "sort < :sort", "sort >= :sort", "sort BETWEEN :sort AND :top", "begins_with(sort, :sort)")
    )
    if sort:
        condition += f" AND {sort}"
        values[":sort"] = {"S": random.choice("12345")}
        values |= {":top": {"S": "6"}} if ":top" in sort else {}
    only = {"FilterExpression": _condition(random, values, 1)} if random.random() < 0.4 else {}
    return {
        "KeyConditionExpression": condition,
        **({"IndexName": "by_group"} if index else {"ConsistentRead": random.random() < 0.5}),
        **only,
        **({} if sort else {"Limit": random.randint(1, 4)}),
        "ScanIndexForward": random.random() < 0.5,
        "ExpressionAttributeValues": values,
    }


def _key(random: Random) -> dict[str, Any]:
    part, sort = random.choice(("a1", "a2", "a3", "b4", "b5", "b6"))
    return {"part": {"S": part}, "sort": {"S": sort}}


def _conditional(random: Random, values: dict[str, Any]) -> dict[str, Any]:
    condition = {"ConditionExpression": _condition(random, values, 2)} if random.random() < 0.5 else {}
    return {**condition, **({"ExpressionAttributeValues": values} if values else {})}


def _actions(random: Random, clause: str, values: dict[str, Any]) -> list[str]:
    return [_action(random, clause, values) for _ in range(random.choice((1, 1, 2)))]


def _action(random: Random, clause: str, values: dict[str, Any]) -> str:
    path = random.choice(PATHS)
    if clause == "REMOVE":
        return path
    if clause != "SET":
        return f"{path} {_placeholder(random, values, _fitting(random, path))}"
    value = _placeholder(random, values, _fitting(random, random.choice(("n", path))))
    other = random.choice(PATHS)
    right = random.choice(
        (value, other, f"{other} + {value}", f"if_not_exists({other}, {value})", f"{value} - {other}")
    )
    if value not in right:
        del values[value]
    return f"{path} = {right}"


def _condition(random: Random, values: dict[str, Any], depth: int) -> str:
    if depth and random.random() < 0.5:
        one, other = _condition(random, values, depth - 1), _condition(random, values, depth - 1)
        return random.choice((f"{one} AND {other}", f"({one} OR {other})", f"NOT {one}\u0020AND {other}"))
    path, kind = random.choice(PATHS), random.random()
    if kind < 0.3:
        return f"{random.choice(('attribute_exists', 'attribute_not_exists'))}({path})"
    if kind < 0.4:
        return f"{path} IN ({_placeholder(random, values)}, {_placeholder(random, values)})"
    left = f"size({path})" if kind < 0.6 else path
    number = {"N": str(random.randint(0, 3))} if kind < 0.6 else _fitting(random, path)
    return f"{left} {random.choice(('=', '<>', '<', '<=', '>', '>='))} {_placeholder(random, values, number)}"


def _placeholder(random: Random, values: dict[str, Any], value: dict[str, Any] | None = None) -> str:
    name = f":v{len(values)}"
    values[name] = value or _value(random)
    return name


def _fitting(random: Random, path: str) -> dict[str, Any]:
    """A value, mostly of the kind that the path mostly has."""
    kind = KINDS.get(path, "N")
    for _ in range(100 if random.random() < 0.9 else 1):
        value = _value(random)
        if kind in value:
            break
    return value


def _value(random: Random, depth: int = 1) -> dict[str, Any]:
    some = [str(each) for each in random.sample(range(1, 5), random.randint(1, 3))]
    values: dict[str, Any] = {
        "N": random.choice(("0", "1", "2", "-3", "12", "9223372036854775807")),
        "S": random.choice(("", "1", "one", "é", "x" * 1500)),
        "B": b"".join(each.encode() for each in some),
        "SS": some,
        "NS": some,
        "BS": [each.encode() for each in some],
        "BOOL": random.random() < 0.5,
    }
    if depth:
        values |= {"M": {"n": _value(random, 0)}, "L": [_value(random, 0) for _ in some]}
    kind = random.choice(("N", *values))
    return {kind: values[kind]}
