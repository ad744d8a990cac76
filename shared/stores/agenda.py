"""The agenda: what ends when, in the ledger table, so that a schedule finds it without reading the whole table.

entity                 item                              what
agenda#2026-11-22T12   2026-11-22T12:30:00.000Z#5be9…    something about the page and lane that it names may end then
agenda#person          2026-11-22T12:30:00.000Z#c1d2…    from then on a person must say what becomes of a hold

An item only says where to look: whoever finds it reads the page, and decides by that. So it is written before the page,
may stand for what was released long ago, and goes by itself when it has long been seen (TTL).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.restrictions import action_id_of
from shared.signals.times import stamp, to_the_millisecond
from shared.stores.attributes import from_item, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = timedelta(days=3)
"""For how long an item stays: more than the longest look back, so that a schedule that stood still finds it."""
PERSON = "agenda#person"
_HOUR = timedelta(hours=1)
_AFTER_ANY = "$"
"""Sorts right after the `#` that ends the time: up to it lies every item of that very millisecond."""


@dataclass(frozen=True, slots=True)
class Due:
    """Something of a page's lane may have ended at `at`, as the action `action_id` had it end."""

    at: datetime
    entity: str
    scope: str
    lane: str
    action_id: str


def agenda_item(at: datetime, entity: str, scope: str, lane: str, action_id: str) -> dict[str, Any]:
    """The item that has a lane of a page looked at soon after `at`; the same item, however often it is written.

    Another action that ends at the same moment takes its place: what it says is new, even if the first was seen.
    """
    return _item(_hour(at), Due(at, entity, scope, lane, action_id), at.timestamp() + KEPT.total_seconds())


def waiting_item(due: Due, until: datetime) -> dict[str, Any]:
    """The item that tells people of a hold that waits for one of them from `due.at` on, and `until` when at most."""
    return _item(PERSON, due, until.timestamp()) | {"until": stamp(until)}


class Agenda:
    """Reads what is due."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def due(self, now: datetime, since: datetime) -> Iterator[Due]:
        """What may have ended from `since` up to `now`, both included, the earliest first."""
        for hour in _hours(since, now):
            values = {":part": hour, ":since": stamp(since), ":now": stamp(now) + _AFTER_ANY}
            # Read without consistency: what was written a moment ago is seen a minute later, at half the price.
            yield from self._found("#item BETWEEN :since AND :now", "item", values)

    def waiting(self, now: datetime) -> Iterator[Due]:
        """The holds that wait for a person, the longest first; the page tells whether one still stands."""
        values = {":part": PERSON, ":now": stamp(now) + _AFTER_ANY, ":moment": stamp(now)}
        return self._found("#item < :now", "item until", values, FilterExpression="#until > :moment")

    def _found(self, condition: str, names: str, values: dict[str, str], **only: str) -> Iterator[Due]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=f"entity = :part AND {condition}",
            ExpressionAttributeNames={f"#{name}": name for name in names.split()},
            ExpressionAttributeValues=to_item(values),
            **only,  # type: ignore[arg-type]  # one optional string
        )
        return (_due(item) for page in pages for item in page["Items"])


def _hours(since: datetime, until: datetime) -> Iterator[str]:
    moment = to_the_millisecond(since).replace(minute=0, second=0, microsecond=0)
    while moment <= until:
        yield _hour(moment)
        moment += _HOUR


def _hour(moment: datetime) -> str:
    return f"agenda#{stamp(moment)[:13]}"


def _item(part: str, due: Due, forgotten_at: float) -> dict[str, Any]:
    moment = stamp(due.at)
    return {
        "entity": part,
        # The names as a hash: together they can be longer than a key may be.
        "item": f"{moment}#{action_id_of(due.entity, due.scope, due.lane)}",
        "at": moment,
        "about": due.entity,
        "scope": due.scope,
        "lane": due.lane,
        "action_id": due.action_id,
        "expires_at": int(forgotten_at),
    }


def _due(item: Any) -> Due:
    found = from_item(item)
    return Due(datetime.fromisoformat(found["at"]), found["about"], found["scope"], found["lane"], found["action_id"])
