"""Consistent reads of many items, a hundred a call."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from shared.stores.failures import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEYS_PER_CALL = 100


def batch_get(
    client: "DynamoDBClient", table: str, keys: Sequence[dict[str, Any]], attributes: str = ""
) -> Iterator[Any]:
    """The items that exist under `keys` (distinct), in no order.

    Keys that the service leaves unprocessed are asked for again as long as it makes progress; raises
    `StoreUnavailable` when it makes none.
    """
    names = {f"#{name}": name for name in attributes.split()}
    projection: Any = {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names} if names else {}
    waiting = list(keys)
    while waiting:
        asked, rest = waiting[:KEYS_PER_CALL], waiting[KEYS_PER_CALL:]
        request: Any = {"Keys": asked, "ConsistentRead": True, **projection}
        response: Any = client.batch_get_item(RequestItems={table: request})
        yield from response["Responses"].get(table, [])
        left = response.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        if len(left) == len(asked):
            raise StoreUnavailable(f"{table} processed none of {len(asked)} keys of a BatchGetItem")
        waiting = [*left, *rest]
