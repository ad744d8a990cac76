"""A policy: a versioned set of rules, features and lists, checked as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.features.model import Feature
from shared.policy.conditions.reasons import shown
from shared.policy.engine.compiler import ValueList
from shared.policy.model import Case, CaseFailure, FeatureUse, Rule
from shared.policy.program import Program


@dataclass(frozen=True)
class Policy:
    """`digest` names the content: it changes when, and only when, something changes that could change a decision
    or what is said about it. `uses` has, for each signal, the features that can be read on it."""

    digest: str
    rules: Mapping[str, Rule]
    features: Mapping[str, Feature]
    value_lists: Mapping[str, ValueList]
    uses: Mapping[str, Mapping[str, FeatureUse]]
    _programs: dict[str, Program] = field(default_factory=dict, repr=False, compare=False)

    @property
    def lists(self) -> Mapping[str, frozenset[str]]:
        """The lists' values by name."""
        return {name: named.values for name, named in self.value_lists.items()}

    def program(self, signal: str) -> Program:
        """What is asked of one signal type; one without rules for a type that has none. Rules that are off stay out."""
        if signal not in self._programs:
            rules = [rule for rule in self.rules.values() if signal in rule.on and rule.mode != "off"]
            self._programs[signal] = self._program(signal, *rules)
        return self._programs[signal]

    def _program(self, signal: str, *rules: Rule) -> Program:
        return Program(signal, rules, self.uses.get(signal, {}), self.value_lists)

    def run_tests(self) -> tuple[CaseFailure, ...]:
        """Runs the tests beside all rules, off or not; gives those that did not come out.

        A rule holds when it is false; one that is merely unknown has not been tested.
        """
        found = (self._failure(rule, case) for rule in self.rules.values() for case in rule.tests)
        return tuple(failure for failure in found if failure)

    def _failure(self, rule: Rule, case: Case) -> CaseFailure | None:
        program = self._program(case.signal, rule)
        inputs = program.inputs(case.values, case.features) | dict(case.facts)
        (verdict,) = program.judge(inputs)
        if verdict.fired is case.fires:
            return None
        lines = [
            f"{condition.text}: {'unknown' if condition.value is None else shown(condition.value)}"
            f" ({', '.join(f'{name} = {shown(value)}' for name, value in condition.seen.items())})"
            for condition in program.explain(rule, inputs)
        ]
        return CaseFailure(rule.name, case, verdict.fired, verdict.error, "\n".join(lines))
