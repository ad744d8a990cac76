"""Which policy judges whom, for the length of one batch, whatever is published meanwhile."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from shared.decisions.shares import is_within
from shared.features import Plan, Series
from shared.policy import Policy
from shared.signals import Pseudonyms, Signal, entities_of


@dataclass(frozen=True)
class Pinned:
    """What is in force.

    `staged` judges its stable `share` of entities, by the actor of each signal, and `live` judges the others. Rules of
    either that are named in `stopped` act on nothing. `also` are series that are written though neither policy reads
    them, so that a rollback finds its memory whole. `began` says since when series are written that were not always.
    `troubles` counts, by metric, what keeps this from being what was published.
    """

    live: Policy
    staged: Policy | None = None
    share: float = 0.0
    stopped: frozenset[str] = frozenset()
    also: frozenset[Series] = frozenset()
    began: Mapping[Series, datetime] = field(default_factory=dict)
    troubles: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def policies(self) -> tuple[Policy, ...]:
        """All that may judge."""
        if self.staged is None or self.staged.digest == self.live.digest:
            return (self.live,)
        return (self.live, self.staged)

    @cached_property
    def plans(self) -> Mapping[str, Plan]:
        """By a policy's digest, the plan by which its features are read; each writes what any of them reads.

        A longer window can move a series to other tiles. Policies therefore read each by its own plan: staging one
        takes no memory from the other, and it has memory of its own when it is promoted.
        """
        return {policy.digest: Plan(policy.features.values(), self.series) for policy in self.policies}

    @cached_property
    def series(self) -> frozenset[Series]:
        """All that is written."""
        return series_read(self.policies) | self.also

    def policy_for(self, signal: Signal, pseudonyms: Pseudonyms) -> Policy:
        """The one policy that judges the signal."""
        if self.staged is None:
            return self.live
        entity = entities_of(signal, pseudonyms).get(signal.spec.actor, signal.subject)
        return self.staged if is_within(self.share, f"stage\n{self.staged.digest}", entity) else self.live


def series_read(policies: Iterable[Policy]) -> frozenset[Series]:
    """What the policies' features read."""
    return frozenset(each for policy in policies for each in Plan(policy.features.values()).series)
