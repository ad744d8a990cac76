"""Publishing again what was recorded: for a bus, or a stream, that lost it.

What a record asks for goes into the outbox once more, under the record's own cause. `enforce` then finds what the
ledger has applied, and puts the same events on the bus under the same ids and sequences; what never reached the ledger,
because its stream stood still for longer than a day, it applies now, unless it has become stale.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.decisions.record import packed
from shared.restrictions import Action
from shared.signals.times import stamp
from shared.stores.archive import Period
from shared.stores.attributes import from_item, to_item
from shared.stores.entries import entry_name
from shared.stores.packing import UnreadableRecordError
from shared.stores.reading import batch_get
from shared.stores.records import unpack_actions
from shared.stores.writing import put_new

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KIND = "republish"


@dataclass(frozen=True, slots=True)
class Run:
    """One time that somebody has a period published again: going on with it repeats nothing."""

    run_id: str
    by: str
    at: datetime

    def record_id(self, decision_id: str) -> str:
        return f"{KIND}/{self.run_id}/{decision_id}"


class Found(NamedTuple):
    """A record with its actions to publish again; `new` of them the ledger has not seen, `stale` others stay out.

    `unreadable` says why nobody can tell what it asks for: another hand has edited it.
    """

    record: dict[str, Any]
    actions: list[Action]
    new: int
    stale: int
    unreadable: str = ""


@dataclass(frozen=True)
class Republishing:
    """Finds records and puts what they ask for into the outbox again, in one stage's tables."""

    client: "DynamoDBClient"
    decisions: str
    ledger: str
    keep: timedelta

    def found(self, period: Period, now: datetime) -> list[Found]:
        """The records of a period with what of theirs is to be published again; nothing stale is applied late."""
        asked: list[tuple[dict[str, Any], list[Action]]] = []
        unreadable: list[Found] = []
        for record in self._recorded(period):
            try:
                asked.append((record, unpack_actions(record)))
            except UnreadableRecordError as error:
                unreadable.append(Found(record, [], 0, 0, str(error)))
        applied = self._applied(action for _, actions in asked for action in actions)
        return [*(_found(record, actions, applied, now) for record, actions in asked), *unreadable]

    def again(self, run: Run, found: Found) -> bool:
        """Put a record's actions into the outbox again; False when this run has done so before."""
        kept: dict[str, Any] = {name: found.record[name] for name in ("signal_id", "subject") if name in found.record}
        item = {
            **kept,
            "decision_id": run.record_id(found.record["decision_id"]),
            "kind": KIND,
            "of": found.record["decision_id"],
            "by": run.by,
            "time": stamp(run.at),
            "actions": packed([action.to_json() for action in found.actions]),
            "outbox": f"{len(found.actions)} to publish",
            "expires_at": int((run.at + self.keep).timestamp()),
        }
        return put_new(self.client, self.decisions, item, "decision_id")

    def _recorded(self, period: Period) -> Iterator[dict[str, Any]]:
        """The records that ask for something, in no order. No index has all of them: it reads the table."""
        since, until = period.bounds()
        pages = self.client.get_paginator("scan").paginate(
            TableName=self.decisions,
            FilterExpression="attribute_exists(outbox) AND kind <> :again AND #time BETWEEN :since AND :until",
            ProjectionExpression="decision_id, signal_id, subject, #time, actions",
            ExpressionAttributeNames={"#time": "time"},
            ExpressionAttributeValues=to_item({":again": KIND, ":since": since, ":until": until}),
        )
        return (from_item(item) for page in pages for item in page["Items"])

    def _applied(self, actions: Iterable[Action]) -> set[str]:
        """The items of those that the ledger has in its history; the word about a held thing is not its business."""
        names = {(each.entity, entry_name(each.action_id)) for each in actions if each.kind != "decision"}
        keys = [to_item({"entity": entity, "item": item}) for entity, item in names]
        return {from_item(item)["item"] for item in batch_get(self.client, self.ledger, keys, "entity item")}


def _found(record: dict[str, Any], actions: list[Action], applied: set[str], now: datetime) -> Found:
    new = [action for action in actions if entry_name(action.action_id) not in applied]
    stale = [action for action in new if action.stale_after and action.stale_after < now]
    again = [action for action in actions if action not in stale]
    unseen = sum(action.kind != "decision" and action not in stale for action in new)
    return Found(record, again, unseen, len(stale))
