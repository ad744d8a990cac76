"""How far one batch came: which of its records must be delivered again, and what was counted."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from aws_lambda_powertools import Logger

from shared.runtime.tally import Tally
from shared.stores import StoreUnavailable
from shared.stores.failures import INFRASTRUCTURE


class Progress:
    """Of a batch of records, known by their places in it.

    `ordered` is for streams: from the first failure on, everything comes again.
    """

    def __init__(self, receipts: Sequence[str], log: Logger, *, ordered: bool) -> None:
        self._receipts = receipts
        self._log = log
        self._ordered = ordered
        self._failed: set[int] = set()
        self.tally = Tally()

    @contextmanager
    def failing(self, places: Iterable[int]) -> Iterator[None]:
        """What the infrastructure refuses inside fails these places; any other error is a bug and goes up."""
        try:
            yield
        except (*INFRASTRUCTURE, StoreUnavailable) as error:
            self.fail(places)
            self._log.warning("the infrastructure refused; the records will come again", error=str(error))

    def fail(self, places: Iterable[int]) -> None:
        self._failed.update(places)

    def is_settled_up_to(self, place: int) -> bool:
        """Whether nothing failed here; in a stream, nor before."""
        return place < min(self._failed, default=len(self._receipts)) if self._ordered else place not in self._failed

    def to_redeliver(self) -> list[str]:
        """The receipts for a partial-batch response."""
        failed = sorted(self._failed)
        return [self._receipts[place] for place in (failed[:1] if self._ordered else failed)]
