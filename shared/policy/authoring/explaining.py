"""One rule and one set of values: what each condition saw, which branch decided, and what would have flipped it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any

from shared.policy.authoring.boundaries import STEP, Boundaries, Evaluation, Values, shifted, truth_of
from shared.policy.authoring.words import literal
from shared.policy.checks.domains import Domains
from shared.policy.conditions.facts import Facts, hoisted
from shared.policy.conditions.grading import severity_from
from shared.policy.conditions.tree import Expression, Logic, Name, names, source_of
from shared.policy.engine.compiler import ValueList, compiled
from shared.policy.model import Climb, Rule, Step
from shared.policy.policy import Policy
from shared.policy.sections.definitions import conjuncts

MOST_PAIRS = 2_000
"""So many pairs of changed values are tried, at most, when no single one flips the rule."""
FAR = 1_000
"""So many steps beyond a boundary it is looked whether the rule stays flipped: then it is `or more`, or `or less`."""


@dataclass(frozen=True, slots=True)
class Part:
    """A condition, or several joined by `and`, `or`, `not` (its `parts`), with its truth and the values it saw.

    `decided` says that the whole came out as it did because of it.
    """

    text: str
    value: bool | None
    seen: Mapping[str, Any]
    decided: bool
    parts: tuple["Part", ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One value that would have to be another; `beyond` is `or more`, `or less`, or empty.

    `instead_of` is the present value where any other would do.
    """

    name: str
    value: Any
    beyond: str = ""
    instead_of: Any = None

    def __str__(self) -> str:
        name = self.name if self.name.isidentifier() else f"`{self.name}`"
        if self.instead_of is not None:
            return f"{name} were not {literal(self.instead_of)}"
        return f"{name} were {literal(self.value)}{' ' * bool(self.beyond)}{self.beyond}"


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of the rule's ladder: whether its condition holds (None: unknown; one without holds where the rule
    does), what it asks beside the rule's own condition, and whether it `stands`, or a person is `asked` about it.
    """

    step: Step
    reached: bool | None
    parts: tuple[Part, ...]
    stands: bool
    asked: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """`flips` are ways, the smallest change of each value first, in which the rule would have said something else.

    `severity` is what the rule would count for, 0 to 100; `graded_by` has the values that a graded one was made of.
    `rungs` are those of its ladder, the mildest first.
    """

    rule: Rule
    signal: str
    fired: bool | None
    whole: Part
    flips: tuple[tuple[Change, ...], ...]
    severity: float
    graded_by: Mapping[str, Any]
    rungs: tuple[Rung, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """`It would fire if card_users_1d were 5 or more.`"""
        verb = "fire" if self.rule.serves == "rule" else "hold"
        start = f"It would not {verb} if" if self.fired else f"It would {verb} if"
        return tuple(f"{start} {' and '.join(map(str, flip))}." for flip in self.flips)


def explained(policy: Policy, rule: Rule, signal: str, values: Values) -> Explanation:
    """The rule on these values: plain ones by name, features, and facts by their text where they are known already."""
    lists = policy.value_lists
    tree, facts, known = _read(rule.conditions[signal], values, lists)
    boundaries = Boundaries(tree, facts, lists, Domains(signal, policy.uses.get(signal, {})))
    whole = _part(tree, known, lists, decided=True)
    flips = tuple(_flips(compiled(tree, lists), boundaries, known))
    rungs = tuple(_rungs(policy, rule, signal, values, whole.value))
    if not (grade := rule.grades.get(signal)):
        return Explanation(rule, signal, whole.value, whole, flips, rule.severity, {}, rungs)
    severity = severity_from(truth_of(compiled(grade, lists), known))
    return Explanation(rule, signal, whole.value, whole, flips, severity, _seen(grade, known), rungs)


def _read(tree: Expression, values: Values, lists: Mapping[str, ValueList]) -> tuple[Expression, Facts, Values]:
    """A condition with facts in place of what they stand for, these facts, and the values with those of the facts."""
    facts: Facts = {}
    read = hoisted(tree, facts)
    derived = {name: truth_of(compiled(part, lists), values) for name, part in facts.items() if name not in values}
    return read, facts, {**values, **{name: value for name, value in derived.items() if value is not None}}


def _rungs(policy: Policy, rule: Rule, signal: str, values: Values, fired: bool | None) -> Iterator[Rung]:
    """How far the rule got up its ladder, if it has one and fires."""
    fires = fired is True or (fired is None and rule.if_unknown == "fire")
    own = set(conjuncts(rule.conditions[signal]))
    found = {name: _rung(policy, name, signal, values, own) for step in rule.ladder if (name := step.rule)}
    climb = rule.climbed([name for name, (reached, _) in found.items() if reached]) if fires else Climb()
    for step in rule.ladder:
        reached, parts = found[step.rule] if step.rule else (fires, ())
        yield Rung(step, reached, parts, step is climb.stands, step is climb.asked)


def _rung(
    policy: Policy, name: str, signal: str, values: Values, own: Collection[Expression]
) -> tuple[bool | None, tuple[Part, ...]]:
    """Whether a rung's condition holds, and what it asks beside the rule's `own` one."""
    whole, lists = policy.asides[name].conditions[signal], policy.value_lists
    tree, _, known = _read(whole, values, lists)
    asked = [_read(each, values, lists)[0] for each in conjuncts(whole) if each not in own]
    return truth_of(compiled(tree, lists), known), tuple(_part(each, known, lists, decided=True) for each in asked)


def _part(tree: Expression, values: Values, lists: Mapping[str, ValueList], *, decided: bool) -> Part:
    value = truth_of(compiled(tree, lists), values)
    if not isinstance(tree, Logic):
        return Part(source_of(tree), value, _seen(tree, values), decided)
    inner = [truth_of(compiled(each, lists), values) for each in tree.operands]
    parts = tuple(
        _part(each, values, lists, decided=decided and _decisive(tree.operator, value, inner, place))
        for place, each in enumerate(tree.operands)
    )
    return Part(tree.operator, value, {}, decided, parts)


def _decisive(operator: str, value: bool | None, inner: list[bool | None], place: int) -> bool:
    """A true `or` was decided by its first true part, a false `and` by its first false one; else by all that agree."""
    if (operator, value) in (("or", True), ("and", False)):
        return place == inner.index(value)
    return operator == "not" or inner[place] is value


def _seen(tree: Expression, values: Values) -> dict[str, Any]:
    # A fact is named by its own text: its value is the condition's.
    return {name.name: values.get(name.name) for name in names(tree) if name != tree}


def _flips(run: Evaluation, boundaries: Boundaries, values: Values) -> Iterator[tuple[Change, ...]]:
    wanted = truth_of(run, values) is not True
    single = [change for name in boundaries.names if (change := _flip(run, boundaries, name, values, wanted))]
    yield from ((change,) for change in single)
    if not single:
        yield from islice(_double_flips(run, boundaries, values, wanted), 1)


def _flip(run: Evaluation, boundaries: Boundaries, name: Name, values: Values, wanted: bool) -> Change | None:
    """The smallest change of one value that makes the rule say `wanted`."""
    others = boundaries.of(name, values)
    flipping = [value for value in others if truth_of(run, {**values, name.name: value}) is wanted]
    if not flipping:
        return None
    present = values.get(name.name)
    # The other texts stand for all others; of two choices the other one is said.
    any_other = len(flipping) == len(others) and (name.type.kind in ("text", "entity") or len(others) > 1)
    if name.type.kind in ("choice", "text", "entity") and any_other and present is not None:
        return Change(name.name, flipping[0], instead_of=present)
    return Change(name.name, flipping[0], _beyond(run, boundaries, name, flipping[0], values, wanted))


def _double_flips(
    run: Evaluation, boundaries: Boundaries, values: Values, wanted: bool
) -> Iterator[tuple[Change, ...]]:
    tries = 0
    for one, other in combinations(boundaries.names, 2):
        for value in boundaries.of(one, values):
            moved = {**values, one.name: value}
            tries += 1
            if tries > MOST_PAIRS:
                return
            if second := _flip(run, boundaries, other, moved, wanted):
                also = {**values, other.name: second.value}
                yield Change(one.name, value, _beyond(run, boundaries, one, value, also, wanted)), second


def _beyond(run: Evaluation, boundaries: Boundaries, name: Name, value: Any, values: Values, wanted: bool) -> str:
    """Whether the rule stays flipped however much further the value goes."""
    if name.type.kind not in ("integer", "number", "money", "duration"):
        return ""
    ways = [
        word
        for word, steps in (("or more", 1), ("or less", -1))
        if boundaries.possible(name, shifted(name, value, steps * (STEP if name.type.kind == "number" else 1)))
        and truth_of(run, {**values, name.name: shifted(name, value, FAR * steps)}) is wanted
    ]
    return ways[0] if len(ways) == 1 else ""
