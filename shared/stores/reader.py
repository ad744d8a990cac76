"""What an entity may do now, for the services that must ask on a request's path.

One consistent read of two small items, kept for a few seconds. Whoever asks is told how old the answer is, and what to
make of an answer that is old or missing is theirs to say: a payout waits, a listing may go ahead.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.restrictions import Account, Standing, in_force
from shared.stores.failures import INFRASTRUCTURE, StoreUnavailable
from shared.stores.ledger import Ledger

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_Pages = tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is limited, by capability; what is not named is free. Each standing tells until when, why, and what then.

    `age` is how long ago the ledger was asked. `reached` is false when it could not be asked now: then this is what it
    said `age` ago, or, if `age` is None, nothing is known at all.
    """

    standing: Mapping[str, Standing]
    age: timedelta | None
    reached: bool = True


class RestrictionReader:
    """Asks the ledger, or remembers what it said less than `keep` ago. Not for several threads at once.

    Of `most` answers, a few KB each, the one that was read the longest ago goes first. Give the client short time-outs:
    it is asked on a request's path.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        keep: timedelta = timedelta(seconds=5),
        most: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = Ledger(client, table)
        self._keep = keep
        self._most = most
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], tuple[float, _Pages]] = OrderedDict()

    def may(self, entity: str, at: datetime, scope: str = "") -> Answer:
        """What `entity` is limited in at a moment, for everything, or for one `scope` (`order:…`, `listing:…`).

        Raises nothing when the ledger cannot be reached, or has a page that cannot be read: `reached` says so.
        """
        now, kept = self._clock(), self._kept.get((entity, scope))
        if kept and now - kept[0] < self._keep.total_seconds():
            return _answer(kept[1], at, now - kept[0])
        pages = self._read(entity, scope)
        if pages is None:
            return _answer(kept[1], at, now - kept[0], reached=False) if kept else Answer({}, None, reached=False)
        self._kept[entity, scope] = now, pages
        self._kept.move_to_end((entity, scope))
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return _answer(pages, at, 0)

    def _read(self, entity: str, scope: str) -> _Pages | None:
        wanted = dict.fromkeys([(entity, ""), (entity, scope)])
        try:
            found = self._ledger.accounts_of(wanted).values()
        except (*INFRASTRUCTURE, StoreUnavailable):
            return None
        pages = tuple(page for page in found if page is not None)
        return pages if len(pages) == len(found) else None


def _answer(pages: _Pages, at: datetime, age: float, *, reached: bool = True) -> Answer:
    standing = {each.capability: each for each in in_force(pages, at)}
    return Answer(standing, timedelta(seconds=age), reached)
