"""The same decisions without AWS: signals through the pure core alone, one after the other, for trying rules quickly.

It judges with the code that the functions judge with, over timelines in memory. What it leaves out is what the shell
adds: lanes that run apart by seconds, duplicates, failures and retries, budgets and brakes. Each signal arrives at its
own time.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from infra.local.outcomes import Decided, Enforced, Outcomes
from infra.local.pages import Pages
from infra.local.recording import Parcel
from shared.decisions import judge, limits_of, to_record
from shared.features import Entry, Plan, Timelines
from shared.policy import Policy
from shared.signals import InvalidSignal, Pseudonyms, parse

TILE_CAP = 500
"""As the functions' setting `tile_cap`: a tile takes no more once it holds so many."""
IDENTITY_KEY = hashlib.sha256(b"fast").digest()
"""Any key will do: it names addresses, and nothing here outlives the process."""


class Bench:
    """A policy and everything that it remembers."""

    def __init__(self, policy: Policy, key: bytes = IDENTITY_KEY) -> None:
        self._policy = policy
        self._pseudonyms = Pseudonyms(key)
        self._plan = Plan(policy.features.values())
        self._past = Timelines(self._plan, {}, TILE_CAP)
        self._decided: dict[str, Decided] = {}
        self._enforced: list[Enforced] = []
        self._pages = Pages()
        self.refused: Counter[str] = Counter()

    def run(self, parcels: Iterable[Parcel]) -> Outcomes:
        """Judge everything, in the order given; what was decided so far."""
        for parcel in parcels:
            self._take(parcel)
        return Outcomes(self._decided, self._enforced)

    def _take(self, parcel: Parcel) -> None:
        now = datetime.now(UTC)
        happened = datetime.fromtimestamp(parcel.at, UTC) if parcel.at is not None else now
        try:
            signal = parse(parcel.payload, min(happened, now))
        except InvalidSignal as verdict:
            self.refused[verdict.reason] += 1
            return
        if signal.decision_id in self._decided:
            return
        decision = judge(signal, self._past, self._plan, self._policy, self._pseudonyms)
        self._remember(decision.entries)
        self._decided[signal.decision_id] = Decided.from_record(to_record(decision))
        for action in decision.actions:
            if action.kind != "decision":
                found = list(self._pages.apply(action, signal.decision_id))
                self._enforced += found
                self._past.know({entity: limits_of(self._pages.account(entity)) for entity in _met(found)})

    def _remember(self, entries: Iterable[Entry]) -> None:
        self._past.add(entry for entry in entries if self._past.size(entry.key) < TILE_CAP)


def _met(enforced: Iterable[Enforced]) -> set[str]:
    return {each.action.entity for each in enforced}
