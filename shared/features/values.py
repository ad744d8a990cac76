"""What a feature makes of the past that it sees: counts, moments, the last of something. See CONTRACT.md."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.features.elements import bound, milliseconds, moment_of, time_of
from shared.features.model import AtLeast
from shared.features.numbers import deviation, greatest, least, mean, standard_score, total
from shared.features.past import Past
from shared.features.tiles import within
from shared.signals import CATALOGUE
from shared.signals.amounts import Amount

FeatureValue = int | float | str | bytes | Amount | timedelta | datetime | AtLeast | None
MILLISECOND = timedelta(milliseconds=1)


def _count(past: Past) -> FeatureValue:
    return _bounded(past, len(past.elements))


def _distinct(past: Past) -> FeatureValue:
    return _bounded(past, len(set(_present(past))))


def _sum(past: Past) -> FeatureValue:
    field = next(each for each in CATALOGUE[past.feature.signal].remembered if each.visible_as == past.feature.value)
    lowest, _ = field.bounds
    if past.is_incomplete and (lowest is None or lowest < 0):
        return None
    summed = total(_present(past), of_money=field.type == "money")
    return None if summed is None else _bounded(past, summed)


def _last(past: Past) -> FeatureValue:
    latest = _latest(past)
    value: FeatureValue = past.layout.readers[past.feature.value or ""](latest) if latest else None
    return value


def _since(past: Past) -> FeatureValue:
    latest = _latest(past)
    return _before(past, latest) if latest else None


def _latest(past: Past) -> bytes | None:
    """The latest by `(time, event)`; None where there is none, or where a later one may be hidden."""
    if not past.elements:
        return None
    latest = past.elements[-1]
    hidden = time_of(latest) < past.hidden_before
    in_doubt = past.doubtful and past.doubtful[-1] > latest
    return None if hidden or in_doubt else latest


def _first_seen(past: Past) -> FeatureValue:
    return None if past.is_incomplete or not past.elements else moment_of(time_of(past.elements[0]))


def _age(past: Past) -> FeatureValue:
    return _bounded(past, _before(past, past.elements[0])) if past.elements else None


def _new(past: Past) -> FeatureValue:
    own = past.asking.own.get(past.feature.value or "")
    if own is None:
        return None
    is_new = own not in _present(past)
    return None if is_new and past.is_incomplete else is_new


def _change(past: Past) -> FeatureValue:
    feature = past.feature
    if past.is_incomplete or feature.window is None or feature.against is None:
        return None
    border = bound(milliseconds(past.asking.time) - (feature.delay + feature.window) // MILLISECOND)
    before = len(within(past.elements, b"", border))
    if before < feature.least:
        return None
    lately = len(past.elements) - before
    return lately * ((feature.against - feature.window) // MILLISECOND) / (before * (feature.window // MILLISECOND))


def share(part: Past, everything: Past | None) -> float | None:
    """The part of the elements of which `where` holds, of all; None where all cannot be told."""
    if everything is None or part.is_incomplete or len(everything.elements) < everything.feature.least:
        return None
    return len(part.elements) / len(everything.elements)


def _of_complete(value: Callable[[list[Any], Past], FeatureValue], fewest: int = 1) -> Callable[[Past], FeatureValue]:
    """A kind of which a part of the past says nothing, nor fewer values than `least`."""

    def of(past: Past) -> FeatureValue:
        present = [] if past.is_incomplete else _present(past)
        return value(present, past) if len(present) >= max(fewest, past.feature.least) else None

    return of


KINDS: Mapping[str, Callable[[Past], FeatureValue]] = {
    "count": _count,
    "distinct": _distinct,
    "sum": _sum,
    "last": _last,
    "since": _since,
    "first_seen": _first_seen,
    "age": _age,
    "new": _new,
    "change": _change,
    "mean": _of_complete(lambda values, _: mean(values)),
    "min": _of_complete(lambda values, _: least(values)),
    "max": _of_complete(lambda values, _: greatest(values)),
    "stddev": _of_complete(lambda values, _: deviation(values), fewest=2),
    "zscore": _of_complete(
        lambda values, past: standard_score(past.asking.own.get(past.feature.value or ""), values), fewest=2
    ),
}
"""How the value of each kind follows from one past; those that need more are in `timelines`."""


def _present(past: Past) -> list[Any]:
    """The values of the field, in order of time, without absent ones."""
    read = past.layout.readers[past.feature.value or ""]
    return [value for value in map(read, past.elements) if value is not None]


def _before(past: Past, element: bytes) -> timedelta:
    return (milliseconds(past.asking.time) - time_of(element)) * MILLISECOND


def _bounded(past: Past, value: Any) -> FeatureValue:
    return AtLeast(value) if past.is_incomplete else value
