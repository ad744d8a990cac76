"""JSON Schema of the signals, for producers."""

from typing import Any

from shared.signals.catalogue import CATALOGUE, SignalSpec
from shared.signals.envelope import Envelope


def json_schema(name: str) -> dict[str, Any]:
    """The schema of one signal type's whole event; raises `KeyError` for an unknown name."""
    spec = CATALOGUE[name]
    data = spec.model.model_json_schema(ref_template="#/$defs/{model}")
    definitions = data.pop("$defs", {})
    _annotate(spec, data)
    event = Envelope.model_json_schema()
    event["properties"] |= {
        "type": {"const": spec.type},
        "data": data,
        "subject": {"type": "string", "description": f"the entity in the role `{spec.actor}`, as `kind:id`"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:sluice:signal:{spec.type}",
        **event,
        "title": spec.type,
        "description": spec.description,
        "$defs": definitions,
    }


def _annotate(spec: SignalSpec, data: dict[str, Any]) -> None:
    """Say beside each field what Sluice does with it."""
    for field in spec.fields:
        notes = {
            "x-role": field.role and field.role.name,
            "x-personal": field.personal,
            "x-remembered": field.remembered,
        }
        data["properties"][field.name] |= {key: value for key, value in notes.items() if value}
