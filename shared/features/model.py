"""What a policy may ask of timelines: features, and the values they come out as."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

FeatureKind = Literal["count", "sum", "distinct", "last", "since"]
Predicate = Callable[[Mapping[str, Any]], bool | None]
"""A compiled `where` over the remembered fields of one element; None means unknown."""


@dataclass(frozen=True, slots=True)
class Feature:
    """A value over what is remembered of one entity within `window` before the signal's own time.

    `signal` is the remembered signal type; `by` the entity's role in it; `value` the remembered field that is summed,
    whose distinct values are counted, or whose latest value it is (None for `count` and `since`). `since` is the time
    from the latest such signal to this one. Where there was none, `last` and `since` are unknown.
    """

    name: str
    kind: FeatureKind
    signal: str
    by: str
    window: timedelta
    value: str | None = None
    where: Predicate | None = None


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A lower bound: the timeline had reached its cap, so the true value may be higher."""

    value: Any
