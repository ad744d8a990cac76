"""What there is to write rules with: signals, their fields, features, lists and functions, each as plain data."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from shared.policy.authoring.declared import declared
from shared.policy.authoring.words import feature_in_words
from shared.policy.conditions.scope import signal_scope
from shared.policy.conditions.scores import SCORES
from shared.policy.conditions.tree import Expression, ListName, Name, Type, walk
from shared.policy.functions.table import FUNCTIONS
from shared.policy.model import Rule
from shared.policy.policy import Policy
from shared.policy.sections.limiting import EXAMPLES, words_of
from shared.policy.sections.restricting import LIMITED, WITHIN
from shared.restrictions.limits import CAPABILITIES
from shared.signals import CATALOGUE, FieldSpec

Row = dict[str, Any]

_FORMS = {
    "any": ("boolean", "any(links, domain(it) in lists.bad_domains)", "whether it is so for some item of a list"),
    "all": ("boolean", "all(links, domain(it) in lists.our_domains)", "whether it is so for every item of a list"),
    "known": ("boolean", "known(card)", "whether there is a value; never unknown itself"),
    "fired": ("boolean", 'fired("card_testing")', "what the condition of another rule says of the same signal"),
}
_SCORES_ABOUT = {
    "score": "the latest score of a model about who acts, or about the role that is named",
    "score_age": "how long ago that score was made",
    "score_version": "the version of the model that made that score",
}


def signals() -> list[Row]:
    """Every signal that rules can be on."""
    return [
        {
            "signal": spec.name,
            "description": spec.description,
            "actor": spec.actor,
            "roles": list(spec.roles),
            "gating": spec.gating,
            "feedback": spec.feedback,
        }
        for spec in CATALOGUE.values()
    ]


def fields(signal: str) -> list[Row]:
    """What rules on a signal can read, by the name that they know it by; examples are from a signal as it comes in."""
    spec = CATALOGUE[signal]
    path = files("shared.signals").joinpath("examples", f"{signal}.json")
    example = json.loads(path.read_text(encoding="utf-8"))
    named = {field.visible_as: field for field in spec.fields}
    behind = {field.address_as: field for field in spec.fields if field.address_as}
    scope = signal_scope(spec, (), {}, {})
    return [
        {
            "field": name,
            "type": _type(known.type),
            "example": example["data"].get(behind[name].name) if name in behind else _example(named.get(name), example),
            "optional": _is("optional", named.get(name) or behind.get(name)),
            "remembered": _is("remembered", named.get(name)),
            "personal": known.personal or _is("personal", named.get(name)),
        }
        for name, known in scope.names.items()
    ]


def features(policy: Policy, texts: Mapping[str, str], signal: str | None = None) -> list[Row]:
    """The features of a policy: what they compute, on which signals they can be read, which rules use them."""
    entries = declared(texts, "features")
    readers = {name: _used_features(policy, each) for name, each in _readers(policy).items()}
    found = [
        {
            "feature": name,
            "computes": feature_in_words(feature, entries.get(name)),
            "readable_on": [each for each, uses in policy.uses.items() if name in uses],
            "rules": [reader for reader, used in readers.items() if name in used],
        }
        for name, feature in policy.features.items()
    ]
    return [row for row in found if signal is None or signal in row["readable_on"]]


def lists(policy: Policy) -> list[Row]:
    """The lists of a policy."""
    return [
        {
            "list": name,
            "owner": named.owner,
            "size": len(named.values),
            "expires": named.expires and named.expires.isoformat(),
            "rules": [reader for reader, each in _readers(policy).items() if name in _used_lists(each)],
        }
        for name, named in policy.value_lists.items()
    ]


def functions() -> list[Row]:
    """What conditions may call: the functions, and the words that are written like them."""
    found = [
        {"function": name, "gives": function.result.kind, "example": function.example, "about": function.about}
        for name, function in FUNCTIONS.items()
    ]
    forms = {
        **_FORMS,
        **{name: (score.type.kind, score.example, _SCORES_ABOUT[name]) for name, score in SCORES.items()},
    }
    return found + [
        {"function": name, "gives": gives, "example": example, "about": about}
        for name, (gives, example, about) in forms.items()
    ]


def capabilities() -> list[Row]:
    """What can be restricted, by what limits, of whom, and for which one thing only."""
    return [
        {
            "capability": name,
            "to": [EXAMPLES[word][1] for word in dict.fromkeys(words_of(name)) if word != "days"],
            "of": [kind for kind, able in LIMITED.items() if name in able and kind != "*"],
            "only": [kind for kind, able in WITHIN.items() if name in able],
        }
        for name in CAPABILITIES
    ]


def _is(what: str, field: FieldSpec | None) -> bool:
    return field is not None and bool(getattr(field, what))


def _readers(policy: Policy) -> Mapping[str, Rule]:
    """What has conditions, by name: rules, the rungs of their ladders, and who is known good."""
    return {**policy.rules, **policy.asides}


def _used_features(policy: Policy, rule: Rule) -> set[str]:
    return {part.name for part in _parts(rule) if isinstance(part, Name)} & policy.features.keys()


def _used_lists(rule: Rule) -> set[str]:
    return {part.name for part in _parts(rule) if isinstance(part, ListName)}


def _parts(rule: Rule) -> list[Expression | ListName]:
    """Everything in a rule's conditions, its severity, and what its reason shows, on whatever signal."""
    shown = [tree for trees in rule.shown.values() for tree in trees.values()]
    return [part for tree in (*rule.conditions.values(), *shown, *rule.grades.values()) for part in walk(tree)]


def _type(kind: Type) -> str:
    if kind.kind == "choice":
        return f"one of {', '.join(kind.choices)}"
    if kind.kind == "entity":
        return "entity" if kind.entity == "*" else f"entity ({kind.entity})"
    return {"texts": "list of texts", "ip": "IP address"}.get(kind.kind, kind.kind)


def _example(field: FieldSpec | None, example: Mapping[str, Any]) -> Any:
    if field is None:
        return example["time"]
    value = example["data"].get(field.name)
    if isinstance(value, dict):
        return f"{value['minor'] / 100:.2f} {value['currency']}"
    return (
        f"{field.role.kind}:{value}"
        if field.type == "entity" and field.role and value and field.role.kind != "*"
        else value
    )
