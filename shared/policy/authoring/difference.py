"""What changed from one policy to another, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from shared.policy.authoring.declared import declared, flat, written
from shared.policy.authoring.ladders import rungs_in_words
from shared.policy.authoring.words import effect_in_words, feature_in_words
from shared.policy.conditions.literals import written_duration, written_time
from shared.policy.conditions.tree import Compare, Constant, Expression, Logic, children, source_of
from shared.policy.engine.compiler import ValueList
from shared.policy.model import Expectation, Rule
from shared.policy.policy import Policy

How = Literal["added", "removed", "renamed", "changed"]

MOST_NAMED = 5
"""So many values that came onto a list, or left it, are named; the rest is counted."""
_PLAIN = "abuse mode told_severity owner reason user_reason counterparty emergency if_unknown suppress_notice".split()
_DECLARED = {"guardrails": "guardrail", "jurisdictions": "jurisdiction", "gates": "gate"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that changed: a rule, who is known good, and so on, and in `details` a line for each of its parts."""

    kind: str
    name: str
    how: How
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """A policy beside the documents that it was loaded from."""

    policy: Policy
    texts: Mapping[str, str]


def differences(before: Version, after: Version) -> list[Difference]:
    """Everything that changed, rules first."""
    return [
        *_rules(before.policy, after.policy),
        *_known_good(before.policy, after.policy),
        *(found for section, kind in _DECLARED.items() for found in _entries(section, kind, before, after)),
        *_features(before, after),
        *_lists(before, after),
    ]


def _rules(before: Policy, after: Policy) -> Iterator[Difference]:
    gone = {name: rule for name, rule in before.rules.items() if name not in after.rules}
    new = {name: rule for name, rule in after.rules.items() if name not in before.rules}
    for name, rule in list(gone.items()):
        twin = next((each for each in new.values() if _meaning(each, after) == _meaning(rule, before)), None)
        if twin:
            del gone[name], new[twin.name]
            yield Difference("rule", name, "renamed", (f"to {twin.name}", *_changes(rule, twin)))
    for name, rule in new.items():
        yield Difference("rule", name, "added", tuple(_told(rule, after)))
    for name, rule in gone.items():
        yield Difference("rule", name, "removed", tuple(_told(rule, before)))
    for name, rule in after.rules.items():
        if name in before.rules:
            rungs = rungs_in_words(before.rules[name], before), rungs_in_words(rule, after)
            details = (*_changes(before.rules[name], rule), *_added_and_removed("ladder", *rungs))
            if details:
                yield Difference("rule", name, "changed", details)


def _known_good(before: Policy, after: Policy) -> Iterator[Difference]:
    old, new = ({name: each for name, each in policy.asides.items() if each.of} for policy in (before, after))
    for name in _only(new, old):
        yield Difference("known good", _whom(new[name]), "added", tuple(_good(new[name])))
    for name in _only(old, new):
        yield Difference("known good", _whom(old[name]), "removed", tuple(_good(old[name])))
    for name in new:
        if name in old and (details := tuple(_changes(old[name], new[name]))):
            yield Difference("known good", _whom(new[name]), "changed", details)


def _whom(aside: Rule) -> str:
    return f"{aside.of} for {aside.abuse}"


def _good(aside: Rule) -> Iterator[str]:
    yield f"on {', '.join(aside.on)}"
    for text in dict.fromkeys(source_of(tree) for tree in aside.conditions.values()):
        yield f"when {text}"


def _entries(section: str, kind: str, before: Version, after: Version) -> Iterator[Difference]:
    """What changed in sections whose entries are plain values."""
    old, new = (flat(version.texts, section) for version in (before, after))
    for name in _only(new, old):
        yield Difference(kind, name, "added", tuple(f"{key}: {value}" for key, value in new[name].items()))
    for name in _only(old, new):
        yield Difference(kind, name, "removed", tuple(f"{key}: {value}" for key, value in old[name].items()))
    for name in new:
        if name in old and old[name] != new[name]:
            keys = dict.fromkeys([*old[name], *new[name]])
            pairs = ((key, old[name].get(key, "nothing"), new[name].get(key, "nothing")) for key in keys)
            changed = tuple(f"{key}: {one} → {other}" for key, one, other in pairs if one != other)
            yield Difference(kind, name, "changed", changed)


def _meaning(rule: Rule, policy: Policy) -> Any:
    conditions = {signal: source_of(tree) for signal, tree in rule.conditions.items()}
    return conditions, rule.effects, rungs_in_words(rule, policy)


def _told(rule: Rule, policy: Policy) -> Iterator[str]:
    yield f"{rule.mode} on {', '.join(rule.on)}, against {rule.abuse}"
    for text in dict.fromkeys(source_of(tree) for tree in rule.conditions.values()):
        yield f"when {text}"
    if rule.effects:
        yield f"then {', '.join(map(effect_in_words, rule.effects))}"
    for rung in rungs_in_words(rule, policy):
        yield f"rung: {rung}"


def _changes(before: Rule, after: Rule) -> Iterator[str]:
    for name in _PLAIN:
        one, other = getattr(before, name), getattr(after, name)
        if one != other:
            yield f"{name.removeprefix('told_')}: {_shown(one)} → {_shown(other)}"
    if before.rollout != after.rollout:
        yield f"rollout: {before.rollout:.4g} → {after.rollout:.4g} of entities"
    if before.stale_after != after.stale_after:
        yield f"stale_after: {written_duration(before.stale_after)} → {written_duration(after.stale_after)}"
    if before.expires != after.expires:
        yield f"expires: {_until(before.expires)} → {_until(after.expires)}"
    if before.expect != after.expect:
        yield f"expect: {_expected(before)} → {_expected(after)}"
    yield from _added_and_removed("on", before.on, after.on)
    yield from _added_and_removed("tags", before.tags, after.tags)
    yield from _conditions(before, after)
    yield from _added_and_removed("then", *(tuple(map(effect_in_words, rule.effects)) for rule in (before, after)))
    if [_case(case) for case in before.tests] != [_case(case) for case in after.tests]:
        one, other = len(before.tests), len(after.tests)
        yield f"tests: {one} → {other}" if one != other else f"tests: {one}, not the same"


def _expected(rule: Rule) -> str:
    expect = rule.expect or Expectation()
    told = [f"{expect.hits:,} hits an hour"] if expect.hits is not None else []
    told += [f"{expect.known_good:.4g} of them known good"] if expect.known_good is not None else []
    return " and ".join(told) or "nothing"


def _case(case: Any) -> Any:
    return case.signal, case.fires, case.rung, case.values, case.features, case.facts


def _shown(value: Any) -> str:
    return f"“{value}”" if isinstance(value, str) and " " in value else str(value).lower() or "nothing"


def _added_and_removed(what: str, before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[str]:
    gone, new = [each for each in before if each not in after], [each for each in after if each not in before]
    if gone or new:
        yield f"{what}: {', '.join([*(f'- {each}' for each in gone), *(f'+ {each}' for each in new)])}"


def _conditions(before: Rule, after: Rule) -> Iterator[str]:
    """What changed in the condition, once where it is the same on several signals."""
    told: dict[str, None] = {}
    for signal in after.on:
        one, other = before.conditions.get(signal), after.conditions[signal]
        if one is not None and source_of(one) != source_of(other):
            told |= dict.fromkeys(_condition(one, other))
    yield from told


def _condition(one: Expression, other: Expression) -> list[str]:
    """Numbers alone, or operands that came and went, where it is no more than that; else the text before and after."""
    if _normal(one) == _normal(other):
        return ["when: the same, in another order"]
    if steps := _steps(one, other):
        return steps
    if isinstance(one, Logic) and isinstance(other, Logic) and one.operator == other.operator:
        old, new = _operands(one, one.operator), _operands(other, one.operator)
        kept = {_normal(each) for each in old} & {_normal(each) for each in new}
        gone, come = ([each for each in side if _normal(each) not in kept] for side in (old, new))
        if len(gone) == len(come) == 1 and isinstance(gone[0], Logic):
            return _condition(gone[0], come[0])
        if kept:
            return [f"when: {sign} {source_of(each)}" for sign, side in (("-", gone), ("+", come)) for each in side]
    return [f"when, before: {source_of(one)}", f"when, after:  {source_of(other)}"]


def _operands(tree: Expression, operator: str) -> list[Expression]:
    """What an operator joins, however it is nested."""
    if isinstance(tree, Logic) and tree.operator == operator:
        return [each for operand in tree.operands for each in _operands(operand, operator)]
    return [tree]


def _normal(tree: Expression) -> Any:
    """Equal for trees that differ in the order, or the nesting, of what `and` and `or` join."""
    if not isinstance(tree, Logic):
        return source_of(tree)
    if tree.operator == "not":
        return ("not", _normal(tree.operands[0]))
    return (tree.operator, frozenset(_normal(each) for each in _operands(tree, tree.operator)))


def _steps(one: Expression, other: Expression) -> list[str] | None:
    """`amount > 5.00 USD → 8.00 USD` for each constant that differs; None when more than constants do."""
    if isinstance(one, Compare) and isinstance(other, Compare) and one.operators == other.operators:
        pairs = list(zip(one.operands, other.operands, strict=True))
        changed = [(left, right) for left, right in pairs if source_of(left) != source_of(right)]
        if all(isinstance(left, Constant) and isinstance(right, Constant) for left, right in changed):
            return [f"{source_of(one)} → {source_of(right)}" for _, right in changed]
        return None
    if source_of(one) == source_of(other):
        return []
    if not (isinstance(one, Logic) and isinstance(other, Logic)) or one.operator != other.operator:
        return None
    inner = list(children(one)), list(children(other))
    if len(inner[0]) != len(inner[1]):
        return None
    found = [_steps(left, right) for left, right in zip(*inner, strict=True)]  # type: ignore[arg-type]  # operands are expressions
    return None if None in found else [step for steps in found if steps for step in steps]


def _features(before: Version, after: Version) -> Iterator[Difference]:
    old, new = _feature_words(before), _feature_words(after)
    for name in _only(new, old):
        yield Difference("feature", name, "added", (new[name],))
    for name in _only(old, new):
        yield Difference("feature", name, "removed", (old[name],))
    for name in new:
        if name in old and old[name] != new[name]:
            yield Difference("feature", name, "changed", (f"before: {old[name]}", f"after:  {new[name]}"))


def _feature_words(version: Version) -> dict[str, str]:
    entries, read_for = declared(version.texts, "features"), written(version.texts, "features", "for")
    return {
        name: feature_in_words(feature, entries.get(name)) + (f", for {read_for[name]}" if name in read_for else "")
        for name, feature in version.policy.features.items()
    }


def _lists(before: Version, after: Version) -> Iterator[Difference]:
    old, new = before.policy.value_lists, after.policy.value_lists
    for name in _only(new, old):
        yield Difference("list", name, "added", (f"{len(new[name].values):,} values, kept by {new[name].owner}",))
    for name in _only(old, new):
        yield Difference("list", name, "removed", (f"{len(old[name].values):,} values",))
    for name in new:
        if name in old and (details := tuple(_list_changes(old[name], new[name]))):
            yield Difference("list", name, "changed", details)


def _only(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    return [name for name in one if name not in other]


def _list_changes(before: ValueList, after: ValueList) -> Iterator[str]:
    for sign, values in (("+", after.values - before.values), ("-", before.values - after.values)):
        if values:
            more = f" and {len(values) - MOST_NAMED:,} more" if len(values) > MOST_NAMED else ""
            yield f"{sign}{len(values):,} values: {', '.join(sorted(values)[:MOST_NAMED])}{more}"
    if before.owner != after.owner:
        yield f"owner: {before.owner} → {after.owner}"
    if before.expires != after.expires:
        yield f"expires: {_until(before.expires)} → {_until(after.expires)}"


def _until(moment: datetime | None) -> str:
    return written_time(moment) if moment else "never"
