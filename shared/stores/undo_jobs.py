"""Undo jobs in the policy table: what is undone at whose word, and, when that is taken back, by whom.

part    item      what
undo    <job id>  the selection, its newest round, who began it, and up to when it looks

A job's id is made of what it selects, so whoever orders the same undo again, or at the same time, goes on with the
same job. A round either undoes or takes the undo back; everything about a round is fixed when it begins, so that all
who work on it write the same records.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.restrictions import action_id_of
from shared.restrictions.undoing import Order
from shared.signals.times import stamp
from shared.stores.attributes import from_item, to_item
from shared.stores.failures import error_code
from shared.stores.pointer import Change
from shared.stores.policies import PolicyTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PART = "undo"
KEPT = timedelta(days=400)
_INSTANT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Selection:
    """What to undo: of a rule (at one `version`, or any), of a policy, of one decision, or on one entity.

    One of the four is given, the others are empty. `since` and `until` are times of events, the latter excluded; a
    decision needs neither.
    """

    rule: str = ""
    version: str = ""
    policy: str = ""
    decision: str = ""
    entity: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def job(self) -> str:
        """The id of the job that undoes this: the same for everyone who asks for it."""
        return action_id_of("undo", *(f"{name}={value}" for name, value in self.to_json().items()))[:16]

    @property
    def words(self) -> str:
        """Such as `rule card_testing@1f2e3d4c from 2026-11-22T10:20:00.000Z on`."""
        of_rule = f"rule {self.rule}{f'@{self.version}' if self.version else ''}" if self.rule else ""
        others = {"policy": self.policy, "decision": self.decision, "entity": self.entity}
        what = of_rule or next(f"{kind} {name}" for kind, name in others.items() if name)
        if self.since is None:
            return what
        return f"{what} from {stamp(self.since)} {f'to {stamp(self.until)}' if self.until else 'on'}"

    def to_json(self) -> dict[str, str]:
        times = {name: stamp(at) for name, at in (("since", self.since), ("until", self.until)) if at}
        texts = {name: getattr(self, name) for name in ("rule", "version", "policy", "decision", "entity")}
        return {name: text for name, text in texts.items() if text} | times

    @classmethod
    def from_json(cls, data: Mapping[str, str]) -> "Selection":
        times = {name: datetime.fromisoformat(data[name]) for name in ("since", "until") if name in data}
        return cls(**{**data, **times})  # type: ignore[arg-type]  # the texts and times that `to_json` wrote


@dataclass(frozen=True, slots=True)
class UndoJob:
    """A job in its newest round: `void` undoes, otherwise the undo is taken back. `until` is up to when it looks."""

    selection: Selection
    round: int
    void: bool
    by: str
    why: str
    at: datetime
    until: datetime

    @property
    def job_id(self) -> str:
        return self.selection.job

    @property
    def prefix(self) -> str:
        """What the ids of all records of this round begin with."""
        return f"undo/{self.job_id}/{self.round}/"

    def order(self, decision_id: str) -> Order:
        """What is ordered about one decision."""
        return Order(self.prefix + decision_id, f"person:{self.by}", self.at, self.why)


class UndoJobs:
    """Begins and finds jobs."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._history = PolicyTable(client, table)

    def get(self, job_id: str) -> UndoJob | None:
        """The job as it stands."""
        key = to_item({"part": PART, "item": job_id})
        found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return _job(from_item(found)) if found else None

    def begin(self, selection: Selection, order: Order, until: datetime, told: str, *, void: bool) -> UndoJob:
        """The round in which this is done, begun now or under way; `order` and `until` are those of who asks.

        A new round is written together with its line in the history of changes, with `told` in it. Where somebody
        else began the same round meanwhile, theirs stands.
        """
        read = self.get(selection.job)
        if read and read.void == void:
            return self._goes_on(read, until)
        at = max(order.at, read.at + _INSTANT) if read else order.at
        by = order.source.removeprefix("person:")
        begun = UndoJob(selection, (read.round if read else 0) + 1, void, by, order.why, at, until)
        kind = "undo" if void else "undo again"
        change = Change(kind, f"{selection.words}: {told} (job {selection.job})", by, order.why, order.at)
        try:
            self._history.noted(change, {"Put": self._put(begun, read)})
        except ClientError as error:
            standing = self.get(selection.job)
            if error_code(error) not in _CONFLICTS or standing is None or standing.void != void:
                raise
            return standing
        return begun

    def _goes_on(self, job: UndoJob, until: datetime) -> UndoJob:
        """The same round again: it looks as far as `until` now, for what was done since."""
        if job.selection.until or until <= job.until:
            return job
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_item({"part": PART, "item": job.job_id}),
                UpdateExpression="SET #until = :until",
                ConditionExpression="#round = :round",
                ExpressionAttributeNames={"#round": "round", "#until": "until"},
                ExpressionAttributeValues=to_item({":until": stamp(until), ":round": job.round}),
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
        return replace(job, until=until)

    def _put(self, job: UndoJob, read: UndoJob | None) -> dict[str, Any]:
        put: dict[str, Any] = {
            "TableName": self._table,
            "Item": to_item(_item(job)),
            "ConditionExpression": "#round = :read" if read else "attribute_not_exists(part)",
        }
        if read:
            put["ExpressionAttributeNames"] = {"#round": "round"}
            put["ExpressionAttributeValues"] = to_item({":read": read.round})
        return put


_CONFLICTS = ("TransactionCanceledException", "TransactionConflictException")


def _item(job: UndoJob) -> dict[str, Any]:
    return {
        "part": PART,
        "item": job.job_id,
        "selection": job.selection.to_json(),
        "round": job.round,
        "void": job.void,
        "by": job.by,
        "why": job.why,
        "at": stamp(job.at),
        "until": stamp(job.until),
        "expires_at": int((job.at + KEPT).timestamp()),
    }


def _job(item: Mapping[str, Any]) -> UndoJob:
    return UndoJob(
        Selection.from_json(item["selection"]),
        item["round"],
        item["void"],
        item["by"],
        item["why"],
        datetime.fromisoformat(item["at"]),
        datetime.fromisoformat(item["until"]),
    )
