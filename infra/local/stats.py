"""What the stand-in Lambda service counts of each function."""

from dataclasses import dataclass


@dataclass
class FunctionStats:
    """Counters since the local cloud came up.

    `records` were handed to the function, again for each retry; `filtered` never were; `failures` are invocations that
    failed as a whole, `partial_failures` those that named failed items; `given_up` records went to the mapping's
    destination (queues move theirs to the dead-letter queue by themselves).
    """

    invocations: int = 0
    records: int = 0
    failures: int = 0
    partial_failures: int = 0
    splits: int = 0
    retries: int = 0
    filtered: int = 0
    given_up: int = 0
    last_error: str | None = None
