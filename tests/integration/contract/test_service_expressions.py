"""The service's expressions: conditions and updates, as far as the stores speak them."""

from typing import Any

import pytest

pytestmark = pytest.mark.integration

DIFFERS = pytest.mark.differs
NO_SIZE = DIFFERS("moto", "the size of what has none is an internal error")
KEY = {"entity": {"S": "e"}, "item": {"S": "i"}}
ITEM = {
    **KEY,
    "n": {"N": "7"},
    "text": {"S": "été"},
    "bytes": {"B": b"\x01\xff"},
    "many": {"BS": [b"1", b"2"]},
    "deep": {"M": {"k": {"N": "1"}}},
    "parts": {"L": [{"N": "1"}, {"N": "2"}]},
}
VALUES = {
    ":six": {"N": "6"},
    ":seven": {"N": "7.0"},
    ":ten": {"N": "10"},
    ":text": {"S": "7"},
    ":start": {"S": "ét"},
    ":byte": {"B": b"\x01"},
    ":three": {"N": "3"},
    ":two": {"N": "2"},
    ":same": {"BS": [b"2", b"1"]},
}


def used(expression: str, values: dict[str, Any]) -> dict[str, Any]:
    """The values that an expression names; the service refuses to be given others."""
    words = expression.replace(",", " ").replace("(", " ").replace(")", " ").split()
    found = {name: value for name, value in values.items() if name in words}
    return {"ExpressionAttributeValues": found} if found else {}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("n = :seven", True),
        ("n <> :seven", False),
        ("n < :ten", True),  # as numbers, not as texts
        ("n >= :ten", False),
        ("n > :six", True),
        ("n <= :six", False),
        ("n = :text", False),
        ("n <> :text", True),
        pytest.param("n < :text", False, marks=DIFFERS("moto", "values of different types are compared, and fail")),
        ("gone = :seven", False),
        ("gone <> :seven", True),
        ("gone < :seven", False),
        pytest.param("gone = lost", False, marks=DIFFERS("moto", "two missing attributes are equal")),
        ("NOT gone = :seven", True),
        ("n BETWEEN :six AND :ten", True),
        ("n BETWEEN :seven AND :seven", True),
        ("gone BETWEEN :six AND :ten", False),
        ("n IN (:six, :seven, :text)", True),
        ("n IN (:six, :text)", False),
        ("begins_with(#text, :start)", True),
        pytest.param("begins_with(#bytes, :byte)", True, marks=DIFFERS("moto", "binaries begin with nothing")),
        ("begins_with(n, :start)", False),
        ("begins_with(gone, :start)", False),
        ("attribute_exists(deep.k)", True),
        ("attribute_exists(deep.lost)", False),
        ("attribute_exists(n.k)", False),
        ("attribute_not_exists(parts[2])", True),
        ("parts[1] = :two", True),
        ("many = :same", True),
        ("size(many) = :two", True),
        ("size(#text) = :three", True),
        ("size(#bytes) = :two", True),
        ("size(deep) < :two", True),
        ("size(parts) >= :two", True),
        pytest.param("size(n) < :ten", False, marks=NO_SIZE),
        pytest.param("size(gone) < :ten", False, marks=NO_SIZE),
        pytest.param("NOT size(gone) < :ten", True, marks=NO_SIZE),
        ("attribute_exists(gone) OR n = :seven AND gone = :six", False),
        ("n = :seven OR n = :six AND gone = :ten", True),
        ("(n = :seven OR n = :six) AND gone = :ten", False),
        ("NOT (n = :six OR gone = :ten) and n = :seven", True),
        ("NOT n = :six AND NOT gone = :ten", True),
        ("attribute_not_exists(#item)", False),
    ],
)
def test_a_condition_holds_or_not(rows: Any, condition: str, *, holds: bool) -> None:
    """What is missing compares as false, but is unlike everything; AND binds closer than OR, and NOT closer still."""
    rows.put(ITEM)
    names = {f"#{name}": name for name in ("text", "bytes", "item") if f"#{name}" in condition}
    request = {
        "ConditionExpression": condition,
        **({"ExpressionAttributeNames": names} if names else {}),
        **used(condition, VALUES),
    }
    written = {**ITEM, "written": {"BOOL": True}}
    if holds:
        rows.put(written, **request)
    else:
        refusal = rows.refusal("put_item", Item=written, **request)
        assert refusal == "ConditionalCheckFailedException: The conditional request failed"

    assert ("written" in rows.get(entity="e", item="i")) is holds


def test_a_refused_write_shows_what_stands_to_who_asks(rows: Any) -> None:
    """The item as it is, in the error; nothing, where there is no item or nobody asks."""
    rows.put(ITEM)
    error = rows.client.exceptions.ConditionalCheckFailedException

    def stands(**more: str) -> dict[str, Any] | None:
        condition = "attribute_not_exists(entity)" if more else "attribute_exists(gone)"
        with pytest.raises(error) as refused:
            rows.put(KEY, ConditionExpression=condition, **more)
        found: dict[str, Any] | None = refused.value.response.get("Item")
        return found

    assert stands() is None
    assert stands(ReturnValuesOnConditionCheckFailure="ALL_OLD") == ITEM


@pytest.mark.parametrize(
    ("update", "changed"),
    [
        ("SET a = :six", {"a": {"N": "6"}}),
        ("SET a = n, n = :six", {"a": {"N": "7"}, "n": {"N": "6"}}),
        ("SET a = n + :ten", {"a": {"N": "17"}}),
        ("SET a = :six - n", {"a": {"N": "-1"}}),
        ("SET a = if_not_exists(a, :six) + :ten", {"a": {"N": "16"}}),
        ("SET n = if_not_exists(n, :six) + :ten", {"n": {"N": "17"}}),
        ("SET deep.k = :six, deep.j = :ten", {"deep": {"M": {"k": {"N": "6"}, "j": {"N": "10"}}}}),
        ("SET parts[0] = :six", {"parts": {"L": [{"N": "6"}, {"N": "2"}]}}),
        ("SET parts[9] = :six", {"parts": {"L": [{"N": "1"}, {"N": "2"}, {"N": "6"}]}}),
        ("REMOVE deep.k, n", {"deep": {"M": {}}, "n": None}),
        ("REMOVE parts[0], gone", {"parts": {"L": [{"N": "2"}]}}),
        ("ADD n :ten, a :six", {"n": {"N": "17"}, "a": {"N": "6"}}),
        ("ADD many :more", {"many": {"BS": [b"1", b"2", b"3"]}}),
        ("ADD fresh :more", {"fresh": {"BS": [b"2", b"3"]}}),
        ("ADD deep.k :six", {"deep": {"M": {"k": {"N": "7"}}}}),
        ("DELETE many :more", {"many": {"BS": [b"1"]}}),
        ("DELETE many :same", {"many": None}),
        ("DELETE gone :more", {}),
        ("SET a = :six REMOVE n ADD b :ten", {"a": {"N": "6"}, "n": None, "b": {"N": "10"}}),
    ],
)
def test_an_update_changes_what_it_names(rows: Any, update: str, changed: dict[str, Any]) -> None:
    """All else stays; every operand is the item's as it was before; what is removed to nothing is gone."""
    rows.put(ITEM)
    answer = rows.call(
        "update_item",
        Key=KEY,
        UpdateExpression=update,
        ReturnValues="ALL_NEW",
        **used(update, {**VALUES, ":more": {"BS": [b"2", b"3"]}}),
    )

    expected = {name: value for name, value in {**ITEM, **changed}.items() if value is not None}
    assert sets_apart(rows.get(entity="e", item="i")) == sets_apart(expected)
    assert sets_apart(answer["Attributes"]) == sets_apart(expected)


def sets_apart(item: dict[str, Any]) -> dict[str, Any]:
    """The item, with its sets in one order: the service gives them back in any."""
    return {name: {kind: sorted(v) if kind == "BS" else v for kind, v in each.items()} for name, each in item.items()}


@pytest.mark.parametrize(
    ("update", "why"),
    [
        ("SET deep.lost.k = :six", "document path"),
        ("REMOVE deep.lost.k", "document path"),
        ("SET a = gone", "does not exist"),
        ("SET a = gone + :six", "does not exist"),
        ("SET a = many + :six", "operand|operator"),
        ("ADD many :six", "incorrect data type"),
        ("ADD n :more", "incorrect data type"),
        ("ADD a :text", "operator: ADD|incorrect data type"),
        ("DELETE n :more", "incorrect data type"),
        ("SET a = :six, a.b = :ten", "overlap"),
        ("SET a = :six ADD a :ten", "overlap"),
        ("SET entity = :text", "part of the key"),
        ("SET a = :six SET b = :ten", "only be used once"),
        ("SET a = :undefined", "not defined|must not be empty"),
    ],
)
def test_an_update_that_cannot_be_done_changes_nothing(rows: Any, update: str, why: str) -> None:
    """The service says what is wrong with it."""
    rows.put(ITEM)
    values = used(update, {**VALUES, ":more": {"BS": [b"2", b"3"]}})
    with pytest.raises(rows.client.exceptions.ClientError, match=f"ValidationException.*({why})"):
        rows.call("update_item", Key=KEY, UpdateExpression=update, **values)

    assert sets_apart(rows.get(entity="e", item="i")) == sets_apart(ITEM)


def test_an_update_of_nothing_makes_an_item(rows: Any) -> None:
    """With the key, and what the update says; one that only takes away makes an item of the key alone."""
    rows.call("update_item", Key=KEY, UpdateExpression="ADD n :one", ExpressionAttributeValues={":one": {"N": "1"}})
    assert rows.get(entity="e", item="i") == {**KEY, "n": {"N": "1"}}

    other = {**KEY, "item": {"S": "j"}}
    rows.call("update_item", Key=other, UpdateExpression="DELETE x :x", ExpressionAttributeValues={":x": {"SS": ["a"]}})
    assert rows.get(entity="e", item="j") == other


@pytest.mark.parametrize("word", ["item", "Time", "status"])
def test_a_reserved_word_is_no_name(rows: Any, word: str) -> None:
    """It needs a placeholder, in whatever case it is written."""
    refusal = rows.refusal("put_item", Item=KEY, ConditionExpression=f"attribute_not_exists({word})")

    assert f"reserved keyword: {word}" in refusal


@pytest.mark.parametrize(
    "idle",
    [
        {"ExpressionAttributeNames": {"#idle": "n"}},
        pytest.param(
            {"ExpressionAttributeValues": {":idle": {"N": "1"}}}, marks=DIFFERS("moto", "a value may go unused")
        ),
    ],
    ids=["name", "value"],
)
def test_a_placeholder_that_nothing_uses_is_refused(rows: Any, idle: dict[str, Any]) -> None:
    """It is a slip of whoever wrote the call."""
    refusal = rows.refusal("put_item", Item=KEY, ConditionExpression="attribute_not_exists(entity)", **idle)

    assert "ValidationException" in refusal
