"""Which values a term of a condition can have at all, as the signal models, features and functions promise."""

import math
import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from shared.features.model import Feature
from shared.policy.checks.ranges import Line, Range, Stretch, Words, between, words
from shared.policy.checks.statements import Statement
from shared.policy.conditions.kinds import field_of
from shared.policy.conditions.tree import Arithmetic, Call, Constant, Expression, ListName, Name
from shared.policy.model import FeatureUse
from shared.signals import CATALOGUE

_EVERYTHING = Words(frozenset(), others=True)
_ON_A_LINE = ("integer", "number", "money", "time", "duration")
_ANY = (-math.inf, math.inf)
_FUNCTIONS = {
    "abs": (0, math.inf),
    "distance_km": (0, math.inf),
    "edits": (0, math.inf),
    "hour": (0, 23),
    "implied_speed": (0, math.inf),
    "similarity": (0, 1),
}
"""What functions promise beyond their type: the least and the greatest value."""


class Domains:
    """The ranges of what a condition on one signal reads. `uses` are the features that can be read there."""

    statements: dict[Expression, Statement]
    """What has been stated of comparisons: many rules share them."""

    def __init__(self, signal: str, uses: Mapping[str, FeatureUse]) -> None:
        self._fields = {spec.visible_as: spec for spec in CATALOGUE[signal].fields}
        self._signal = signal
        self._uses = uses
        self._known: dict[Expression, Range] = {}
        self.statements = {}

    def of(self, term: Expression) -> Range:
        """The values that the term can have, `missing` among them if it can be unknown."""
        if term not in self._known:
            self._known[term] = self._range(term)
        return self._known[term]

    def can_be(self, term: Expression, word: object) -> bool:
        """Whether the model lets the field have this text: `country == "de"` never holds where codes are capitals."""
        if not isinstance(term, Name) or term.type.kind != "text" or term.type.shortened or not isinstance(word, str):
            return True
        promised = self.promised(term)
        longest, shortest = promised.get("maxLength", math.inf), promised.get("minLength", 0)
        return shortest <= len(word) <= longest and re.search(promised.get("pattern", ""), word) is not None

    def promised(self, term: Expression) -> Mapping[str, Any]:
        """What the signal's JSON Schema says of a field; nothing for anything else."""
        spec = self._fields.get(term.name) if isinstance(term, Name) and term.origin == "field" else None
        return _promises(self._signal).get(spec.name, {}) if spec else {}

    def _range(self, term: Expression) -> Range:
        kind = term.type.kind
        missing = self._can_be_missing(term)
        if kind == "boolean":
            return Range(words((True, False)), missing=missing)
        if kind == "choice":
            return Range(words(term.type.choices), missing=missing)
        if kind not in _ON_A_LINE:
            return Range(_EVERYTHING, missing=missing)
        numbers = self._line(term)
        if kind == "money":
            # A sum over nothing is zero in every currency; a field's amount always has one.
            nothing: Stretch = between(0, 0) & numbers if self._is_sum(term) else Line((), numbers.whole)
            return Range(numbers, {"": numbers if isinstance(term, Arithmetic) else nothing}, missing)
        return Range(numbers, missing=missing)

    def _line(self, term: Expression) -> Line:
        whole = term.type.kind in ("integer", "money")
        low, high = self._bounds(term)
        return between(low, high, whole=whole)

    def _bounds(self, term: Expression) -> tuple[float, float]:
        """The least and the greatest number."""
        match term:
            case Name(name, _, "feature") if name in self._uses:
                return _measured(self._uses[name].feature)
            case Call("length", (counted,)) if not isinstance(counted, ListName):
                promised = self.promised(counted)
                return promised.get("minLength", 0), promised.get("maxLength", promised.get("maxItems", math.inf))
            case Call(function):
                return _FUNCTIONS.get(function, _ANY)
            case Arithmetic(sign, left, right):
                positive = sign != "-" and self._not_negative(left) and self._not_negative(right)
                return (0, math.inf) if positive else _ANY
        promised = self.promised(term)
        least = 0 if term.type.kind == "money" and promised else -math.inf
        return promised.get("minimum", least), promised.get("maximum", math.inf)

    def _not_negative(self, term: Expression) -> bool:
        if isinstance(term, Constant):
            value = getattr(term.value, "minor", term.value)
            return isinstance(value, int | float) and value >= 0
        return term.type.kind in ("integer", "number", "money") and self._bounds(term)[0] >= 0

    def _is_sum(self, term: Expression) -> bool:
        return isinstance(term, Name) and term.name in self._uses and self._uses[term.name].feature.kind == "sum"

    def _can_be_missing(self, term: Expression) -> bool:
        if not isinstance(term, Name) or term.origin != "field":
            return True
        spec = self._fields.get(term.name)
        return spec is not None and spec.optional


def _measured(feature: Feature) -> tuple[float, float]:
    """The least and the greatest value of a feature."""
    match feature.kind:
        case "since" | "age":
            # What it tells of lies within the window, and that ends with the delay.
            reach = (feature.window + feature.delay) // timedelta(microseconds=1) if feature.window else math.inf
            return feature.delay // timedelta(microseconds=1), reach
        case "share":
            return 0, 1
        case "last" | "min" | "max" | "mean":
            return _promised(feature)
        case "sum":
            return 0 if _promised(feature)[0] >= 0 else -math.inf, math.inf
        case "zscore" | "first_seen":
            return _ANY
    return 0, math.inf


def _promised(feature: Feature) -> tuple[float, float]:
    """What the model of the remembered signal promises of the field; there are no negative amounts."""
    spec = field_of(feature)
    if spec.type == "money":
        return 0, math.inf
    promised = _promises(feature.signal).get(spec.name, {})
    return promised.get("minimum", -math.inf), promised.get("maximum", math.inf)


@cache
def _promises(signal: str) -> Mapping[str, Mapping[str, Any]]:
    """For each field of the payload, its part of the JSON Schema; what may be null is told by what else it may be."""
    properties = CATALOGUE[signal].model.model_json_schema()["properties"]
    return {name: _unwrapped(schema) for name, schema in properties.items()}


def _unwrapped(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    arms = [arm for arm in schema.get("anyOf", ()) if arm.get("type") != "null"]
    return arms[0] if len(arms) == 1 else schema
