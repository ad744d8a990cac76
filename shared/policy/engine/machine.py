"""The last stage: what judges signals. Generated code decides what is plain; whatever is in doubt is judged carefully.

What generated code calls fired, is true. What it drops, is false, by tests that are known to fail. It hands on what
something unknown leaves open, and where it raises, because a value is not what its type says, all rules are handed on:
then each is judged by its own closure, which knows everything about the unknown, and where one breaks, it breaks alone.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from shared.features.model import AtLeast
from shared.policy.conditions.tree import Expression, names
from shared.policy.engine import stages
from shared.policy.engine.compiler import Broken, Closure, Computed, ValueList, Values, closure_of, fact, guarded
from shared.policy.engine.expressions import Surroundings, plain
from shared.policy.engine.frequencies import Estimates, Frequencies
from shared.policy.engine.index import Filing, paths_of
from shared.policy.engine.normal import Trees, normal, patterns_in
from shared.policy.engine.predicates import Junction, Operand, Predicate, tests_in
from shared.policy.engine.source import Group, Judge, Source, source_for
from shared.policy.functions.text import Patterns

Get = Callable[[str], Any]
Found = tuple[list[int], list[int], list[int]]
"""The rules that fired, that are unknown if nothing is known of them by bounds, and that are to be judged carefully."""
Truths = tuple[list[int], list[int], dict[int, str]]
"""The numbers of the rules that fired and of those that are unknown, in order, and what broke the broken ones."""
_WORTH_COMPILING = 16
"""A group that comes up more rarely is judged carefully: a function for it would cost more."""


class _Built(NamedTuple):
    """What is made of the conditions on first use; `many_ways` says that a rule may fire in several ways at once."""

    predicates: list[Predicate]
    estimates: Estimates
    filing: Filing
    main: Group
    patterns: Mapping[str, Patterns]
    many_ways: bool


class Machine:
    """Judges conditions, numbered by their order, all at once. Built on first use, and in parts."""

    def __init__(
        self,
        conditions: Sequence[Expression],
        facts: Trees,
        lists: Mapping[str, ValueList],
        frequencies: Frequencies,
    ) -> None:
        """`facts` has what the facts that conditions name are made of."""
        self._conditions, self._trees = conditions, facts
        self._facts = {name: fact(name, closure_of(tree, lists, {})) for name, tree in facts.items()}
        self._lists, self._frequencies = lists, frequencies
        self._closures: list[Closure | None] = [None] * len(conditions)
        self._reads: list[frozenset[str] | None] = [None] * len(conditions)

    def judge(self, values: Values, computed: Computed) -> Truths:
        """What each condition comes to; facts that had to be computed are added to `computed`."""
        found = self._judged_plainly(values.get, values, computed) or self._judged_in_doubt(values, computed)
        fired, unsure, careful = found
        if len(fired) > 1:
            fired.sort()
            if self._built.many_ways:
                fired = list(dict.fromkeys(fired))
        return self._judged_carefully(values, computed, found) if unsure or careful else (fired, unsure, {})

    def _judged_plainly(self, get: Get, values: Values, computed: Computed) -> Found | None:
        """What generated code says; nothing if it raised."""
        fired: list[int] = []
        unsure: list[int] = []
        careful: list[int] = []
        fire = fired.append
        later = [self._built.main]
        for group in later:
            run = group.run
            if run is None:
                if group.doubtful and group.asked < _WORTH_COMPILING:
                    group.asked += 1
                    careful += [path.rule for path in group.paths]
                    continue
                run = self._compiled(group)
            try:
                run(get, values, computed, fire, unsure, careful, later)
            except Exception:  # noqa: BLE001  (whatever is wrong shows again, in the rules that it concerns)
                return None
        return fired, unsure, careful

    def _judged_in_doubt(self, values: Values, computed: Computed) -> Found:
        """Some value is no plain one: most likely a lower bound. Without those, generated code may do after all."""
        exact = {name: value for name, value in values.items() if value.__class__ is not AtLeast}
        found = self._judged_plainly(exact.get, values, computed) if len(exact) < len(values) else None
        return found or ([], [], list(range(len(self._conditions))))

    def _judged_carefully(self, values: Values, computed: Computed, found: Found) -> Truths:
        fired, unsure, careful = found
        bounded = {name for name, value in values.items() if value.__class__ is AtLeast}
        if bounded:
            careful += [number for number in unsure if not bounded.isdisjoint(self._read(number))]
        known = set(fired)
        doubted = set(careful) - known
        unknown = set(unsure) - known - doubted
        broken: dict[int, str] = {}
        for number in doubted:
            truth = (self._closures[number] or self._closure(number))(values, computed)
            if truth is True:
                known.add(number)
            elif truth is not False:
                unknown.add(number)
                if truth.__class__ is Broken:
                    broken[number] = truth.error
        return sorted(known), sorted(unknown), broken

    def _read(self, number: int) -> frozenset[str]:
        """The names that a condition reads, and those that its facts are made of."""
        if (read := self._reads[number]) is None:
            found = names(self._conditions[number])
            made_of = chain.from_iterable(names(self._trees[name.name]) for name in found if name.name in self._trees)
            read = self._reads[number] = frozenset(name.name for name in (*found, *made_of))
        return read

    def stages(self, rules: Sequence[str]) -> dict[str, str]:
        """What becomes of the conditions of these rules, stage by stage, in words."""
        built = self._built
        block = built.filing.arranged(built.main.paths)
        return {
            "normal form": stages.normal_form(rules, built.predicates, built.estimates),
            "index": stages.index(rules, block),
            "source": self._source(built.main).text,
        }

    def observed(self, samples: Iterable[Values]) -> Frequencies:
        """How often each test of the conditions is true on recorded values, of those on which it can be told.

        A fact that nothing needed was not recorded: that says nothing about how often it is true.
        """
        nodes = {test.text: test.node for predicate in self._built.predicates for test in tests_in(predicate)}
        closures = {text: self.careful(node) for text, node in nodes.items()}
        told: Counter[str] = Counter()
        true: Counter[str] = Counter()
        for values in samples:
            computed: Computed = {}
            truths = {text: closure(values, computed) for text, closure in closures.items()}
            told.update(text for text, truth in truths.items() if truth.__class__ is bool)
            true.update(text for text, truth in truths.items() if truth is True)
        return {text: true[text] / number for text, number in told.items()}

    def careful(self, node: Expression) -> Closure:
        """A part of a condition, judged the careful way: `Broken` stands for what failed."""
        return guarded(closure_of(node, self._lists, self._facts))

    @cached_property
    def _built(self) -> _Built:
        predicates = [normal(condition, self._trees) for condition in self._conditions]
        estimates = Estimates(predicates, self._frequencies)
        paths = tuple(paths_of(predicates))
        tests = chain.from_iterable(map(tests_in, predicates))
        many_ways = any(isinstance(test, Junction) for path in paths for test in path.tests)
        patterns = patterns_in({operand for test in tests for operand in test.operands})
        return _Built(predicates, estimates, Filing(estimates), Group(paths), patterns, many_ways)

    def _source(self, group: Group) -> Source:
        built = self._built
        around = Surroundings(self._trees, self._lists, built.patterns, self._asked)
        return source_for(group, built.filing, around)

    def _compiled(self, group: Group) -> Judge:
        group.run = self._source(group).function()
        return group.run

    def _closure(self, number: int) -> Closure:
        closure = self._closures[number] = self.careful(self._conditions[number])
        return closure

    def _asked(self, operand: Operand) -> Closure:
        """How to find an opaque operand; raises for what is broken."""
        find = self.careful(operand.node)
        return lambda values, computed: plain(find(values, computed))
