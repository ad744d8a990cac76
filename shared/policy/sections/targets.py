"""Whom an effect may touch: the roles of a rule's signals, and who is linked to one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.policy.conditions.scope import kind_of
from shared.policy.documents.entries import Entries
from shared.policy.model import FeatureUse
from shared.policy.problems import Findings
from shared.signals import CATALOGUE, SignalSpec


@dataclass(frozen=True)
class Surroundings:
    """What effects take from the rest of the policy.

    `default_for` is how long a restriction lasts that does not say so; None lets none be silent. `uses` are the
    features that can be read on each signal, by name.
    """

    default_for: timedelta | None
    uses: Mapping[str, Mapping[str, FeatureUse]]


@dataclass(frozen=True)
class Target:
    """The signals that a rule is on, and whether it may touch someone other than who acted.

    `of` is the role that effects have which do not name one; empty where each must.
    """

    signals: tuple[SignalSpec, ...]
    counterparty: bool
    findings: Findings
    around: Surroundings
    of: str = ""

    @property
    def common(self) -> list[str]:
        """The roles that all of the signals have."""
        return [role for role in self.signals[0].roles if all(role in signal.roles for signal in self.signals)]

    def role(self, entries: Entries) -> tuple[str, str]:
        """The role under `of:` and its entity's kind; empty, with findings, when it does not fit."""
        if self.of and "of" not in entries:
            return self.of, kind_of(self.signals[0], self.of)
        needed = f"say of whom: {', '.join(self.common)}"
        role = entries.one_of("of", self.common, needed, what=f"role in {self.signals[0].name}")
        return role, kind_of(self.signals[0], role) if role else ""

    def spares_others(self, entries: Entries, role: str) -> None:
        """A finding when the rule may not touch who is in the role."""
        others = [signal for signal in self.signals if role and role != signal.actor]
        if others and not self.counterparty:
            entries.refuse(
                "of",
                f"`{role}` is not who acted in {others[0].name}, that is `{others[0].actor}`",
                "someone else may have brought this on them: if the evidence is their own, write `counterparty: true`",
            )

    def linked(self, entries: Entries, role: str) -> tuple[str, str]:
        """The feature under `linked:`, and the kind of those whom it finds linked to `role`; empty if it does not fit.

        It finds entities by another one of the signal, such as the users of a device: `role` itself is among them.
        """
        common = set.intersection(*(set(self.around.uses.get(signal.name, {})) for signal in self.signals))
        features = {
            name: use.feature
            for name, use in self.around.uses.get(self.signals[0].name, {}).items()
            if use.feature.kind == "linked" and name in common
        }
        what = f"`linked` feature on {', '.join(signal.name for signal in self.signals)}"
        name = entries.one_of("linked", features, what=what)
        if not name:
            return "", ""
        kind = kind_of(CATALOGUE[features[name].signal], features[name].value or "")
        own = kind_of(self.signals[0], role) if role else ""
        if own not in ("", "*", kind):
            hint = f"restrict the {kind} as well, and name its role under `of`"
            entries.refuse("linked", f"`{name}` finds what is linked to a {kind}, `{role}` is a {own}", hint)
        if not self.counterparty:
            hint = "if the link is evidence enough, write `counterparty: true`"
            entries.refuse("linked", f"those whom `{name}` finds did not act", hint)
        return name, kind
