"""The rungs of a ladder on the bench: what the rule's tests with `rung:` saw of each, and which slips they notice."""

from collections.abc import Iterator
from dataclasses import replace

from shared.policy.authoring.bench import Bench
from shared.policy.authoring.boundaries import Values
from shared.policy.conditions.facts import Facts, hoisted
from shared.policy.conditions.tree import Expression, Logic, names
from shared.policy.engine.compiler import compiled
from shared.policy.model import Case, Rule
from shared.policy.policy import Policy
from shared.policy.sections.cases import RUNG
from shared.policy.sections.definitions import conjuncts


def rung_benches(policy: Policy, rule: Rule) -> Iterator[list[Bench]]:
    """For each rung with a condition of its own, a bench on each signal."""
    for number, step in enumerate(rule.ladder, 1):
        if step.rule is None:
            continue
        conditions = {signal: _own(tree, rule, signal) for signal, tree in policy.asides[step.rule].conditions.items()}
        alone = replace(
            rule,
            conditions=conditions,
            tests=tuple(_about(number, rule)),
            if_unknown="hold",
            span=policy.asides[step.rule].span,
        )
        yield [_RungBench(alone, signal, policy, rule, number) for signal in rule.on]


def _own(tree: Expression, rule: Rule, signal: str) -> Expression:
    """What the rung asks beside the rule's own condition; all of it, where that is nothing."""
    shared = set(conjuncts(rule.conditions[signal]))
    own = tuple(part for part in conjuncts(tree) if part not in shared)
    return own[0] if len(own) == 1 else Logic("and", own) if own else tree


def _about(number: int, rule: Rule) -> Iterator[Case]:
    """The tests that say whether the rung's condition holds: on the rung it does, further down it does not."""
    for case in rule.tests:
        if case.rung is not None and case.rung <= number:
            yield replace(case, fires=case.rung == number)


class _RungBench(Bench):
    """One rung: its tests are those in which the rule fires, and a test of it says which rung is reached."""

    def __init__(self, alone: Rule, signal: str, policy: Policy, rule: Rule, number: int) -> None:
        super().__init__(alone, signal, policy)
        self._climber, self._number, self._program = rule, number, policy.alone(rule, signal)
        facts: Facts = {}
        trees = [hoisted(each.conditions[signal], facts) for each in (rule, *self._program.asides)]
        self._read = dict.fromkeys(name for tree in trees for name in names(tree))
        self._derive |= {name: compiled(tree, policy.value_lists) for name, tree in facts.items()}
        firing = (case for case in rule.tests if case.fires and case.signal == signal)
        self.starts = [self._values(case) for case in firing]

    def proposed(self, values: Values, *, truth: bool) -> tuple[bool, Values | None]:
        """The rung that the values lead to: this one or one below it. Of others nothing is seen."""
        judgement = self._program.judge(values)
        reached = self._climber.climbed(judgement.steps).reached
        seen = reached == self._number if truth else reached < self._number
        return True, {**self.told(values, self._read), RUNG: reached} if judgement.fired and seen else None
