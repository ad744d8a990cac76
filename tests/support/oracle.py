"""What a feature is, computed by hand: CONTRACT.md of `shared/features` in plain arithmetic, and nothing of the engine.

`oracle_sight` says what is seen, this module what it comes to, with `Fraction`s for numbers. What stands in quotes is
the contract's own text.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from shared.features.model import AtLeast, Feature, Limit
from shared.signals import CATALOGUE
from shared.signals.amounts import Amount
from tests.support.oracle_sight import (
    GRACE,
    LONGEST,
    MOST_ASKED_ABOUT,
    Asker,
    LookUp,
    Question,
    Record,
    Sight,
    feature_sight,
    milliseconds,
    moment,
)


def value(
    feature: Feature,
    asker: Asker,
    look_up: LookUp,
    limits: Mapping[str, Collection[Limit]] | None = None,
    most_asked_about: int = MOST_ASKED_ABOUT,
) -> Any:
    """What the feature comes to; None is unknown. `limits` are each entity's restrictions, for `linked`."""
    if asker.lateness > LONGEST:
        return None
    question = Question(feature, asker, look_up, limits or {}, most_asked_about)
    if feature.kind == "sequence":
        return _sequence(question)
    sight = feature_sight(question)
    if sight is None:
        return None
    if feature.kind in ("count", "sum", "distinct", "months", "linked"):
        bound, capped = _bounded(question, sight)
        return AtLeast(bound) if bound is not None and (sight.incomplete or capped) else bound
    return _EXACT[feature.kind](question, sight)


def asked_about(feature: Feature, asker: Asker, look_up: LookUp) -> list[str]:
    """The entities that `linked` finds: "of at most 50 entities, the latest by `(time, event)`"."""
    sight = feature_sight(Question(feature, asker, look_up, {}))
    if sight is None or asker.lateness > LONGEST:
        return []
    return _linked_entities(feature, asker, sight)[:MOST_ASKED_ABOUT]


def _bounded(question: Question, sight: Sight) -> tuple[Any, bool]:
    """The kinds that an incomplete past makes lower bounds; and whether the value itself was cut short."""
    feature = question.feature
    match feature.kind:
        case "count":
            return len(sight.seen), False
        case "distinct":
            return len(set(_values(feature, sight))), False
        case "months":
            return len({(when.year, when.month) for when in (moment(each.time) for each in sight.seen)}), False
        case "sum":
            return _sum(feature, _values(feature, sight)), False
    found = _linked_entities(feature, question.asker, sight)
    if feature.limited is None:
        return len(found), False
    asked = found[: question.most_asked_about]
    limited = [name for name in asked if _is_limited(question, name)]
    return len(limited), len(found) > len(asked)


def _linked_entities(feature: Feature, asker: Asker, sight: Sight) -> list[str]:
    """Different entities in the field, the latest first, without the asking signal's own: "the entity in its field of
    this name, and the one that acts in it".
    """
    field = feature.value or ""
    names = [each.fields[field] for each in reversed(sight.seen) if field in each.fields]
    own = (asker.record.fields.get(field), asker.record.entities.get(CATALOGUE[asker.record.signal].actor))
    return [name for name in dict.fromkeys(names) if name not in own]


def _is_limited(question: Question, name: str) -> bool:
    """Under a restriction, of that kind, "that was in force at the asking signal's `received_at`"."""
    return any(
        limit.since <= question.asker.received_at < limit.until and question.feature.limited in ("any", limit.abuse)
        for limit in question.limits.get(name, ())
    )


def _values(feature: Feature, sight: Sight) -> list[Any]:
    """`x1 … xm`, "in order of `(time, event)`"."""
    return [each.fields[feature.value] for each in sight.seen if feature.value in each.fields]


# --- numbers ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Numbers:
    """Values of one field as exact numbers; of money in minor units, all of `currency`."""

    exact: Sequence[Fraction]
    currency: str | None

    def typed(self, number: Fraction) -> Any:
        """Money "rounded to whole minor units, ties to even, at the end"; a number otherwise."""
        return float(number) if self.currency is None else Amount(round(number), self.currency)

    @property
    def mean(self) -> Fraction:
        return sum(self.exact, Fraction(0)) / len(self.exact)

    @property
    def stddev(self) -> Fraction:
        """The sample's: `sqrt(sum((xi - mean)^2) / (m - 1))`, to fifty digits."""
        return root(sum(((each - self.mean) ** 2 for each in self.exact), Fraction(0)) / (len(self.exact) - 1))


def _numbers(values: Sequence[Any]) -> Numbers | None:
    """None: "amounts of several currencies have no sum, order or mean"."""
    if not any(isinstance(each, Amount) for each in values):
        return Numbers([Fraction(each) for each in values], None)
    currencies = {each.currency for each in values}
    return Numbers([Fraction(each.minor) for each in values], currencies.pop()) if len(currencies) == 1 else None


def _sum(feature: Feature, values: Sequence[Any]) -> Any:
    """ "Nothing sums up to zero in every currency"; of numbers, to the number zero."""
    if not values:
        field = next(field for field in CATALOGUE[feature.signal].fields if field.visible_as == feature.value)
        return Amount(0, "") if field.type == "money" else 0.0
    numbers = _numbers(values)
    return None if numbers is None else numbers.typed(sum(numbers.exact, Fraction(0)))


def _mean(question: Question, sight: Sight) -> Any:
    numbers = _enough(question, sight, 1)
    return None if numbers is None else numbers.typed(numbers.mean)


def _stddev(question: Question, sight: Sight) -> Any:
    numbers = _enough(question, sight, 2)
    return None if numbers is None else numbers.typed(numbers.stddev)


def _zscore(question: Question, sight: Sight) -> Any:
    """`(x - mean) / s`, from what is not rounded yet."""
    numbers, own = _enough(question, sight, 2), question.own
    if numbers is None or own is None or numbers.stddev == 0:
        return None
    if isinstance(own, Amount) and own.currency != numbers.currency:
        return None
    return float((Fraction(getattr(own, "minor", own)) - numbers.mean) / numbers.stddev)


def _min(question: Question, sight: Sight) -> Any:
    return None if _enough(question, sight, 1) is None else min(_values(question.feature, sight))


def _max(question: Question, sight: Sight) -> Any:
    return None if _enough(question, sight, 1) is None else max(_values(question.feature, sight))


def _enough(question: Question, sight: Sight, fewest: int) -> Numbers | None:
    """The numbers, if the past is complete, there are at least `least` of them, and they are of one kind."""
    values = _values(question.feature, sight)
    if sight.incomplete or len(values) < max(fewest, question.feature.least):
        return None
    return _numbers(values)


def root(square: Fraction) -> Fraction:
    with localcontext() as context:
        context.prec = 80
        return Fraction((Decimal(square.numerator) / Decimal(square.denominator)).sqrt())


# --- times and facts -------------------------------------------------------------------------------------------------


def _last(question: Question, sight: Sight) -> Any:
    latest = _latest(question, sight)
    return None if latest is None else latest.fields.get(question.feature.value)


def _since(question: Question, sight: Sight) -> Any:
    latest = _latest(question, sight)
    return None if latest is None else moment(question.asker.record.time) - moment(latest.time)


def _latest(question: Question, sight: Sight) -> Record | None:
    """The latest element, if nothing can hide a later one: no gap, no element with an unknown `where`, no time before
    the series began, and no tile that has expired.
    """
    if not sight.seen or question.asker.lateness > GRACE:
        return None
    latest = sight.seen[-1]
    unclear = any((latest.time, latest.event) < (each.time, each.event) for each in sight.unclear)
    hidden = unclear or any(latest.time < gap.end for gap in sight.gaps) or latest.time < sight.began
    return None if hidden else latest


def _first_seen(question: Question, sight: Sight) -> Any:
    return None if sight.incomplete or not sight.seen else moment(sight.seen[0].time)


def _age(question: Question, sight: Sight) -> Any:
    if not sight.seen:
        return None
    age = moment(question.asker.record.time) - moment(sight.seen[0].time)
    return AtLeast(age) if sight.incomplete else age


def _new(question: Question, sight: Sight) -> Any:
    if question.own is None:
        return None
    if question.own in _values(question.feature, sight):
        return False
    return None if sight.incomplete else True


def _share(question: Question, sight: Sight) -> Any:
    """ "`where` says which part": the elements of which it is false are the other one."""
    everything = len(sight.seen) + len(sight.others)
    if sight.incomplete or everything < question.feature.least:
        return None
    return float(Fraction(len(sight.seen), everything))


def _change(question: Question, sight: Sight) -> Any:
    """`(n1 / w) / (n2 / (a - w))`."""
    recent, whole = milliseconds(question.feature.window), milliseconds(question.feature.against)
    border = question.window.end - recent
    late = [each for each in sight.seen if each.time >= border]
    early = [each for each in sight.seen if each.time < border]
    if sight.incomplete or len(early) < question.feature.least:
        return None
    return float(Fraction(len(late), recent) / Fraction(len(early), whole - recent))


def _sequence(question: Question) -> Any:
    """Of an incomplete past "true if it was found, else unknown"; an element with an unknown `where` makes it unknown
    only where it completes a chain.
    """
    echoes = question.feature.echoes
    sights = [question.sight(step, question.window, echoes=echoes) for step in question.feature.steps]
    if _chain([sight.seen for sight in sights]):
        return True
    gaps = any(sight.gaps or sight.short for sight in sights)
    perhaps = _chain([[*sight.seen, *sight.unclear] for sight in sights])
    return None if gaps or perhaps else False


def _chain(steps: Sequence[Sequence[Record]], after: float = float("-inf")) -> bool:
    """Whether there are elements, one of each step, "with strictly rising times"."""
    if not steps:
        return True
    return any(after < each.time and _chain(steps[1:], each.time) for each in steps[0])


_EXACT: Mapping[str, Callable[[Question, Sight], Any]] = {
    "mean": _mean,
    "min": _min,
    "max": _max,
    "stddev": _stddev,
    "zscore": _zscore,
    "last": _last,
    "since": _since,
    "first_seen": _first_seen,
    "age": _age,
    "new": _new,
    "share": _share,
    "change": _change,
}
