"""One condition with its tests and values to tell slips by: what the tests saw of it, and which slips they notice."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, combinations, islice, product
from typing import Any

from shared.policy.authoring.boundaries import Boundaries, Values, truth_of
from shared.policy.authoring.mutations import Mutant, mutants
from shared.policy.authoring.words import case_text
from shared.policy.checks.domains import Domains
from shared.policy.conditions.facts import Facts, hoisted
from shared.policy.conditions.kinds import nothing_yet
from shared.policy.conditions.tree import Expression, Logic, Name, names, source_of
from shared.policy.engine.compiler import compiled
from shared.policy.model import Case, Rule
from shared.policy.policy import Policy
from shared.policy.problems import Span
from shared.policy.sections.cases import defaults

MOST_VALUATIONS = 4_000
"""So many sets of values are tried, at most, to tell a slip from the condition."""
PER_NAME = 6
LONGEST_QUOTE = 100


@dataclass(frozen=True, slots=True)
class Atom:
    """A condition without `and`, `or`, `not` in it, and how many tests saw it true, false and unknown."""

    text: str
    true: int
    false: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Unnoticed:
    """A slip that no test notices; with these values the rule, as it is, `fires` or holds, and would not with it.

    `after` is empty for an operand left out. `buried` slips lie inside a fact, which tests may give by its text.
    """

    before: str
    after: str
    fires: bool
    example: Mapping[str, Any]
    buried: bool
    span: Span

    def __str__(self) -> str:
        if not self.after:
            return f"`{_quoted(self.before)}` can be left out"
        return f"`{_quoted(self.before)}` can become `{_quoted(self.after)}`"

    @property
    def test(self) -> str:
        """The test to add, as one line of YAML."""
        return f"{'fires' if self.fires else 'holds'}: {case_text(self.example)}"


def _quoted(text: str) -> str:
    return text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 1]}…"


class Bench:
    """One rule on one signal: its condition as it is, its tests, and values to tell slips by."""

    def __init__(self, rule: Rule, signal: str, policy: Policy) -> None:
        self.facts: Facts = {}
        self.tree = hoisted(rule.conditions[signal], self.facts)
        self._lists = lists = policy.value_lists
        self._uses = policy.uses.get(signal, {})
        self._domains = Domains(signal, self._uses)
        self._rule, self._signal = rule, signal
        self._derive = {name: compiled(tree, lists) for name, tree in self.facts.items()}
        self._cases = [(case, self._values(case)) for case in rule.tests if case.signal == signal]
        self.starts = [values for _, values in self._cases]
        self._run = compiled(self.tree, lists)
        self._tried: list[tuple[Mapping[str, Any], Any]] = []
        self._proposed: list[tuple[Mapping[str, Any], Any]] = []

    @cached_property
    def mutants(self) -> list[Mutant]:
        return list({(each.before, each.after): each for each in mutants(self.tree, self.facts)}.values())

    def atoms(self) -> Iterator[Atom]:
        for tree in dict.fromkeys(_atoms(self.tree)):
            run = compiled(tree, self._lists)
            seen = [truth_of(run, values) for _, values in self._cases]
            yield Atom(source_of(tree), seen.count(True), seen.count(False), seen.count(None))

    def notices(self, mutant: Mutant) -> bool:
        """Whether some test does not come out with the slip."""
        run = compiled(mutant.tree, self._lists)
        cases = ((case, values) for case, values in self._cases if not (mutant.buried and self._is_given(mutant, case)))
        return any(self._verdict(truth_of(run, values)) is not case.fires for case, values in cases)

    def unnoticed(self, mutant: Mutant) -> Unnoticed | None:
        """The slip with values that show it; None when it decides like the condition wherever we look."""
        span = mutant.part.place.span if mutant.part.place else self._rule.span
        if mutant.buried:
            return Unnoticed(mutant.before, mutant.after, fires=True, example={}, buried=True, span=span)
        run = compiled(mutant.tree, self._lists)
        for values, truth in chain(self._proposed, self._known_truths()):
            if truth is not None and (other := truth_of(run, values)) is not None and other is not truth:
                fires, example = self.proposed(values, truth=truth)
                if example is None:
                    continue
                # One test often notices several slips: whoever adds it should be asked for it once.
                self._proposed.append((values, truth))
                return Unnoticed(mutant.before, mutant.after, fires, example, buried=False, span=span)
        return None

    def proposed(self, values: Values, *, truth: bool) -> tuple[bool, Values | None]:
        """Whether the rule fires in a test that has these values, and what the test says; None where none could."""
        return truth, self.told(values, names(self.tree))

    def _verdict(self, truth: bool | None) -> bool | None:
        return True if truth is None and self._rule.if_unknown == "fire" else truth

    def _is_given(self, mutant: Mutant, case: Case) -> bool:
        """Whether the test gives, by its text, a fact that the slip is in."""
        gone = {name.name for name in names(self.tree)} - {name.name for name in names(mutant.tree)}
        return bool(gone & case.facts.keys())

    def _values(self, case: Case) -> dict[str, Any]:
        values = {**case.values, **case.features, **case.facts}
        return self._derived(values)

    def _derived(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values, with the facts that they do not give computed from them."""
        computed = {name: truth_of(run, values) for name, run in self._derive.items() if name not in values}
        return {**values, **{name: value for name, value in computed.items() if value is not None}}

    def _known_truths(self) -> Iterator[tuple[Mapping[str, Any], Any]]:
        """Sets of values with what the condition makes of them; each is computed once, when first asked for."""
        yield from self._tried
        for values in self._more:
            self._tried.append((values, truth_of(self._run, values)))
            yield self._tried[-1]

    @cached_property
    def _more(self) -> Iterator[Mapping[str, Any]]:
        return islice(self._valuations(), MOST_VALUATIONS)

    def _valuations(self) -> Iterator[Mapping[str, Any]]:
        """The tests' own values with one or two of them moved to a boundary, then all boundaries with each other."""
        boundaries = Boundaries(self.tree, self.facts, self._lists, self._domains)
        starts = self.starts or [self._derived(dict(defaults(self._signal)))]
        for values in starts:
            moves = {name.name: boundaries.of(name, values)[:PER_NAME] for name in boundaries.names}
            yield from ({**values, name: to} for name, found in moves.items() for to in found)
        for values in starts:
            for one, other in combinations(boundaries.names, 2):
                for to in boundaries.of(one, values)[:PER_NAME]:
                    moved = {**values, one.name: to}
                    yield from ({**moved, other.name: also} for also in boundaries.of(other, moved)[:PER_NAME])
        values = starts[0]
        choices = [boundaries.of(name, values)[:PER_NAME] or [values.get(name.name)] for name in boundaries.names]
        for row in product(*choices):
            yield {**values, **{name.name: to for name, to in zip(boundaries.names, row, strict=True)}}

    def told(self, values: Values, read: Iterable[Name]) -> dict[str, Any]:
        """The values as a test would give them: only what is read, and only what is not so anyway."""
        usual: dict[str, Any] = dict(defaults(self._signal))
        told: dict[str, Any] = {"signal": self._signal} if self._signal != self._rule.on[0] else {}
        for name in read:
            value = values.get(name.name)
            if value != (
                nothing_yet(self._uses[name.name].feature) if name.origin == "feature" else usual.get(name.name)
            ):
                told[name.name] = value
        return told


def _atoms(tree: Expression) -> Iterator[Expression]:
    if isinstance(tree, Logic):
        for operand in tree.operands:
            yield from _atoms(operand)
    else:
        yield tree
