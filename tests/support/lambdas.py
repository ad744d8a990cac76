"""What Lambda's event source mappings do with a batch: deliver it, and what was not acknowledged again."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, repeat
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.runtime.arrivals import Arrival
from shared.runtime.enforcement import Enforcement
from shared.runtime.evaluation import Evaluation
from shared.runtime.tally import Tally
from shared.stores import StoreUnavailable
from tests.support.faults import Crash, Wire

MOST_ATTEMPTS = 60
Run = Callable[[Sequence[Any]], list[str]]


class NeverDoneError(AssertionError):
    """The batch was delivered again and again and never acknowledged."""


def sizes(*first: int) -> Iterator[int]:
    """Batch sizes: these, then as large as it goes."""
    return chain(first, repeat(10**6))


def deliver_stream(attempts: Iterator[Run], waiting: Sequence[Any], cuts: Iterator[int], wire: Wire) -> None:
    """In order, from the lowest failure again; each attempt by the next of `attempts`, at the next of `cuts`."""
    for _ in range(MOST_ATTEMPTS):
        if not waiting:
            return
        batch = waiting[: next(cuts)]
        failed = _attempted(next(attempts), batch, wire)
        waiting = waiting[len(batch) if not failed else _place(waiting, failed) :]
    raise NeverDoneError(f"{len(waiting)} records are left")


def deliver_queue(attempts: Iterator[Run], waiting: Sequence[Any], cuts: Iterator[int], wire: Wire) -> None:
    """In any order: what failed goes to the end of the queue."""
    for _ in range(MOST_ATTEMPTS):
        if not waiting:
            return
        size = next(cuts)
        batch, rest = waiting[:size], waiting[size:]
        failed = _attempted(next(attempts), batch, wire)
        waiting = [*rest, *(each for each in batch if _receipt(each) in failed)]
    raise NeverDoneError(f"{len(waiting)} messages are left")


def evaluate_stream(evaluation: Evaluation) -> Run:
    return lambda batch: evaluation.run(batch, ordered=True)[0]


def evaluate_queue(evaluation: Evaluation) -> Run:
    return lambda batch: evaluation.run(batch, ordered=False)[0]


def enforce(enforcement: Enforcement) -> Run:
    return lambda batch: enforcement.run(batch, Tally())


def _attempted(run: Run, batch: Sequence[Any], wire: Wire) -> list[str]:
    """The failed receipts; a function that dies, or that raises what AWS refused, has failed as a whole."""
    try:
        return run(batch)
    except (Crash, ClientError, BotoCoreError, StoreUnavailable):
        wire.revive()
        return [_receipt(each) for each in batch]


def _receipt(record: Any) -> str:
    return record.receipt if isinstance(record, Arrival) else record["dynamodb"]["SequenceNumber"]


def _place(waiting: Sequence[Any], failed: list[str]) -> int:
    return next(place for place, each in enumerate(waiting) if _receipt(each) in failed)
