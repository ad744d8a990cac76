"""Partial-batch responses: what the service delivers again."""

from collections.abc import Iterable
from typing import Any


def redeliver(receipts: Iterable[str]) -> dict[str, Any]:
    """Ask for these records again: SQS message ids, or stream sequence numbers, of which the lowest counts."""
    return {"batchItemFailures": [{"itemIdentifier": receipt} for receipt in receipts]}
