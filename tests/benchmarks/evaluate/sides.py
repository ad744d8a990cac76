"""The two sides, each with the month of history in its tables, ready to be handed batches."""

import importlib
import json
import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from unittest.mock import patch

import boto3

from infra.local.synthesis import synthesised_template
from infra.settings import SETTINGS
from shared.features import Plan
from shared.policy import Policy
from shared.runtime import roots
from shared.signals import Pseudonyms, entities_of, parse
from shared.signals.envelope import decision_id_of
from tests.benchmarks.evaluate.endpoint import COUNTERS_TABLE, DECISIONS, IDEMPOTENCY, STAGE, USUAL, Endpoint
from tests.benchmarks.evaluate.rules import Ruled
from tests.benchmarks.evaluate.usual import written
from tests.benchmarks.evaluate.usual.counters import COUNTERS
from tests.benchmarks.evaluate.usual.models import PaymentEvent
from tests.benchmarks.evaluate.work import Function
from tests.benchmarks.template import REGION, environment, schemas
from tests.benchmarks.traffic import Sent, kinesis_event
from tests.stub.services import IDENTITY_KEY

BATCH = SETTINGS[STAGE].signals_stream.batch_size
_OUTBOX_BATCH = SETTINGS[STAGE].outbox_stream.batch_size


class Side(Protocol):
    """Judges batches, and knows what that cost."""

    name: str
    functions: Mapping[str, Function]
    tables: Collection[str]

    def remember(self, history: Iterable[Sent], before: Sequence[Sent]) -> None: ...

    def judge(self, batch: Sequence[Sent]) -> None: ...

    def fired(self, signals: Sequence[Sent]) -> list[set[str]]: ...


class Sluice:
    """The real handlers under the policy: `evaluate_stream`, and `enforce` on what that leaves in the outbox."""

    name = "Sluice"

    def __init__(self, endpoint: Endpoint, policy: Policy) -> None:
        self._endpoint = endpoint
        self._policy = policy
        self._seen = 0
        template = synthesised_template(STAGE)
        self.tables = {schema.name for schema in schemas(template)}
        # Each is built when its handler is imported, as where Lambda starts it.
        with patch.object(roots, "shipped", lambda: policy):
            self.functions = {
                name: Function(
                    f"functions.{name}.handler.handler", environment(template, name, endpoint.endpoint), endpoint
                )
                for name in ("evaluate_stream", "enforce")
            }

    def remember(self, history: Iterable[Sent], before: Sequence[Sent]) -> None:
        """By the store itself, as if the signals had been judged."""
        plan, pseudonyms = Plan(self._policy.features.values()), Pseudonyms(IDENTITY_KEY.encode())
        signals = [parse(sent.payload, sent.received_at) for sent in before]
        met = {entity for signal in signals for entity in entities_of(signal, pseudonyms).values()}
        tiles = defaultdict(set)
        for sent in history:
            signal = parse(sent.payload, sent.received_at)
            for entry in plan.entries(signal, entities_of(signal, pseudonyms), pseudonyms):
                if entry.key.entity in met:
                    tiles[entry.key].add(entry.element)
        roots.evaluation().memory.timelines.add(tiles)

    def judge(self, batch: Sequence[Sent]) -> None:
        self.functions["evaluate_stream"].invoke(kinesis_event(batch))
        changes = self._endpoint.changes(self._seen)
        self._seen += len(changes)
        waiting = [change for change in changes if "outbox" in change["dynamodb"]["NewImage"]]
        for start in range(0, len(waiting), _OUTBOX_BATCH):
            self.functions["enforce"].invoke({"Records": waiting[start : start + _OUTBOX_BATCH]})

    def fired(self, signals: Sequence[Sent]) -> list[set[str]]:
        """The rules whose conditions held, by the recorded decisions."""
        table = self.functions["evaluate_stream"].environment["SLUICE_DECISIONS_TABLE"]
        events = [json.loads(sent.payload) for sent in signals]
        records = _records(self._endpoint, table, [decision_id_of(event["source"], event["id"]) for event in events])
        return [
            {*record["rules"], *(each.partition(":")[0] for each in record.get("held_back", ()))} for record in records
        ]


def _records(endpoint: Endpoint, table: str, ids: Sequence[str]) -> list[Any]:
    """The decisions with these ids, in their order."""
    variables = {"AWS_ENDPOINT_URL": endpoint.endpoint, "AWS_ACCESS_KEY_ID": "-", "AWS_SECRET_ACCESS_KEY": "-"}
    with patch.dict(os.environ, variables):
        decisions = boto3.resource("dynamodb", region_name=REGION).Table(table)
    return [decisions.get_item(Key={"decision_id": each})["Item"] for each in ids]


@dataclass
class Context:
    """What Powertools asks of Lambda's context."""

    function_name: str = "usual"
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:usual"
    aws_request_id: str = "52fdfc07-2182-454f-963f-5f0f9a621d72"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


_USUAL = "tests.benchmarks.evaluate.usual.handler"


class Usual:
    """The handler written the usual way, under the same rules."""

    name = "the usual way"
    tables = frozenset(schema.name for schema in USUAL)

    def __init__(self, endpoint: Endpoint, ruled: Sequence[Ruled], *, packed: bool = False) -> None:
        self._endpoint = endpoint
        variables = {
            **environment(synthesised_template(STAGE), "evaluate_stream", endpoint.endpoint),
            "POWERTOOLS_SERVICE_NAME": "usual",
            "POWERTOOLS_METRICS_NAMESPACE": "Fraud",
            "COUNTERS_TABLE": COUNTERS_TABLE,
            "IDEMPOTENCY_TABLE": IDEMPOTENCY,
            "DECISIONS_TABLE": DECISIONS,
            "BUS": "usual",
            **({"PACKED": "yes"} if packed else {}),
        }
        written.install(ruled)
        self.functions = {"fraud_check": Function(f"{_USUAL}.lambda_handler", variables, endpoint, Context())}
        self._counters = importlib.import_module(_USUAL).counters

    def remember(self, history: Iterable[Sent], before: Sequence[Sent]) -> None:
        """Counters as they would stand: one item each, written once."""
        events = [PaymentEvent.model_validate_json(sent.payload) for sent in before]
        met = {counter.entity(event.data) for event in events for counter in COUNTERS}
        items: dict[tuple[str, ...], dict[str, Any]] = defaultdict(dict)
        place = self._counters.place
        for sent in history:
            event = PaymentEvent.model_validate_json(sent.payload)
            for counter in COUNTERS:
                if counter.entity(event.data) in met and (counter.where is None or counter.where(event.data)):
                    key, attribute = place(counter, event)
                    item, value = items[tuple(key.values())], counter.value(event.data)
                    known = item.get(attribute, set() if isinstance(value, str) else 0)
                    item |= key
                    item[attribute] = known | {value} if isinstance(value, str) else known + value
                    item["expires_at"] = counter.expires_at(event)
        with self._counters.table.batch_writer() as batch:
            for item in items.values():
                batch.put_item(Item=item)

    def judge(self, batch: Sequence[Sent]) -> None:
        event = kinesis_event(batch)
        for record in event["Records"]:
            record["invokeIdentityArn"] = "arn:aws:iam::123456789012:role/usual"
        self.functions["fraud_check"].invoke(event)

    def fired(self, signals: Sequence[Sent]) -> list[set[str]]:
        """As `Sluice.fired`."""
        ids = [json.loads(sent.payload)["id"] for sent in signals]
        return [set(record["rules"]) for record in _records(self._endpoint, DECISIONS, ids)]
