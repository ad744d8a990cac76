"""The parts that the JSON Schema of documents is put together from."""

from collections.abc import Iterable
from typing import Any

Schema = dict[str, Any]

SPAN: Schema = {"type": "string", "pattern": r"^(0|[1-9]\d{0,6})[wdhms]$"}
SHARE: Schema = {"type": "string", "pattern": r"^\d{1,3}(\.\d{1,4})? ?%$"}
AMOUNT: Schema = {"type": "string", "pattern": r"^\d{1,15}(\.\d{1,6})? +[A-Z]{3}$"}


def closed(properties: Schema, *required: str) -> Schema:
    """A mapping with these keys and no others."""
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": list(required)}


def one_or_more(item: Schema) -> Schema:
    return {"anyOf": [item, {"type": "array", "items": item}]}


def one_of(words: Iterable[str], about: str = "") -> Schema:
    return {"enum": list(words), **({"description": about} if about else {})}


def text_about(about: str = "") -> Schema:
    return {"type": "string", **({"description": about} if about else {})}


def whole(most: int, about: str = "") -> Schema:
    """A whole number from 1 on, typed as a number or a text."""
    return {
        "type": ["integer", "string"],
        "minimum": 1,
        "maximum": most,
        **({"description": about} if about else {}),
    }
