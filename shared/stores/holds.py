"""Legal holds: whoever must keep what is known of an entity, for a court or an authority, says so here.

A hold is an item of its own in the decisions table, without an expiry. While it stands, nobody erases anything about
the entity; what has an expiry still expires.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from botocore.exceptions import ClientError

from shared.signals.times import stamp
from shared.stores.attributes import from_item, to_item
from shared.stores.failures import error_code
from shared.stores.reading import batch_get

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PREFIX = "hold/"


@dataclass(frozen=True, slots=True)
class Hold:
    """Who must keep what is known of an entity, since when (ISO 8601), and why."""

    entity: str
    by: str
    at: str
    why: str


class LegalHolds:
    """Places, finds and lifts holds."""

    def __init__(self, client: "DynamoDBClient", decisions: str) -> None:
        self._client = client
        self._table = decisions

    def of(self, entity: str) -> Hold | None:
        """The hold on an entity, if there is one."""
        return self.among([entity]).get(entity)

    def among(self, entities: Iterable[str]) -> dict[str, Hold]:
        """The holds on some entities, by entity."""
        keys = [to_item({"decision_id": PREFIX + entity}) for entity in dict.fromkeys(entities)]
        found = map(from_item, batch_get(self._client, self._table, keys))
        return {each["entity"]: Hold(each["entity"], each["by"], each["at"], each["why"]) for each in found}

    def place(self, entity: str, by: str, at: datetime, why: str) -> bool:
        """Whether a hold was placed: the first one stands until it is lifted."""
        record = {"decision_id": PREFIX + entity, "kind": "hold", **asdict(Hold(entity, by, stamp(at), why))}
        try:
            self._client.put_item(
                TableName=self._table, Item=to_item(record), ConditionExpression="attribute_not_exists(decision_id)"
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def lift(self, hold: Hold, by: str, at: datetime) -> None:
        """Lift a hold. Who did so, and which one it was, stays known, and not whose: that may be erased now."""
        noted = {name: value for name, value in asdict(hold).items() if name != "entity"}
        record = {"decision_id": f"unhold/{uuid4().hex}", "kind": "unhold", "by": by, "time": stamp(at), "hold": noted}
        # First, so that no hold is ever gone without a word about it.
        self._client.put_item(TableName=self._table, Item=to_item(record))
        self._client.delete_item(TableName=self._table, Key={"decision_id": {"S": PREFIX + hold.entity}})
