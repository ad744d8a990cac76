"""The right to erasure: what is known of one entity goes, what accountability needs stays.

    its decisions ──▶ what they added to anybody's timelines is taken out, then the record is emptied
    a backfill    ──▶ what it added is found by the file's signals alone: nobody decided about them
    its timelines ──▶ deleted                       dead letters that name it ──▶ deleted, if they name nobody else
    the ledger    ──▶ stays: a restriction must be explained as long as it is remembered

Every step can be repeated without harm, and a record is emptied last, so that after a crash the next run finds what is
left. What stays of a decision: that there was one, when, about which type of signal, what came of it, and by which
rules of which policy. Its id stays, too: the same signal, sent again, is still no new one.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.decisions.record import unpack_entries
from shared.features.elements import event_hash
from shared.signals.times import stamp
from shared.stores.archive import DecisionArchive
from shared.stores.attributes import from_item, to_item
from shared.stores.failures import error_code
from shared.stores.reading import batch_get
from shared.stores.records import record_from_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ERASED = "erased"
"""The kind of an emptied record, and the subject that it has."""

_KEPT = frozenset(
    "decision_id signal_type time received_at digest disposition scores rules held_back policy outcome_day expires_at"
    " about_decision".split()
)


Traces = Mapping[str, Collection[bytes]]
"""By whose timelines they are in: the marks of signals there (see `TimelineArchive.take_out`)."""


class Erasure:
    """Empties the decisions about an entity."""

    def __init__(self, client: "DynamoDBClient", decisions: str) -> None:
        self._client = client
        self._table = decisions
        self._archive = DecisionArchive(client, decisions)

    def decisions(self, entity: str) -> Iterator[dict[str, Any]]:
        """The decisions about the entity, as the index lists them."""
        return self._archive.about(entity)

    def erased(self, decision_ids: Iterable[str]) -> set[str]:
        """Those of the decisions that were erased."""
        keys = [to_item({"decision_id": decision_id}) for decision_id in dict.fromkeys(decision_ids)]
        found = map(from_item, batch_get(self._client, self._table, keys, "decision_id kind"))
        return {record["decision_id"] for record in found if record["kind"] == ERASED}

    def traces(self, decision_id: str) -> Traces:
        """What the decision's signal left in timelines."""
        record = self._record(decision_id)
        if record is None:
            return {}
        event, traces = event_hash(decision_id), defaultdict[str, set[bytes]](set)
        for key, element in unpack_entries(record["remembered"]):
            traces[key.entity] |= {event, element}
        return traces

    def empty(self, decision_id: str, at: datetime) -> None:
        """Take out of a decision's record what is personal."""
        record = self._record(decision_id)
        if record is None:
            return
        for change in self._archive.content_changes(record):
            self._delete(change["decision_id"])
        self._put(_emptied(record, at))

    def note(self, erasure_id: str, by: str, at: datetime, why: str, counts: Mapping[str, int]) -> None:
        """Record that something is erased, by whom and why, without saying whose it was."""
        record = {"decision_id": erasure_id, "kind": "erasure", "by": by, "time": stamp(at), "why": why}
        self._client.put_item(TableName=self._table, Item=to_item({**record, **counts}))

    def _record(self, decision_id: str) -> dict[str, Any] | None:
        """The record of a decision that was not erased yet, with its capsule packed: the words for it may be lost."""
        key = to_item({"decision_id": decision_id})
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        record = record_from_item(item) if item else {}
        return record if record.get("kind") == "decision" else None

    def _put(self, record: Mapping[str, Any]) -> None:
        """Only over what is there: a record that its TTL has taken meanwhile does not come back."""
        try:
            self._client.put_item(
                TableName=self._table, Item=to_item(record), ConditionExpression="attribute_exists(decision_id)"
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise

    def _delete(self, decision_id: str) -> None:
        self._client.delete_item(TableName=self._table, Key=to_item({"decision_id": decision_id}))


def _emptied(record: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    kept = {name: value for name, value in record.items() if name in _KEPT}
    return {**kept, "kind": ERASED, "subject": ERASED, "remembered": json.dumps([]), "erased_at": stamp(at)}
