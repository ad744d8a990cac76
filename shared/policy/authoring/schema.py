"""The JSON Schema of the documents, for completion in editors: made from the tables that the checker reads by."""

from typing import get_args

from shared.features.links import ANY
from shared.policy.authoring.schema_of_controls import control_sections, expectation, gates, guardrails, limit
from shared.policy.authoring.shapes import SHARE, SPAN, Schema, closed, one_of, one_or_more, text_about
from shared.policy.conditions.kinds import KINDS
from shared.policy.model import ABUSE_KINDS, MODES
from shared.policy.sections.effects import LADDER, SCORE, TOLD_BY_RULES
from shared.policy.sections.features import MOST_LEAST
from shared.policy.sections.gathering import KINDS as SECTIONS
from shared.policy.sections.groups import DEFAULTS
from shared.policy.sections.remembered import LEAST_STEPS, MOST_STEPS
from shared.policy.sections.rules import KEYS
from shared.restrictions import CAPABILITIES, COMMANDS
from shared.restrictions.effects import CONDITIONS, DISPOSITIONS, FRICTIONS, OnExpiry
from shared.signals import CATALOGUE

NAME = "^[a-z][a-z0-9_]{1,63}$"
_SCALAR: Schema = {"type": ["string", "number", "boolean"]}
_VALUE: Schema = {"anyOf": [_SCALAR, {"type": "null"}, {"type": "array", "items": _SCALAR}]}


def schema() -> Schema:
    """The schema of one document. It knows keys and words; what fits together only the checker can tell."""
    sections = {
        "parameters": {
            "anyOf": [_SCALAR, closed({"default": _SCALAR, "owner": text_about(), "about": text_about()}, "default")]
        },
        "let": _condition(),
        "features": _feature(),
        "lists": _list(),
        "groups": closed({key: value for key, value in _rule_keys().items() if key in ("when", *DEFAULTS)}),
        "rules": _rule(),
        **control_sections(_condition(), _effects_in_detail()),
    }
    named: Schema = {name: {"additionalProperties": shape} for name, shape in sections.items()}
    named |= {"guardrails": guardrails(), "gates": gates()}
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
                **named[name],
            }
            for name, spoken in SECTIONS.items()
        },
    }


def _rule() -> Schema:
    keys = _rule_keys()
    return closed({key: keys[key] for key in KEYS}, "when", "then")


def _rule_keys() -> Schema:
    return {
        "group": text_about("The group whose gate comes before the condition, and whose defaults hold."),
        "abuse": one_of(ABUSE_KINDS, "What it is against."),
        "on": one_or_more(one_of(CATALOGUE, "The signal that it is on.")),
        "when": _condition(),
        "with": {"type": "object", "additionalProperties": _SCALAR, "description": "Its own values of parameters."},
        "if_unknown": one_of(("hold", "fire"), "What unknown means for it."),
        "then": {"description": "What follows.", **one_or_more(_effect())},
        "mode": one_of(MODES, "A new rule starts in shadow."),
        "rollout": {**SHARE, "description": "The share of entities that it acts on, such as 25%."},
        "expires": text_about("The day or moment it ends, such as 2026-12-01."),
        "emergency": {"type": ["boolean", "string"], "description": "It may go live untested, and ends by itself."},
        "reason": text_about("Why, for colleagues; {names} stand for values."),
        "user_reason": text_about("Why, in words that the user may read."),
        "owner": text_about("The team that answers for it."),
        "tags": one_or_more(text_about()),
        "severity": {
            "type": ["integer", "string"],
            "minimum": 1,
            "maximum": 100,
            "description": "1 to 100, or an expression that gives it.",
        },
        "stale_after": {**SPAN, "description": "How long after the signal it may still act, such as 24h."},
        "counterparty": {"type": ["boolean", "string"], "description": "It may touch someone other than who acted."},
        "expect": expectation(),
        "suppress_notice": text_about("Why whom it meets is not told, where law lets us."),
        "tests": closed({word: one_or_more({"type": "object", "additionalProperties": _VALUE}) for word in _OUTCOMES}),
    }


_OUTCOMES = ("fires", "holds")


def _effect() -> Schema:
    answers = [word for word in DISPOSITIONS if word != "allow"]
    words = one_of([*answers, SCORE], "The answer about the thing that waits, or a score and nothing else.")
    shapes = {**_effects_in_detail("of"), LADDER: text_about("The ladder that it climbs.")}
    return {"anyOf": [words, *(closed({word: shape}, word) for word, shape in shapes.items())]}


def _effects_in_detail(*required: str) -> Schema:
    """What stands under `restrict` and so on; in a ladder, `of` need not."""
    roles = sorted({role for spec in CATALOGUE.values() for role in spec.roles})
    of = one_of(roles, "The role of whom it is about.")
    return {
        "restrict": closed(
            {
                "of": of,
                "linked": text_about("A `linked` feature: whom it finds linked to that role, instead."),
                "only": one_of(roles, "The one order or listing that it is for."),
                "capability": one_of(CAPABILITIES),
                "to": limit(),
                "for": SPAN,
                "on_expiry": one_of(get_args(OnExpiry), "What happens at its end."),
                "until": one_or_more(one_of(CONDITIONS, "What releases it before.")),
            },
            *required,
            "capability",
            "to",
        ),
        "friction": closed({"of": of, "ask": one_of(FRICTIONS), "for": SPAN}, *required, "ask"),
        "command": closed({"of": of, "do": one_of(COMMANDS)}, *required, "do"),
        "review": closed({"of": of, "within": SPAN}, *required),
        "release": closed({"of": of, "met": one_of(TOLD_BY_RULES, "The way out that is so now.")}, *required, "met"),
    }


def _feature() -> Schema:
    signal = one_of(CATALOGUE, "The signal that is remembered.")
    named = {"signal": signal, "field": text_about("The field."), "steps": _steps()}
    keys: Schema = {kind: named[known.names] for kind, known in KINDS.items()}
    keys |= {
        "of": signal,
        "by": text_about("The role whose entity it is about."),
        "where": _condition(),
        "window": {"anyOf": [SPAN, {"const": "ever"}], "description": "How far back, such as 7d, or ever."},
        "delay": {**SPAN, "description": "How long before the signal the window ends, such as 7d."},
        "against": {**SPAN, "description": "The longer window that a change is held against."},
        "unless": {
            "type": "object",
            "properties": {"same": text_about("The field by which the two belong together.")},
            "patternProperties": {"[.]": _condition()},
            "additionalProperties": False,
            "required": ["same"],
            "description": "The later signal that takes one away.",
        },
        "least": {"type": ["integer", "string"], "minimum": 1, "maximum": MOST_LEAST},
        "limited": one_of((ANY, *ABUSE_KINDS), "Only those under a restriction."),
        "strength": {**SHARE, "description": "How much such a link means, such as 80%."},
        "echoes": {"type": ["boolean", "string"], "description": "What our own actions caused counts, too."},
        "for": text_about("The role that it is read for."),
    }
    return {**closed(keys, "window"), "anyOf": [{"required": [kind]} for kind in KINDS]}


def _steps() -> Schema:
    step = {"type": "object", "additionalProperties": _condition(), "minProperties": 1, "maxProperties": 1}
    items = {"anyOf": [text_about("A signal, such as payout.requested, or payout.requested by seller."), step]}
    return {"type": "array", "items": items, "minItems": LEAST_STEPS, "maxItems": MOST_STEPS}


def _list() -> Schema:
    sources: Schema = {
        "values": one_or_more(_SCALAR),
        "file": text_about("Such as lists/words.txt, one value a line."),
        "table": {"type": ["boolean", "string"], "description": "Its values are kept by `sluice lists`."},
    }
    keys = {**sources, "owner": text_about("The team that keeps it."), "expires": text_about(), "about": text_about()}
    return {**closed(keys, "owner"), "oneOf": [{"required": [source]} for source in sources]}


def _condition() -> Schema:
    return {"type": ["string", "number", "boolean"], "description": "A condition, as LANGUAGE.md tells."}
