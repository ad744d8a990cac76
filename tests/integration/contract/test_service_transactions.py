"""The service's transactions: all of the writes or none, and each reason told."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

pytestmark = pytest.mark.integration


def key(name: str) -> dict[str, Any]:
    return {"entity": {"S": "e"}, "item": {"S": name}}


def put(rows: Any, name: str, **more: Any) -> dict[str, Any]:
    return {"Put": {"TableName": rows.table, "Item": {**key(name), "n": {"N": "1"}}, **more}}


def add_one(rows: Any, name: str) -> dict[str, Any]:
    values = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    return {"Update": {"TableName": rows.table, "Key": key(name), **values}}


def test_all_writes_are_done(rows: Any) -> None:
    """Puts, updates, deletions and mere checks."""
    rows.put(key("old"))
    rows.client.transact_write_items(
        TransactItems=[
            put(rows, "a"),
            add_one(rows, "b"),
            {"Delete": {"TableName": rows.table, "Key": key("old")}},
            {
                "ConditionCheck": {
                    "TableName": rows.table,
                    "Key": key("none"),
                    "ConditionExpression": "attribute_not_exists(entity)",
                }
            },
        ]
    )

    found = {item["item"]["S"]: item.get("n") for item in rows.call("scan")["Items"]}
    assert found == {"a": {"N": "1"}, "b": {"N": "1"}}


def test_one_condition_that_fails_undoes_all(rows: Any) -> None:
    """Each write has its reason, and the one that was in the way shows what stands where it was asked to."""
    rows.put(key("there"))
    guarded = {
        "ConditionExpression": "attribute_not_exists(entity)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(ClientError, match="TransactionCanceledException") as refused:
        rows.client.transact_write_items(TransactItems=[put(rows, "a"), put(rows, "there", **guarded)])

    first, second = refused.value.response["CancellationReasons"]
    assert first["Code"] == "None"
    assert (second["Code"], second["Item"]) == ("ConditionalCheckFailed", key("there"))
    assert rows.get(entity="e", item="a") == {}


def test_no_item_stands_twice_in_a_transaction(rows: Any) -> None:
    """Which would come first is nothing that it says."""
    with pytest.raises(ClientError, match="multiple operations on one item"):
        rows.client.transact_write_items(TransactItems=[put(rows, "a"), add_one(rows, "a")])


@pytest.mark.differs("moto", "a token is not known again")
def test_a_transaction_that_is_repeated_by_its_token_is_done_once(rows: Any) -> None:
    """As the SDK does when an answer was lost; the same token for other writes is refused."""
    for _ in range(2):
        rows.client.transact_write_items(TransactItems=[add_one(rows, "a")], ClientRequestToken=rows.table[-32:])
    assert rows.get(entity="e", item="a")["n"] == {"N": "1"}

    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        rows.client.transact_write_items(TransactItems=[add_one(rows, "b")], ClientRequestToken=rows.table[-32:])


def test_an_item_that_would_be_too_large_undoes_all(rows: Any) -> None:
    """The limit is the same as outside of transactions."""
    large = {"TableName": rows.table, "Item": {**key("large"), "x": {"S": "x" * 400 * 1024}}}
    with pytest.raises(ClientError):
        rows.client.transact_write_items(TransactItems=[put(rows, "a"), {"Put": large}])

    assert rows.call("scan")["Items"] == []
