"""What a policy asks of one signal type: the inputs to gather, and the rules' verdicts about them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from shared.policy.conditions.facts import Facts, hoisted
from shared.policy.conditions.reasons import filled, named_in
from shared.policy.conditions.tree import Expression, Logic, names, source_of
from shared.policy.engine.compiler import Broken, Evaluation, ValueList, Values, compiled
from shared.policy.model import FeatureUse, Rule, Verdict


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a rule, with its truth (None: unknown) and the values it saw."""

    text: str
    value: bool | None
    seen: Mapping[str, Any]


class Program:
    """The rules on one signal, compiled. Pure: the same inputs always give the same verdicts."""

    def __init__(
        self,
        signal: str,
        rules: Iterable[Rule],
        features: Mapping[str, FeatureUse],
        lists: Mapping[str, ValueList],
    ) -> None:
        """`features` has the use of every feature that can be read on the signal, by name."""
        self.signal = signal
        self.rules = tuple(rules)
        self._lists = lists
        facts: Facts = {}
        self._trees = {rule.name: hoisted(rule.conditions[signal], facts) for rule in self.rules}
        self._judges = tuple((rule, compiled(self._trees[rule.name], lists)) for rule in self.rules)
        self._facts = tuple((name, compiled(tree, lists)) for name, tree in facts.items())
        plain, used = self._read(features)
        self.fields: tuple[str, ...] = tuple(sorted(plain))
        """The fields and roles, by visible name, that stand in the inputs as they are; `time` is one."""
        self.features: tuple[FeatureUse, ...] = tuple(features[name] for name in sorted(used))
        self.reads: tuple[str, ...] = tuple(
            sorted(plain | {name.name for tree in facts.values() for name in names(tree)} | self._clock())
        )
        """Everything that `inputs` looks up in a signal's values: the fields, and what only facts are made of."""

    def _read(self, features: Mapping[str, FeatureUse]) -> tuple[set[str], set[str]]:
        """The names of plain values, and of features, that conditions and reasons need."""
        read = {name.name for tree in self._trees.values() for name in names(tree) if name.origin != "fact"}
        read |= {name for rule in self.rules for name in named_in(rule.reason)}
        return read - features.keys(), read & features.keys()

    def _clock(self) -> set[str]:
        """Lists that end are read by the signal's time."""
        return {"time"} if self._facts and any(named.expires for named in self._lists.values()) else set()

    def inputs(self, signal_values: Values, feature_values: Values) -> dict[str, Any]:
        """Everything that rules read, by name: plain values, features and facts. What is unknown is left out."""
        known = {name: value for name in self.fields if (value := signal_values.get(name)) is not None}
        for use in self.features:
            name = use.feature.name
            if (value := feature_values.get(name)) is not None:
                known[name] = value
        for name, derive in self._facts:
            if (value := _derived(derive, signal_values)) is not None:
                known[name] = value
        return known

    def judge(self, inputs: Values) -> tuple[Verdict, ...]:
        """What each rule says about the inputs, in the order of `rules`."""
        return tuple(_verdict(rule, condition, inputs) for rule, condition in self._judges)

    def explain(self, rule: Rule, inputs: Values) -> tuple[Condition, ...]:
        """Each condition of the rule with its truth and the values that it saw, in the order of the text."""
        return tuple(
            Condition(
                source_of(part),
                _verdict(rule, compiled(part, self._lists), inputs).fired,
                {name.name: inputs.get(name.name) for name in names(part)},
            )
            for part in _conditions(self._trees[rule.name])
        )

    def reason(self, rule: Rule, inputs: Values) -> str:
        """The rule's reason with the values in it; `?` stands for what is unknown."""
        return filled(rule.reason, inputs)


def _derived(derive: Evaluation, values: Values) -> Any:
    try:
        return derive(values)
    except Exception as error:  # noqa: BLE001  (whatever breaks in a fact must reach only the rules that need it)
        # The message could repeat the personal data that the fact was made of; the type cannot.
        return Broken(type(error).__name__)


def _verdict(rule: Rule, condition: Evaluation, inputs: Values) -> Verdict:
    try:
        return Verdict(rule, condition(inputs))
    except Exception as error:  # noqa: BLE001  (a broken rule is unknown, shown and counted; the others still judge)
        return Verdict(rule, None, f"{type(error).__name__}: {error}")


def _conditions(tree: Expression) -> Iterable[Expression]:
    if isinstance(tree, Logic):
        for part in tree.operands:
            yield from _conditions(part)
    else:
        yield tree
