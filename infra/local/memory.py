"""A policy and everything that it remembers, in this process: the functions' pure core without AWS around it."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from shared.decisions import Decision, judge
from shared.features import TILE_CAP, Entry, Limit, Plan, Timelines
from shared.policy import Policy
from shared.signals import Pseudonyms, Signal, entities_of

IDENTITY_KEY = hashlib.sha256(b"fast").digest()
"""Any key will do: it names addresses, and nothing here outlives the process."""


class Memory:
    """Judges by what it remembers. As in the table, a full tile takes no more."""

    def __init__(self, policy: Policy, key: bytes = IDENTITY_KEY) -> None:
        self._policy = policy
        self._pseudonyms = Pseudonyms(key)
        self._plan = Plan(policy.features.values())
        self._past = Timelines(self._plan, {}, TILE_CAP)

    def judge(self, signal: Signal) -> Decision:
        """Decide upon a signal, and remember it."""
        decision = judge(signal, self._past, self._plan, self._policy, self._pseudonyms)
        self._add(decision.entries)
        return decision

    def remember(self, signal: Signal) -> None:
        """The same, but for the decision: as by `sluice timelines backfill`."""
        self._add(self._plan.entries(signal, entities_of(signal, self._pseudonyms), self._pseudonyms))

    def know(self, limits: Mapping[str, Sequence[Limit]]) -> None:
        """The restrictions on entities, by name."""
        self._past.know(limits)

    def _add(self, entries: Iterable[Entry]) -> None:
        self._past.add(entry for entry in entries if self._past.has_room(entry))
