"""What a policy may ask of timelines: features, and the values they come out as. The maths is in CONTRACT.md."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

FeatureKind = Literal[
    "count",
    "sum",
    "mean",
    "min",
    "max",
    "stddev",
    "zscore",
    "distinct",
    "last",
    "since",
    "first_seen",
    "age",
    "new",
    "months",
    "share",
    "change",
    "sequence",
    "linked",
]
Predicate = Callable[[Mapping[str, Any]], bool | None]
"""A compiled `where` over the remembered fields of one element; None means unknown."""

NO_TIME = timedelta(0)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a sequence: a signal of this type, about the entity in this role, of which `where` holds."""

    signal: str
    by: str
    where: Predicate | None = None


@dataclass(frozen=True, slots=True)
class Unless:
    """What undoes a remembered signal: one of type `signal`, of which `where` holds, with the same `same`."""

    signal: str
    same: str
    where: Predicate | None = None


@dataclass(frozen=True, slots=True)
class Feature:
    """A value over what is remembered of one entity in `[t - delay - window, t - delay)`, t being the time of the
    signal that asks.

    `signal` is the remembered signal type; `by` the entity's role in it; `value` the remembered field that is
    computed with (None where signals are merely counted). A `window` of None means ever: see `summary`.
    `against` is the longer window of `change`; `steps` are those of `sequence`, which has no other signal than that
    of its first step; `least` is the number of values below which there is no history to speak of. A feature sees
    what our own actions caused only with `echoes`. `limited` makes `linked` count those under a restriction of that
    abuse kind, or `any`; `strength`, 0 to 1, says how much such a link means.
    """

    name: str
    kind: FeatureKind
    signal: str
    by: str
    window: timedelta | None
    value: str | None = None
    where: Predicate | None = None
    delay: timedelta = NO_TIME
    least: int = 1
    against: timedelta | None = None
    unless: Unless | None = None
    steps: tuple[Step, ...] = ()
    limited: str | None = None
    strength: float = 1.0
    echoes: bool = False


@dataclass(frozen=True, slots=True)
class AtLeast:
    """A lower bound: not all of the past could be seen, so the true value may be higher."""

    value: Any


class Asking(NamedTuple):
    """The signal that a feature is computed for.

    `own` has its fields by visible name as timelines would keep them (entities as marks, texts as `kept` gives them,
    money as `Amount`), absent ones left out: see `asking`. `actor` is the name of the entity that acts in it.
    """

    time: datetime
    received_at: datetime
    event: bytes
    own: Mapping[str, Any]
    actor: str | None = None


class Limit(NamedTuple):
    """A restriction as features know it: its abuse kind, from when, until when."""

    abuse: str | None
    since: datetime
    until: datetime
