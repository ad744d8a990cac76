"""The kinds of features, as the language knows them: what each names, has, gives, and is where nothing happened.

What they compute is in `shared/features/CONTRACT.md`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from shared.features.model import Feature, FeatureKind
from shared.policy.conditions.tree import BOOLEAN, DURATION, INTEGER, NUMBER, SHORTENED, TIME, Type
from shared.signals import CATALOGUE, FieldSpec, SignalSpec
from shared.signals.amounts import Amount

_NUMBERS = ("money", "integer", "number")
_COMPARABLE = (*_NUMBERS, "boolean", "choice", "text")
_ANYTHING = (*_COMPARABLE, "entity")
_EVERYWHERE = frozenset({"by", "for", "window", "echoes"})
_FILTERED = _EVERYWHERE | {"where", "delay", "unless"}
_ENOUGH = _FILTERED | {"least"}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. `names` is what stands after its word; `of_types` are the types that a field may have for it.

    `gives` is its type; where that is the field's, `field` is the same type and `number` the same but for integers.
    `keys` may stand beside it. `nothing` is its value where nothing happened; None is unknown. `ever` says that its
    window may be `ever`.
    """

    names: Literal["signal", "field", "steps"]
    gives: Type | Literal["field", "number"]
    keys: frozenset[str]
    nothing: Any = None
    of_types: tuple[str, ...] = ()
    ever: bool = False


KINDS: Mapping[FeatureKind, Kind] = {
    "count": Kind("signal", INTEGER, _FILTERED, 0),
    "sum": Kind("field", "number", _FILTERED, 0, _NUMBERS),
    "mean": Kind("field", "number", _ENOUGH, None, _NUMBERS),
    "min": Kind("field", "field", _ENOUGH, None, _NUMBERS),
    "max": Kind("field", "field", _ENOUGH, None, _NUMBERS),
    "stddev": Kind("field", "number", _ENOUGH, None, _NUMBERS),
    "zscore": Kind("field", NUMBER, _ENOUGH, None, _NUMBERS),
    "distinct": Kind("field", INTEGER, _FILTERED, 0, _ANYTHING, ever=True),
    "last": Kind("field", "field", _FILTERED, None, _COMPARABLE),
    "since": Kind("signal", DURATION, _FILTERED),
    "first_seen": Kind("signal", TIME, _FILTERED, ever=True),
    "age": Kind("signal", DURATION, _FILTERED, ever=True),
    "new": Kind("field", BOOLEAN, _FILTERED, None, _ANYTHING, ever=True),
    "months": Kind("signal", INTEGER, _EVERYWHERE, 0, ever=True),
    "share": Kind("signal", NUMBER, _ENOUGH),
    "change": Kind("signal", NUMBER, _ENOUGH | {"against"}),
    "sequence": Kind("steps", BOOLEAN, _EVERYWHERE | {"delay"}, nothing=False),
    "linked": Kind("field", INTEGER, _FILTERED | {"limited", "strength"}, 0, ("entity",)),
}
COMPARED_WITH_OWN: tuple[FeatureKind, ...] = ("new", "zscore")
"""The kinds that look at the asking signal's own field, and can be read only where it has one."""


def feature_type(feature: Feature) -> Type:
    """The type of a feature's values."""
    gives = KINDS[feature.kind].gives
    if isinstance(gives, Type):
        return gives
    found = remembered_type(field_of(feature))
    return NUMBER if gives == "number" and found == INTEGER else found


def nothing_yet(feature: Feature) -> Any:
    """The value of a feature where nothing happened before; None is unknown. No money is none in any currency."""
    nothing = KINDS[feature.kind].nothing
    return Amount(0, "") if nothing == 0 and feature_type(feature).kind == "money" else nothing


def field_of(feature: Feature) -> FieldSpec:
    """The remembered field that a feature computes with."""
    return next(spec for spec in CATALOGUE[feature.signal].remembered if spec.visible_as == feature.value)


def remembered_type(spec: FieldSpec) -> Type:
    """The type of a field as timelines keep it."""
    return SHORTENED if spec.type == "text" and not spec.short else Type(spec.type, choices=spec.choices)


def own_field(feature: Feature, signal: SignalSpec) -> FieldSpec | None:
    """The signal's own field of the name and type that a `new` or `zscore` compares with what is remembered."""
    wanted = field_of(feature)
    fields = (*signal.remembered, *signal.fields)
    return next((spec for spec in fields if spec.visible_as == wanted.visible_as and alike(spec, wanted)), None)


def alike(one: FieldSpec, other: FieldSpec) -> bool:
    """Whether two signals' fields can have equal values: of one type, or entities of one kind."""
    if one.type != other.type:
        return False
    return one.type != "entity" or (one.role and one.role.kind) == (other.role and other.role.kind)
