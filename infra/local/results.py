"""What a run left behind, read from the tables, the bucket and the queues afterwards, as anyone could read it."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.local.cloud import LocalCloud
from infra.local.outcomes import REVIEWS, Decided, Enforced, Outcomes, queue_of
from infra.local.replay import Sent
from shared.signals import CATALOGUE
from shared.stores import DecisionArchive, Period
from shared.stores.attributes import from_item
from shared.stores.entries import ACTION, Entry

DEAD_LETTERS = "-dlq"
_EVER = Period(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


@dataclass(frozen=True)
class Results:
    """Everything that a run left behind.

    `changed` counts signals that came again with other content, `refused` invalid signals by reason, `given_up` the
    records and messages in the places for failures, by function or queue, and `delivered` the messages on the queues
    of actions, by the queue's short name: `act-withdraw`, `friction`, `reviews`, `decisions`.
    """

    outcomes: Outcomes
    changed: int
    refused: Mapping[str, int]
    given_up: Mapping[str, int]
    delivered: Mapping[str, int]

    def lost(self, sent: Sent) -> int:
        """How many of the sent signals have no decision and are not among the refused either."""
        undecided = sum(decision_id not in self.outcomes.decided for decision_id in sent.decision_ids)
        return max(0, undecided - sum(self.refused.values()))


def gather(cloud: LocalCloud) -> Results:
    """Read everything from a local cloud at rest."""
    archive = DecisionArchive(cloud.client("dynamodb"), cloud.outputs["DecisionsTable"])
    decided = [Decided.from_record(record) for record in archive.whole(CATALOGUE, _EVER)]
    changed = sum(item["kind"]["S"] == "content_change" for item in _scan(cloud, "DecisionsTable"))
    history = (from_item(item) for item in _scan(cloud, "LedgerTable"))
    enforced = [_enforced(Entry.from_record(item)) for item in history if item["item"].startswith(ACTION)]
    depths = dict(_depths(cloud))
    return Results(
        Outcomes({each.decision_id: each for each in decided}, enforced),
        changed,
        Counter(letter["reason"] for letter in _letters(cloud, "invalid/")),
        _unprocessed(cloud) + Counter({name: depth for name, depth in depths.items() if name.endswith(DEAD_LETTERS)}),
        {name: depth for name, depth in depths.items() if _takes_actions(name)},
    )


def _enforced(entry: Entry) -> Enforced:
    queues = tuple(queue_of(each.detail_type, each.lane) for each in entry.applied)
    return Enforced(entry.decision_id, entry.action, queues)


def _scan(cloud: LocalCloud, table: str) -> Iterator[Mapping[str, Any]]:
    pages = cloud.client("dynamodb").get_paginator("scan").paginate(TableName=cloud.outputs[table], ConsistentRead=True)
    for page in pages:
        yield from page["Items"]


def _letters(cloud: LocalCloud, prefix: str) -> Iterator[Any]:
    s3, bucket = cloud.client("s3"), cloud.outputs["DeadLettersBucket"]
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for found in page.get("Contents", []):
            yield json.load(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"])


def _unprocessed(cloud: LocalCloud) -> Counter[str]:
    """The records that Lambda gave up on, by function."""
    records = Counter[str]()
    for letter in _letters(cloud, "aws/lambda/"):
        function = letter["requestContext"]["functionArn"].rpartition(":")[2]
        records[function] += len(json.loads(letter["payload"])["Records"])
    return records


def _depths(cloud: LocalCloud) -> Iterator[tuple[str, int]]:
    """How many messages lie in each of the stage's queues, by the queue's short name."""
    sqs, prefix = cloud.client("sqs"), f"sluice-{cloud.stage}-"
    for page in sqs.get_paginator("list_queues").paginate(QueueNamePrefix=prefix):
        for url in page.get("QueueUrls", []):
            asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
            name = url.rpartition("/")[2].removeprefix(prefix)
            yield name, int(asked["Attributes"]["ApproximateNumberOfMessages"])


def _takes_actions(queue: str) -> bool:
    is_for_actions = queue.startswith("act-") or queue in {"friction", REVIEWS, "decisions", "parked", "guardrails"}
    return is_for_actions and not queue.endswith(DEAD_LETTERS)
