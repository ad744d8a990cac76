"""Tables, bucket, queues, bus and secret as the stack has them, played by moto in this process."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from botocore.config import Config

from infra.local.events import dynamodb_record
from shared.decisions import KEPT, Pinned, series_read
from shared.policy import Policy, load_documents
from shared.runtime.enforcement import Enforcement
from shared.runtime.evaluation import Evaluation
from shared.runtime.expiry import Expiry
from shared.runtime.guarding import Guarding
from shared.runtime.memory import Memory
from shared.runtime.policies import LivePolicies, Policies, PolicyStores
from shared.signals import Limits, Pseudonyms
from shared.stores import (
    Bus,
    Change,
    DecisionLog,
    InvalidSignals,
    Ledger,
    Pointer,
    PolicySources,
    PolicyTable,
    TableLists,
    TimelineStore,
)
from shared.stores.agenda import Agenda
from shared.stores.expiries import Expiries
from shared.stores.feedback_queue import FeedbackQueue
from shared.stores.guards import Guards
from tests.support.faults import Wire
from tests.support.records import opened

KEY = "0123456789abcdef0123456789abcdef"
PSEUDONYMS = Pseudonyms(KEY.encode())
ONE_TRY = Config(retries={"mode": "standard", "total_max_attempts": 1}, max_pool_connections=64)
"""The SDK's own retries only cost time here: a struck call is struck for good."""
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
GRACE = timedelta(days=7)
REFRESH = timedelta(seconds=30)


@dataclass
class State:
    """All that one run leaves behind, in a form that can be compared."""

    decisions: dict[str, Any]
    changed: dict[str, Any]
    timelines: dict[Any, Any]
    ledger: dict[Any, Any]
    events: dict[str, frozenset[tuple[str, str]]]
    """Action id to the distinct events that were published under it."""


@dataclass(frozen=True)
class Fixed:
    """What is in force, for those tests in which nobody publishes anything."""

    what: Pinned

    def pinned(self) -> Pinned:
        return self.what


def a_change(kind: str, what: str, at: datetime = NOON) -> Change:
    return Change(kind, what, "ann", "a test asks for it", at)


def naming(pointer: Pointer, policy: Policy) -> Pointer:
    """The pointer with what the policy reads among what is written, as if it had been so always."""
    return replace(pointer, series={**pointer.series, **dict.fromkeys(map(str, series_read([policy])))})


class Clock:
    """Seconds, and the moment that they stand for, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds)


@dataclass
class World:
    """What one test acts on. `wire` strikes the clients of the code under test, never the test's own."""

    aws: "Aws"
    name: str
    wire: Wire
    bus: str
    invalid_queue: str
    bucket: str
    secret: str
    policy_bucket: str
    feedback_queue: str = ""

    def table(self, thing: str) -> str:
        return f"{self.name}-{thing}"

    @property
    def environment(self) -> dict[str, str]:
        """What the stack tells the functions."""
        return {
            "SLUICE_STAGE": "test",
            "SLUICE_DECISIONS_TABLE": self.table("decisions"),
            "SLUICE_TIMELINES_TABLE": self.table("timelines"),
            "SLUICE_LEDGER_TABLE": self.table("ledger"),
            "SLUICE_BUS": self.bus,
            "SLUICE_DEAD_LETTERS_BUCKET": self.bucket,
            "SLUICE_INVALID_QUEUE_URL": self.invalid_queue,
            "SLUICE_FEEDBACK_QUEUE_URL": self.feedback_queue,
            "SLUICE_IDENTITY_SECRET": self.secret,
            "SLUICE_POLICY_TABLE": self.table("policy"),
            "SLUICE_POLICY_BUCKET": self.policy_bucket,
        }

    def decision_log(self) -> DecisionLog:
        return DecisionLog(self.aws.struck["dynamodb"], self.table("decisions"))

    def timeline_store(self, cap: int = 500) -> TimelineStore:
        return TimelineStore(self.aws.struck["dynamodb"], self.table("timelines"), cap, GRACE)

    def ledger(self) -> Ledger:
        return Ledger(self.aws.struck["dynamodb"], self.table("ledger"))

    def invalid_signals(self) -> InvalidSignals:
        struck = self.aws.struck
        return InvalidSignals(struck["s3"], struck["sqs"], self.bucket, self.invalid_queue)

    def policy_stores(self, clients: dict[str, Any] | None = None) -> PolicyStores:
        """By the clients of the code under test, unless others are given."""
        dynamodb, s3 = (clients or self.aws.struck)["dynamodb"], (clients or self.aws.struck)["s3"]
        return PolicyStores(
            PolicyTable(dynamodb, self.table("policy")),
            PolicySources(s3, self.policy_bucket),
            TableLists(dynamodb, self.table("policy")),
            Guards(dynamodb, self.table("policy")),
        )

    def guards(self) -> Guards:
        return Guards(self.aws.struck["dynamodb"], self.table("policy"))

    def publish(self, text: str, share: float | None = None) -> Policy:
        """What `sluice policy publish` does, by somebody else's clients."""
        stores, policy = self.policy_stores(self.aws.calm), load_documents({"policy.yaml": text})
        stores.sources.keep(policy.digest, {"policy.yaml": text})
        read, change = stores.table.pointer(), a_change("publish", policy.digest)
        wanted = naming(read, policy)
        if share is None:
            stores.table.move(read, wanted.moved_to(policy.digest, change), change)
        else:
            stores.table.move(read, replace(wanted, staged=policy.digest, share=share), change)
        return policy

    def stop(self, rule: str) -> None:
        """What `sluice stop` does."""
        self.policy_stores(self.aws.calm).table.stop(rule, a_change("stop", rule))

    def damage(self, digest: str, body: bytes = b"{") -> None:
        """A published policy's source, overwritten by somebody who should not have."""
        self.aws.calm["s3"].put_object(Bucket=self.policy_bucket, Key=f"policies/{digest}.json", Body=body)

    def live_policies(self, shipped: Callable[[], Policy], clock: Clock) -> LivePolicies:
        """As the composition root makes them, but for the clocks."""
        return LivePolicies(self.policy_stores(), shipped, REFRESH, "tests", self.aws.log, clock=clock, now=clock.now)

    def evaluation(self, policy: Policy | Policies, writers: int = 1, cap: int = 500) -> Evaluation:
        """As the composition root makes it; with one writer, the order of calls is always the same."""
        return Evaluation(
            Fixed(Pinned(policy)) if isinstance(policy, Policy) else policy,
            PSEUDONYMS,
            self.decision_log(),
            Memory(self.timeline_store(cap), self.ledger(), PSEUDONYMS, self.aws.log, writers),
            Guarding(self.guards(), self.aws.log),
            self.invalid_signals(),
            Limits(),
            self.aws.log,
            writers,
        )

    def enforcement(self, now: datetime = LONG_AGO) -> Enforcement:
        """As of a moment; long ago nothing has waited yet."""
        return Enforcement(self.ledger(), Bus(self.aws.struck["events"], self.bus), self.aws.log, lambda: now)

    def expiry(self) -> Expiry:
        dynamodb, ledger = self.aws.struck["dynamodb"], self.table("ledger")
        return Expiry(
            Agenda(dynamodb, ledger),
            self.ledger(),
            Expiries(dynamodb, self.table("decisions"), KEPT),
            FeedbackQueue(self.aws.struck["sqs"], self.feedback_queue),
            self.aws.log,
        )

    def outbox(self) -> list[dict[str, Any]]:
        """The decisions table's stream from its beginning, as the mapping's filter lets it through to `enforce`."""
        streams = self.aws.calm["dynamodbstreams"]
        (stream,) = streams.list_streams(TableName=self.table("decisions"))["Streams"]
        arn = stream["StreamArn"]
        records = []
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            iterator = streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            records += streams.get_records(ShardIterator=iterator, Limit=1000)["Records"]
        inserted = [dynamodb_record(arn, record) for record in records if record["eventName"] == "INSERT"]
        return [record for record in inserted if "outbox" in record["dynamodb"]["NewImage"]]

    def items(self, thing: str) -> list[dict[str, Any]]:
        pages = self.aws.calm["dynamodb"].get_paginator("scan").paginate(TableName=self.table(thing))
        return opened(item for page in pages for item in page["Items"])

    def messages(self, queue_url: str) -> list[dict[str, Any]]:
        """Takes all messages off a queue."""
        sqs, bodies = self.aws.calm["sqs"], []
        while received := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
            for message in received:
                bodies.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
        return bodies

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """The detail type and detail of everything that was published on the bus since the wire was calm."""
        return [(entry["DetailType"], json.loads(entry["Detail"])) for entry in self.wire.published]

    def kept(self) -> dict[str, dict[str, Any]]:
        """The documents of refused signals, by their key."""
        s3 = self.aws.calm["s3"]
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])]
        return {key: json.loads(s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()) for key in keys}

    def state(self) -> State:
        records = {item["decision_id"]: item for item in self.items("decisions")}
        published = defaultdict(set)
        for kind, detail in self.events():
            published[detail["metadata"]["action_id"]].add((kind, json.dumps(detail, sort_keys=True)))
        return State(
            {key: item for key, item in records.items() if item["kind"] == "decision"},
            {key: item for key, item in records.items() if item["kind"] != "decision"},
            {(item["entity"], item["tile"]): item for item in self.items("timelines")},
            {(item["entity"], item["item"]): item for item in self.items("ledger")},
            {action_id: frozenset(events) for action_id, events in published.items()},
        )


class Aws:
    """One account. Clients are made once: that is what costs time; worlds are told apart by their names."""

    def __init__(self) -> None:
        self.wire = Wire()
        session = boto3.Session()
        session.events.register("before-call", self.wire.before_call)
        session.events.register("after-call", self.wire.after_call)
        services = ("dynamodb", "events", "s3", "sqs")
        self.struck: dict[str, Any] = {service: session.client(service, config=ONE_TRY) for service in services}
        own = boto3.Session()
        self.calm: dict[str, Any] = {
            service: own.client(service) for service in (*services, "dynamodbstreams", "secretsmanager")
        }
        self.log = Logger(service="tests", level="CRITICAL")
        self._numbers = count(1)
        self._template = self._shared()

    def fresh(self) -> World:
        """A world in which nothing has happened yet."""
        self.wire.calm()
        name = f"world-{next(self._numbers)}"
        self._table(f"{name}-decisions", "decision_id", stream=True)
        self._table(f"{name}-timelines", "entity", "tile")
        self._table(f"{name}-ledger", "entity", "item")
        self._table(f"{name}-policy", "part", "item")
        self.calm["events"].create_event_bus(Name=name)
        invalid, feedback = (
            self.calm["sqs"].create_queue(QueueName=f"{name}-{thing}")["QueueUrl"] for thing in ("invalid", "feedback")
        )
        self.calm["s3"].create_bucket(Bucket=f"{name}-dead-letters")
        self.calm["s3"].create_bucket(Bucket=f"{name}-policies")
        return replace(
            self._template,
            name=name,
            bus=name,
            invalid_queue=invalid,
            feedback_queue=feedback,
            bucket=f"{name}-dead-letters",
            policy_bucket=f"{name}-policies",
        )

    def _shared(self) -> World:
        secret = self.calm["secretsmanager"].create_secret(Name="identity-key", SecretString=json.dumps({"key": KEY}))
        return World(self, "", self.wire, "", "", "", secret["ARN"], "")

    def _table(self, name: str, partition: str, sort: str = "", *, stream: bool = False) -> None:
        keys = [(partition, "HASH"), *([(sort, "RANGE")] if sort else [])]
        self.calm["dynamodb"].create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": stream, **({"StreamViewType": "NEW_IMAGE"} if stream else {})},
        )
