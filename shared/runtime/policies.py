"""The policy that is in force, read again without a deploy.

pointer read ─▶ its policies loaded ─▶ pinned for every batch of the next seconds
     ✗ not to be read: what was known holds, and the next batch tries again; after some minutes nothing that is
       remembered counts as whole, as others may write something else by now
                      ✗ not to be loaded: the last good one holds, or, in a process that has none yet, the one
                        that was in force before; counted, logged and noted for `sluice status`. What the policy in
                        force reads is written all the same: the pointer names it
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from aws_lambda_powertools import Logger

from shared.decisions import Latch, Pinned, series_read
from shared.decisions.beginnings import SETTLED, UNHEARD
from shared.features import series_here
from shared.policy import Policy
from shared.runtime.beginnings import Beginnings
from shared.signals import CATALOGUE
from shared.stores import Pointer, PolicyNotLoadedError, PolicySources, PolicyTable, StoreUnavailable, TableLists
from shared.stores.failures import INFRASTRUCTURE
from shared.stores.guards import Guards
from shared.stores.pointer import SHIPPED
from shared.stores.policies import shipped_as


class Policies(Protocol):
    """Says what is in force."""

    def pinned(self) -> Pinned: ...


@dataclass(frozen=True)
class PolicyStores:
    """Where policies and what belongs to them lie."""

    table: PolicyTable
    sources: PolicySources
    lists: TableLists
    guards: Guards


class LivePolicies:
    """What is in force, as the pointer says; read again when that is older than `refresh`.

    `shipped` gives the policy that is in force where nobody has published one. `reader` names the function in what it
    notes. `clock` counts seconds, `now` tells which entries of lists have ended.
    """

    def __init__(  # noqa: PLR0913  (two of them are clocks, which only tests set)
        self,
        stores: PolicyStores,
        shipped: Callable[[], Policy],
        refresh: timedelta,
        reader: str,
        log: Logger,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._stores = stores
        self._shipped = shipped
        self._refresh = refresh.total_seconds()
        self._reader = reader
        self._log = log
        self._clock = clock
        self._now = now
        self._beginnings = Beginnings(stores.table.series, log, now)
        self._read_at = 0.0
        self._pinned: Pinned | None = None
        self._good: str | None = None
        """Where the pointer pointed, or could have, when the live policy was loaded."""
        self._loaded: dict[str, _Loaded] = {}
        self._values: dict[str, tuple[int, dict[str, datetime | None]]] = {}
        self._noted: dict[str, str] = {}
        self._missed: frozenset[str] | None = None
        """The series that were written by whoever judged without hearing too long, until that could be told."""

    def pinned(self) -> Pinned:
        """What is in force now. Raises what the stores raise in a process that knows of nothing yet."""
        if self._pinned is None or self._clock() - self._read_at > self._refresh:
            self._pinned = self._read()
        return self._pinned

    def _read(self) -> Pinned:
        asked = self._clock()
        try:
            pinned = self._in_force(self._stores.table.pointer(), self._stores.guards.latches())
        except (*INFRASTRUCTURE, StoreUnavailable) as error:
            if self._pinned is None:
                raise
            self._log.warning("the policy pointer was not read; what was in force holds", error=str(error))
            unread = replace(self._pinned, troubles={"PolicyPointerUnread": 1})
            if asked - self._read_at <= UNHEARD.total_seconds():
                return unread
            self._missed = frozenset(map(str, unread.series))
            return replace(unread, began=dict.fromkeys(unread.series, self._now() + SETTLED))
        self._read_at = asked
        self._missed = None if "SeriesUntold" not in pinned.troubles else self._missed
        return pinned

    def _in_force(self, pointer: Pointer, latches: Mapping[str, Latch]) -> Pinned:
        troubles: Counter[str] = Counter()
        live = self._first(pointer, troubles)
        staged = self._tried(pointer.staged, pointer, troubles) if pointer.staged else None
        self._good = live
        self._loaded = {name: each for name, each in self._loaded.items() if name in (live, staged)}
        reads = {name for each in self._loaded.values() for name in each.reads}
        written, said = self._beginnings.written(pointer, reads, self._missed)
        troubles["SeriesUntold"] = not said
        series = {name: series_here(name) for name in written.at(self._now())}
        # Another version wants them written: that must not keep this one from writing what it knows.
        troubles["UnknownSeries"] = sum(each is None for each in series.values())
        return Pinned(
            self._loaded[live].policy,
            self._loaded[staged].policy if staged else None,
            pointer.share,
            frozenset(pointer.stopped),
            frozenset(each for each in series.values() if each),
            {each: at for name, at in written.began.items() if (each := series.get(name))},
            +troubles,
            pointer.young,
            latches,
        )

    def _first(self, pointer: Pointer, troubles: Counter[str]) -> str:
        """The digest that the pointer names, or the nearest to it that can be loaded."""
        known = [self._good] if self._good else []
        for digest in dict.fromkeys([pointer.digest, *known, *reversed(pointer.before)]):
            if loaded := self._tried(digest, pointer, troubles):
                return loaded
        return self._with_lists(SHIPPED, pointer, troubles)

    def _tried(self, digest: str, pointer: Pointer, troubles: Counter[str]) -> str | None:
        """The digest, once its policy is loaded; None, counted and noted, when it cannot be.

        What only the infrastructure refuses goes up where nothing is known yet: the batch comes again.
        """
        try:
            loaded = self._with_lists(digest, pointer, troubles)
        except PolicyNotLoadedError as error:
            why = str(error)
        except (*INFRASTRUCTURE, StoreUnavailable) as error:
            if self._good is None:
                raise
            why = str(error)
        except Exception as error:  # noqa: BLE001  (other code checked it; whatever it does to this must not stop deciding)
            why = f"this code cannot compile it: {type(error).__name__}"
        else:
            self._note(digest, "")
            return loaded
        troubles["PolicyNotLoaded"] = 1
        self._note(digest, why)
        return None

    def _with_lists(self, digest: str, pointer: Pointer, troubles: Counter[str]) -> str:
        """Loads the policy if it is not, with the values that its lists have now."""
        known = self._loaded.get(digest)
        base = known.base if known else self._base(digest)
        lists = base.table_lists
        values = {name: self._list(name, pointer.lists.get(name, 0), troubles) for name in lists}
        if known is None or known.values != values:
            policy = base.with_values(values) if values else base
            # Here, so that what breaks breaks before a signal is judged by it: programs are compiled when first asked.
            for signal in CATALOGUE:
                policy.program(signal).judge({})
            self._loaded[digest] = _Loaded(base, values, policy, frozenset(map(str, series_read([policy]))))
        return digest

    def _base(self, digest: str) -> Policy:
        return self._shipped() if digest == SHIPPED else self._stores.sources.policy(digest)

    def _list(self, name: str, version: int, troubles: Counter[str]) -> frozenset[str]:
        """The values that have not ended; those that are known where the newest cannot be read."""
        known, values = self._values.get(name, (0, {}))
        if known != version:
            try:
                values = self._stores.lists.values(name)
                self._values[name] = (version, values)
            except INFRASTRUCTURE as error:
                if name not in self._values:
                    raise
                troubles["PolicyListUnread"] += 1
                self._log.warning("a list was not read; its last values hold", list=name, error=str(error))
        now = self._now()
        return frozenset(value for value, ends in values.items() if ends is None or ends > now)

    def _note(self, digest: str, why: str) -> None:
        """Tell people what became of a policy, once; that they hear of it must not keep us from deciding."""
        if digest == SHIPPED:
            if why:
                return
            digest = shipped_as(self._loaded[SHIPPED].base.digest)
        if self._noted.get(digest) == why:
            return
        self._noted[digest] = why
        if why:
            self._log.error("a policy was not loaded; the last good one holds", policy=digest, error=why)
        try:
            self._stores.table.note(self._reader, digest, why)
        except INFRASTRUCTURE as error:
            self._log.warning("nobody could be told about a policy", policy=digest, error=str(error))


@dataclass(frozen=True)
class _Loaded:
    """A policy as it was published, the values of its lists, the policy that has them, and the series it reads."""

    base: Policy
    values: dict[str, frozenset[str]]
    policy: Policy
    reads: frozenset[str]
