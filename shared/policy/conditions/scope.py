"""The names that a condition may use, and their types."""

import keyword
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.features.model import Feature
from shared.policy.conditions.kinds import feature_type, nothing_yet, remembered_type
from shared.policy.conditions.tree import IP, Expression, Name, Place, Type
from shared.policy.engine.compiler import ValueList
from shared.policy.functions.table import FUNCTIONS
from shared.policy.model import FeatureUse
from shared.signals import CATALOGUE, FieldSpec, SignalSpec

TIME = "time"
"""The signal's own time, which every signal has."""

_COMPARABLE = ("choice", "boolean", "money", "integer", "number", "text")
_WORDS = "lists true false and or not in unknown it any all known fired score score_age score_version".split()
RESERVED = {*FUNCTIONS, TIME, *_WORDS}
_FIELD_NAMES = {
    name for signal in CATALOGUE.values() for spec in signal.fields for name in (spec.visible_as, spec.address_as)
} | {role for signal in CATALOGUE.values() for role in signal.roles}


Definition = Callable[[Place], Expression | None]
"""The expression that a name stands for, asked for at a place; None when it is wrong, which is reported by then."""


@dataclass(frozen=True)
class Scope:
    """What one condition can see. `what` says in messages whose names these are."""

    what: str
    names: Mapping[str, Name]
    lists: Mapping[str, ValueList] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Names that exist but cannot be used here, with the reason."""
    defined: Mapping[str, Definition] = field(default_factory=dict)
    """What `let:` and `parameters:` define."""
    rules: Mapping[str, Definition] = field(default_factory=dict)
    """The whole conditions of the rules on the same signal, for `fired`."""
    elsewhere_rules: Mapping[str, str] = field(default_factory=dict)
    signal: SignalSpec | None = None
    """The signal that rules are on; a `where` has none."""
    nothing: Mapping[str, Any] = field(default_factory=dict)
    """What the features are where nothing happened before; those that are not among them are unknown."""
    scores: dict[str, FeatureUse] = field(default_factory=dict)
    """The features behind the `score( )`s that were asked for, by name."""


def signal_scope(
    signal: SignalSpec, features: Collection[Feature], lists: Mapping[str, ValueList], unreadable: Mapping[str, str]
) -> Scope:
    """What a rule on the signal can see: its fields and roles, `time`, and the features that can be read for it."""
    names = {spec.visible_as: _field(spec) for spec in signal.fields}
    names |= {
        spec.address_as: Name(spec.address_as, IP, "field", personal=True) for spec in signal.fields if spec.address_as
    }
    names[TIME] = Name(TIME, Type("time"), "field")
    names |= {feature.name: Name(feature.name, feature_type(feature), "feature") for feature in features}
    nothing = {feature.name: value for feature in features if (value := nothing_yet(feature)) is not None}
    what = f"a field of {signal.name}, nor a feature"
    return Scope(what, names, lists, unreadable, signal=signal, nothing=nothing)


def remembered_scope(signal: SignalSpec) -> Scope:
    """What the `where` of a feature can see: those remembered fields whose values timelines keep as they are."""
    usable = {
        spec.visible_as: Name(spec.visible_as, remembered_type(spec), "field")
        for spec in signal.remembered
        if spec.type in _COMPARABLE and not spec.personal
    }
    reasons = {
        spec.visible_as: (
            "timelines keep only a mark of it, which cannot be compared"
            if spec.remembered
            else f"timelines do not remember it of {signal.name}"
        )
        for spec in signal.fields
        if spec.visible_as not in usable
    }
    return Scope(f"a remembered field of {signal.name}", usable, elsewhere=reasons)


def _field(spec: FieldSpec) -> Name:
    if spec.type != "entity" or spec.role is None:
        return Name(spec.visible_as, Type(spec.type, choices=spec.choices), "field", personal=spec.personal)
    # A personal entity is a keyed pseudonym by the time rules see it, so that it may stand in the record.
    return Name(spec.visible_as, Type("entity", entity=spec.role.kind, keyed=spec.personal), "field")


def role_of(feature: Feature, signal: SignalSpec, named: str | None) -> str | None:
    """The role on the current signal whose entity the feature is read for; None when it cannot be told.

    `named` is the feature's `for:`. Without it, the role of the same name, else the acting entity if it is of the
    same kind. What is remembered about entities of any kind (scores, reviews) is read for the acting one.
    """
    kind = kind_of(CATALOGUE[feature.signal], feature.by)
    for role in [named] if named else [feature.by, signal.actor]:
        if role in signal.roles and kind in ("*", kind_of(signal, role)):
            return role
    return None


def kind_of(signal: SignalSpec, role: str) -> str:
    """The kind of entity in a role: `user`, or `*` for a role that can have any."""
    declared = signal.roles[role].role
    return declared.kind if declared else ""


def bad_name(name: str) -> str:
    """Why the name cannot be given to a feature, list or rule; empty when it can."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,63}", name):
        return "names are 2 to 64 small letters, digits and `_`, and begin with a letter"
    if keyword.iskeyword(name) or name in RESERVED:
        return "it is a word of the language; choose another"
    return ""


def hides_field(name: str) -> bool:
    """Whether a feature of this name would hide a field or role of some signal."""
    return name in _FIELD_NAMES
