"""A fraud check on a payments stream, written the usual way: Powertools around boto3, one payment at a time."""

import json
import os
from datetime import timedelta
from typing import Any

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent_function
from aws_lambda_powertools.utilities.typing import LambdaContext

from tests.benchmarks.evaluate.usual.counters import COUNTERS, Counters
from tests.benchmarks.evaluate.usual.models import PaymentEvent, PaymentRecord
from tests.benchmarks.evaluate.usual.packed import PackedCounters
from tests.benchmarks.evaluate.usual.rules import Verdict, judge

PLAIN_KEPT, KEPT = timedelta(days=150), timedelta(days=400)

# Initialised outside of the handler, so that warm invocations find them: Lambda's best practices.
logger = Logger()
metrics = Metrics()
dynamodb = boto3.resource("dynamodb")
events = boto3.client("events")
decisions = dynamodb.Table(os.environ["DECISIONS_TABLE"])
kind = PackedCounters if "PACKED" in os.environ else Counters
counters = kind(dynamodb, os.environ["COUNTERS_TABLE"], COUNTERS)
# The batch utility with the parser's model, as its documentation has it for Kinesis.
processor = BatchProcessor(event_type=EventType.KinesisDataStreams, model=PaymentRecord)
# A stream delivers at least once, and a counter that is added to twice is wrong: the idempotency utility's
# documentation has this decorator for the handler of one record of a batch.
persistence = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])
idempotency = IdempotencyConfig(event_key_jmespath="id", expires_after_seconds=24 * 60 * 60)


def record_handler(record: PaymentRecord) -> dict[str, Any]:
    return assess(event=record.kinesis.data)


@idempotent_function(data_keyword_argument="event", config=idempotency, persistence_store=persistence)
def assess(*, event: PaymentEvent) -> dict[str, Any]:
    """Judge one payment by what was counted before it, say so, and count it."""
    seen = counters.read(event)
    verdict = judge(event, seen)
    save(event, seen, verdict)
    publish(event, verdict)
    counters.add(event)
    logger.info("payment assessed", payment_id=event.data.payment_id, decision=verdict.decision, rules=verdict.fired)
    metrics.add_metric(name="PaymentsAssessed", unit=MetricUnit.Count, value=1)
    metrics.add_metric(name=f"Decision{verdict.decision.capitalize()}", unit=MetricUnit.Count, value=1)
    return {"decision": verdict.decision, "rules": verdict.fired}


def save(event: PaymentEvent, seen: dict[str, int], verdict: Verdict) -> None:
    """Kept for as long as Sluice keeps it, with the counters' values: disputes and appeals ask why."""
    met = verdict.decision != "allow" or any(rule.actions for rule in verdict.acting)
    decisions.put_item(
        Item={
            "decision_id": event.id,
            "payment_id": event.data.payment_id,
            "buyer_id": event.data.buyer_id,
            "decision": verdict.decision,
            "rules": verdict.fired,
            "counters": seen,
            "time": event.time.isoformat(),
            "expires_at": int((event.time + (KEPT if met else PLAIN_KEPT)).timestamp()),
        }
    )


def publish(event: PaymentEvent, verdict: Verdict) -> None:
    """The payment service waits for the decision; other services act on the actions."""
    details: list[dict[str, Any]] = [{"type": "DecisionMade", "decision": verdict.decision}]
    details += [action for rule in verdict.acting for action in rule.actions]
    about = {"payment_id": event.data.payment_id, "buyer_id": event.data.buyer_id, "rules": verdict.fired}
    entries = [
        {
            "EventBusName": os.environ["BUS"],
            "Source": "payments.fraud",
            "DetailType": detail["type"],
            "Detail": json.dumps({**about, **detail, "time": event.time.isoformat()}),
        }
        for detail in details
    ]
    # PutEvents takes ten entries.
    for start in range(0, len(entries), 10):
        events.put_events(Entries=entries[start : start + 10])


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    idempotency.register_lambda_context(context)
    return process_partial_response(event=event, record_handler=record_handler, processor=processor, context=context)
