"""A past of a few signals, and what features make of it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from shared.features import Asking, Feature, FeatureValue, Plan, TileKey, Timelines, asking
from shared.signals import Pseudonyms, Signal, entities_of
from tests.support.signals import event, signal

KEY = Pseudonyms(b"k" * 32)
MINUTE, HOUR, DAY = 60, 3_600, 86_400
"""In seconds, as `event` counts them from noon."""


def sent(name: str, number: Any, at: float, extensions: dict[str, Any] | None = None, **data: Any) -> Signal:
    """A signal of a type, so many seconds after noon, received at once."""
    return signal(event(name, f"{name} {number}", at, extensions, **data), at)


def remembered(plan: Plan, signals: Iterable[Signal], cap: int = 500, **more: Any) -> Timelines:
    """Timelines that have seen the signals."""
    past = Timelines(plan, {}, cap, **more)
    for each in signals:
        past.add(plan.entries(each, entities_of(each, KEY), KEY))
    return past


def stored(plan: Plan, signals: Iterable[Signal], cap: int) -> dict[TileKey, set[bytes]]:
    """What the table holds when the signals have come one by one."""
    held: dict[TileKey, set[bytes]] = defaultdict(set)
    for each in signals:
        for key, element in plan.entries(each, entities_of(each, KEY), KEY):
            for place in plan.overflow_of(key, element) if len(held[key]) >= cap else (key,):
                if len(held[place]) < cap:
                    held[place].add(element)
    return held


def asked(by: Signal, received_at: datetime | None = None) -> Asking:
    """What a signal asks with."""
    asks = asking(by, entities_of(by, KEY), KEY)
    return asks if received_at is None else asks._replace(received_at=received_at)


def value_of(
    feature: Feature, entity: str, signals: Iterable[Signal], asks: Asking, cap: int = 500, **more: Any
) -> FeatureValue:
    """What the feature of the entity comes to after the signals."""
    return remembered(Plan([feature]), signals, cap, **more).measure(feature, entity, asks)
