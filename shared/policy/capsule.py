"""The inputs of a judgement as JSON and back: what a decision's record keeps to be recomputed from."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.features.model import AtLeast
from shared.policy.engine.compiler import Broken
from shared.signals.amounts import Amount


def dump_inputs(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs as JSON values; what JSON has no type for is an object with one key that tells it."""
    return {name: _dumped(value) for name, value in inputs.items()}


def load_inputs(dumped: Mapping[str, Any]) -> dict[str, Any]:
    """What `dump_inputs` was given."""
    return {name: _loaded(value) for name, value in dumped.items()}


def _dumped(value: Any) -> Any:
    match value:
        case Amount(minor, currency):
            return {"money": [minor, currency]}
        case AtLeast(bound):
            return {"at_least": _dumped(bound)}
        case datetime():
            return {"time": value.isoformat()}
        case timedelta():
            return {"seconds": value.total_seconds()}
        case Broken(error):
            return {"broken": error}
    return value


def _loaded(value: Any) -> Any:
    match value:
        case {"money": [minor, currency]}:
            return Amount(int(minor), currency)
        case {"at_least": bound}:
            return AtLeast(_loaded(bound))
        case {"time": text}:
            return datetime.fromisoformat(text)
        case {"seconds": seconds}:
            return timedelta(seconds=seconds)
        case {"broken": error}:
            return Broken(error)
    return value
