"""What a policy may cost at most: more is refused, at the dearest place."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta

from shared.features import Plan, Series, series_of
from shared.policy.checks.costs import Costs, asked_on, costs, kind_of_entity
from shared.policy.policy import Policy
from shared.policy.problems import Problem, Span

MOST_RULE_MS, MOST_SIGNAL_MS = 100, 500
"""What one condition may take, and all conditions on one signal, in milliseconds, for the longest texts there are."""

MOST_TILES, MOST_SERIES = 100, 12
"""How many tiles one signal may read, which is one request's worth, and in how many it may be remembered."""

MOST_FAMILIES = 12
"""How many kinds of facts may be kept for ever of one entity: all of them, twice as many as the cap each, are one item,
which may have 400 KB."""


def over_budget(policy: Policy, places: Mapping[str, Span]) -> Iterator[Problem]:
    """A finding for each rule, and for the dearest thing on each signal, that costs more than anyone wants to pay.

    `places` are the features' places.
    """
    found, asked = costs(policy), {**policy.rules, **policy.asides}
    for name, rule in found.rules.items():
        if rule.microseconds > MOST_RULE_MS * 1_000:
            what = f"the rule {name} can take {rule.microseconds / 1_000:,.0f} ms, {MOST_RULE_MS} are allowed"
            yield Problem(what, asked[name].span, f"most of it is `{rule.dearest}`: ask less of long texts")
    for signal, cost in found.signals.items():
        if cost.microseconds > MOST_SIGNAL_MS * 1_000:
            rules = [rule for rule in asked.values() if signal in rule.conditions]
            dearest = max(rules, key=lambda rule: found.rules[rule.name].microseconds)
            what = f"all rules on {signal} can take {cost.microseconds / 1_000:,.0f} ms, {MOST_SIGNAL_MS} are allowed"
            yield Problem(what, dearest.span, f"this one takes most: `{found.rules[dearest.name].dearest}`")
        yield from _too_many_tiles(signal, found, policy, places)
    yield from _too_many_facts(policy, places)


def _too_many_tiles(signal: str, found: Costs, policy: Policy, places: Mapping[str, Span]) -> Iterator[Problem]:
    cost = found.signals[signal]
    if cost.tiles > MOST_TILES:
        rule = next(rule for rule in policy.rules.values() if signal in rule.conditions)
        use = max(asked_on(signal, policy), key=lambda use: use.feature.window or timedelta(0))
        units = f"{cost.reads.usual:,} to {cost.reads.full:,} read units"
        what = f"{signal} reads {cost.tiles} tiles of timelines ({units}), {MOST_TILES} are allowed"
        hint = "use fewer pairs of signal and role, or shorter windows"
        yield Problem(what, places.get(use.feature.name, rule.span), hint)
    if cost.series > MOST_SERIES:
        asked = {name: map(series_of, found.features[name].series) for name in places if name in found.features}
        name = next(name for name, series in asked.items() if any(each.signal == signal for each in series))
        units = f"{cost.writes.usual:,} to {cost.writes.full:,} write units"
        what = f"{signal} is remembered in {cost.series} series ({units}), {MOST_SERIES} are allowed"
        yield Problem(what, places[name], "let its features go by fewer roles")


def _too_many_facts(policy: Policy, places: Mapping[str, Span]) -> Iterator[Problem]:
    """A finding for each kind of entity of which too much would be kept for ever: all of it is one item."""
    families: dict[str, dict[Series, str]] = defaultdict(dict)
    for name, feature in policy.features.items():
        for series in Plan([feature]).series if feature.window is None else ():
            families[kind_of_entity(series)].setdefault(series, name)
    for kind, named in families.items():
        if len(named) > MOST_FAMILIES:
            what = f"of each {kind}, {len(named)} kinds of facts would be kept for ever, {MOST_FAMILIES} are allowed"
            hint = "use one field for several features, or windows of up to 90d"
            yield Problem(what, places[list(named.values())[MOST_FAMILIES]], hint)
