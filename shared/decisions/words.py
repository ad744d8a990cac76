"""What the capsules of a policy's decisions about one type of signal have in common, known before any is made.

It is the capsule of a decision about nobody: the names of everything that the policy asks, in the order of a capsule,
each with a value that such a thing often has. Nothing of it comes from a signal: it holds no personal data.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shared.decisions.record import packed
from shared.features import Feature, FeatureKind
from shared.policy import Program
from shared.signals import CATALOGUE
from shared.signals.catalogue import FieldSpec, FieldType, SignalSpec

_MONEY = {"money": [0, "USD"]}
_TIME = {"time": "2027-01-01T00:00:00.000000+00:00"}
_FIELDS: Mapping[FieldType, Any] = {
    "boolean": False,
    "integer": 0,
    "number": 0.0,
    "money": _MONEY,
    "time": _TIME,
    "texts": [],
}
_FEATURES: Mapping[FeatureKind, Any] = {
    "first_seen": _TIME,
    "since": {"seconds": 0.0},
    "age": {"seconds": 0.0},
    "new": False,
    "sequence": False,
}
"""Of what is no number."""
_OF_A_FIELD: frozenset[FeatureKind] = frozenset(("sum", "mean", "min", "max", "stddev", "last"))


def words_of(program: Program) -> str:
    """The words, the likeliest last: the names of rules, which stand where something was unknown, and the capsule."""
    spec = CATALOGUE[program.signal]
    capsule = {
        "actor": spec.actor,
        "broken": {},
        "challenger": False,
        "entities": {role: f"{field.role.kind}:" for role, field in spec.roles.items() if field.role},
        "gating": spec.gating,
        "inputs": dict(_inputs(program, spec)),
        "observe_only": False,
        "stopped": [],
        "unknown": [],
    }
    return packed([rule.name for rule in program.rules]) + packed(capsule)


def _inputs(program: Program, spec: SignalSpec) -> Iterator[tuple[str, Any]]:
    """A value for each name, as `dump_inputs` writes it."""
    fields = {field.visible_as: field for field in spec.fields}
    for name in program.fields:
        yield name, _of_field(fields.get(name)) if name != "time" else _TIME
    for use in program.features:
        yield use.feature.name, _of_feature(use.feature)
    for fact in program.facts:
        yield fact, False


def _of_field(field: FieldSpec | None) -> Any:
    if field is None:
        return ""
    return field.choices[0] if field.choices else _FIELDS.get(field.type, "")


def _of_feature(feature: Feature) -> Any:
    if feature.kind in _OF_A_FIELD:
        remembered = {field.visible_as: field for field in CATALOGUE[feature.signal].remembered}
        return _of_field(remembered.get(feature.value or ""))
    return _FEATURES.get(feature.kind, 0)
