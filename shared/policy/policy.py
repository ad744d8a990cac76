"""A policy: a versioned set of rules, features and lists, checked as a whole."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared.features.model import Feature
from shared.policy.conditions.reasons import shown
from shared.policy.engine.compiler import ValueList
from shared.policy.engine.frequencies import Frequencies
from shared.policy.model import Case, CaseFailure, FeatureUse, Gate, Rule
from shared.policy.program import Program
from shared.restrictions import Guardrails, Jurisdiction


@dataclass(frozen=True)
class Policy:
    """`digest` names the content: it changes when, and only when, something changes that could change a decision
    or what is said about it. `uses` has, for each signal, the features that can be read on it."""

    digest: str
    rules: Mapping[str, Rule]
    features: Mapping[str, Feature]
    value_lists: Mapping[str, ValueList]
    uses: Mapping[str, Mapping[str, FeatureUse]]
    frequencies: Mapping[str, Frequencies] = field(default_factory=dict, repr=False, compare=False)
    """How often conditions hold on each signal, as far as it was observed: it makes judging faster, never different."""
    asides: Mapping[str, Rule] = field(default_factory=dict)
    """Rules that act on nothing: who is known good (`known_good.<abuse>.<role>`), and rungs (`<rule>.<n>`)."""
    guardrails: Guardrails = field(default_factory=Guardrails)
    jurisdictions: Mapping[str, Jurisdiction] = field(default_factory=dict)
    gates: Mapping[str, Gate] = field(default_factory=dict)
    """By gating signal."""
    _programs: dict[str, Program] = field(default_factory=dict, repr=False, compare=False)

    @property
    def lists(self) -> Mapping[str, frozenset[str]]:
        """The lists' values by name."""
        return {name: named.values for name, named in self.value_lists.items()}

    @property
    def table_lists(self) -> tuple[str, ...]:
        """The lists whose values are no part of the policy, and not given yet."""
        return tuple(name for name, named in self.value_lists.items() if named.table)

    def with_values(self, values: Mapping[str, frozenset[str]]) -> "Policy":
        """The same policy with the values that these lists have now, as if it said so; it keeps its digest."""
        lists = self.value_lists
        given = {name: replace(lists[name], values=members, table=False) for name, members in values.items()}
        return replace(self, value_lists={**self.value_lists, **given}, _programs={})

    def arranged_for(self, seen: Mapping[str, Iterable[Mapping[str, Any]]]) -> "Policy":
        """The same policy, arranged for values or inputs as they were recorded, by signal."""
        observed = {signal: self.program(signal).observed(samples) for signal, samples in seen.items()}
        return replace(self, frequencies={**self.frequencies, **observed}, _programs={})

    def program(self, signal: str) -> Program:
        """What is asked of one signal type; one without rules for a type that has none. Rules that are off stay out."""
        if signal not in self._programs:
            rules = [rule for rule in self.rules.values() if signal in rule.on and rule.mode != "off"]
            self._programs[signal] = self._program(signal, rules, self.asides_of(signal, rules))
        return self._programs[signal]

    def _program(self, signal: str, rules: Iterable[Rule], asides: Iterable[Rule] = ()) -> Program:
        uses = self.uses.get(signal, {})
        return Program(signal, rules, uses, self.value_lists, self.frequencies.get(signal), asides)

    def asides_of(self, signal: str, rules: Iterable[Rule]) -> list[Rule]:
        """What is asked beside these rules: the rungs of their ladders, and who is known good for their abuse kinds."""
        if not self.asides:
            return []
        rungs = {step.rule for rule in rules for step in rule.ladder}
        abuses = {rule.abuse for rule in rules}
        asked = (aside for aside in self.asides.values() if signal in aside.on)
        return [aside for aside in asked if (aside.abuse in abuses if aside.of else aside.name in rungs)]

    def run_tests(self) -> tuple[CaseFailure, ...]:
        """Runs the tests beside all rules, off or not; gives those that did not come out.

        A rule holds when it is false; one that is merely unknown has not been tested.
        """
        found: list[CaseFailure | None] = []
        for rule in self.rules.values():
            programs = {signal: self.alone(rule, signal) for signal in {case.signal for case in rule.tests}}
            found += [self._failure(programs[case.signal], rule, case) for case in rule.tests]
        return tuple(failure for failure in found if failure)

    def alone(self, rule: Rule, signal: str) -> Program:
        """One rule with its ladder, and nothing beside it."""
        return self._program(signal, [rule], [self.asides[step.rule] for step in rule.ladder if step.rule])

    def _failure(self, program: Program, rule: Rule, case: Case) -> CaseFailure | None:
        values = {**case.values, **case.features, **case.facts}
        judgement = program.judge(values)
        fired = True if judgement.fired else None if judgement.unknown else False
        rung = rule.climbed(judgement.steps).reached if fired else 0
        if fired is case.fires and case.rung in (None, rung):
            return None
        asked = (rule, *program.asides) if fired and case.rung is not None else (rule,)
        lines = [
            f"{condition.text}: {'unknown' if condition.value is None else shown(condition.value)}"
            f" ({', '.join(f'{name} = {shown(value)}' for name, value in condition.seen.items())})"
            for each in asked
            for condition in program.explain(each, values)
        ]
        return CaseFailure(
            rule.name, case, fired, judgement.broken.get(rule.name), "\n".join(dict.fromkeys(lines)), rung
        )
