"""The policy table: which policy is in force, what is stopped, who changed it when and why, and who could not load it.

part              item                      what
pointer           live                      the pointer: one item, written on condition of its version
change#<yyyy-mm>  <time>#<id>               one change, written together with the pointer it made
list#<name>       <value>                   an entry of a list that is kept in this table: see `TableLists`
guard#…           live                      what guardrails counted and braked: see `Guards`
series            live                      which series functions write beyond what the pointer names: `WrittenSeries`
loaded            <function>#<digest>       what the function that judges says of a policy that it was to load; under
                                            `shipped <digest>`, that it judges by the one that it shipped with
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from botocore.exceptions import ClientError

from shared.signals.times import from_epoch, stamp
from shared.stores.attributes import from_item, to_item
from shared.stores.failures import error_code
from shared.stores.pointer import SHIPPED, Change, Pointer, pointer_item, pointer_of, who
from shared.stores.written import WrittenSeries

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def shipped_as(digest: str) -> str:
    """By what functions note which policy they shipped with, while it is in force."""
    return f"{SHIPPED} {digest}"


POINTER = {"part": {"S": "pointer"}, "item": {"S": "live"}}
NOTE_KEPT = timedelta(days=7)


class ChangedMeanwhileError(Exception):
    """Somebody else moved the pointer between reading and writing it; nothing was written."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a function says of a policy: that it loaded it, or why not (`why` is empty when it did)."""

    function: str
    digest: str
    why: str
    at: str


class PolicyTable:
    """Reads and moves the pointer, and keeps the history of that."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self.series = WrittenSeries(client, table)

    def pointer(self) -> Pointer:
        """The pointer as it stands now; of a stage where nobody has changed anything yet, the one that says so."""
        found = self._client.get_item(TableName=self._table, Key=POINTER, ConsistentRead=True).get("Item")
        return pointer_of(from_item(found)) if found else Pointer()

    def move(self, read: Pointer, wanted: Pointer, change: Change) -> None:
        """Make `wanted`, which was made of what was `read`, the pointer, and the change history: both or none.

        Raises `ChangedMeanwhileError` when `read` no longer stands.
        """
        with _unless_changed(lambda _: self.pointer().version != read.version):
            self._with_history([self._move(read, wanted)], change, read.version + 1)

    def moved_back(self, since: Mapping[str, datetime], change: Change) -> dict[str, datetime]:
        """Let series count as written since these moments, where they began later: somebody has filled in their past.

        Gives those that did. Raises `ChangedMeanwhileError`: then nothing was written, and it can be done again.
        """
        read, told = self.pointer(), self.series.told()
        known = (read.written | told.written(published=bool(read.published))).began
        earlier = {name: at for name, at in since.items() if name in known and at < known[name]}
        if earlier:
            began = {name: min(at, earlier.get(name, at)) for name, at in read.began.items()}
            writes = [self._move(read, replace(read, began=began))]
            if told.version:
                writes.append(self.series.replacement(told.since(earlier)))

            def changed(_: ClientError) -> bool:
                return (self.pointer().version, self.series.told().version) != (read.version, told.version)

            with _unless_changed(changed):
                self._with_history(writes, change, read.version + 1)
        return earlier

    def _move(self, read: Pointer, wanted: Pointer) -> dict[str, Any]:
        put = {
            "TableName": self._table,
            "Item": to_item(pointer_item(replace(wanted, version=read.version + 1))),
            "ConditionExpression": "version = :read" if read.version else "attribute_not_exists(part)",
        }
        if read.version:
            put["ExpressionAttributeValues"] = {":read": {"N": str(read.version)}}
        return {"Put": put}

    def stop(self, rule: str, change: Change) -> None:
        """Stop a rule, whatever else was changed meanwhile: a publisher must not overwrite a switch.

        Of two changes in one instant DynamoDB refuses one. Then `ChangedMeanwhileError` says so: nothing was written.
        """
        self._amend("SET stopped.#name = :value", rule, {":value": who(change)}, change)

    def start(self, rule: str, change: Change) -> None:
        """Let a stopped rule act again, as `stop` stops it."""
        self._amend("REMOVE stopped.#name", rule, {}, change)

    def list_changed(self, name: str, change: Change) -> None:
        """Have everyone read a list again, whatever else is changed meanwhile."""
        grow = "SET lists.#name = if_not_exists(lists.#name, :none) + :one"
        self._amend(grow, name, {":none": 0}, change)

    def _amend(self, expression: str, name: str, values: Mapping[str, Any], change: Change) -> None:
        """Change one part of the pointer, and leave the others as they come to stand."""
        version = self.pointer().version
        if not version:
            version = self._put_first()
        update = {
            "TableName": self._table,
            "Key": POINTER,
            "UpdateExpression": f"{expression} ADD version :one",
            "ConditionExpression": "attribute_exists(part)",
            "ExpressionAttributeNames": {"#name": name},
            "ExpressionAttributeValues": to_item({**values, ":one": 1}),
        }
        # The update asks for nothing that changes: what it can meet is another change, halfway.
        with _unless_changed(_conflicts):
            self._with_history([{"Update": update}], change, version + 1)

    def _put_first(self) -> int:
        """The pointer of a stage where nobody has changed anything yet, unless somebody does right now; its version."""
        first = Pointer(version=1)
        item = to_item(pointer_item(first))
        try:
            self._client.put_item(TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(part)")
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
        return first.version

    def _with_history(self, writes: Iterable[Mapping[str, Any]], change: Change, version: int) -> None:
        history = {"Put": {"TableName": self._table, "Item": to_item(_change_item(change, version))}}
        together: Any = [*writes, history]
        self._client.transact_write_items(TransactItems=together)

    def changes(self, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
        """The changes from `since` on and before `until`, the newest first: `{at, by, why, kind, what, version}`."""
        for month in _months(since, until):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="part = :month AND #item BETWEEN :since AND :until",
                ExpressionAttributeNames={"#item": "item"},
                ExpressionAttributeValues=to_item(
                    {":month": f"change#{month}", ":since": stamp(since), ":until": stamp(until)}
                ),
                ScanIndexForward=False,
                ConsistentRead=True,
            )
            for page in pages:
                for item in page["Items"]:
                    found = from_item(item)
                    yield {name: found[name] for name in ("at", "by", "why", "kind", "what", "version")}

    def noted(self, change: Change, write: Mapping[str, Any]) -> None:
        """Make a write to this table together with its line in the history: both or none. The pointer stays."""
        self._with_history([write], change, self.pointer().version)

    def note(self, function: str, digest: str, why: str) -> None:
        """Leave word for people of what a function says of a policy: the newest word stands."""
        now = time.time()
        values = {":why": why, ":at": stamp(from_epoch(now)), ":expires": int(now + NOTE_KEPT.total_seconds())}
        self._client.update_item(
            TableName=self._table,
            Key=to_item({"part": "loaded", "item": f"{function}#{digest}"}),
            UpdateExpression="SET why = :why, #at = :at, expires_at = :expires",
            ExpressionAttributeNames={"#at": "at"},
            ExpressionAttributeValues=to_item(values),
        )

    def notes(self) -> list[Note]:
        """The functions' words, of all policies that they were to load within the last days."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="part = :loaded",
            ExpressionAttributeValues={":loaded": {"S": "loaded"}},
            ConsistentRead=True,
        )
        found = (from_item(item) for page in pages for item in page["Items"])
        named = ((*item["item"].split("#"), item["why"], item["at"]) for item in found)
        return [Note(function, digest, why, at) for function, digest, why, at in named]


def _conflicts(refusal: ClientError) -> bool:
    """Whether another change was being made to the same item."""
    reasons = cast("Any", refusal.response).get("CancellationReasons", [])
    return any(reason.get("Code") == "TransactionConflict" for reason in reasons)


@contextmanager
def _unless_changed(changed: Callable[[ClientError], bool]) -> Iterator[None]:
    """Raises `ChangedMeanwhileError` when a transaction is refused and somebody else has changed what it is about."""
    try:
        yield
    except ClientError as error:
        conflicts = ("TransactionCanceledException", "TransactionConflictException")
        if error_code(error) not in conflicts or not changed(error):
            raise
        raise ChangedMeanwhileError from error


def _change_item(change: Change, version: int) -> dict[str, Any]:
    at = stamp(change.at)
    return {
        "part": f"change#{at[:7]}",
        "item": f"{at}#{uuid4().hex[:8]}",
        "at": at,
        "by": change.by,
        "why": change.why,
        "kind": change.kind,
        "what": change.what,
        "version": version,
    }


def _months(since: datetime, until: datetime) -> Iterator[str]:
    """`2026-11` and so on, the newest first."""
    year, month = until.year, until.month
    while (year, month) >= (since.year, since.month):
        yield f"{year:04}-{month:02}"
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
