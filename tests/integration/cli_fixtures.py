"""A deployed stage as the command line finds it: a stack with outputs, tables, queues, bucket and stream, in moto."""

import functools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

import boto3
from moto import mock_aws

from shared.restrictions import Action, action_id_of
from shared.signals import Pseudonyms
from shared.signals.times import stamp
from shared.stores import DecisionLog, InvalidSignals, Ledger
from shared.stores.attributes import from_item, to_item

NAME = "sluice-dev"
QUEUES = ("signals", "feedback", "act-withdraw")
STREAM_ARN = f"arn:aws:kinesis:us-east-1:123456789012:stream/{NAME}-signals"
KEY = "0123456789abcdef0123456789abcdef"
PSEUDONYMS = Pseudonyms(KEY.encode())
STOPPED = {"none": True}
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
# Clients hold nothing of what moto plays, and making one costs more than most calls.
client: Any = functools.cache(boto3.client)


@dataclass
class Stage:
    """What a test puts in, and asks about."""

    outputs: dict[str, str]

    def client(self, service: str) -> Any:
        return client(service)

    @property
    def decisions(self) -> DecisionLog:
        return DecisionLog(self.client("dynamodb"), self.outputs["DecisionsTable"])

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.client("dynamodb"), self.outputs["LedgerTable"])

    @property
    def invalid(self) -> InvalidSignals:
        bucket, queue = self.outputs["DeadLettersBucket"], self.outputs["InvalidSignalsQueueUrl"]
        return InvalidSignals(self.client("s3"), self.client("sqs"), bucket, queue)

    def put(self, *records: dict[str, Any]) -> None:
        """Records of the decisions table as they are."""
        for record in records:
            self.client("dynamodb").put_item(TableName=self.outputs["DecisionsTable"], Item=to_item(record))

    def restrict(  # noqa: PLR0913  (what a restriction says)
        self,
        entity: str,
        capability: str,
        *,
        source: str,
        at: datetime,
        hours: int = 24,
        limit: Mapping[str, Any] = STOPPED,
        abuse: str | None = None,
        **details: Any,
    ) -> Action:
        """A restriction in the ledger, as `enforce` applies it."""
        expires = stamp(at + timedelta(hours=hours))
        details = {"capability": capability, "limit": dict(limit), "expires_at": expires, **details}
        action_id = action_id_of(source, entity, capability, stamp(at), details.get("scope", ""))
        action = Action("restrict", action_id, entity, source, at, "It looked odd.", abuse, details=details)
        self.ledger.apply(action, "d1")
        return action

    def commands(self) -> list[dict[str, Any]]:
        """The records of what people ordered, with their actions unpacked, the oldest first."""
        items = self.client("dynamodb").scan(TableName=self.outputs["DecisionsTable"])["Items"]
        found = [record for record in map(from_item, items) if record["kind"] == "command"]
        return [{**each, "actions": json.loads(each["actions"])} for each in sorted(found, key=itemgetter("time"))]

    def enforced(self) -> None:
        """Everything that people ordered, applied to the ledger as `enforce` does."""
        for record in self.commands():
            for action in record["actions"]:
                self.ledger.apply(Action.from_json(action), record["decision_id"])

    def on_the_stream(self) -> list[tuple[str, bytes]]:
        """Partition keys and data of the signals stream, all of it."""
        kinesis, stream = self.client("kinesis"), self.outputs["SignalsStream"]
        shard = kinesis.list_shards(StreamName=stream)["Shards"][0]["ShardId"]
        start = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        records = kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]
        return [(record["PartitionKey"], record["Data"]) for record in records]

    def in_queue(self, name: str) -> list[str]:
        """The bodies of the messages that anyone could receive now."""
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=f"{NAME}-{name}")["QueueUrl"]
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [message["Body"] for message in found.get("Messages", [])]

    def send(self, queue: str, body: str, **attributes: str) -> str:
        """The id of a message that lies in a queue from now on."""
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=f"{NAME}-{queue}")["QueueUrl"]
        noted = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        return str(sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=noted)["MessageId"])

    def keep_object(self, key: str, document: Any) -> str:
        body = json.dumps(document).encode()
        self.client("s3").put_object(Bucket=self.outputs["DeadLettersBucket"], Key=key, Body=body)
        return key

    def objects(self) -> list[str]:
        """The keys in the bucket of dead letters."""
        found = self.client("s3").list_objects_v2(Bucket=self.outputs["DeadLettersBucket"])
        return [entry["Key"] for entry in found.get("Contents", [])]


@contextmanager
def deployed_stage(*, with_functions: bool = False) -> Iterator[Stage]:
    """The stage `dev`, empty. Functions answer what a test tells moto to answer."""
    with mock_aws(config={"lambda": {"use_docker": not with_functions}}):
        queues = _queues()
        outputs = {
            "SignalsStream": _stream(),
            "SignalsQueueUrl": queues["signals"],
            "FeedbackQueueUrl": queues["feedback"],
            "InvalidSignalsQueueUrl": queues["invalid-signals"],
            "DecisionsTable": _decisions(),
            "TimelinesTable": _table("timelines", "entity", "tile"),
            "LedgerTable": _table("ledger", "entity", "item"),
            "PolicyTable": _table("policy", "part", "item"),
            "PolicyBucket": _bucket("policies-of-dev"),
            "DeadLettersBucket": _bucket("dead-letters-of-dev"),
            "IdentitySecret": _secret(),
        }
        template = {
            "Resources": {"Mark": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "unrelated"}}},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
        client("cloudformation").create_stack(StackName=NAME, TemplateBody=json.dumps(template))
        yield Stage(outputs)


def _queues() -> dict[str, str]:
    sqs = client("sqs")
    urls = {}
    for name in QUEUES:
        dead = sqs.create_queue(QueueName=f"{NAME}-{name}-dlq")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})
        urls[name] = sqs.create_queue(QueueName=f"{NAME}-{name}", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    for name in ("invalid-signals", "log-dlq"):
        urls[name] = sqs.create_queue(QueueName=f"{NAME}-{name}")["QueueUrl"]
    return urls


def _stream() -> str:
    name = f"{NAME}-signals"
    client("kinesis").create_stream(StreamName=name, ShardCount=1)
    return name


def _secret() -> str:
    created = client("secretsmanager").create_secret(Name=f"{NAME}-key", SecretString=json.dumps({"key": KEY}))
    return created["ARN"]


def _bucket(name: str) -> str:
    client("s3").create_bucket(Bucket=name)
    return name


def _table(thing: str, partition: str, sort: str) -> str:
    name = f"{NAME}-{thing}"
    client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in (partition, sort)],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def _decisions() -> str:
    name = f"{NAME}-decisions"
    listed = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["signal_type", "disposition", "rules"]}
    client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "decision_id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "S"} for each in ("decision_id", "subject", "outcome_day", "time")
        ],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[_index("by_subject", "subject", listed), _index("by_outcome", "outcome_day", listed)],
    )
    return name


def _index(name: str, partition: str, listed: dict[str, Any]) -> Any:
    # The table's and the index's own keys are projected in any case.
    more = ["subject"] if partition != "subject" else []
    return {
        "IndexName": name,
        "KeySchema": [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": "time", "KeyType": "RANGE"}],
        "Projection": {**listed, "NonKeyAttributes": [*listed["NonKeyAttributes"], *more]},
    }
