"""Values and rules in the words of the language, as an author would type them."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.features.links import ANY
from shared.features.model import AtLeast, Feature, FeatureKind
from shared.policy.conditions.literals import written, written_duration, written_time
from shared.policy.conditions.tidying import tidied
from shared.policy.documents.reading import Entry
from shared.policy.sections.remembered import Filters, filters_in
from shared.restrictions.effects import Command, Dispose, Effect, Friction, Lift, Restrict, Review, Score
from shared.restrictions.limits import AMOUNT, Limit
from shared.signals.amounts import Amount


def literal(value: Any) -> str:  # noqa: PLR0911  (one return for each type)
    """A value as it stands in a test: `~` for what is unknown."""
    match value:
        case None:
            return "~"
        case bool():
            return "true" if value else "false"
        case AtLeast(bound):
            return f"at least {literal(bound)}"
        case Amount():
            return written(value)
        case timedelta():
            return written_duration(timedelta(seconds=value // timedelta(seconds=1)))
        case datetime():
            return json.dumps(written_time(value))
        case int() | float():
            return repr(value)
        case list() | tuple():
            return f"[{', '.join(map(literal, value))}]"
    return json.dumps(str(value), ensure_ascii=False)


def case_text(values: Mapping[str, Any]) -> str:
    """One line of YAML under `fires:` or `holds:`."""
    pairs = (f"{_key(name)}: {literal(value)}" for name, value in values.items())
    return f"{{{', '.join(pairs)}}}"


def _key(name: str) -> str:
    return name if name.replace("_", "").isalnum() else json.dumps(name, ensure_ascii=False)


def effect_in_words(effect: Effect) -> str:  # noqa: PLR0911  (one return for each effect)
    """`restrict buyer: buy to none for 7d`."""
    match effect:
        case Dispose(disposition):
            return disposition
        case Restrict():
            return _restriction_in_words(effect)
        case Friction(of, ask, lasts):
            return f"ask {of} for {ask}, for {written_duration(lasts)}"
        case Command(of, command):
            return f"{command} of {of}"
        case Review(of, within):
            return f"review {of} within {written_duration(within)}" if within else f"review {of}"
        case Lift(of, met):
            return f"release {of} from what waits for {met}"
        case Score():
            return "score"


def _restriction_in_words(effect: Restrict) -> str:
    """`restrict seller: withdraw to none for 7d, until step_up or review, then a person decides`."""
    whom = f"who is linked to {effect.of} by {effect.linked}" if effect.linked else effect.of
    what = f"{effect.capability} of this {effect.only}" if effect.only else effect.capability
    ways_out = f", until {' or '.join(effect.until)}" if effect.until else ""
    end = ", then a person decides" if effect.on_expiry == "person" else ""
    return (
        f"restrict {whom}: {what} to {limit_in_words(effect.limit)} for {written_duration(effect.lasts)}{ways_out}{end}"
    )


def limit_in_words(limit: Limit) -> str:
    """`none`, `50%`, `a 30% reserve of 30d`, `3 a day and 200.00 USD a day`: what is left of a capability."""
    bounds = dict(limit.bounds)
    told = [_BOUNDS[name].format(bound) for name, bound in bounds.items() if name in _BOUNDS]
    if "reserve_share" in bounds:
        told.append(f"a {bounds['reserve_share']}% reserve of {bounds.get('reserve_days', 0)}d")
    amounts = [name.partition(":")[2] for name in bounds if name.startswith(f"{AMOUNT}:")]
    told += [f"{written(Amount(bounds[f'{AMOUNT}:{currency}'], currency))} a day" for currency in amounts]
    return " and ".join(told)


_BOUNDS = {
    "none": "none",
    "share": "{}%",
    "delay_hours": "a delay of {}h",
    "count_per_day": "{} a day",
    "per_hour": "{} an hour",
    "no_links": "no links",
    "step_up": "step_up only",
}


def feature_in_words(feature: Feature, entry: Entry | None = None) -> str:
    """`number of payment.declined by card within 1h, where amount < 5.00 USD`; conditions are those of the `entry`."""
    filters = filters_in(entry.value) if entry else Filters(None, (None,) * len(feature.steps), None)
    what = (
        _in_steps(feature, filters) if feature.steps else _COMPUTED[feature.kind].format(feature.value, feature.signal)
    )
    window = f"within {written_duration(feature.window)}" if feature.window else "ever"
    told = [f"{what} by {feature.by} {window}"]
    if feature.against:
        told.append(f"against {written_duration(feature.against)}")
    if feature.delay:
        told.append(f"up to {written_duration(feature.delay)} before")
    if filters.where:
        told.append(f"where {tidied(filters.where.text)}")
    if feature.unless:
        where = f" where {tidied(filters.unless.text)}" if filters.unless else ""
        told.append(f"unless {feature.unless.signal} of the same {feature.unless.same}{where}")
    if feature.least > 1:
        told.append(f"of {feature.least} at least")
    if feature.limited:
        told.append("restricted" if feature.limited == ANY else f"restricted for {feature.limited}")
    if feature.strength < 1:
        told.append(f"of strength {feature.strength:.4g}")
    if feature.echoes:
        told.append("with what our own actions caused")
    return ", ".join(told)


_COMPUTED: Mapping[FeatureKind, str] = {
    "count": "number of {1}",
    "sum": "sum of {0} of {1}",
    "mean": "mean {0} of {1}",
    "min": "smallest {0} of {1}",
    "max": "greatest {0} of {1}",
    "stddev": "standard deviation of {0} of {1}",
    "zscore": "standard deviations of the signal's own {0} above the mean of {1}",
    "distinct": "different {0} of {1}",
    "last": "latest {0} of {1}",
    "since": "time since the latest {1}",
    "first_seen": "time of the first {1}",
    "age": "time since the first {1}",
    "new": "whether the signal's own {0} is in no {1}",
    "months": "months with {1}",
    "share": "share of {1}",
    "change": "rate of {1}",
    "linked": "other {0} of {1}",
}


def _in_steps(feature: Feature, filters: Filters) -> str:
    """`login.failed, then login.succeeded where two_factor`."""
    steps = []
    for step, where in zip(feature.steps, filters.steps, strict=True):
        role = f" by {step.by}" if step.by != feature.by else ""
        steps.append(f"{step.signal}{role}{f' where {tidied(where.text)}' if where else ''}")
    return f"{', then '.join(steps)},"
