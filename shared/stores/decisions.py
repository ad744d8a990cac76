"""The decisions table: one immutable record a signal, the first write wins.

How long a record is kept is told when it is written: plain allows, which are nearly all of them, for as long as
somebody may still come back to the thing itself, everything else for as long as somebody may ask why.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.decisions import KEPT, Decision, Recorded, kept_for, recorded, to_record
from shared.policy import Policy
from shared.restrictions import Action
from shared.signals import Signal
from shared.signals.times import stamp
from shared.stores.attributes import from_item, to_item
from shared.stores.failures import error_code
from shared.stores.reading import batch_get
from shared.stores.records import ACTIONS_READ, record_from_item, record_to_item, unpack_actions
from shared.stores.words import CapsuleWords

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DecisionLog:
    """Records decisions, and tells which signals have one."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._words = CapsuleWords(client, table)

    def existing(self, decision_ids: Iterable[str]) -> dict[str, Recorded]:
        """The recorded ones among `decision_ids`."""
        keys = [{"decision_id": {"S": decision_id}} for decision_id in dict.fromkeys(decision_ids)]
        items = batch_get(self._client, self._table, keys, "decision_id digest remembered")
        found = (recorded(record_from_item(item)) for item in items)
        return {record.decision_id: record for record in found}

    def actions_of(self, decision_ids: Iterable[str]) -> dict[str, tuple[Action, ...]]:
        """What decisions asked for, of those among `decision_ids` that are there."""
        keys = [{"decision_id": {"S": decision_id}} for decision_id in dict.fromkeys(decision_ids)]
        found = map(from_item, batch_get(self._client, self._table, keys, ACTIONS_READ))
        return {item["decision_id"]: tuple(unpack_actions(item)) for item in found}

    def record(self, decision: Decision, policy: Policy, label: Mapping[str, Any] | None = None) -> Recorded:
        """Write the decision, which that policy made, unless its signal has one already; the record that now stands."""
        about = decision.particulars
        words = self._words.of(policy.program(about.signal_type))
        record = to_record(decision, label)
        record["expires_at"] = int((about.received_at + kept_for(decision)).timestamp())
        try:
            self._client.put_item(
                TableName=self._table,
                Item=record_to_item(record, words),
                ConditionExpression="attribute_not_exists(decision_id)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            stored: Any = error.response
            return recorded(record_from_item(stored["Item"]))
        return Recorded(about.decision_id, about.digest, decision.entries)

    def flag_changed(self, first: Recorded, resent: Signal) -> None:
        """Note beside the record that its signal came again with other content; noting it twice changes nothing."""
        record = {
            "decision_id": f"{first.decision_id}/changed/{resent.digest}",
            "kind": "content_change",
            "of": first.decision_id,
            "signal_type": resent.name,
            "subject": resent.subject,
            "time": stamp(resent.time),
            "expires_at": int((resent.time + KEPT).timestamp()),
        }
        self._client.put_item(TableName=self._table, Item=to_item(record))

    def command(self, record: dict[str, Any]) -> None:
        """Insert a person's command into the outbox; its id is new, so a retry writes the same item again. It is kept
        from its own `time` on."""
        ordered = datetime.fromisoformat(record["time"])
        record = {**record, "expires_at": int((ordered + KEPT).timestamp())}
        self._client.put_item(TableName=self._table, Item=to_item(record))
