"""Where a stream mapping sends what it gives up on, in the form that Lambda documents."""

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3

from infra.local.events import Record
from infra.local.functions import FunctionSettings, Invocation
from infra.local.mappings import EventSourceMapping


@dataclass(frozen=True)
class GivenUp:
    """Records of one shard that no further attempt will be made for. `invocation` is the last one, if there was any."""

    shard_id: str
    records: list[Record]
    condition: str  # RetryAttemptsExhausted or RecordAgeExceeded
    attempts: int
    invocation: Invocation | None


class FailureDestination:
    """A mapping's on-failure destination: a bucket gets the whole event, a queue only where to find it."""

    def __init__(self, mapping: EventSourceMapping, function: FunctionSettings) -> None:
        self._mapping = mapping
        self._function = function
        self._s3 = boto3.client("s3")
        self._sqs = boto3.client("sqs")

    def take(self, given_up: GivenUp) -> None:
        """Keep what was given up; a mapping without a destination loses it, as Lambda does."""
        arn = self._mapping.on_failure_arn or ""
        now = datetime.now(UTC)
        match arn.split(":")[2:3]:
            case ["s3"]:
                whole = {**self._described(given_up, now), "payload": json.dumps({"Records": given_up.records})}
                self._s3.put_object(
                    Bucket=arn.rpartition(":")[2],
                    Key=f"aws/lambda/{self._mapping.id}/{given_up.shard_id}/{now:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-{uuid.uuid4()}",
                    Body=json.dumps(whole).encode(),
                    ContentType="application/json",
                )
            case ["sqs"]:
                queue = self._sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"]
                self._sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(self._described(given_up, now)))
            case _:
                return

    def _described(self, given_up: GivenUp, now: datetime) -> dict[str, Any]:
        invocation = given_up.invocation
        response = None
        if invocation is not None:
            failed = {"functionError": "Unhandled"} if invocation.error else {}
            response = {"statusCode": 200, "executedVersion": "$LATEST", **failed}
        return {
            "requestContext": {
                "requestId": invocation.request_id if invocation else str(uuid.uuid4()),
                "functionArn": self._function.arn,
                "condition": given_up.condition,
                "approximateInvokeCount": given_up.attempts,
            },
            "responseContext": response,
            "version": "1.0",
            "timestamp": _timestamp(now),
            _BATCH_INFO[self._mapping.service]: {
                "shardId": given_up.shard_id,
                "startSequenceNumber": sequence_number(given_up.records[0]),
                "endSequenceNumber": sequence_number(given_up.records[-1]),
                "approximateArrivalOfFirstRecord": _timestamp(arrival(given_up.records[0])),
                "approximateArrivalOfLastRecord": _timestamp(arrival(given_up.records[-1])),
                "batchSize": len(given_up.records),
                "streamArn": self._mapping.source_arn,
            },
        }


_BATCH_INFO = {"kinesis": "KinesisBatchInfo", "dynamodb": "DDBStreamBatchInfo"}


def sequence_number(record: Record) -> str:
    """The sequence number of a stream's record, by which functions report it as failed."""
    number: str = (record["kinesis"]["sequenceNumber"]) if "kinesis" in record else record["dynamodb"]["SequenceNumber"]
    return number


def arrival(record: Record) -> datetime:
    """When a stream's record arrived, in UTC."""
    if "kinesis" in record:
        return datetime.fromtimestamp(record["kinesis"]["approximateArrivalTimestamp"], UTC)
    return datetime.fromtimestamp(record["dynamodb"]["ApproximateCreationDateTime"], UTC)


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
