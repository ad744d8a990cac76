"""However a full tile and its overflow come to hold what they hold, what is complete is complete, and the same."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.features import AtLeast, Feature, Plan, Timelines, asking
from shared.signals import entities_of
from tests.support.oracle_cases import LONG, SHORT, signals_of
from tests.support.oracle_engine import Tiles
from tests.support.oracle_features import KINDS, a_feature
from tests.support.oracle_histories import PSEUDONYMS, Happened, a_making

pytestmark = pytest.mark.property

FEW = settings(max_examples=60)
seeds = st.integers(0, 2**32)
PERHAPS = ("new", "sequence", "age", "sum")
"""Kinds that say something, or nothing, by what can be seen of an incomplete past."""


@FEW
@given(seeds, st.sampled_from([kind for kind in KINDS if kind != "months"]), st.integers(1, 8))
def test_what_is_complete_does_not_depend_on_how_batches_are_cut(seed: int, kind: str, cap: int) -> None:
    """In order and in one lane: one by one, in batches of any size, all at once, or with batches that come again."""
    random = Random(seed)
    features, history, asker, entity = _flood(random, kind)
    plan, found = Plan(features), []
    for cuts in (_one_by_one(history), [history], _cut(random, history), _again(random, _cut(random, history))):
        tiles = Tiles(plan, cap)
        *stored, last = cuts
        for batch in stored:
            tiles.add(batch)
        past = Timelines(plan, tiles.held, cap)
        for each in last:
            past.add(tiles.entries(each))
        found.append([past.measure(feature, entity, asker) for feature in features])
    for one, *others in zip(*found, strict=True):
        assert all(_is_as_exact(kind, one, other) for other in others)


@FEW
@given(seeds, st.integers(3, 12))
def test_a_short_window_is_exact_below_the_cap_in_each_tile_of_the_overflow(seed: int, cap: int) -> None:
    """Whatever there was in the long tile before: the overflow turns nothing away that it has room for."""
    random = Random(seed)
    features, history, asker, entity = _flood(random, "count")
    _, short, _ = features
    plan = Plan(features)
    capped, everything = Tiles(plan, cap), Tiles(plan, 10_000)
    for batch in _cut(random, history):
        capped.add(batch)
        everything.add(batch)
    read = [(key, each) for key in plan.tiles(short, entity, asker.time) for each in everything.held.get(key, ())]
    busiest = Counter(place for key, element in read for place in plan.overflow_of(key, element))
    assume(max(busiest.values(), default=0) < cap)
    found, whole = (
        Timelines(plan, tiles.held, tiles.cap).measure(short, entity, asker) for tiles in (capped, everything)
    )
    assert found == whole


def _flood(random: Random, kind: Any) -> tuple[Sequence[Feature], Sequence[Happened], Any, str]:
    """A feature of the kind, two counts beside it over windows as unlike as can be, and many signals about few."""
    first = a_feature(random, "it", kind)
    window = first.window or timedelta(days=1)
    first = Feature(**{name: getattr(first, name) for name in Feature.__slots__} | {"window": window, "limited": None})
    beside = [
        Feature(f"{each}", "count", first.signal, first.by, each)
        for each in (random.choice(SHORT), random.choice(LONG))
    ]
    features = [first, *beside]
    making = a_making(random, features)
    types = [*signals_of(first), first.signal, first.signal]
    history = [making.happened(random.choice(types), number) for number in range(random.choice((20, 40)))]
    asker = making.happened(first.signal, 99, at=making.now)
    entities = sorted({each.record.entities[first.by] for each in history if first.by in each.record.entities})
    signal = asker.signal
    asks = asking(signal, entities_of(signal, PSEUDONYMS), PSEUDONYMS)._replace(received_at=signal.time)
    return features, history, asks, random.choice(entities or ["user:nobody"])


def _one_by_one(history: Sequence[Happened]) -> Sequence[Sequence[Happened]]:
    return [*([each] for each in history), []]


def _cut(random: Random, history: Sequence[Happened]) -> list[Sequence[Happened]]:
    batches, rest = [], list(history)
    while rest:
        size = random.choice((1, 2, 5, 20))
        batches.append(rest[:size])
        rest = rest[size:]
    return batches


def _again(random: Random, batches: Sequence[Sequence[Happened]]) -> list[Sequence[Happened]]:
    """A batch that was not done when its process died comes again at once."""
    return [batch for each in batches for batch in [each] * random.choice((1, 1, 2))]


def _is_as_exact(kind: str, one: Any, other: Any) -> bool:
    if kind in PERHAPS and (one is None or other is None):
        return True
    return type(one) is type(other) and (isinstance(one, AtLeast) or one == other)
