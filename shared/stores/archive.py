"""The decisions table as people read it: one record whole, or lists through the indexes, newest first."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from shared.decisions import OUTCOME_SHARDS, outcome_key
from shared.signals import CATALOGUE, FEEDBACK
from shared.signals.times import stamp
from shared.stores.attributes import from_item, to_item
from shared.stores.packing import UnreadableRecordError
from shared.stores.records import beside_capsule, record_from_item
from shared.stores.words import CapsuleWords

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OUTCOMES = ("deny", "pend", "challenge", "restrict", "command", "friction", "review")
"""What the index by outcome knows: dispositions, and for an `allow` the strongest kind of action beside it."""

PAGE = 100
FOLLOWED, FOLLOWERS = timedelta(days=30), 50
"""For how long, and at most how many, signals about a decision's entities are asked whether they are about it."""
_FOLLOWING = frozenset(name for name, spec in CATALOGUE.items() if "decision_id" in spec.model.model_fields)
SAMPLE = 1_000

_TIME: Mapping[str, str] = {"#time": "time"}


@dataclass(frozen=True, slots=True)
class Period:
    """Event times from `since` up to, and without, `until`."""

    since: datetime
    until: datetime

    def days(self) -> list[str]:
        """The UTC days that it touches, newest first: the index by outcome is kept by day."""
        last = (self.until - timedelta(milliseconds=1)).date()
        return [str(last - timedelta(days=back)) for back in range((last - self.since.date()).days + 1)]

    def bounds(self) -> tuple[str, str]:
        """The first and the last moment of it, as records write times."""
        return stamp(self.since), stamp(self.until - timedelta(milliseconds=1))


class DecisionArchive:
    """Reads decisions. Lists come page by page: what is not asked for is not read.

    Lists hold what the indexes project (decision_id, time, signal_type, subject, disposition, rules), and, of those
    through the index by outcome, `outcome`. What cannot be unpacked raises `UnreadableRecordError`.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._words = CapsuleWords(client, table)

    def get(self, decision_id: str) -> dict[str, Any] | None:
        """The whole record of a decision, or of a person's command."""
        response = self._client.get_item(
            TableName=self._table, Key={"decision_id": {"S": decision_id}}, ConsistentRead=True
        )
        return self._opened(response["Item"]) if "Item" in response else None

    def content_changes(self, record: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The notes that the decision's signal came again with other content, about the same subject."""
        values = {":subject": record["subject"], ":prefix": f"{record['decision_id']}/changed/"}
        query = self._by_subject("subject = :subject", "begins_with(decision_id, :prefix)", values, {})
        return list(self._pages(query))

    def about(self, subject: str, period: Period | None = None) -> Iterator[dict[str, Any]]:
        """The decisions about a subject, newest first."""
        values: dict[str, Any] = {":subject": subject}
        condition, names = "subject = :subject", {}
        if period:
            values[":since"], values[":until"] = period.bounds()
            condition, names = f"{condition} AND #time BETWEEN :since AND :until", dict(_TIME)
        # Commands and notes of changed content are about the subject, too, and no decisions.
        return self._pages(self._by_subject(condition, "attribute_exists(disposition)", values, names))

    def with_outcome(
        self, outcomes: Iterable[str], period: Period, subject: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """The decisions with one of the outcomes, newest first, over all shards of each day."""
        wanted = list(outcomes)
        for day in period.days():
            shards = [
                self._pages(self._by_outcome(outcome_key(outcome, day, shard), period, subject))
                for outcome in wanted
                for shard in range(OUTCOME_SHARDS)
            ]
            for found in merge(*shards, key=itemgetter("time"), reverse=True):
                yield {**found, "outcome": found.pop("outcome_day").partition("#")[0]}

    def whole(self, signals: Collection[str], period: Period) -> Iterator[dict[str, Any]]:
        """The whole records of decisions about some types of signal, in the order of their ids.

        No index has plain allows by time, so this reads the table, once. Ids are hashes: whoever stops early has seen
        a random sample.
        """
        return (record for page in self._pages_about(signals, period) for record in page)

    def sample(
        self, signals: Collection[str], period: Period, each: int, pages: int
    ) -> dict[str, list[dict[str, Any]]]:
        """Random decisions, whole: at most `each` about every type of signal, from so many MB of the table."""
        found: dict[str, list[dict[str, Any]]] = {signal: [] for signal in signals}
        for page in islice(self._pages_about(signals, period), pages):
            for record in page:
                found[record["signal_type"]].append(record)
            if all(len(some) >= each for some in found.values()):
                break
        return {signal: some[:each] for signal, some in found.items()}

    def followers(self, record: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The decisions about scores, reviews and appeals that name this decision, oldest first."""
        since = datetime.fromisoformat(record["time"])
        entities = {record["subject"], *json.loads(record["capsule"])["entities"].values()}
        near = (each for entity in sorted(entities) for each in self.about(entity, Period(since, since + FOLLOWED)))
        asked = sorted((each for each in near if each["signal_type"] in _FOLLOWING), key=itemgetter("time"))
        whole = (self.get(each["decision_id"]) for each in islice(asked, FOLLOWERS))
        return [each for each in whole if each and each.get("about_decision") == record["decision_id"]]

    def labels(self, subject: str) -> Iterator[dict[str, Any]]:
        """What feedback said about a subject, newest first: labels, as JSON data."""
        for found in self.about(subject):
            if found["signal_type"] in FEEDBACK:
                record = self.get(found["decision_id"])
                if record and "label" in record:
                    yield json.loads(record["label"])

    def sampled_days(self) -> Sequence[str]:
        """Days that have decisions other than plain allows, oldest first, as one page of the index happens to show."""
        response = self._client.scan(
            TableName=self._table, IndexName="by_outcome", ProjectionExpression="outcome_day", Limit=SAMPLE
        )
        return sorted({from_item(item)["outcome_day"].split("#")[1] for item in response["Items"]})

    def _pages_about(self, signals: Collection[str], period: Period) -> Iterator[list[dict[str, Any]]]:
        """The decisions of each MB of the table, one after the other."""
        since, until = period.bounds()
        named = {f":signal{number}": signal for number, signal in enumerate(signals)}
        if not named:
            return iter(())
        only = f"kind = :kind AND signal_type IN ({', '.join(named)}) AND #time BETWEEN :since AND :until"
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression=only,
            ExpressionAttributeNames=dict(_TIME),
            ExpressionAttributeValues=to_item({":kind": "decision", ":since": since, ":until": until, **named}),
        )
        return ([self._opened(item) for item in page["Items"]] for page in pages)

    def _opened(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """A whole record, with its capsule as text."""
        record = record_from_item(item)
        if isinstance(capsule := record.get("capsule"), bytes):
            try:
                record["capsule"] = self._words.unpack(capsule, beside_capsule(record))
            except UnreadableRecordError as error:
                raise UnreadableRecordError(f"the record {record['decision_id']} cannot be read: {error}") from None
        return record

    def _by_subject(
        self, condition: str, only: str, values: Mapping[str, Any], names: Mapping[str, str]
    ) -> dict[str, Any]:
        query = {
            "IndexName": "by_subject",
            "KeyConditionExpression": condition,
            "FilterExpression": only,
            "ExpressionAttributeValues": to_item(values),
        }
        return query | ({"ExpressionAttributeNames": dict(names)} if names else {})

    def _by_outcome(self, key: str, period: Period, subject: str | None) -> dict[str, Any]:
        since, until = period.bounds()
        values = {":key": key, ":since": since, ":until": until} | ({":subject": subject} if subject else {})
        query = {
            "IndexName": "by_outcome",
            "KeyConditionExpression": "outcome_day = :key AND #time BETWEEN :since AND :until",
            "ExpressionAttributeNames": dict(_TIME),
            "ExpressionAttributeValues": to_item(values),
        }
        return query | ({"FilterExpression": "subject = :subject"} if subject else {})

    def _pages(self, query: dict[str, Any]) -> Iterator[dict[str, Any]]:
        request: dict[str, Any] = {**query, "TableName": self._table, "ScanIndexForward": False}
        pages = self._client.get_paginator("query").paginate(**request, PaginationConfig={"PageSize": PAGE})
        return (from_item(item) for page in pages for item in page["Items"])
