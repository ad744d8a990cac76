"""What a policy costs: the time that its conditions take, and what its features read and write in timelines.

A read unit is 4 KB of one tile, read consistently; a write unit 1 KB of one tile, whatever is added to it. Tiles are
small as a rule and full for few entities: both are told. A full tile is not written to any more: what it turns away
goes into its overflow, which costs as much at most, and is read besides. All that one summary has of an entity is one
item. What is read and written follows from the features' `Plan` alone.
"""

import math
from collections import ChainMap, Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.features import MOST_LINKED, TILE_CAP, Layout, Plan, Series, TileKey
from shared.features.facts import SIZE
from shared.features.model import Feature
from shared.features.series import series_of_tile
from shared.policy.checks.domains import Domains
from shared.policy.checks.effort import efforts, together
from shared.policy.conditions.scope import kind_of
from shared.policy.conditions.tree import Expression, names
from shared.policy.model import FeatureUse
from shared.policy.policy import Policy
from shared.signals import CATALOGUE

USUAL_ELEMENTS = 20
"""What a tile holds as a rule."""

_READ_UNIT, _WRITE_UNIT, _ITEM = 4_096, 1_024, 100
_NAME = 40
"""Bytes of the name of a linked entity."""
_SUMMARY = "summary of "
_BEGUN = datetime.fromtimestamp(0, UTC) + 30 * timedelta(days=7 * 90) + timedelta(milliseconds=1)
"""A moment just after tiles of every span have begun: a window that ends there touches as many as it ever does."""


@dataclass(frozen=True, slots=True)
class RuleCost:
    """Microseconds at most on the dearest of its signals, alone, for the condition and a graded severity; `dearest` is
    the part that takes most of them."""

    microseconds: float
    dearest: str


@dataclass(frozen=True, slots=True)
class Units:
    """Read or write units: as a rule, and when every tile is full."""

    usual: int
    full: int


@dataclass(frozen=True, slots=True)
class FeatureCost:
    """What reading the feature once takes, if no other feature reads the same: tiles, their read units (with overflows,
    when all are full), and of how many entities the ledger is asked. `series` are those that it reads."""

    tiles: int
    reads: Units
    ledger: int
    series: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignalCost:
    """For one signal: microseconds at most, tiles with their read units (with overflows, when all are full), entities
    of which the ledger is asked, series that it is remembered in with their write units."""

    microseconds: float
    tiles: int
    reads: Units
    ledger: int
    series: int
    writes: Units


@dataclass(frozen=True, slots=True)
class Costs:
    """By name; asides are among the rules. Signals that nothing is asked of or remembers are left out."""

    rules: Mapping[str, RuleCost]
    features: Mapping[str, FeatureCost]
    signals: Mapping[str, SignalCost]


def costs(policy: Policy) -> Costs:
    """What every rule, feature and signal type costs."""
    sizes = {name: len(named.values) for name, named in policy.value_lists.items()}
    times: dict[str, dict[str, Mapping[str, float]]] = defaultdict(dict)
    asked = {**policy.rules, **policy.asides}
    for rule in asked.values():
        for signal, tree in rule.conditions.items():
            domains = Domains(signal, policy.uses.get(signal, {}))
            parts = [efforts(part, domains, sizes) for part in (tree, rule.grades.get(signal)) if part]
            times[signal][rule.name] = {**dict(ChainMap(*parts)), "": sum(part[""] for part in parts)}
    tiles = _Tiles(Plan(_features(policy)))
    rules = {name: _rule_cost([each[name] for each in times.values() if name in each]) for name in asked}
    features = {name: tiles.feature(feature) for name, feature in policy.features.items()}
    read = {signal: asked_on(signal, policy) for signal in times}
    signals = {
        signal: tiles.signal(signal, read.get(signal, ()), together(times.get(signal, {}).values()))
        for signal in sorted({*times, *(series.signal for series in tiles.plan.series)})
    }
    return Costs(rules, features, signals)


def _features(policy: Policy) -> list[Feature]:
    """Everything that any rule can read, scores that nobody declared among it."""
    read = (use.feature for uses in policy.uses.values() for use in uses.values())
    return list({feature.name: feature for feature in (*policy.features.values(), *read)}.values())


def asked_on(signal: str, policy: Policy) -> tuple[FeatureUse, ...]:
    """The features that rules and asides read on a signal, in conditions, reasons or severities."""
    uses, trees = policy.uses.get(signal, {}), list[Expression]()
    rules = [rule for rule in policy.rules.values() if rule.mode != "off"]
    for rule in (*rules, *policy.asides_of(signal, rules)):
        if signal in rule.conditions:
            trees += [rule.conditions[signal], *rule.shown.get(signal, {}).values()]
            trees += [rule.grades[signal]] if rule.grades else []
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
        self._families = Counter(kind_of_entity(series) for series in plan.series if series.is_fact)

    def feature(self, feature: Feature) -> FeatureCost:
        tiles, reads = self._read([(feature, "")])
        series = sorted({str(series_of_tile(tile)) for _, tile in self.plan.tiles(feature, "", _BEGUN)})
        return FeatureCost(tiles, reads, _linked(feature), tuple(series))

    def signal(self, name: str, asked: tuple[FeatureUse, ...], microseconds: float) -> SignalCost:
        tiles, reads = self._read([(use.feature, use.role) for use in asked])
        written = max((self._written(name, secure=secure) for secure in (False, True)), key=len)
        return SignalCost(
            microseconds,
            tiles,
            reads,
            sum(_linked(use.feature) for use in asked),
            len(written),
            Units(self._units(written, _WRITE_UNIT, USUAL_ELEMENTS), self._units(written, _WRITE_UNIT, TILE_CAP)),
        )

    def _read(self, asked: Sequence[tuple[Feature, str]]) -> tuple[int, Units]:
        """How many items features of the entities in these roles read, and the units that takes."""
        items, besides = self._most(asked, self.plan.tiles), self._most(asked, self._overflows)
        usual = self._units(items, _READ_UNIT, USUAL_ELEMENTS)
        return len(items), Units(usual, self._units(items | besides, _READ_UNIT, TILE_CAP))

    def _overflows(self, feature: Feature, entity: str, at: datetime) -> tuple[TileKey, ...]:
        return self.plan.overflow_tiles(feature, entity, at, self.plan.tiles(feature, entity, at))

    @staticmethod
    def _most(
        asked: Sequence[tuple[Feature, str]], tiles: Callable[[Feature, str, datetime], Iterable[TileKey]]
    ) -> set[TileKey]:
        """The items that the features read: of each series, as many as at any time.

        A window touches most tiles when it ends just after one has begun, and a delayed one ends at another time.
        """
        most: dict[tuple[str, Series], set[TileKey]] = {}
        for at in {_BEGUN, *(_BEGUN + feature.delay for feature, _ in asked)}:
            found: dict[tuple[str, Series], set[TileKey]] = defaultdict(set)
            for feature, role in asked:
                for key in tiles(feature, role, at):
                    found[role, series_of_tile(key.tile)].add(_item(key))
            most |= {about: items for about, items in found.items() if len(items) > len(most.get(about, ()))}
        return set().union(*most.values())

    def _units(self, items: Iterable[TileKey], unit: int, elements: int) -> int:
        """What items of so many elements cost, at one unit for each begun `unit` bytes."""
        return sum(math.ceil((_ITEM + elements * self._element(item.tile)) / unit) for item in items)

    def _element(self, tile: str) -> int:
        """Bytes of one element of an item; of a summary, of one in each family that the kind of entity has."""
        if tile.startswith(_SUMMARY):
            return (SIZE + 1) * self._families[tile.removeprefix(_SUMMARY)]
        series = series_of_tile(tile)
        return Layout.of(series.signal).size + 1 + _NAME * series.is_link

    def _written(self, signal: str, *, secure: bool) -> set[TileKey]:
        """The items that remember a signal, which is about security or is not."""
        series = [
            each
            for each in self.plan.series
            if each.signal == signal and not each.overflow and (each.is_fact or each.secure is secure)
        ]
        return {_item(TileKey(each.role, str(each) if each.is_fact else f"{each}#")) for each in series}


def _item(key: TileKey) -> TileKey:
    """The item that a tile is in: all facts about one entity are in its summary."""
    series = series_of_tile(key.tile)
    return TileKey(key.entity, f"{_SUMMARY}{kind_of_entity(series)}") if series.is_fact else key


def kind_of_entity(series: Series) -> str:
    """Of what kind the entities are that a series is about."""
    return kind_of(CATALOGUE[series.signal], series.role)


def _linked(feature: Feature) -> int:
    """Of how many entities the ledger is asked, at most."""
    return MOST_LINKED if feature.limited else 0
