"""SQS queues as Sluice wants them: over TLS only, encrypted, and never without a place for dead letters."""

from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.settings import Settings


@dataclass(frozen=True)
class QueuePair:
    """A queue, and where its messages go that nobody could handle."""

    queue: sqs.Queue
    dead_letters: sqs.Queue


@dataclass(frozen=True, kw_only=True)
class Handling:
    """How long a consumer may work on a message, and how often it is tried."""

    visibility: timedelta
    receives: int


def duration(span: timedelta) -> Duration:
    """CDK's kind of duration."""
    return Duration.seconds(int(span.total_seconds()))


def queue_pair(
    scope: Construct, thing: str, settings: Settings, handling: Handling, key: kms.Key | None = None
) -> QueuePair:
    """`sluice-<stage>-<thing>` with `sluice-<stage>-<thing>-dlq`; `key` is for queues that a service must write to."""
    dead_letters = dead_letter_queue(scope, f"{thing}-dlq", settings, key)
    queue = sqs.Queue(
        scope,
        thing,
        queue_name=settings.name(thing),
        enforce_ssl=True,
        encryption=_encryption(key),
        encryption_master_key=key,
        visibility_timeout=duration(handling.visibility),
        retention_period=duration(settings.queue_retention),
        receive_message_wait_time=Duration.seconds(20),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=handling.receives),
        removal_policy=RemovalPolicy.DESTROY,
    )
    return QueuePair(queue, dead_letters)


def dead_letter_queue(scope: Construct, thing: str, settings: Settings, key: kms.Key | None = None) -> sqs.Queue:
    """A queue that only people and the redrive command read."""
    return sqs.Queue(
        scope,
        thing,
        queue_name=settings.name(thing),
        enforce_ssl=True,
        encryption=_encryption(key),
        encryption_master_key=key,
        retention_period=duration(settings.dead_letter_queue_retention),
        removal_policy=RemovalPolicy.DESTROY,
    )


def _encryption(key: kms.Key | None) -> sqs.QueueEncryption:
    return sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED
