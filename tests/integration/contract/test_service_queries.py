"""The service's queries: by keys, of tables and of indexes."""

import re
from typing import Any

import pytest

pytestmark = pytest.mark.integration

DIFFERS = pytest.mark.differs
BY_SUBJECT = {
    "IndexName": "by_subject",
    "KeyConditionExpression": "subject = :subject",
    "ExpressionAttributeValues": {":subject": {"S": "user:u_1"}},
}


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("entity = :e", ["a1", "a2", "b1", "b2"]),
        ("entity = :e AND #item = :b1", ["b1"]),
        ("entity = :e AND #item < :b1", ["a1", "a2"]),
        ("#item >= :b1 AND entity = :e", ["b1", "b2"]),
        ("entity = :e AND #item BETWEEN :a2 AND :b1", ["a2", "b1"]),
        ("entity = :e AND begins_with(#item, :b)", ["b1", "b2"]),
    ],
)
def test_a_query_is_by_partition_and_perhaps_by_sort_key(rows: Any, condition: str, found: list[str]) -> None:
    """In the order of the sort key, or against it."""
    for name in ("b2", "a1", "b1", "a2"):
        rows.put({"entity": {"S": "e"}, "item": {"S": name}})
    rows.put({"entity": {"S": "f"}, "item": {"S": "b1"}})
    request = {
        "KeyConditionExpression": condition,
        **({"ExpressionAttributeNames": {"#item": "item"}} if "#item" in condition else {}),
        "ExpressionAttributeValues": {
            f":{text}": {"S": text} for text in ("e", "a2", "b1", "b") if re.search(rf":{text}\b", condition)
        },
    }

    assert [item["item"]["S"] for item in rows.call("query", **request)["Items"]] == found
    backwards = rows.call("query", ScanIndexForward=False, **request)["Items"]
    assert [item["item"]["S"] for item in backwards] == found[::-1]


@pytest.mark.parametrize(
    "condition",
    [
        "#item = :e",
        "entity > :e",
        "entity = :e AND n = :e",
        pytest.param("entity = :e OR #item = :e", marks=DIFFERS("moto", "a query by OR is an internal error")),
    ],
)
def test_a_query_by_anything_else_is_refused(rows: Any, condition: str) -> None:
    """A partition key is named exactly, and nothing but keys stands beside it."""
    names = {"ExpressionAttributeNames": {"#item": "item"}} if "#item" in condition else {}
    values = {"ExpressionAttributeValues": {":e": {"S": "e"}}}

    assert "ValidationException" in rows.refusal("query", KeyConditionExpression=condition, **names, **values)


def test_an_index_holds_what_it_projects_of_items_that_have_its_keys(decisions: Any) -> None:
    """In the order of its sort key."""
    for number, when in enumerate(["t3", "t1", "t2"]):
        item = {"decision_id": {"S": str(number)}, "subject": {"S": "user:u_1"}, "capsule": {"S": "large"}}
        decisions.put({**item, "rules": {"L": []}, **({} if when == "t2" else {"time": {"S": when}})})
    found = decisions.call("query", **BY_SUBJECT)["Items"]
    assert [item["time"]["S"] for item in found] == ["t1", "t3"]
    assert found[0].keys() == {"decision_id", "subject", "time", "rules"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"ConsistentRead": True},
        pytest.param(
            {"FilterExpression": "subject = :subject"}, marks=DIFFERS("moto", "a filter may ask for the index's keys")
        ),
    ],
    ids=["consistent", "filter"],
)
def test_an_index_is_asked_only_what_it_can_answer(decisions: Any, wrong: dict[str, Any]) -> None:
    """It has no consistent reads, and no filter on its own keys."""
    assert "ValidationException" in decisions.refusal("query", **BY_SUBJECT, **wrong)


def test_an_index_follows_its_table(decisions: Any) -> None:
    """An entry moves with its keys, and goes with its item."""
    item = {"decision_id": {"S": "1"}, "subject": {"S": "user:u_1"}, "time": {"S": "t1"}}
    decisions.put(item)

    def listed(subject: str) -> list[str]:
        values = {":subject": {"S": subject}}
        condition = {"KeyConditionExpression": "subject = :subject", "ExpressionAttributeValues": values}
        return [each["time"]["S"] for each in decisions.call("query", IndexName="by_subject", **condition)["Items"]]

    decisions.put({**item, "subject": {"S": "user:u_2"}})
    assert (listed("user:u_1"), listed("user:u_2")) == ([], ["t1"])
    decisions.call("delete_item", Key={"decision_id": {"S": "1"}})
    assert listed("user:u_2") == []
