"""A decision and its parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from shared.decisions.answering import Answer
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
    about_decision: str | None = None
    """The earlier decision that the signal is about: of a score, a review or an appeal."""
    challenger: bool = False
    """A model on trial gave the signal: nothing follows from it."""
    answer: Answer | None = None
    """What the signal answers by itself, whatever the rules say."""

    @property
    def known_at(self) -> datetime:
        """When its actions count from: its time, but no later than its arrival, whatever a clock says."""
        return min(self.time, self.received_at)

    @classmethod
    def of(
        cls, signal: Signal, entities: Mapping[str, str], actions_of: Mapping[str, Sequence[Action]] | None = None
    ) -> "Particulars":
        """`actions_of` has what earlier decisions asked for that the signal may overturn, by decision."""
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
            _declared(signal, "decision_id"),
            bool(_declared(signal, "challenger")),
            Answer.of(signal, actions_of or {}),
        )


def _declared(signal: Signal, field: str) -> Any:
    """A field of the payload; None where its model has no such field, whatever a producer adds by that name."""
    return getattr(signal.data, field) if field in signal.spec.model.model_fields else None


@dataclass(frozen=True, slots=True)
class FiredRule:
    """A rule whose condition held. `held_back` says why it acts on nothing.

    That is `challenger`, `shadow`, `stopped` (somebody pulled its switch), `expired`, `redrive`, `stale`, `rollout` or
    `braked` (a guardrail put it in shadow).
    """

    name: str
    abuse: str
    reason: str
    held_back: str | None = None


class Linked(NamedTuple):
    """What a `linked` feature found: through which entity, how much such a link means (0 to 1), and who, the latest
    first, 50 at most."""

    feature: str
    through: str
    strength: float
    names: tuple[str, ...]


class Verdict(NamedTuple):
    """What a guardrail made of one part of what a rule wanted.

    `part` counts the parts of the rule that somebody would feel, `level` how many choices milder it became (see
    `parts_of`), and `became` says it in a word: a tier, `nothing`, or `shadow` of a whole rule. What was `parked` waits
    for a person. `window` tells apart the times that a guardrail tripped; it is empty where nothing did.
    """

    rule: str
    part: int
    guardrail: str
    level: int
    became: str
    why: str
    parked: bool = False
    window: str = ""

    @property
    def in_words(self) -> str:
        """As it stands on the record: `card_testing: became review (brake: …), parked`."""
        told = f"{self.rule}: became {self.became} ({self.guardrail}: {self.why})"
        return f"{told}, parked" if self.parked else told


@dataclass(frozen=True, slots=True)
class Decision:
    """The immutable outcome for one signal under one policy.

    `scores` holds, per abuse kind, the highest severity (0 to 100, two decimals) among the live rules that fired.
    `inputs` is what the rules read: with the policy that `policy` names it gives this decision again. `entries` is
    what timelines must remember of the signal, fixed here so that no later policy or resent content changes it;
    `links` is where linked features have their numbers from, `guarded` what guardrails changed.
    """

    particulars: Particulars
    disposition: Disposition
    scores: Mapping[str, float]
    fired: tuple[FiredRule, ...]
    unknown: tuple[str, ...]
    broken: Mapping[str, str]
    actions: tuple[Action, ...]
    policy: str
    inputs: Mapping[str, Any]
    entries: tuple[Entry, ...] = ()
    links: tuple[Linked, ...] = ()
    guarded: tuple[Verdict, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why, in words: one sentence of each rule that acted."""
        return tuple(rule.reason for rule in self.fired if not rule.held_back)
