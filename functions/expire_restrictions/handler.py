"""What ends, from the agenda of the ledger into the outbox, every minute."""

from datetime import datetime
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.runtime import roots
from shared.runtime.tally import Tally

ONE_MORE = 10_000
"""What a portion may take, in milliseconds, retries of the SDK's included."""

metrics = Metrics()
expiry = roots.built_at_start(roots.expiry)


def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """See to what has ended by the schedule's own time, so that a late or repeated call does the same again."""
    tally = Tally()
    try:
        expiry().run(
            datetime.fromisoformat(event["time"]), tally, lambda: context.get_remaining_time_in_millis() > ONE_MORE
        )
    finally:
        tally.put(metrics)
