"""Recorded actions, from the decisions table's stream to the ledger and the bus."""

from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.runtime import roots
from shared.runtime.responses import redeliver
from shared.runtime.tally import Tally

metrics = Metrics()
enforcement = roots.built_at_start(roots.enforcement)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001  (Lambda's signature)
    """Enforce a batch."""
    tally = Tally()
    try:
        return redeliver(enforcement().run(event["Records"], tally))
    finally:
        tally.put(metrics)
