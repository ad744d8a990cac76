"""What the schedule made of the agenda, in the decisions table: commands in the outbox, and notes of what was asked.

The id is a hash of what ended when, so a repeated call, or one beside another, finds what the first one left.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from shared.decisions.record import packed
from shared.restrictions import Action, action_id_of
from shared.signals.times import stamp
from shared.stores.agenda import Due
from shared.stores.reading import batch_get
from shared.stores.writing import put_new

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KIND = "expiry"


def expiry_id(due: Due) -> str:
    """The id of the record about one item of the agenda."""
    return f"{KIND}/{action_id_of(due.entity, due.scope, due.lane, stamp(due.at), due.action_id)}"


class Expiries:
    """Records what was made of the agenda's items, and tells which were seen to."""

    def __init__(self, client: "DynamoDBClient", table: str, keep: timedelta) -> None:
        self._client = client
        self._table = table
        self._keep = keep

    def recorded(self, ids: Iterable[str]) -> set[str]:
        """Those of the ids that have a record."""
        keys = [{"decision_id": {"S": each}} for each in dict.fromkeys(ids)]
        return {item["decision_id"]["S"] for item in batch_get(self._client, self._table, keys, "decision_id")}

    def record(self, due: Due, what: str, actions: Sequence[Action]) -> bool:
        """Record `what` was made of it, and put its actions into the outbox; False when that was done before."""
        record: dict[str, Any] = {
            "decision_id": expiry_id(due),
            "kind": KIND,
            "subject": due.entity,
            "time": stamp(due.at),
            "what": what,
            "expires_at": int(due.at.timestamp() + self._keep.total_seconds()),
        }
        if actions:
            record["actions"] = packed([action.to_json() for action in actions])
            record["outbox"] = f"{len(actions)} to publish"
        return put_new(self._client, self._table, record, "decision_id")
