"""Lists that are kept in the policy table: people change their values without publishing a policy."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.signals.times import from_epoch, stamp
from shared.stores.attributes import from_item, to_item
from shared.stores.failures import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

WRITES_PER_CALL = 25


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One value of a list: who added it, when and why, and when it ends of itself (None: never)."""

    value: str
    by: str
    why: str
    at: datetime
    expires_at: datetime | None = None


class TableLists:
    """Reads and changes the lists. A change is in force once the pointer's version of the list has grown."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def values(self, name: str) -> dict[str, datetime | None]:
        """The list's values, each with its end; ended ones may be among them until the table forgets them."""
        found = self._items(name, "#item, expires_at", {"#item": "item"})
        return {item["item"]: _moment(item.get("expires_at")) for item in found}

    def entries(self, name: str) -> Iterator[ListEntry]:
        """The list's entries with all that is known of them, in the order of their values."""
        for item in self._items(name):
            yield ListEntry(
                item["item"],
                item["by"],
                item["why"],
                datetime.fromisoformat(item["at"]),
                _moment(item.get("expires_at")),
            )

    def add(self, name: str, entries: Iterable[ListEntry]) -> None:
        """Add values, or replace what is known of those that are there."""
        self._write({"PutRequest": {"Item": to_item(_item(name, entry))}} for entry in entries)

    def remove(self, name: str, values: Iterable[str]) -> None:
        """Remove values; those that are not there are none."""
        self._write({"DeleteRequest": {"Key": to_item({"part": _part(name), "item": value})}} for value in values)

    def _items(
        self, name: str, attributes: str = "", names: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, Any]]:
        wanted: Any = {"ProjectionExpression": attributes, "ExpressionAttributeNames": names} if attributes else {}
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="part = :part",
            ExpressionAttributeValues={":part": {"S": _part(name)}},
            ConsistentRead=True,
            **wanted,
        )
        return (from_item(item) for page in pages for item in page["Items"])

    def _write(self, writes: Iterable[Mapping[str, Any]]) -> None:
        """All of them, as long as the service makes progress; raises `StoreUnavailable` when it makes none."""
        waiting = list(writes)
        while waiting:
            asked, rest = waiting[:WRITES_PER_CALL], waiting[WRITES_PER_CALL:]
            response: Any = self._client.batch_write_item(RequestItems={self._table: asked})  # type: ignore[dict-item]  # the stub wants its own dict
            left = response.get("UnprocessedItems", {}).get(self._table, [])
            if len(left) == len(asked):
                raise StoreUnavailable(f"{self._table} took none of {len(asked)} writes: try again, it repeats nothing")
            waiting = [*left, *rest]


def _item(name: str, entry: ListEntry) -> dict[str, Any]:
    item = {"part": _part(name), "item": entry.value, "by": entry.by, "why": entry.why, "at": stamp(entry.at)}
    return item | ({"expires_at": int(entry.expires_at.timestamp())} if entry.expires_at else {})


def _part(name: str) -> str:
    return f"list#{name}"


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else from_epoch(seconds)
