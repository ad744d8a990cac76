"""The timelines table: tiles as native sets of packed elements.

`ADD` of a set is a union: idempotent, commutative and free of conflicts between writers, so that duplicates, crashes,
retries and parallel lanes leave the same tile (law 3).
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.features import TileKey, expires_at
from shared.stores.failures import error_code
from shared.stores.reading import batch_get

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class TimelineStore:
    """Reads tiles and adds to them. A tile takes no more once it holds `cap` elements: twice the cap at most."""

    def __init__(self, client: "DynamoDBClient", table: str, cap: int, grace: timedelta) -> None:
        self._client = client
        self._table = table
        self.cap = cap
        self._grace = grace

    def read(self, keys: Iterable[TileKey]) -> dict[TileKey, frozenset[bytes]]:
        """The elements of the tiles that exist."""
        wanted = [{"entity": {"S": key.entity}, "tile": {"S": key.tile}} for key in dict.fromkeys(keys)]
        return {
            TileKey(item["entity"]["S"], item["tile"]["S"]): frozenset(item["events"]["BS"])
            for item in batch_get(self._client, self._table, wanted, "entity tile events")
            if "events" in item
        }

    def add(self, key: TileKey, elements: Iterable[bytes]) -> bool:
        """Add to one tile; False when it is full, which loses nothing that rules may count on: see `AtLeast`."""
        distinct = sorted(set(elements))
        return all(self._add(key, distinct[start : start + self.cap]) for start in range(0, len(distinct), self.cap))

    def _add(self, key: TileKey, elements: list[bytes]) -> bool:
        names: Mapping[str, str] = {"#events": "events", "#expires": "expires_at"}
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"entity": {"S": key.entity}, "tile": {"S": key.tile}},
                UpdateExpression="ADD #events :elements SET #expires = :expires",
                ConditionExpression="attribute_not_exists(#events) OR size(#events) < :cap",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={
                    ":elements": {"BS": elements},
                    ":expires": {"N": str(expires_at(key, self._grace))},
                    ":cap": {"N": str(self.cap)},
                },
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True
