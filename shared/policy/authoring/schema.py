"""The JSON Schema of the documents, for completion in editors: made from the tables that the checker reads by."""

from collections.abc import Iterable
from typing import Any

from shared.features.links import ANY
from shared.policy.conditions.kinds import KINDS
from shared.policy.model import ABUSE_KINDS, MODES
from shared.policy.sections.effects import SCORE
from shared.policy.sections.features import MOST_LEAST
from shared.policy.sections.gathering import KINDS as SECTIONS
from shared.policy.sections.groups import DEFAULTS
from shared.policy.sections.remembered import LEAST_STEPS, MOST_STEPS
from shared.policy.sections.rules import KEYS
from shared.restrictions import CAPABILITIES, COMMANDS
from shared.restrictions.effects import DISPOSITIONS, FRICTIONS
from shared.signals import CATALOGUE

Schema = dict[str, Any]

NAME = "^[a-z][a-z0-9_]{1,63}$"
_SPAN: Schema = {"type": "string", "pattern": r"^(0|[1-9]\d{0,6})[wdhms]$"}
_SHARE: Schema = {"type": "string", "pattern": r"^\d{1,3}(\.\d{1,4})? ?%$"}
_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_VALUE: Schema = {"anyOf": [_SCALAR, {"type": "null"}, {"type": "array", "items": _SCALAR}]}


def schema() -> Schema:
    """The schema of one document. It knows keys and words; what fits together only the checker can tell."""
    sections = {
        "parameters": {
            "anyOf": [_SCALAR, _closed({"default": _SCALAR, "owner": _text(), "about": _text()}, "default")]
        },
        "let": _condition(),
        "features": _feature(),
        "lists": _list(),
        "groups": _closed({key: value for key, value in _rule_keys().items() if key in ("when", *DEFAULTS)}),
        "rules": _rule(),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:sluice:policy",
        "title": "A Sluice policy",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            name: {
                "description": f"Each {spoken} by its name.",
                "type": ["object", "null"],
                "propertyNames": {"pattern": NAME},
                "additionalProperties": sections[name],
            }
            for name, spoken in SECTIONS.items()
        },
    }


def _rule() -> Schema:
    keys = _rule_keys()
    return _closed({key: keys[key] for key in KEYS}, "when", "then")


def _rule_keys() -> Schema:
    return {
        "group": _text("The group whose gate comes before the condition, and whose defaults hold."),
        "abuse": _one_of(ABUSE_KINDS, "What it is against."),
        "on": _one_or_more(_one_of(CATALOGUE, "The signal that it is on.")),
        "when": _condition(),
        "with": {"type": "object", "additionalProperties": _SCALAR, "description": "Its own values of parameters."},
        "if_unknown": _one_of(("hold", "fire"), "What unknown means for it."),
        "then": {"description": "What follows.", **_one_or_more(_effect())},
        "mode": _one_of(MODES, "A new rule starts in shadow."),
        "rollout": {**_SHARE, "description": "The share of entities that it acts on, such as 25%."},
        "expires": _text("The day or moment it ends, such as 2026-12-01."),
        "emergency": {"type": ["boolean", "string"], "description": "It may go live untested, and ends by itself."},
        "reason": _text("Why, for colleagues; {names} stand for values."),
        "user_reason": _text("Why, in words that the user may read."),
        "owner": _text("The team that answers for it."),
        "tags": _one_or_more(_text()),
        "severity": {
            "type": ["integer", "string"],
            "minimum": 1,
            "maximum": 100,
            "description": "1 to 100, or an expression that gives it.",
        },
        "stale_after": {**_SPAN, "description": "How long after the signal it may still act, such as 24h."},
        "counterparty": {"type": ["boolean", "string"], "description": "It may touch someone other than who acted."},
        "tests": _closed(
            {word: _one_or_more({"type": "object", "additionalProperties": _VALUE}) for word in _OUTCOMES}
        ),
    }


_OUTCOMES = ("fires", "holds")


def _effect() -> Schema:
    roles = sorted({role for spec in CATALOGUE.values() for role in spec.roles})
    of = _one_of(roles, "The role of whom it is about.")
    shapes = {
        "restrict": _closed(
            {"of": of, "capability": _one_of(CAPABILITIES), "to": _text("none, or a share such as 50%"), "for": _SPAN},
            "of",
            "capability",
            "to",
            "for",
        ),
        "friction": _closed({"of": of, "ask": _one_of(FRICTIONS), "for": _SPAN}, "of", "ask"),
        "command": _closed({"of": of, "do": _one_of(COMMANDS)}, "of", "do"),
        "review": _closed({"of": of}, "of"),
    }
    answers = [word for word in DISPOSITIONS if word != "allow"]
    words = _one_of([*answers, SCORE], "The answer about the thing that waits, or a score and nothing else.")
    return {"anyOf": [words, *(_closed({word: shape}, word) for word, shape in shapes.items())]}


def _feature() -> Schema:
    signal = _one_of(CATALOGUE, "The signal that is remembered.")
    named = {"signal": signal, "field": _text("The field."), "steps": _steps()}
    keys: Schema = {kind: named[known.names] for kind, known in KINDS.items()}
    keys |= {
        "of": signal,
        "by": _text("The role whose entity it is about."),
        "where": _condition(),
        "window": {"anyOf": [_SPAN, {"const": "ever"}], "description": "How far back, such as 7d, or ever."},
        "delay": {**_SPAN, "description": "How long before the signal the window ends, such as 7d."},
        "against": {**_SPAN, "description": "The longer window that a change is held against."},
        "unless": {
            "type": "object",
            "properties": {"same": _text("The field by which the two belong together.")},
            "patternProperties": {"[.]": _condition()},
            "additionalProperties": False,
            "required": ["same"],
            "description": "The later signal that takes one away.",
        },
        "least": {"type": ["integer", "string"], "minimum": 1, "maximum": MOST_LEAST},
        "limited": _one_of((ANY, *ABUSE_KINDS), "Only those under a restriction."),
        "strength": {**_SHARE, "description": "How much such a link means, such as 80%."},
        "echoes": {"type": ["boolean", "string"], "description": "What our own actions caused counts, too."},
        "for": _text("The role that it is read for."),
    }
    return {**_closed(keys, "window"), "anyOf": [{"required": [kind]} for kind in KINDS]}


def _steps() -> Schema:
    step = {"type": "object", "additionalProperties": _condition(), "minProperties": 1, "maxProperties": 1}
    items = {"anyOf": [_text("A signal, such as payout.requested, or payout.requested by seller."), step]}
    return {"type": "array", "items": items, "minItems": LEAST_STEPS, "maxItems": MOST_STEPS}


def _list() -> Schema:
    sources: Schema = {
        "values": _one_or_more(_SCALAR),
        "file": _text("Such as lists/words.txt, one value a line."),
        "table": {"type": ["boolean", "string"], "description": "Its values are kept by `sluice lists`."},
    }
    keys = {**sources, "owner": _text("The team that keeps it."), "expires": _text(), "about": _text()}
    return {**_closed(keys, "owner"), "oneOf": [{"required": [source]} for source in sources]}


def _closed(properties: Schema, *required: str) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": properties, "required": list(required)}


def _one_or_more(item: Schema) -> Schema:
    return {"anyOf": [item, {"type": "array", "items": item}]}


def _one_of(words: Iterable[str], about: str = "") -> Schema:
    return {"enum": list(words), **({"description": about} if about else {})}


def _text(about: str = "") -> Schema:
    return {"type": "string", **({"description": about} if about else {})}


def _condition() -> Schema:
    return {"type": ["string", "number", "boolean"], "description": "A condition, as LANGUAGE.md tells."}
