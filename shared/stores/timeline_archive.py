"""The timelines table as people read it, and take out of it what must go."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.features import Entry, TileKey
from shared.stores.failures import error_code
from shared.stores.tiles import LACKING, place_of, tiles_in

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@contextmanager
def _unless_gone() -> Iterator[None]:
    """What its condition refuses is not there any more, or somebody has added to it meanwhile: both are fine."""
    try:
        yield
    except ClientError as error:
        if error_code(error) != "ConditionalCheckFailedException":
            raise


class TimelineArchive:
    """Every tile of one entity, and what can be taken out. A tile is full once it holds `cap` elements."""

    def __init__(self, client: "DynamoDBClient", table: str, cap: int) -> None:
        self._client = client
        self._table = table
        self._cap = cap

    def tiles(self, entity: str) -> dict[TileKey, frozenset[bytes]]:
        """The elements of every tile, and of every family of facts in the summary, in the order of their keys."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="entity = :entity",
            ExpressionAttributeValues={":entity": {"S": entity}},
            ConsistentRead=True,
        )
        return {key: elements for page in pages for item in page["Items"] for key, elements in tiles_in(item).items()}

    def take_out(self, entry: Entry) -> bool:
        """Take one element out of one tile; out of none, or a second time, changes nothing.

        A tile that loses its last element goes: one without elements would look like another hand's. False where
        nothing can be taken out, since what lies there is no set of elements: another hand has put it there.
        """
        try:
            self._keep_incomplete(entry)
            self._remove(entry)
        except ClientError as error:
            if error_code(error) != "ValidationException":
                raise
            return False
        return True

    def _keep_incomplete(self, entry: Entry) -> None:
        """Have a tile that is full say that it lacks something: it will, also when it is not full any more."""
        item, attribute = place_of(entry.key)
        with _unless_gone():
            self._client.update_item(
                TableName=self._table,
                Key=item,
                UpdateExpression="ADD #elements :instead",
                ConditionExpression="attribute_exists(#elements) AND size(#elements) >= :cap",
                ExpressionAttributeNames={"#elements": attribute},
                ExpressionAttributeValues={":instead": {"BS": [LACKING]}, ":cap": {"N": str(self._cap)}},
            )

    def _remove(self, entry: Entry) -> None:
        item, attribute = place_of(entry.key)
        names = {"#elements": attribute}
        with _unless_gone():
            left = self._client.update_item(
                TableName=self._table,
                Key=item,
                UpdateExpression="DELETE #elements :elements",
                # Without an item the update would make an empty one.
                ConditionExpression="attribute_exists(#elements)",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={":elements": {"BS": [entry.element]}},
                ReturnValues="ALL_NEW",
            )["Attributes"]
            if attribute not in left and not entry.key.is_fact:
                self._client.delete_item(
                    TableName=self._table,
                    Key=item,
                    ConditionExpression="attribute_not_exists(#elements)",
                    ExpressionAttributeNames=names,
                )

    def forget(self, entity: str) -> None:
        """Delete every item of the entity."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="entity = :entity",
            ExpressionAttributeValues={":entity": {"S": entity}},
            ProjectionExpression="entity, tile",
            ConsistentRead=True,
        )
        for page in pages:
            for item in page["Items"]:
                self._client.delete_item(TableName=self._table, Key={name: item[name] for name in ("entity", "tile")})
