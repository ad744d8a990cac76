"""The policy table: which policy is in force, what is stopped, who changed it when and why, and who could not load it.

part              item                      what
pointer           live                      the pointer: one item, written on condition of its version
change#<yyyy-mm>  <time>#<id>               one change, written together with the pointer it made
list#<name>       <value>                   an entry of a list that is kept in this table: see `TableLists`
guard#…           live                      what guardrails counted and braked: see `Guards`
loaded            <function>#<digest>       what the function that judges says of a policy that it was to load; under
                                            `shipped <digest>`, that it judges by the one that it shipped with
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import ClientError

from shared.decisions.shares import PARTS
from shared.signals.times import from_epoch, stamp
from shared.stores.attributes import from_item, to_item
from shared.stores.failures import error_code

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SHIPPED = "shipped"
"""Stands where a digest stands, for the policy that ships with the code: in force until somebody publishes one."""


def shipped_as(digest: str) -> str:
    """By what functions note which policy they shipped with, while it is in force."""
    return f"{SHIPPED} {digest}"


POINTER = {"part": {"S": "pointer"}, "item": {"S": "live"}}
MOST_BEFORE = 20
NOTE_KEPT = timedelta(days=7)


class ChangedMeanwhileError(Exception):
    """Somebody else moved the pointer between reading and writing it; nothing was written."""


@dataclass(frozen=True, slots=True)
class Change:
    """Who did what, when, why; `kind` is one word such as `publish`, `what` the rest of the sentence."""

    kind: str
    what: str
    by: str
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Pointer:
    """What is in force, from digest to switches.

    `digest` judges everyone but the `share` (0 to 1) of entities that `staged` judges. `stopped` says of a rule, of
    `abuse:<kind>`, `capability:<name>` or `*`, who stopped it: `{by, why, at}`. `lists` has a version that grows with
    each change of a list that is kept in the table. `before` are the digests that were in force, the newest last.
    `also` are the series (see `Plan`) that must go on being written, so that the one before can come back. `published`
    says of `digest` who made it so: `{by, why, at}`. `began` says since when a series is written, where it was not
    always (see `begun`): it stands here, and not in items of its own, so that it changes with what is in force, or not
    at all, and costs no reading. `young` says since when each `rule@version` is at work that is new or edited.
    """

    version: int = 0
    digest: str = SHIPPED
    staged: str | None = None
    share: float = 0.0
    stopped: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    lists: Mapping[str, int] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    published: Mapping[str, str] = field(default_factory=dict)
    began: Mapping[str, datetime] = field(default_factory=dict)
    young: Mapping[str, datetime] = field(default_factory=dict)

    def moved_to(self, digest: str, change: Change) -> "Pointer":
        """Another policy in force for everyone; what was in force can come back."""
        before = (*self.before, self.digest)[-MOST_BEFORE:]
        return replace(self, digest=digest, staged=None, share=0.0, before=before, published=_who(change))

    def moved_back(self, change: Change) -> "Pointer":
        """The policy that was in force before, which there must be."""
        *before, digest = self.before
        return replace(self, digest=digest, staged=None, share=0.0, before=tuple(before), published=_who(change))


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

    def pointer(self) -> Pointer:
        """The pointer as it stands now; of a stage where nobody has changed anything yet, the one that says so."""
        found = self._client.get_item(TableName=self._table, Key=POINTER, ConsistentRead=True).get("Item")
        return _pointer(from_item(found)) if found else Pointer()

    def move(self, read: Pointer, wanted: Pointer, change: Change) -> None:
        """Make `wanted`, which was made of what was `read`, the pointer, and the change history: both or none.

        Raises `ChangedMeanwhileError` when `read` no longer stands.
        """
        made = replace(wanted, version=read.version + 1)
        put = {
            "TableName": self._table,
            "Item": to_item(_pointer_item(made)),
            "ConditionExpression": "version = :read" if read.version else "attribute_not_exists(part)",
        }
        if read.version:
            put["ExpressionAttributeValues"] = {":read": {"N": str(read.version)}}
        try:
            self._with_history({"Put": put}, change, made.version)
        except ClientError as error:
            conflicts = ("TransactionCanceledException", "TransactionConflictException")
            if error_code(error) not in conflicts or self.pointer().version == read.version:
                raise
            raise ChangedMeanwhileError from error

    def moved_back(self, since: Mapping[str, datetime], change: Change) -> dict[str, datetime]:
        """Let series count as written since these moments, where they began later: somebody has filled in their past.

        Gives those that did. Raises `ChangedMeanwhileError`: then nothing was written, and it can be done again.
        """
        read = self.pointer()
        earlier = {name: at for name, at in since.items() if name in read.began and at < read.began[name]}
        if earlier:
            self.move(read, replace(read, began={**read.began, **earlier}), change)
        return earlier

    def stop(self, rule: str, change: Change) -> None:
        """Stop a rule, whatever else was changed meanwhile: a publisher must not overwrite a switch.

        Of two changes in one instant DynamoDB refuses one: a `ClientError` says so, and nothing was written.
        """
        self._amend("SET stopped.#name = :value", rule, {":value": _who(change)}, change)

    def start(self, rule: str, change: Change) -> None:
        """Let a stopped rule act again, whatever else is changed meanwhile."""
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
        self._with_history({"Update": update}, change, version + 1)

    def _put_first(self) -> int:
        """The pointer of a stage where nobody has changed anything yet, unless somebody does right now; its version."""
        first = Pointer(version=1)
        item = to_item(_pointer_item(first))
        try:
            self._client.put_item(TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(part)")
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
        return first.version

    def _with_history(self, write: Mapping[str, Any], change: Change, version: int) -> None:
        history = {"Put": {"TableName": self._table, "Item": to_item(_change_item(change, version))}}
        both: Any = [write, history]
        self._client.transact_write_items(TransactItems=both)

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
        self._with_history(write, change, self.pointer().version)

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


def _who(change: Change) -> dict[str, str]:
    return {"by": change.by, "why": change.why, "at": stamp(change.at)}


def _pointer_item(pointer: Pointer) -> dict[str, Any]:
    item: dict[str, Any] = {
        "part": "pointer",
        "item": "live",
        "version": pointer.version,
        "digest": pointer.digest,
        "stopped": {rule: dict(stop) for rule, stop in pointer.stopped.items()},
        "lists": dict(pointer.lists),
        "before": list(pointer.before),
        "also": list(pointer.also),
        "published": dict(pointer.published),
        "began": _stamped(pointer.began),
        "young": _stamped(pointer.young),
    }
    if pointer.staged:
        item["staged"] = {"digest": pointer.staged, "share": round(pointer.share * PARTS)}
    return item


def _pointer(item: Mapping[str, Any]) -> Pointer:
    staged = item.get("staged")
    return Pointer(
        item["version"],
        item["digest"],
        staged["digest"] if staged else None,
        staged["share"] / PARTS if staged else 0.0,
        item["stopped"],
        item["lists"],
        tuple(item["before"]),
        tuple(item["also"]),
        item["published"],
        _moments(item.get("began", {})),
        _moments(item.get("young", {})),
    )


def _stamped(moments: Mapping[str, datetime]) -> dict[str, str]:
    return {name: stamp(at) for name, at in moments.items()}


def _moments(stamped: Mapping[str, str]) -> dict[str, datetime]:
    return {name: datetime.fromisoformat(at) for name, at in stamped.items()}


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
