"""Signals from the SQS queue: decode, judge, answer with what must come again."""

from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.runtime import roots
from shared.runtime.arrivals import from_sqs
from shared.runtime.responses import redeliver

metrics = Metrics()
evaluation = roots.built_at_start(roots.evaluation)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001  (Lambda's signature)
    """Judge a batch."""
    arrivals = [from_sqs(record) for record in event["Records"]]
    receipts, tally = evaluation().run(arrivals, ordered=False)
    tally.put(metrics)
    return redeliver(receipts)
