"""The service's limits: on items, keys, numbers, and on what one call may hold."""

from typing import Any

import pytest

from shared.stores.reading import batch_get
from tests.support.aws import Aws

pytestmark = pytest.mark.integration

DIFFERS = pytest.mark.differs
AS_GIVEN = DIFFERS("moto", "a number stays as it was written")
INEXACT = DIFFERS("moto", "a number may have any size and length")
EMPTY = DIFFERS("moto", "a set of binaries may be empty")
REPEATED = DIFFERS("moto", "a set may be given an element twice")
UNFIT = DIFFERS("moto", "a number may stand where an index has strings")
KB = 1024
KEY = {"entity": {"S": "e"}, "item": {"S": "i"}}
NAMES = len("entityeitemi")


def key(number: int) -> dict[str, Any]:
    return {"entity": {"S": "e"}, "item": {"S": f"{number:03}"}}


@pytest.mark.differs("moto", "it takes 405,000 bytes of an item, not 400 KB")
@pytest.mark.parametrize(
    "attribute",
    [
        {"x": {"S": "x" * (400 * KB - NAMES - 1)}},
        {"é": {"S": "é" * ((400 * KB - NAMES - 2) // 2)}},
        {"x": {"B": b"x" * (400 * KB - NAMES - 1)}},
        {"x": {"BS": [b"x" * 1000 + b"%03d" % n for n in range(400)]}, "y": {"S": "y" * (8_400 - NAMES - 2)}},
        {"x": {"L": [{"S": "x" * (400 * KB - NAMES - 1 - 4)}]}},
        {"x": {"M": {"k": {"S": "x" * (400 * KB - NAMES - 1 - 5)}}}},
    ],
    ids=["string", "letters", "binary", "set", "list", "map"],
)
def test_an_item_has_at_most_400_kilobytes(rows: Any, attribute: dict[str, Any]) -> None:
    """Names and values together: the last byte fits, and one more is refused."""
    rows.put({**KEY, **attribute})
    refusal = rows.refusal("put_item", Item={**KEY, **attribute, "z": {"S": ""}})

    assert refusal == "ValidationException: Item size has exceeded the maximum allowed size"


def test_an_update_cannot_make_an_item_larger_than_that(rows: Any) -> None:
    """The item stays as it was."""
    rows.put({**KEY, "x": {"S": "x" * 380 * KB}})

    refusal = rows.refusal(
        "update_item",
        Key=KEY,
        UpdateExpression="SET y = :y",
        ExpressionAttributeValues={":y": {"S": "y" * 40 * KB}},
    )

    assert refusal == "ValidationException: Item size to update has exceeded the maximum allowed size"
    assert "y" not in rows.get(entity="e", item="i")


def test_a_batch_reads_a_hundred_keys_at_most(rows: Any) -> None:
    """A hundred are read, one more is refused."""
    keys = [key(number) for number in range(101)]
    rows.client.batch_get_item(RequestItems={rows.table: {"Keys": keys[:100]}})
    with pytest.raises(rows.client.exceptions.ClientError, match="ValidationException"):
        rows.client.batch_get_item(RequestItems={rows.table: {"Keys": keys}})


def test_a_batch_reads_each_key_once(rows: Any) -> None:
    """The same key twice is refused."""
    with pytest.raises(rows.client.exceptions.ClientError, match="contains duplicates"):
        rows.client.batch_get_item(RequestItems={rows.table: {"Keys": [KEY, KEY]}})


@pytest.mark.differs("moto", "a BatchGetItem has no end")
def test_a_batch_reads_16_megabytes_at_most(aws: Aws, rows: Any) -> None:
    """What is beyond is left unprocessed, and our reading asks for it again."""
    keys = [key(number) for number in range(50)]
    for each in keys:
        rows.put({**each, "x": {"S": "x" * 350 * KB}})

    response = rows.client.batch_get_item(RequestItems={rows.table: {"Keys": keys, "ProjectionExpression": "entity"}})
    left = response["UnprocessedKeys"][rows.table]
    assert len(response["Responses"][rows.table]) == 50 - len(left["Keys"]) == 16 * KB // 350
    assert left["ProjectionExpression"] == "entity"

    aws.wire.calm()
    found = batch_get(aws.struck["dynamodb"], rows.table, keys, "entity item")
    assert sorted(item["item"]["S"] for item in found) == [each["item"]["S"] for each in keys]
    assert len(aws.wire.calls) == 2


@pytest.mark.differs("moto", "a BatchWriteItem takes more than 25 writes")
def test_a_batch_writes_25_items_at_most(rows: Any) -> None:
    """Twenty-five are written, one more is refused with all the others."""
    writes = [{"PutRequest": {"Item": key(number)}} for number in range(51)]
    rows.client.batch_write_item(RequestItems={rows.table: writes[:25]})
    with pytest.raises(rows.client.exceptions.ClientError, match="ValidationException"):
        rows.client.batch_write_item(RequestItems={rows.table: writes[25:]})

    assert rows.get(entity="e", item="024")
    assert not rows.get(entity="e", item="025")


@pytest.mark.differs("moto", "a BatchWriteItem puts and deletes the same item")
def test_a_batch_writes_each_item_once(rows: Any) -> None:
    """To put and delete one item in one call is refused."""
    writes = [{"PutRequest": {"Item": KEY}}, {"DeleteRequest": {"Key": KEY}}]
    with pytest.raises(rows.client.exceptions.ClientError, match="contains duplicates"):
        rows.client.batch_write_item(RequestItems={rows.table: writes})


@pytest.mark.parametrize("kind", ["SS", "NS", pytest.param("BS", marks=EMPTY)])
def test_no_set_is_empty(rows: Any, kind: str) -> None:
    """An item with an empty set is refused."""
    assert "ValidationException" in rows.refusal("put_item", Item={**KEY, "x": {kind: []}})


@REPEATED
@pytest.mark.parametrize("attribute", [{"SS": ["a", "b", "a"]}, {"NS": ["1", "1.0"]}, {"BS": [b"a", b"a"]}])
def test_a_set_has_each_element_once(rows: Any, attribute: dict[str, Any]) -> None:
    """An item whose set repeats an element is refused; numbers are compared as numbers."""
    assert "contains duplicates" in rows.refusal("put_item", Item={**KEY, "x": attribute})


def test_strings_that_are_no_keys_may_be_empty(rows: Any) -> None:
    """So may binaries, lists and maps."""
    empty = {"a": {"S": ""}, "b": {"B": b""}, "c": {"L": []}, "d": {"M": {}}}
    rows.put({**KEY, **empty})

    assert rows.get(entity="e", item="i") == {**KEY, **empty}


@pytest.mark.parametrize(
    "wrong",
    [
        {"entity": {"S": ""}, "item": {"S": "i"}},
        {"entity": {"S": "e"}, "item": {"S": ""}},
        {"entity": {"S": "e"}},
        {"entity": {"S": "e"}, "item": {"N": "1"}},
        {"entity": {"S": "é" * 1025}, "item": {"S": "i"}},
        {"entity": {"S": "e"}, "item": {"S": "é" * 513}},
    ],
    ids=["empty", "empty sort key", "missing", "number", "long", "long sort key"],
)
def test_a_key_is_whole_and_of_its_type_and_not_too_long(rows: Any, wrong: dict[str, Any]) -> None:
    """2,048 bytes of a partition key and 1,024 of a sort key are taken, no more."""
    assert "ValidationException" in rows.refusal("put_item", Item=wrong)


def test_the_longest_keys_are_taken(rows: Any) -> None:
    """Lengths are counted in bytes."""
    longest = {"entity": {"S": "é" * 1024}, "item": {"S": "é" * 512}}
    rows.put(longest)

    assert rows.get(entity="é" * 1024, item="é" * 512) == longest


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        pytest.param(*("7.0", "7"), marks=AS_GIVEN),
        pytest.param(*("-0", "0"), marks=AS_GIVEN),
        pytest.param(*("1e3", "1000"), marks=AS_GIVEN),
        ("9223372036854775808", "9223372036854775808"),
        ("1" * 38, "1" * 38),
        ("0.1234567890123456789012345678901234567", "0.1234567890123456789012345678901234567"),
    ],
)
def test_a_number_is_kept_exactly(rows: Any, given: str, kept: str) -> None:
    """To 38 digits, and written in one way."""
    rows.put({**KEY, "n": {"N": given}})

    assert rows.get(entity="e", item="i")["n"] == {"N": kept}


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param("1" * 39, marks=INEXACT),
        pytest.param("1.00000000000000000000000000000000000001", marks=INEXACT),
        pytest.param("1e126", marks=INEXACT),
        "x",
        "",
        "NaN",
    ],
)
def test_a_number_that_would_not_be_exact_is_refused(rows: Any, wrong: str) -> None:
    """As are too large ones, and what is none."""
    assert "ValidationException" in rows.refusal("put_item", Item={**KEY, "n": {"N": wrong}})


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"N": "1" * 39}, marks=INEXACT),
        pytest.param({"BS": []}, marks=EMPTY),
        pytest.param({"SS": ["a", "a"]}, marks=REPEATED),
    ],
    ids=["number", "empty", "repeated"],
)
def test_an_update_brings_in_nothing_that_a_put_could_not(rows: Any, wrong: dict[str, Any]) -> None:
    """The same values are refused, and numbers are written in the same way."""
    update = {"Key": KEY, "UpdateExpression": "SET x = :x"}
    rows.call("update_item", **update, ExpressionAttributeValues={":x": {"N": "7"}})

    assert "ValidationException" in rows.refusal("update_item", **update, ExpressionAttributeValues={":x": wrong})
    assert rows.get(entity="e", item="i") == {**KEY, "x": {"N": "7"}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"S": ""},
        pytest.param({"N": "1"}, marks=UNFIT),
        {"S": "x" * 2049},
    ],
    ids=["empty", "number", "long"],
)
def test_an_attribute_that_is_the_key_of_an_index_must_fit_it(decisions: Any, wrong: dict[str, Any]) -> None:
    """An item without it is taken, and one with an unfit one is refused."""
    item = {"decision_id": {"S": "1"}, "time": {"S": "t"}}
    decisions.put(item)

    assert "ValidationException" in decisions.refusal("put_item", Item={**item, "subject": wrong})


@pytest.mark.differs("moto", "a page ends before a megabyte")
def test_a_page_ends_where_a_megabyte_does(rows: Any) -> None:
    """A query goes on where its last page ended, in order, whatever it projects."""
    for number in range(30):
        rows.put({**key(number), "x": {"S": "x" * 100 * KB}})
    asked = {
        "TableName": rows.table,
        "KeyConditionExpression": "entity = :entity",
        "ProjectionExpression": "#item",
        "ExpressionAttributeNames": {"#item": "item"},
        "ExpressionAttributeValues": {":entity": {"S": "e"}},
    }
    pages = [
        [item["item"]["S"] for item in page["Items"]] for page in rows.client.get_paginator("query").paginate(**asked)
    ]

    assert [each for page in pages for each in page] == [f"{number:03}" for number in range(30)]
    assert {len(page) for page in pages[:-1]} == {11}


@pytest.mark.differs("moto", "a page that its limit ends at the last item tells no key to go on with")
def test_a_page_ends_at_its_limit_before_its_filter(rows: Any) -> None:
    """The limit counts what is read, and the key to go on with is told even where nothing follows."""
    for number in range(4):
        rows.put({**key(number), "n": {"N": str(number)}})
    page = rows.call(
        "query",
        KeyConditionExpression="entity = :entity",
        FilterExpression="n > :one",
        ExpressionAttributeValues={":entity": {"S": "e"}, ":one": {"N": "1"}},
        ScanIndexForward=False,
        Limit=4,
    )

    assert [item["n"]["N"] for item in page["Items"]] == ["3", "2"]
    assert (page["Count"], page["ScannedCount"], page["LastEvaluatedKey"]) == (2, 4, key(0))
