"""A decision and its parts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.features import Entry
from shared.restrictions import Action, Disposition
from shared.signals import Signal


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a decision needs of its signal beside the rules' inputs; kept on the record for recomputing."""

    decision_id: str
    signal_type: str
    source: str
    signal_id: str
    subject: str
    time: datetime
    received_at: datetime
    digest: str
    observe_only: bool
    gating: bool
    actor: str
    entities: Mapping[str, str]

    @property
    def known_at(self) -> datetime:
        """When its actions count from: its time, but no later than its arrival, whatever a clock says."""
        return min(self.time, self.received_at)

    @classmethod
    def of(cls, signal: Signal, entities: Mapping[str, str]) -> "Particulars":
        return cls(
            signal.decision_id,
            signal.name,
            signal.source,
            signal.id,
            signal.subject,
            signal.time,
            signal.received_at,
            signal.digest,
            signal.observe_only,
            signal.spec.gating,
            signal.spec.actor,
            entities,
        )


@dataclass(frozen=True, slots=True)
class FiredRule:
    """A rule whose condition held. `held_back` says why it acts on nothing: shadow, rollout, stale or redrive."""

    name: str
    abuse: str
    reason: str
    held_back: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The immutable outcome for one signal under one policy.

    `scores` holds, per abuse kind, the highest severity (1 to 100) among the live rules that fired. `inputs` is what
    the rules read: with the policy that `policy` names it gives this decision again. `entries` is what timelines
    must remember of the signal, fixed here so that no later policy or resent content changes it.
    """

    particulars: Particulars
    disposition: Disposition
    scores: Mapping[str, int]
    fired: tuple[FiredRule, ...]
    unknown: tuple[str, ...]
    broken: Mapping[str, str]
    actions: tuple[Action, ...]
    policy: str
    inputs: Mapping[str, Any]
    entries: tuple[Entry, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, in words: one sentence of each rule that acted."""
        return tuple(rule.reason for rule in self.fired if not rule.held_back)
