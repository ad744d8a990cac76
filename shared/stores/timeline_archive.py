"""The timelines table as people read it, and take out of it what must go."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.features import LACKING, TileKey, restored
from shared.features.elements import EVENT
from shared.stores.failures import error_code
from shared.stores.tiles import UNREADABLE, place_of, tiles_in

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

    def take_out(self, entity: str, marks: Collection[bytes]) -> list[TileKey]:
        """Take some signals out of all timelines of an entity, whatever tiles they lie in; twice changes nothing.

        `marks` are their events and, of elements that an older layout wrote, these themselves. Facts that had been
        dominated come back, where tiles still tell them. Gives the tiles in which nobody can look for the signals,
        since another hand has edited them.
        """
        tiles = self.tiles(entity)
        marked = {key: frozenset(each for each in tiles[key] if each in marks or each[EVENT] in marks) for key in tiles}
        standing = {key: elements - marked[key] for key, elements in tiles.items()}
        for key, elements in marked.items():
            if elements:
                self._add(key, [LACKING], at_least=self._cap)
                # First, so that after a crash the next run still finds what was lost.
                if key.is_fact and (facts := restored(key, elements, standing)):
                    # No more come back than go, so that a family does not outgrow its cap.
                    self._add(key, facts)
                if standing[key] or key.is_fact or not self._delete(key, elements):
                    had = self._remove(key, elements)
                    if len(had) >= self._cap and LACKING not in had:
                        # It was filled meanwhile.
                        self._add(key, [LACKING])
        return [key for key, elements in tiles.items() if elements == UNREADABLE]

    def _add(self, key: TileKey, elements: Collection[bytes], at_least: int = 1) -> None:
        """Add to a tile that has so many elements. One that is full so says, by `LACKING`, that it lacks something: it
        will, also when it is not full any more."""
        item, attribute = place_of(key)
        with _unless_gone():
            self._client.update_item(
                TableName=self._table,
                Key=item,
                UpdateExpression="ADD #elements :elements",
                ConditionExpression="attribute_exists(#elements) AND size(#elements) >= :least",
                ExpressionAttributeNames={"#elements": attribute},
                ExpressionAttributeValues={":elements": {"BS": sorted(elements)}, ":least": {"N": str(at_least)}},
            )

    def _delete(self, key: TileKey, elements: Collection[bytes]) -> bool:
        """Whether a tile is gone that had these elements and no more: without any it would look like another hand's."""
        item, attribute = place_of(key)
        with _unless_gone():
            self._client.delete_item(
                TableName=self._table,
                Key=item,
                ConditionExpression="attribute_not_exists(#elements) OR #elements = :elements",
                ExpressionAttributeNames={"#elements": attribute},
                ExpressionAttributeValues={":elements": {"BS": sorted(elements)}},
            )
            return True
        return False

    def _remove(self, key: TileKey, elements: Collection[bytes]) -> Collection[bytes]:
        """What the tile had before."""
        item, attribute = place_of(key)
        with _unless_gone():
            before = self._client.update_item(
                TableName=self._table,
                Key=item,
                UpdateExpression="DELETE #elements :elements",
                # Without an item the update would make an empty one.
                ConditionExpression="attribute_exists(#elements)",
                ExpressionAttributeNames={"#elements": attribute},
                ExpressionAttributeValues={":elements": {"BS": sorted(elements)}},
                ReturnValues="ALL_OLD",
            )
            return {bytes(each) for each in before["Attributes"][attribute]["BS"]}
        return ()

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
