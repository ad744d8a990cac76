"""What timelines keep of a signal's values, and what features know of the signal that asks."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from shared.features.elements import event_hash
from shared.features.model import Asking
from shared.signals import FieldSpec, Pseudonyms, Signal
from shared.signals.amounts import Amount

TEXT = 16
"""Bytes of a text: enough for most names of countries, categories, models and versions."""
_CHALLENGER = "challenger"
_COMPARABLE = ("text", "choice", "integer", "number", "boolean", "money")


def kept(text: str) -> str:
    """A text as timelines keep it: as it is when it fits into 16 bytes, else `~` and 15 hex digits of its hash.

    So texts are equal when, and only when, what is kept of them is.
    """
    if len(text.encode()) <= TEXT and not text.startswith("~") and "\0" not in text:
        return text
    return f"~{blake2b(text.encode(), digest_size=8).hexdigest()[: TEXT - 1]}"


def kept_value(field: FieldSpec, signal: Signal, entities: Mapping[str, str], pseudonyms: Pseudonyms) -> Any:
    """A field as timelines keep it, None where it is absent: entities as marks, texts shortened, money as `Amount`."""
    if field.type == "entity":
        entity = entities.get(field.visible_as)
        return pseudonyms.mark(entity) if entity else None
    value = getattr(signal.data, field.name)
    if value is None:
        return None
    if field.type == "money":
        return Amount(value.minor, value.currency)
    return kept(value) if field.type == "text" else value


def is_on_trial(signal: Signal) -> bool:
    """Whether a model on trial gave the signal: no feature may ever see it."""
    return _CHALLENGER in signal.spec.model.model_fields and bool(getattr(signal.data, _CHALLENGER))


def asking(signal: Signal, entities: Mapping[str, str], pseudonyms: Pseudonyms) -> Asking:
    """The signal as features see it; `entities` are its own, by role."""
    own: dict[str, Any] = {role: pseudonyms.mark(entity) for role, entity in entities.items()}
    for field in signal.spec.fields:
        if field.type not in _COMPARABLE or field.personal:
            continue
        if (value := kept_value(field, signal, entities, pseudonyms)) is not None:
            own[field.name] = value
    actor = entities.get(signal.spec.actor)
    return Asking(signal.time, signal.received_at, event_hash(signal.decision_id), own, actor)
