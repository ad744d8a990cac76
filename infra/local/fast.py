"""The same decisions without AWS: signals through the pure core alone, one after the other, for trying rules quickly.

It judges with the code that the functions judge with, over timelines in memory. What it leaves out is what the shell
adds: lanes that run apart by seconds, duplicates, failures and retries, budgets and brakes. Each signal arrives at its
own time.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from infra.local.memory import IDENTITY_KEY, Memory
from infra.local.outcomes import Decided, Enforced, Outcomes
from infra.local.pages import Pages
from infra.local.recording import Parcel
from shared.decisions import limits_of, to_record
from shared.policy import Policy
from shared.signals import InvalidSignal, parse


class Bench:
    """A policy with its memory, and what it has decided and enforced."""

    def __init__(self, policy: Policy, key: bytes = IDENTITY_KEY) -> None:
        self._memory = Memory(policy, key)
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
        decision = self._memory.judge(signal)
        self._decided[signal.decision_id] = Decided.from_record(to_record(decision))
        for action in decision.actions:
            if action.kind != "decision":
                found = list(self._pages.apply(action, signal.decision_id))
                self._enforced += found
                self._memory.know({entity: limits_of(self._pages.account(entity)) for entity in _met(found)})


def _met(enforced: Iterable[Enforced]) -> set[str]:
    return {each.action.entity for each in enforced}
