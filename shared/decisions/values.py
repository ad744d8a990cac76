"""A signal's fields as rules see them."""

from collections.abc import Mapping
from typing import Any

from shared.signals import Money, Signal
from shared.signals.amounts import Amount


def signal_values(signal: Signal, entities: Mapping[str, str]) -> dict[str, Any]:
    """Visible name to value: entities by role, money as `Amount`, and `time`; what is absent is left out."""
    values: dict[str, Any] = {"time": signal.time, **entities}
    for field in signal.spec.fields:
        value = getattr(signal.data, field.name)
        if value is not None and field.type != "entity":
            values[field.name] = Amount(value.minor, value.currency) if isinstance(value, Money) else value
    return values
