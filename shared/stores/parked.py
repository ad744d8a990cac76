"""What guardrails held back and a person may still let through, in the ledger table, by the day it was parked.

entity                  item                     what
parked#2026-11-22#3     <action_id of the park>  what was held back, why, and what became of it

Four partitions a day (by the id), so that a runaway rule that parks thousands an hour does not heat one.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from zlib import crc32

from botocore.exceptions import ClientError

from shared.restrictions import Action
from shared.restrictions.parking import WAITS, waits_until
from shared.signals.times import stamp
from shared.stores.attributes import from_item, to_item
from shared.stores.failures import error_code
from shared.stores.reading import batch_get
from shared.stores.writing import put_new

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

State = Literal["open", "released", "void", "ended"]

SHARDS = 4
KEPT = timedelta(days=30)
"""For how long it can be looked at after nobody can release it any more."""
_DAY = timedelta(days=1)
_VERDICTS: dict[str, State] = {"release": "released", "void": "void"}


@dataclass(frozen=True, slots=True)
class ParkedAction:
    """One that was held back: `action` is what would have left, `ends_at` until when it may.

    `action_id` is the park's own. `state` is as of the moment at which it was read.
    """

    action_id: str
    action: Action
    decision_id: str
    rule: str
    why: str
    at: datetime
    ends_at: datetime
    state: State
    settled_by: str


def parked_item(park: Action, decision_id: str) -> dict[str, Any]:
    """The item of a `park` action; the same one, however often it is written."""
    ends_at = waits_until(park)
    return {
        **_key(park.occurred_at.astimezone(UTC).date(), park.action_id),
        "at": stamp(park.occurred_at),
        "ends_at": stamp(ends_at),
        "decision_id": decision_id,
        "rule": park.details["rule"],
        "why": park.details["why"],
        "action": json.dumps(park.details["action"], sort_keys=True),
        "state": "open",
        "expires_at": int((ends_at + KEPT).timestamp()),
    }


class Parked:
    """Reads what is parked, and keeps what a person made of it."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def park(self, park: Action, decision_id: str) -> None:
        """Keep what was held back; once more changes nothing, least of all what a person made of it meanwhile."""
        put_new(self._client, self._table, parked_item(park, decision_id), "entity")

    def settle(self, park_id: str, unpark: Action) -> ParkedAction | None:
        """Make an open one what the `unpark` action says, unless somebody was quicker; how it stands now.

        None when nothing is parked under this id. `settled_by` is the id of the `unpark` action that it went by, so a
        retry finds its own. What has ended stays as it is: `ended`.
        """
        found = self.get(park_id, unpark.occurred_at)
        if found is None or found.state != "open":
            return found
        values = {":open": "open", ":state": _VERDICTS[unpark.details["verdict"]], ":by": unpark.action_id}
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_item(_key(found.at.date(), park_id)),
                UpdateExpression="SET #state = :state, settled_by = :by",
                ConditionExpression="#state = :open",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues=to_item(values),
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
        return self.get(park_id, unpark.occurred_at)

    def get(self, park_id: str, now: datetime) -> ParkedAction | None:
        """The one of this id, as it stands `now`, wherever in the last weeks it was parked; None when there is none."""
        today = now.astimezone(UTC).date() + _DAY  # clocks disagree: parked by one that is ahead of this one
        days = range((WAITS + KEPT) // _DAY + 2)
        keys = [to_item(_key(today - back * _DAY, park_id)) for back in days]
        return next((_read(item, now) for item in batch_get(self._client, self._table, keys)), None)

    def open(self, since: datetime, until: datetime) -> Iterator[ParkedAction]:
        """What was parked from `since` on and before `until`, and is open at `until`; the newest day first."""
        day = until.astimezone(UTC).date()
        while day >= since.astimezone(UTC).date():
            for shard in range(SHARDS):
                yield from self._open(f"parked#{day}#{shard}", since, until)
            day -= _DAY

    def _open(self, part: str, since: datetime, until: datetime) -> Iterator[ParkedAction]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="entity = :part",
            FilterExpression="#state = :open AND ends_at > :until AND #at >= :since AND #at < :until",
            ExpressionAttributeNames={"#state": "state", "#at": "at"},
            ExpressionAttributeValues=to_item(
                {":part": part, ":open": "open", ":since": stamp(since), ":until": stamp(until)}
            ),
            ConsistentRead=True,
        )
        return (_read(item, until) for page in pages for item in page["Items"])


def _key(day: date, park_id: str) -> dict[str, Any]:
    return {"entity": f"parked#{day}#{crc32(park_id.encode()) % SHARDS}", "item": park_id}


def _read(item: Any, now: datetime) -> ParkedAction:
    found = from_item(item)
    ends_at = datetime.fromisoformat(found["ends_at"])
    return ParkedAction(
        found["item"],
        Action.from_json(json.loads(found["action"])),
        found["decision_id"],
        found["rule"],
        found["why"],
        datetime.fromisoformat(found["at"]),
        ends_at,
        "ended" if found["state"] == "open" and ends_at <= now else found["state"],
        found.get("settled_by", ""),
    )
