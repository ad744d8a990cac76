"""What is asked beside the rules of a signal, and acts on nothing: rules without effects, and the texts they are in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from shared.policy.conditions.facts import hoisted, left_over, spelled_out
from shared.policy.conditions.grading import LEAST_SEVERE
from shared.policy.conditions.tree import Expression, names
from shared.policy.documents.reading import Scalar
from shared.policy.model import FeatureUse, Rule, Service
from shared.policy.problems import Findings, Span


@dataclass
class Asides:
    """The asides of a policy by name, what they read by signal, and what each text of theirs came to on each signal."""

    rules: dict[str, Rule] = field(default_factory=dict)
    uses: dict[str, dict[str, FeatureUse]] = field(default_factory=dict)
    texts: list[tuple[Scalar, str, Expression]] = field(default_factory=list)

    def add(
        self, name: str, serves: Service, abuse: str, conditions: Mapping[str, Expression], span: Span, of: str = ""
    ) -> None:
        """An aside that holds where its condition does; it adds to the conditions of the one that has its name."""
        earlier = self.rules.get(name)
        conditions = {**(earlier.conditions if earlier else {}), **conditions}
        self.rules[name] = Rule(
            name=name,
            abuse=abuse,
            on=tuple(conditions),
            effects=(),
            mode="live",
            rollout=1.0,
            reason="",
            user_reason="",
            owner="",
            severity=LEAST_SEVERE,
            stale_after=timedelta(0),
            counterparty=False,
            tests=(),
            conditions=conditions,
            span=earlier.span if earlier else span,
            shown={signal: {} for signal in conditions},
            serves=serves,
            of=of,
        )


def check_recorded(tree: Expression, span: Span, findings: Findings) -> None:
    """A finding for each place where what a condition reads would leave personal data in the record."""
    if not any(name.personal for name in names(tree)):
        return
    for name in left_over(hoisted(tree, {})):
        hint = "compare it apart from features, so that only the answer is stored"
        where = name.place.span if name.place else span
        findings.add(f"`{name.name}` is personal data and would stand in the record", where, hint)
    for name in spelled_out(tree):
        what = f"a value of `{name.name}`, which is personal data, would stand in every record"
        where = name.place.span if name.place else span
        findings.add(what, where, f"put the values into a list and write `{name.name} in lists.…`")
