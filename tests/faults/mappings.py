"""What Lambda's event source mappings do: portions, partial-batch responses, bisecting, and everything again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shared.runtime.arrivals import Arrival
from tests.faults.script import Deliver

Record = Any
"""An `Arrival`, or a record of the decisions table's stream."""


def receipt(record: Record) -> str:
    """What a partial-batch response names a record by."""
    return record.receipt if isinstance(record, Arrival) else str(record["dynamodb"]["SequenceNumber"])


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended: the receipts that failed; or, where it died or raised, all of them, `as_a_whole`."""

    failed: frozenset[str] = frozenset()
    as_a_whole: bool = False


class Mapping(Protocol):
    """One route's way into its function."""

    def take(self, step: Deliver, busy: frozenset[str] = frozenset()) -> Sequence[Record]:
        """The next batch, while the receipts in `busy` are in another process; empty when nothing can be had."""

    def settle(self, batch: Sequence[Record], outcome: Outcome, step: Deliver) -> None:
        """Go on, or keep for another time what failed."""

    @property
    def waiting(self) -> int:
        """How many records are not yet acknowledged."""


class Stream:
    """A shard: in order, from the lowest failure on again; a batch that fails as a whole is cut in two."""

    def __init__(self, records: Callable[[], Sequence[Record]]) -> None:
        self._records = records
        self._done = 0
        self._most: int | None = None

    @property
    def waiting(self) -> int:
        return len(self._records()) - self._done

    def take(self, step: Deliver, busy: frozenset[str] = frozenset()) -> Sequence[Record]:
        if busy:
            return ()  # one invocation a shard
        size = min(step.size, self._most or step.size)
        return self._records()[self._done : self._done + size]

    def settle(self, batch: Sequence[Record], outcome: Outcome, step: Deliver) -> None:
        self._most = (len(batch) + 1) // 2 if outcome.as_a_whole else None
        if step.again:
            return
        receipts = [receipt(each) for each in batch]
        good = next((place for place, each in enumerate(receipts) if each in outcome.failed), len(batch))
        first = [receipt(each) for each in self._records()].index(receipts[0])
        # Another process may have gone further with the same shard: what it acknowledged stays so.
        self._done = max(self._done, first + good)


class Queue:
    """In any order, each message until it is acknowledged. `sent` are all that ever were; there may be more later."""

    def __init__(self, sent: Callable[[], Sequence[Record]]) -> None:
        self._sent = sent
        self._seen: set[str] = set()
        self._messages: list[Record] = []

    @property
    def waiting(self) -> int:
        return len(self._left())

    def take(self, step: Deliver, busy: frozenset[str] = frozenset()) -> Sequence[Record]:
        free = [each for each in self._left() if receipt(each) not in busy]
        skip = step.skip % max(1, len(free))
        return [*free[skip:], *free[:skip]][: step.size]

    def settle(self, batch: Sequence[Record], outcome: Outcome, step: Deliver) -> None:
        """What comes again stands at the end."""
        taken = {receipt(each) for each in batch}
        kept = taken if step.again else taken & outcome.failed
        known = {receipt(each): each for each in self._left()}
        rest = [each for name, each in known.items() if name not in taken]
        self._messages = [*rest, *(each for name, each in known.items() if name in kept)]

    def _left(self) -> list[Record]:
        new = [each for each in self._sent() if receipt(each) not in self._seen]
        self._seen.update(map(receipt, new))
        self._messages += new
        return self._messages
