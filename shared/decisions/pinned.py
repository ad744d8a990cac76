"""Which policy judges whom, and how it is guarded, for the length of one batch, whatever is published meanwhile."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from shared.decisions.guarding import Controls, Latch, of_version
from shared.decisions.shares import is_within
from shared.features import Plan, Series
from shared.policy import Policy
from shared.signals import Pseudonyms, Signal, entities_of


@dataclass(frozen=True)
class Pinned:
    """What is in force.

    `staged` judges its stable `share` of entities, by the actor of each signal, and `live` judges the others. What
    `stopped` names acts on nothing: rules, `*`, `abuse:<kind>`, `capability:<name>`. `also` are series that are written
    whether or not these policies read them, because everybody does: for those who could load what is published, and so
    that a rollback finds its memory whole. `began` says since when series are
    written that were not always. `troubles` counts, by metric, what keeps this from being what was published. `young`
    says since when each `rule@version` is at work that is new or edited, and `latches` which of them are braked.
    """

    live: Policy
    staged: Policy | None = None
    share: float = 0.0
    stopped: frozenset[str] = frozenset()
    also: frozenset[Series] = frozenset()
    began: Mapping[Series, datetime] = field(default_factory=dict)
    troubles: Mapping[str, int] = field(default_factory=dict)
    young: Mapping[str, datetime] = field(default_factory=dict)
    latches: Mapping[str, Latch] = field(default_factory=dict)

    @cached_property
    def controls(self) -> Controls:
        """What decides how the policies are guarded."""
        return Controls(self.stopped, self.young, self.latches)

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


def young_after(
    known: Mapping[str, datetime], live: Policy | None, policy: Policy, at: datetime
) -> dict[str, datetime]:
    """Since when each `rule@version` is at work that was not always, if `policy` comes in now after `live`.

    New is a live rule that did not act like this before: it was not there, said something else, or was in shadow.
    `known` are the ones of before: they stay young, and come back so, until they have settled.
    """
    before = {rule.name: rule.version for rule in live.rules.values() if rule.mode == "live"} if live else {}
    acting = [rule for rule in policy.rules.values() if rule.mode == "live"]
    new = [of_version(rule.name, rule.version) for rule in acting if before.get(rule.name) != rule.version]
    settled = at - policy.guardrails.brake.settling
    return {**dict.fromkeys(new, at), **{name: since for name, since in known.items() if since > settled}}
