"""What a policy asks of one signal type: the inputs to gather, and the rules' judgement of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from shared.policy.conditions.facts import Facts, hoisted
from shared.policy.conditions.grading import severity_from
from shared.policy.conditions.reasons import filled
from shared.policy.conditions.tree import Expression, Logic, names, source_of
from shared.policy.engine.compiler import Broken, Computed, ValueList, Values
from shared.policy.engine.frequencies import Frequencies
from shared.policy.engine.machine import Machine
from shared.policy.functions.table import get_ready
from shared.policy.model import FeatureUse, Judgement, Rule
from shared.signals import CATALOGUE


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a rule, with its truth (None: unknown) and the values it saw."""

    text: str
    value: bool | None
    seen: Mapping[str, Any]


class Program:
    """The rules on one signal, compiled. Pure: the same values always give the same judgement."""

    def __init__(
        self,
        signal: str,
        rules: Iterable[Rule],
        features: Mapping[str, FeatureUse],
        lists: Mapping[str, ValueList],
        frequencies: Frequencies | None = None,
        asides: Iterable[Rule] = (),
    ) -> None:
        """`features` has the use of every feature that can be read on the signal, by name.

        `frequencies` say how often conditions hold; without them the engine guesses. `asides` are asked with the rules.
        """
        self.signal = signal
        self.rules = tuple(rules)
        self.asides = tuple(asides)
        self._asked = self.rules + self.asides
        self._lists = lists
        facts: Facts = {}
        self._trees = {rule.name: hoisted(rule.conditions[signal], facts) for rule in self._asked}
        self.facts: tuple[str, ...] = tuple(facts)
        """What stands in the inputs as its text: conditions that are judged once for all rules."""
        self._machine = Machine(tuple(self._trees.values()), facts, lists, frequencies or {})
        self._fires_unknown = {number for number, rule in enumerate(self.rules) if rule.if_unknown == "fire"}
        get_ready(
            (rule.conditions[signal] for rule in self._asked), {name: each.values for name, each in lists.items()}
        )
        made_of = {name.name for tree in facts.values() for name in names(tree)}
        plain, used = self._read(features, made_of)
        self.fields: tuple[str, ...] = tuple(sorted(plain | _impersonal(signal)))
        """What stands in the inputs as it is, by visible name: what rules read, and every field that is not personal.

        A condition that nobody has thought of yet can then be tried on what was decided before.
        """
        self.features: tuple[FeatureUse, ...] = tuple(features[name] for name in sorted(used))

    def _read(self, features: Mapping[str, FeatureUse], made_of: set[str]) -> tuple[set[str], set[str]]:
        """The names of plain values that conditions, reasons and severities need, and of features, also for facts."""
        read = {name.name for tree in self._trees.values() for name in names(tree) if name.origin != "fact"}
        shown = [tree for rule in self.rules for tree in rule.shown[self.signal].values()]
        graded = [rule.grades[self.signal] for rule in self.rules if rule.grades]
        read |= {name.name for tree in (*shown, *graded) for name in names(tree)}
        return read - features.keys(), (read | made_of) & features.keys()

    def judge(self, values: Values) -> Judgement:
        """What the rules say about plain values and features by name.

        Facts that already stand among the values, by their text, are taken as they are: recorded ones, or a test's.
        The others are computed when a rule needs them. The inputs that `inputs` makes of it give the same again.
        A rule that fires when it is unknown stands among both; one that is broken never fires.
        """
        computed: Computed = {}
        fired, unknown, broken = self._machine.judge(values, computed)
        if unknown and not self._fires_unknown.isdisjoint(unknown):
            fired = sorted({*fired, *(self._fires_unknown.intersection(unknown) - broken.keys())})
        rules, first_aside = self._asked, len(self.rules)
        failed = {rules[number].name: error for number, error in broken.items()} if broken else {}
        beside: list[Rule] = []
        if self.asides and (fired or unknown):
            # Numbers are in order, those of asides last.
            beside = [rules[number] for number in fired if number >= first_aside]
            fired = fired[: len(fired) - len(beside)]
            unknown = [number for number in unknown if number < first_aside]
        told = tuple([rules[number] for number in fired]) if fired else ()
        doubted = tuple([rules[number] for number in unknown]) if unknown else ()
        if not beside:
            return Judgement(told, doubted, failed, computed)
        good = frozenset([(aside.abuse, aside.of) for aside in beside if aside.of])
        return Judgement(told, doubted, failed, computed, good, frozenset([one.name for one in beside if not one.of]))

    def inputs(self, values: Values, facts: Values) -> dict[str, Any]:
        """What the judgement of `values`, which computed `facts`, is recomputed from: no personal data is in it."""
        asked = (*self.fields, *(use.feature.name for use in self.features), *self.facts)
        return {name: value for name in asked if (value := values.get(name)) is not None} | dict(facts)

    def explain(self, rule: Rule, values: Values) -> tuple[Condition, ...]:
        """Each condition of the rule with its truth and the values that it saw, in the order of the text."""
        computed: Computed = {}
        found = []
        for part in _conditions(self._trees[rule.name]):
            truth = self._machine.careful(part)(values, computed)
            known = {**values, **computed}
            seen = {name.name: known.get(name.name) for name in names(part)}
            found.append(Condition(source_of(part), None if truth.__class__ is Broken else truth, seen))
        return tuple(found)

    def observed(self, samples: Iterable[Values]) -> Frequencies:
        """How often each test in the rules is true on recorded values or inputs: what an index can be arranged by.

        Tests of which no sample tells are left out.
        """
        return self._machine.observed(samples)

    def stages(self) -> dict[str, str]:
        """How the rules are compiled, stage by stage: `normal form`, `index` and `source`."""
        return self._machine.stages([rule.name for rule in self._asked])

    def reason(self, rule: Rule, values: Values) -> str:
        """The rule's reason with the values in it; `?` stands for what is unknown."""
        computed: Computed = {}
        known = {name: self._machine.careful(tree)(values, computed) for name, tree in rule.shown[self.signal].items()}
        return filled(
            rule.reason, {name: None if value.__class__ is Broken else value for name, value in known.items()}
        )

    def severity(self, rule: Rule, values: Values) -> float:
        """How severe the rule is about these values, 0 to 100: the same always, or graded."""
        grade = rule.grades.get(self.signal)
        return severity_from(self._machine.careful(grade)(values, {})) if grade else rule.severity


@cache
def _impersonal(signal: str) -> frozenset[str]:
    return frozenset(
        field.visible_as for field in CATALOGUE[signal].fields if not field.personal and field.type != "entity"
    )


def _conditions(tree: Expression) -> Iterable[Expression]:
    if isinstance(tree, Logic):
        for part in tree.operands:
            yield from _conditions(part)
    else:
        yield tree
