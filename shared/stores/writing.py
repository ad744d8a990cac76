"""Writes that only the first one wins."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.stores.attributes import to_item
from shared.stores.failures import error_code

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def put_new(client: "DynamoDBClient", table: str, record: Mapping[str, Any], key: str) -> bool:
    """Put a record unless its key is taken, of which `key` names the first part; False when it is."""
    try:
        client.put_item(TableName=table, Item=to_item(record), ConditionExpression=f"attribute_not_exists({key})")
    except ClientError as error:
        if error_code(error) != "ConditionalCheckFailedException":
            raise
        return False
    return True
