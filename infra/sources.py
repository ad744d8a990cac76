"""Event source mappings: what is read, in which portions, how often it is tried, and where it goes then."""

from collections.abc import Mapping, Sequence
from typing import Any

import jsii
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from infra.functions import SluiceFunction
from infra.queues import duration
from infra.settings import QueueReading, StreamReading

# Decisions that ask for action carry a string `outbox`. Lambda's filters know `exists` on leaves only, hence the `S`.
OUTBOX = {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"outbox": {"S": [{"exists": True}]}}}}


@jsii.implements(lambda_.IEventSourceDlq)
class _WholeRecordsTo:
    """Lambda writes what it gives up on under `aws/lambda/`; CDK's own destination would grant the whole bucket."""

    def __init__(self, bucket: s3.Bucket, source: SluiceFunction) -> None:
        self._bucket = bucket
        self._source = source

    def bind(
        self, _target: lambda_.IEventSourceMapping, _target_handler: lambda_.IFunction
    ) -> lambda_.DlqDestinationConfig:
        self._source.allow(["s3:PutObject"], self._bucket.arn_for_objects("aws/lambda/*"))
        self._source.allow(["s3:ListBucket"], self._bucket.bucket_arn)
        return lambda_.DlqDestinationConfig(destination=self._bucket.bucket_arn)


def from_kinesis(
    source: SluiceFunction, stream: kinesis.Stream, reading: StreamReading, dead_letters: s3.Bucket
) -> lambda_.EventSourceMapping:
    """The function reads the whole stream, from its oldest record on."""
    source.allow(
        [
            "kinesis:DescribeStream",
            "kinesis:DescribeStreamSummary",
            "kinesis:GetRecords",
            "kinesis:GetShardIterator",
            "kinesis:ListShards",
        ],
        stream.stream_arn,
    )
    return _stream_mapping(source, "Signals", stream.stream_arn, reading, dead_letters)


def from_table(
    source: SluiceFunction,
    table: dynamodb.Table,
    reading: StreamReading,
    dead_letters: s3.Bucket,
    only: Mapping[str, Any],
) -> lambda_.EventSourceMapping:
    """The function reads those changes of the table that match the filter `only`."""
    stream = table.table_stream_arn
    if stream is None:
        raise ValueError(f"{table.node.path} has no stream")
    source.allow(["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], stream)
    source.allow(["dynamodb:ListStreams"], f"{table.table_arn}/stream/*")
    return _stream_mapping(source, "Outbox", stream, reading, dead_letters, [lambda_.FilterCriteria.filter(dict(only))])


def from_queue(
    source: SluiceFunction, thing: str, queue: sqs.Queue, reading: QueueReading
) -> lambda_.EventSourceMapping:
    """The function takes messages from the queue; the queue itself sees to the dead letters."""
    source.allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], queue.queue_arn)
    return lambda_.EventSourceMapping(
        source,
        thing,
        target=source.function,
        event_source_arn=queue.queue_arn,
        batch_size=reading.batch_size,
        max_batching_window=duration(reading.window),
        max_concurrency=reading.concurrency,
        report_batch_item_failures=True,
        metrics_config=_EVENT_COUNTS,
    )


_EVENT_COUNTS = lambda_.MetricsConfig(metrics=[lambda_.MetricType.EVENT_COUNT])


def _stream_mapping(
    source: SluiceFunction,
    thing: str,
    arn: str,
    reading: StreamReading,
    dead_letters: s3.Bucket,
    filters: Sequence[Mapping[str, Any]] | None = None,
) -> lambda_.EventSourceMapping:
    return lambda_.EventSourceMapping(
        source,
        thing,
        target=source.function,
        event_source_arn=arn,
        starting_position=lambda_.StartingPosition.TRIM_HORIZON,
        batch_size=reading.batch_size,
        max_batching_window=duration(reading.window),
        parallelization_factor=reading.lanes,
        retry_attempts=reading.retries,
        max_record_age=duration(reading.max_age),
        # One record that kills the function costs its neighbours a few more tries, and not their place.
        bisect_batch_on_error=True,
        report_batch_item_failures=True,
        on_failure=_WholeRecordsTo(dead_letters, source),
        support_s3_on_failure_destination=True,
        filters=filters,
        metrics_config=_EVENT_COUNTS,
    )
