"""A signal's fields as rules see them."""

from collections.abc import Mapping
from typing import Any

from shared.signals import Money, Signal
from shared.signals.amounts import Amount


def signal_values(signal: Signal, entities: Mapping[str, str]) -> dict[str, Any]:
    """Visible name to value: entities by role, money as `Amount`, and `time`; what is absent is left out.

    Personal data is among them, since facts are made of it. An address stands beside the pseudonym that it has as an
    entity, under a name of its own (`ip_address` beside `ip`): it goes no further than into facts.
    """
    values: dict[str, Any] = {"time": signal.time, **entities}
    for field in signal.spec.fields:
        value = getattr(signal.data, field.name)
        name = field.address_as if field.type == "entity" else field.name
        if value is not None and name:
            values[name] = Amount(value.minor, value.currency) if isinstance(value, Money) else value
    return values
