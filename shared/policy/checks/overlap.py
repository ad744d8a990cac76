"""Rules that say what another rule says already: duplicates, and rules in the shadow of a wider one."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from shared.policy.checks.consequences import included
from shared.policy.checks.domains import Domains
from shared.policy.checks.ranges import Range, Words
from shared.policy.checks.statements import Cube, ways
from shared.policy.checks.stating import stated
from shared.policy.model import Rule
from shared.policy.problems import Problem

MOST_WAYS = 32
MOST_COMPARISONS = 400_000
"""How much is compared before the rest is left unsaid: seconds, for policies of many thousand alike rules."""

_FEW = 8
_Key = tuple[str, ...] | tuple[str, object]


def overlapping(rules: Iterable[Rule], domains: Mapping[str, Domains]) -> Iterator[Problem]:
    """A finding for each rule that another rule makes needless."""
    active = {rule.name: rule for rule in rules if rule.mode != "off"}
    places = {name: place for place, name in enumerate(active)}
    wider = {signal: _wider(signal, active.values(), domains[signal]) for signal in domains}
    for rule in active.values():
        covering = set.intersection(*(wider[signal].get(rule.name, set()) for signal in rule.on))
        for name in sorted(covering, key=places.__getitem__):
            other, first = active[name], places[name] < places[rule.name]
            same = other.on == rule.on and all(rule.name in wider[signal].get(name, ()) for signal in rule.on)
            if same and first and _does(other) == _does(rule):
                yield Problem(f"the rule {rule.name} says the same as {_where(other)}", rule.span, "remove one of them")
                break
            if (first or not same) and _does_all_of(other, rule):
                what = f"the rule {rule.name} adds nothing: {_where(other)} fires whenever it does, and does as much"
                hint = "remove it, narrow the other one, or give this one something that the other has not"
                yield Problem(what, rule.span, hint)
                break


def _where(rule: Rule) -> str:
    return f"{rule.name} ({rule.span.source.name}, line {rule.span.line})"


def _wider(signal: str, rules: Iterable[Rule], domains: Domains) -> dict[str, set[str]]:
    """For each rule on the signal, those others that are true whenever it is."""
    conditions = {rule.name: rule.conditions[signal] for rule in rules if signal in rule.conditions}
    found = {name: ways(stated(tree, domains), MOST_WAYS) for name, tree in conditions.items()}
    cubes = {name: way for name, way in found.items() if way}
    shelf = _Shelf(cubes)
    return {name: shelf.covering(name, way) for name, way in cubes.items()}


class _Shelf:
    """All ways of all rules, each filed under the part of it that fewest others have."""

    def __init__(self, cubes: Mapping[str, list[Cube]]) -> None:
        self._left = MOST_COMPARISONS
        often = Counter(key for way in cubes.values() for cube in way for key in _keys(cube))
        self._filed: dict[_Key, list[tuple[str, Cube]]] = defaultdict(list)
        """By place: the rule, and for each term of the cube the values that it does not allow."""
        for name, way in cubes.items():
            for cube in way:
                rarest = min(_filing(cube), key=lambda keys: sum(often[key] for key in keys), default=((),))
                beyond = {term: ~values for term, values in cube.items()}
                for key in rarest:
                    self._filed[key].append((name, beyond))

    def covering(self, name: str, way: list[Cube]) -> set[str]:
        """The other rules that have, for each of these ways, one at least as wide."""
        return set.intersection(*({other for other in self._over(cube) if other != name} for cube in way))

    def _over(self, cube: Cube) -> Iterator[str]:
        for key in chain([()], _keys(cube)):
            for name, beyond in self._filed.get(key, ()):
                self._left -= 1
                if self._left >= 0 and _within(cube, beyond):
                    yield name


def _filing(cube: Cube) -> Iterator[tuple[_Key, ...]]:
    """The places under which a cube can be found by every narrower one: by term, and by each of few words."""
    for term, values in cube.items():
        few = _few(values)
        yield tuple((term, word) for word in few) if few else ((term,),)


def _keys(cube: Cube) -> Iterator[_Key]:
    """Where the cubes lie that may be wider than this one."""
    for term, values in cube.items():
        yield (term,)
        if few := _few(values):
            yield (term, min(few, key=repr))


def _few(values: Range) -> frozenset[object]:
    few = isinstance(values.rest, Words) and not values.rest.others and not values.missing
    return values.rest.words if few and len(values.rest.words) <= _FEW else frozenset()  # type: ignore[union-attr]  # they are words


def _within(narrow: Cube, beyond: Cube) -> bool:
    """Whether the narrow one asks for each term of the wide one, and for nothing `beyond` what that allows."""
    return narrow.keys() >= beyond.keys() and not any(narrow[term].meets(values) for term, values in beyond.items())


def _does_all_of(other: Rule, rule: Rule) -> bool:
    """Whether what a live rule does when it fires is included in what another does for everyone, for as long."""
    return (
        other.mode == rule.mode == "live"
        and other.rollout == 1
        and other.abuse == rule.abuse
        and _as_severe(other, rule)
        and other.stale_after >= rule.stale_after
        and other.expires is None
        and (other.if_unknown == "fire" or rule.if_unknown == "hold")
        and all(included(wanted, other.effects) for wanted in rule.effects)
        and (not rule.ladder or rule.ladder == other.ladder)
        and bool(rule.suppress_notice or not other.suppress_notice)
    )


def _does(rule: Rule) -> tuple[object, ...]:
    return rule.effects, rule.ladder, rule.abuse, rule.suppress_notice


def _as_severe(other: Rule, rule: Rule) -> bool:
    """Of graded severities, only equal ones are sure to be."""
    return other.told_severity == rule.told_severity if rule.grades or other.grades else other.severity >= rule.severity
