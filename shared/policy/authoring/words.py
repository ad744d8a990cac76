"""Values and rules in the words of the language, as an author would type them."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.features.model import AtLeast, Feature
from shared.policy.conditions.literals import written, written_duration, written_time
from shared.restrictions.effects import Command, Dispose, Effect, Friction, Restrict, Review
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
            return written_duration(value)
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


def effect_in_words(effect: Effect) -> str:
    """`restrict buyer: buy to none for 7d`."""
    match effect:
        case Dispose(disposition):
            return disposition
        case Restrict(of, capability, allowed, lasts):
            left = f"{allowed}%" if allowed else "none"
            return f"restrict {of}: {capability} to {left} for {written_duration(lasts)}"
        case Friction(of, ask, lasts):
            return f"ask {of} for {ask}, for {written_duration(lasts)}"
        case Command(of, command):
            return f"{command} of {of}"
        case Review(of):
            return f"review {of}"


def feature_in_words(feature: Feature, where: str = "") -> str:
    """`number of payment.declined by card within 1h, where amount < 5.00 USD`."""
    what = {
        "count": f"number of {feature.signal}",
        "distinct": f"different {feature.value} of {feature.signal}",
        "sum": f"sum of {feature.value} of {feature.signal}",
        "last": f"latest {feature.value} of {feature.signal}",
        "since": f"time since the latest {feature.signal}",
    }[feature.kind]
    told = f"{what} by {feature.by} within {written_duration(feature.window)}"
    return f"{told}, where {where}" if where else told
