"""The stand-in for Lambda's pollers: reads what the template's mappings name and calls their functions.

On a laptop nobody waits: a batch takes what is there instead of filling up for its window, a retry follows at once, and
a message that failed is visible again at once. Shards are worked through one at a time, in their order; so the
parallelization factor, which gives up order between a shard's keys, has no effect.
"""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import boto3
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import StreamShard

from infra.local.arrivals import Arrivals
from infra.local.connection import ACCOUNT, REGION
from infra.local.destinations import FailureDestination, GivenUp, arrival, sequence_number
from infra.local.emulator import one_at_a_time
from infra.local.events import Record, dynamodb_record, kinesis_record, sqs_record
from infra.local.filters import wanted
from infra.local.functions import Invocation, LocalFunction
from infra.local.mappings import EventSourceMapping, MappingError
from infra.local.stats import FunctionStats

_SQS_MOST_PER_CALL = 10


class Poller(Protocol):
    """Something that the local cloud asks, again and again, to do its next piece of work."""

    def poll(self) -> int:
        """Take one batch from each lane and see it through; the number of records or messages that were there."""


def poller(mapping: EventSourceMapping, function: LocalFunction, stats: FunctionStats, arrivals: Arrivals) -> Poller:
    """The poller for a mapping's kind of source; `arrivals` says when the function is told that records came in."""
    caller = Caller(mapping, function, stats, arrivals)
    if mapping.service == "sqs":
        return QueuePoller(caller)
    source = KinesisSource(mapping) if mapping.service == "kinesis" else TableSource(mapping)
    return StreamPoller(caller, source)


class ResponseError(Exception):
    """The function's response is not what a partial-batch response looks like: Lambda takes the batch as failed."""


class Caller:
    """Calls a mapping's function with records and reads the response."""

    def __init__(
        self, mapping: EventSourceMapping, function: LocalFunction, stats: FunctionStats, arrivals: Arrivals
    ) -> None:
        self.mapping = mapping
        self.function = function
        self.stats = stats
        self._arrivals = arrivals

    def select(self, records: list[Record]) -> tuple[list[Record], list[Record]]:
        """Which records the mapping's filters let through, and which not."""
        passed: list[Record] = []
        rest: list[Record] = []
        for record in records:
            (passed if wanted(record, self.mapping.filters) else rest).append(record)
        self.stats.filtered += len(rest)
        return passed, rest

    def call(self, records: list[Record], identifiers: list[str]) -> tuple[Invocation, set[str]]:
        """Invoke with the records; which of their identifiers have failed: none, some, or all."""
        invocation = self.function.invoke({"Records": [self._arrivals(record) for record in records]})
        self.stats.invocations += 1
        self.stats.records += len(records)
        error = invocation.error
        failed: set[str] = set()
        if error is None and self.mapping.reports_item_failures:
            try:
                failed = _reported_failures(invocation.response, identifiers)
            except ResponseError as malformed:
                error = str(malformed)
        if error is not None:
            self.stats.failures += 1
            self.stats.last_error = error
            return invocation, set(identifiers)
        self.stats.partial_failures += bool(failed)
        return invocation, failed


def _reported_failures(response: Any, identifiers: list[str]) -> set[str]:
    match response:
        case None | {"batchItemFailures": None}:
            return set()
        case dict() if not response:
            return set()
        case {"batchItemFailures": list(items)}:
            failed = {item.get("itemIdentifier") if isinstance(item, dict) else None for item in items}
            strange = failed - set(identifiers)
            if strange:
                raise ResponseError(f"batchItemFailures names what was not in the batch: {sorted(map(repr, strange))}")
            return {str(each) for each in failed}
        case _:
            raise ResponseError(f'the response is not {{"batchItemFailures": […]}} but {str(response)[:200]!r}')


class StreamSource(Protocol):
    """The lanes (shards) of a stream, read from where one stopped."""

    @property
    @abstractmethod
    def shards(self) -> list[str]:
        """The shards' ids."""

    @abstractmethod
    def read(self, shard_id: str, limit: int) -> list[Record]:
        """The next records of a shard, in Lambda's shape; they will not come again."""


class KinesisSource:
    """A Kinesis stream."""

    def __init__(self, mapping: EventSourceMapping) -> None:
        self._arn = mapping.source_arn
        self._client = boto3.client("kinesis")
        self._iterators = {
            shard["ShardId"]: self._client.get_shard_iterator(
                StreamARN=self._arn, ShardId=shard["ShardId"], ShardIteratorType=mapping.starting_position
            )["ShardIterator"]
            for shard in self._client.list_shards(StreamARN=self._arn)["Shards"]
        }

    @property
    def shards(self) -> list[str]:
        return list(self._iterators)

    def read(self, shard_id: str, limit: int) -> list[Record]:
        page = self._client.get_records(ShardIterator=self._iterators[shard_id], Limit=limit, StreamARN=self._arn)
        self._iterators[shard_id] = page["NextShardIterator"]
        return [kinesis_record(shard_id, self._arn, record) for record in page["Records"]]


class TableSource:
    """The stream of a DynamoDB table, read where moto keeps it: its API takes milliseconds for each record."""

    def __init__(self, mapping: EventSourceMapping) -> None:
        self._arn = mapping.source_arn
        self._table = self._arn.split(":", 5)[5].split("/")[1]
        with one_at_a_time():
            self._next = 0 if mapping.starting_position == "TRIM_HORIZON" else len(self._stream.items)

    @property
    def shards(self) -> list[str]:
        return [self._stream.id]

    def read(self, shard_id: str, limit: int) -> list[Record]:  # noqa: ARG002 - moto's tables have one shard
        with one_at_a_time():
            records = [record.to_json() for record in self._stream.items[self._next : self._next + limit]]
        self._next += len(records)
        return [dynamodb_record(self._arn, record) for record in records]

    @property
    def _stream(self) -> StreamShard:
        stream = dynamodb_backends[ACCOUNT][REGION].get_table(self._table).stream_shard
        if stream is None:
            raise MappingError(f"table {self._table} has no stream: give it a StreamSpecification")
        return stream


@dataclass(frozen=True)
class Batch:
    """Consecutive records of one shard, and how often they failed before."""

    records: list[Record]
    failed_attempts: int = 0


class StreamPoller:
    """Kinesis and DynamoDB streams: in order, shard by shard, each batch seen through before the next."""

    def __init__(self, caller: Caller, source: StreamSource) -> None:
        self._caller = caller
        self._source = source
        self._mapping = caller.mapping
        self._destination = FailureDestination(caller.mapping, caller.function.settings)

    def poll(self) -> int:
        there = 0
        for shard_id in self._source.shards:
            records = self._source.read(shard_id, self._mapping.batch_size)
            there += len(records)
            passed, _ = self._caller.select(records)
            self._see_through(shard_id, passed)
        return there

    def _see_through(self, shard_id: str, records: list[Record]) -> None:
        waiting = [Batch(records)]
        while waiting:
            batch = self._young_enough(shard_id, waiting.pop(0))
            if not batch.records:
                continue
            numbers = [sequence_number(record) for record in batch.records]
            invocation, failed = self._caller.call(batch.records, numbers)
            if failed:
                checkpoint = min(numbers.index(number) for number in failed)
                waiting[:0] = self._tried_again(shard_id, batch, checkpoint, invocation)

    def _tried_again(self, shard_id: str, batch: Batch, checkpoint: int, invocation: Invocation) -> list[Batch]:
        """What follows a failure at `checkpoint`, before which all is done.

        Splitting costs no attempt: at the checkpoint if the function named a later record, else in the middle.
        """
        stats = self._caller.stats
        rest = batch.records[checkpoint:]
        if self._mapping.bisects and checkpoint > 0:
            stats.splits += 1
            return [Batch(rest, batch.failed_attempts)]
        if self._mapping.bisects and len(rest) > 1:
            stats.splits += 1
            middle = len(rest) // 2
            return [Batch(rest[:middle], batch.failed_attempts), Batch(rest[middle:], batch.failed_attempts)]
        attempts = batch.failed_attempts + 1
        if attempts <= self._mapping.max_retries:
            stats.retries += 1
            return [Batch(rest, attempts)]
        self._give_up(GivenUp(shard_id, rest, "RetryAttemptsExhausted", attempts, invocation))
        return []

    def _young_enough(self, shard_id: str, batch: Batch) -> Batch:
        now = datetime.now(UTC)
        is_old = [(now - arrival(record)).total_seconds() > self._mapping.max_age for record in batch.records]
        old = [record for record, too_old in zip(batch.records, is_old, strict=True) if too_old]
        if not old:
            return batch
        self._give_up(GivenUp(shard_id, old, "RecordAgeExceeded", batch.failed_attempts, None))
        young = [record for record, too_old in zip(batch.records, is_old, strict=True) if not too_old]
        return Batch(young, batch.failed_attempts)

    def _give_up(self, given_up: GivenUp) -> None:
        self._caller.stats.given_up += len(given_up.records)
        self._destination.take(given_up)


class QueuePoller:
    """A standard SQS queue: what succeeded is deleted, what failed is visible again at once."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._arn = caller.mapping.source_arn
        self._client = boto3.client("sqs")
        self._url = self._client.get_queue_url(QueueName=self._arn.split(":")[-1])["QueueUrl"]
        attributes = self._client.get_queue_attributes(QueueUrl=self._url, AttributeNames=["RedrivePolicy"])
        if "RedrivePolicy" not in attributes.get("Attributes", {}):
            raise MappingError(
                f"{self._arn} has no dead-letter queue, so that a message that always fails would come for ever: "
                "give the queue a RedrivePolicy"
            )

    def poll(self) -> int:
        records = [sqs_record(self._arn, message) for message in self._received()]
        passed, filtered = self._caller.select(records)
        failed: set[str] = set()
        if passed:
            _, failed = self._caller.call(passed, [record["messageId"] for record in passed])
        self._caller.stats.retries += len(failed)
        self._delete([record for record in passed if record["messageId"] not in failed] + filtered)
        for record in passed:
            if record["messageId"] in failed:
                self._client.change_message_visibility(
                    QueueUrl=self._url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=0
                )
        return len(records)

    def _received(self) -> Iterator[Mapping[str, Any]]:
        left = self._caller.mapping.batch_size
        while left > 0:
            page = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=min(left, _SQS_MOST_PER_CALL),
                WaitTimeSeconds=0,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            if not page:
                return
            left -= len(page)
            yield from page

    def _delete(self, records: list[Record]) -> None:
        for start in range(0, len(records), _SQS_MOST_PER_CALL):
            self._client.delete_message_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": record["receiptHandle"]}
                    for number, record in enumerate(records[start : start + _SQS_MOST_PER_CALL])
                ],
            )
