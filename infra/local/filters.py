"""FilterCriteria of event source mappings: which records a function is called with."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from moto.events.models import EventPattern

Pattern = Mapping[str, Any]


class FilterError(Exception):
    """A filter that the service would never match, though it looks as if it would; the message says what to write."""


def wanted(record: dict[str, Any], patterns: tuple[Pattern, ...]) -> bool:
    """Whether any of the patterns matches a record in Lambda's shape; without patterns, all are wanted."""
    if not patterns:
        return True
    return any(_matches(pattern, _as_filtered(record, pattern)) for pattern in patterns)


def _matches(pattern: Pattern, record: dict[str, Any]) -> bool:
    _refuse_exists_on_branches(pattern, record, ())
    return EventPattern(None, dict(pattern)).matches_event(record)  # type: ignore[arg-type]  # any JSON


def _as_filtered(record: dict[str, Any], pattern: Pattern) -> dict[str, Any]:
    """The record as filters see it: of Kinesis the `kinesis` part, `data` or `body` parsed where a pattern looks."""
    seen = dict(record["kinesis"]) if "kinesis" in record else dict(record)
    if "data" in pattern and "data" in seen:
        seen["data"] = _parsed(base64.b64decode(seen["data"]))
    if isinstance(pattern.get("body"), dict):
        seen["body"] = _parsed(seen["body"])
    return seen


def _parsed(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:  # what is not JSON has nothing inside that a pattern could match
        return None


def _refuse_exists_on_branches(pattern: Any, record: Any, path: tuple[str, ...]) -> None:
    """The service's `exists` sees leaves only; moto's does not, and would let a dead filter pass for a working one."""
    if isinstance(pattern, dict):
        for key, below in pattern.items():
            _refuse_exists_on_branches(below, record.get(key) if isinstance(record, dict) else None, (*path, key))
    elif isinstance(record, dict) and any(isinstance(each, dict) and "exists" in each for each in pattern):
        leaves = " or ".join(f"`{'.'.join((*path, key))}`" for key in record)
        raise FilterError(
            f"the filter asks whether `{'.'.join(path)}` exists, which is not a leaf: Lambda would never match it. "
            f"Ask for what is inside: {leaves}"
        )
