"""What a policy costs: the time that its conditions take, and what its features read and write in timelines.

A read unit is 4 KB of one tile, read consistently; a write unit 1 KB of one tile, whatever is added to it. Tiles are
small as a rule and full for few entities: both are told.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.features.layout import Layout
from shared.features.model import Feature
from shared.features.plan import SPANS, Plan
from shared.policy.checks.domains import Domains
from shared.policy.checks.effort import efforts, together
from shared.policy.conditions.tree import Expression, names
from shared.policy.model import FeatureUse
from shared.policy.policy import Policy
from shared.policy.problems import Problem, Span

USUAL_ELEMENTS, FULL_ELEMENTS = 20, 500
"""What a tile holds as a rule, and where it takes no more: `tile_cap` of the functions' settings."""

MOST_RULE_MS, MOST_SIGNAL_MS = 100, 500
"""What one condition may take, and all conditions on one signal, in milliseconds, for the longest texts there are."""

MOST_TILES, MOST_SERIES = 100, 12
"""How many tiles one signal may read, which is one request's worth, and in how many it may be remembered."""

_READ_UNIT, _WRITE_UNIT, _ITEM = 4_096, 1_024, 100
_SECONDS_PER_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class RuleCost:
    """Microseconds at most on the dearest of its signals, alone; `dearest` is the part that takes most of them."""

    microseconds: float
    dearest: str


@dataclass(frozen=True, slots=True)
class Units:
    """Read or write units: as a rule, and when every tile is full."""

    usual: int
    full: int


@dataclass(frozen=True, slots=True)
class FeatureCost:
    """The tiles that reading the feature once takes, and their read units, if no other feature reads them too."""

    tiles: int
    reads: Units


@dataclass(frozen=True, slots=True)
class SignalCost:
    """For one signal: microseconds at most, tiles with their read units, series that it is remembered in with their
    write units."""

    microseconds: float
    tiles: int
    reads: Units
    series: int
    writes: Units


@dataclass(frozen=True, slots=True)
class Costs:
    """By name. Signals that nothing is asked of, and that nothing remembers, are left out."""

    rules: Mapping[str, RuleCost]
    features: Mapping[str, FeatureCost]
    signals: Mapping[str, SignalCost]


def costs(policy: Policy) -> Costs:
    """What every rule, feature and signal type costs."""
    sizes = {name: len(named.values) for name, named in policy.value_lists.items()}
    times: dict[str, dict[str, Mapping[str, float]]] = defaultdict(dict)
    for rule in policy.rules.values():
        for signal, tree in rule.conditions.items():
            times[signal][rule.name] = efforts(tree, Domains(signal, policy.uses.get(signal, {})), sizes)
    tiles = _Tiles(Plan(_features(policy)))
    rules = {name: _rule_cost([each[name] for each in times.values() if name in each]) for name in policy.rules}
    features = {name: tiles.feature(feature) for name, feature in policy.features.items()}
    asked = {signal: _asked(signal, policy) for signal in times}
    signals = {
        signal: tiles.signal(signal, asked.get(signal, ()), together(times.get(signal, {}).values()))
        for signal in sorted({*times, *(series.signal for series in tiles.plan.series)})
    }
    return Costs(rules, features, signals)


def _features(policy: Policy) -> list[Feature]:
    """Everything that any rule can read, scores that nobody declared among it."""
    read = (use.feature for uses in policy.uses.values() for use in uses.values())
    return list({feature.name: feature for feature in (*policy.features.values(), *read)}.values())


def _asked(signal: str, policy: Policy) -> tuple[FeatureUse, ...]:
    """The features that rules read on a signal, in conditions or in reasons."""
    uses, trees = policy.uses.get(signal, {}), list[Expression]()
    for rule in policy.rules.values():
        if signal in rule.conditions and rule.mode != "off":
            trees += [rule.conditions[signal], *rule.shown.get(signal, {}).values()]
    read = dict.fromkeys(name.name for tree in trees for name in names(tree) if name.origin == "feature")
    return tuple(uses[name] for name in read if name in uses)


def _rule_cost(times: list[Mapping[str, float]]) -> RuleCost:
    if not times:
        return RuleCost(0.0, "")
    dearest = max(times, key=lambda each: sum(each.values()))
    return RuleCost(sum(dearest.values()), max(dearest, key=dearest.__getitem__))


class _Tiles:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._spans = {(series.signal, series.role): SPANS[series.span] for series in plan.series}

    def feature(self, feature: Feature) -> FeatureCost:
        tiles = self._count(feature)
        return FeatureCost(tiles, _units(feature.signal, tiles, _READ_UNIT))

    def signal(self, name: str, asked: tuple[FeatureUse, ...], microseconds: float) -> SignalCost:
        read: dict[tuple[str, str, str], int] = defaultdict(int)
        for use in asked:
            series = (use.feature.signal, use.feature.by, use.role)
            read[series] = max(read[series], self._count(use.feature))
        units = [_units(signal, count, _READ_UNIT) for (signal, _, _), count in read.items()]
        written = [series for series in self.plan.series if series.signal == name]
        return SignalCost(
            microseconds,
            sum(read.values()),
            Units(sum(each.usual for each in units), sum(each.full for each in units)),
            len(written),
            _units(name, len(written), _WRITE_UNIT),
        )

    def _count(self, feature: Feature) -> int:
        """Tiles that a window touches when it begins in the middle of one."""
        hours = feature.window.total_seconds() / _SECONDS_PER_HOUR
        return math.ceil(hours / self._spans[feature.signal, feature.by]) + 1


def _units(signal: str, tiles: int, unit: int) -> Units:
    """What so many tiles cost, at one unit for each begun `unit` bytes."""
    element = Layout.of(signal).size + 1
    usual, full = (math.ceil((_ITEM + count * element) / unit) for count in (USUAL_ELEMENTS, FULL_ELEMENTS))
    return Units(tiles * usual, tiles * full)


def over_budget(policy: Policy, places: Mapping[str, Span]) -> Iterator[Problem]:
    """A finding for each rule, and for the dearest thing on each signal, that costs more than anyone wants to pay.

    `places` are the features' places.
    """
    found = costs(policy)
    for name, rule in found.rules.items():
        if rule.microseconds > MOST_RULE_MS * 1_000:
            what = f"the rule {name} can take {rule.microseconds / 1_000:,.0f} ms, {MOST_RULE_MS} are allowed"
            yield Problem(what, policy.rules[name].span, f"most of it is `{rule.dearest}`: ask less of long texts")
    for signal, cost in found.signals.items():
        if cost.microseconds > MOST_SIGNAL_MS * 1_000:
            rules = [rule for rule in policy.rules.values() if signal in rule.conditions]
            dearest = max(rules, key=lambda rule: found.rules[rule.name].microseconds)
            what = f"all rules on {signal} can take {cost.microseconds / 1_000:,.0f} ms, {MOST_SIGNAL_MS} are allowed"
            yield Problem(what, dearest.span, f"this one takes most: `{found.rules[dearest.name].dearest}`")
        yield from _too_many_tiles(signal, cost, policy, places)


def _too_many_tiles(signal: str, cost: SignalCost, policy: Policy, places: Mapping[str, Span]) -> Iterator[Problem]:
    if cost.tiles > MOST_TILES:
        rule = next(rule for rule in policy.rules.values() if signal in rule.conditions)
        use = max(_asked(signal, policy), key=lambda use: use.feature.window)
        units = f"{cost.reads.usual:,} to {cost.reads.full:,} read units"
        what = f"{signal} reads {cost.tiles} tiles of timelines ({units}), {MOST_TILES} are allowed"
        hint = "use fewer pairs of signal and role, or shorter windows"
        yield Problem(what, places.get(use.feature.name, rule.span), hint)
    if cost.series > MOST_SERIES:
        name = next(name for name, feature in policy.features.items() if name in places and feature.signal == signal)
        units = f"{cost.writes.usual:,} to {cost.writes.full:,} write units"
        what = f"{signal} is remembered in {cost.series} series ({units}), {MOST_SERIES} are allowed"
        yield Problem(what, places[name], "let its features go by fewer roles")
