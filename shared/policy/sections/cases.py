"""The tests beside a rule: values under which it must fire, or hold still.

Values are written as in conditions, and go by name. What a test does not mention has its default: a feature is what it
is where nothing happened before (0 or false, and unknown where nothing can be said then); a field is what the signal's
model gives it when a producer leaves it out, else unknown. `~` makes any of them unknown, and `at least 5` gives a
feature at its cap. A fact goes by its text, such as `"lookalike(links, lists.protected_domains)": true`.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from shared.features.model import AtLeast
from shared.policy.conditions.constants import LARGEST
from shared.policy.conditions.facts import Facts, hoisted
from shared.policy.conditions.literals import amount, duration, moment
from shared.policy.conditions.scope import Scope
from shared.policy.conditions.tree import NUMERIC, Expression, Name, Type, names
from shared.policy.documents.entries import known_word
from shared.policy.documents.reading import Entry, Node, Scalar, described
from shared.policy.documents.reading import Mapping as Document
from shared.policy.documents.reading import Sequence as Items
from shared.policy.model import Case
from shared.policy.problems import Findings, did_you_mean
from shared.signals import CATALOGUE

LONGEST_NUMBER = 40
_AT_LEAST = "at least "
RUNG = "rung"
"""The key of a test that says how far up its ladder the rule must get."""


@dataclass(frozen=True)
class Tested:
    """What the tests of one rule can give values for: its scopes and checked conditions, by signal, and its rungs."""

    scopes: Mapping[str, Scope]
    conditions: Mapping[str, Expression]
    findings: Findings
    rungs: int = 0


def cases_of(entry: Entry, tested: Tested) -> tuple[Case, ...]:
    """The cases under `tests:`, each of `fires:` and `holds:` being one mapping or a list of them."""
    if not isinstance(entry.value, Document):
        tested.findings.add(f"`tests` is {described(entry.value)}", entry.value.span, "write `fires:` and `holds:`")
        return ()
    cases: list[Case] = []
    for word, inner in entry.value.entries.items():
        if known_word(inner.key, ("fires", "holds"), "kind of test", tested.findings):
            items = inner.value.items if isinstance(inner.value, Items) else (inner.value,)
            cases += [case for item in items for case in _case(item, tested, fires=word == "fires")]
    return tuple(cases)


def _case(node: Node, tested: Tested, *, fires: bool) -> Iterator[Case]:
    if not isinstance(node, Document):
        tested.findings.add(f"a test is values by name, this is {described(node)}", node.span, "write `{name: value}`")
        return
    signal = _signal(node, tested)
    if signal is None:
        return
    scope = tested.scopes[signal]
    facts: Facts = {}
    scores: dict[str, Name] = {}
    if condition := tested.conditions.get(signal):
        hoisted(condition, facts)
        scores = {name.name: name for name in names(condition) if name.name in scope.scores}
    values, features, derived = dict(defaults(signal)), dict(scope.nothing), dict[str, Any]()
    for name, entry in node.entries.items():
        if name == "signal" or (name == RUNG and tested.rungs):
            continue
        if known := scope.names.get(name) or scores.get(name):
            if known.origin == "feature":
                features[name] = _feature(entry.value, known, tested.findings)
            else:
                values[name] = _value(entry.value, known.type, f"`{name}`", tested.findings)
        elif name in facts:
            derived[name] = _value(entry.value, facts[name].type, f"`{name}`", tested.findings)
        else:
            reason = scope.elsewhere.get(name)
            if name in scope.defined:
                reason = "the policy defines it; give values to what it is made of"
            what = f"`{name}` cannot be used here: {reason}" if reason else f"`{name}` is not {scope.what}"
            hint = did_you_mean(name, [*scope.names, *facts, *scores], otherwise="the names are")
            tested.findings.add(what, entry.key.span, hint)
    yield Case(signal, fires, values, features, derived, node.span, _rung(node, tested, fires=fires))


def _rung(node: Document, tested: Tested, *, fires: bool) -> int | None:
    """The rung of the rule's ladder that the test is about, if it says one."""
    if RUNG not in node.entries or not tested.rungs:
        return None
    given = node.entries[RUNG].value
    text = given.text if isinstance(given, Scalar) else ""
    if text.isascii() and text.isdigit() and int(text[:4]) <= tested.rungs and fires:
        return int(text)
    what = f"the ladder has no rung {described(given)}" if fires else "a rule that holds stands on no rung"
    hint = f"write 1 to {tested.rungs} under `fires`, the mildest being 1; or 0 for none"
    tested.findings.add(what, given.span, hint)
    return None


def _signal(node: Document, tested: Tested) -> str | None:
    """The signal that a test is about: the rule's first one if it does not say."""
    if "signal" not in node.entries:
        return next(iter(tested.scopes))
    given = node.entries["signal"].value
    if isinstance(given, Scalar):
        return given.text if known_word(given, tested.scopes, "signal of this rule", tested.findings) else None
    tested.findings.add(f"`signal` is {described(given)}", given.span, f"write one of {', '.join(tested.scopes)}")
    return None


@cache
def defaults(signal: str) -> Mapping[str, Any]:
    """The values, by visible name, of the fields that a producer may leave out and that then have one."""
    spec = CATALOGUE[signal]
    declared = {
        field.visible_as: spec.model.model_fields[field.name] for field in spec.fields if field.type != "entity"
    }
    found = {
        name: info.get_default(call_default_factory=True) for name, info in declared.items() if not info.is_required()
    }
    return {name: value for name, value in found.items() if value is not None}


def _feature(node: Node, known: Name, findings: Findings) -> Any:
    if isinstance(node, Scalar) and (bound := node.text.removeprefix(_AT_LEAST)) != node.text:
        value = _understood(bound, known.type)
        if value is not None and known.type.kind in (*NUMERIC, "money", "duration"):
            return AtLeast(value)
    return _value(node, known.type, f"`{known.name}`", findings)


def _value(node: Node, wanted: Type, what: str, findings: Findings) -> Any:
    """The value as rules would see it; None, with a finding, when it does not fit the type."""
    if isinstance(node, Scalar) and not node.style and node.text == "~":
        return None
    if wanted.kind == "texts":
        items = node.items if isinstance(node, Items) else (node,)
        texts = [item.text for item in items if isinstance(item, Scalar)]
        if len(texts) == len(items):
            return texts
    elif isinstance(node, Scalar):
        value = _understood(node.text, wanted)
        if value is not None:
            return value
    findings.add(f"{described(node)} does not fit {what}, which is {wanted}", node.span, _advice(wanted))
    return None


def _understood(text: str, wanted: Type) -> Any:  # noqa: PLR0911  (one return for each type)
    match wanted.kind:
        case "boolean":
            return {"true": True, "false": False}.get(text)
        case "money":
            return amount(text)
        case "choice":
            return text if text in wanted.choices else None
        case "entity":
            return text if ":" in text or wanted.entity == "*" else f"{wanted.entity}:{text}"
        case "integer" | "number":
            return _number(text, whole=wanted.kind == "integer")
        case "time":
            return moment(text)
        case "duration":
            return duration(text)
    return text


def _number(text: str, *, whole: bool) -> float | None:
    """A number as signals have them: not `1_000`, `²` or `nan`, and not more than 64 bits hold."""
    form = r"[+-]?[0-9]{1,19}" if whole else r"[+-]?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?"
    if len(text) > LONGEST_NUMBER or not re.fullmatch(form, text):
        return None
    value = int(text) if whole else float(text)
    return value if math.isfinite(value) and abs(value) < LARGEST else None


def _advice(wanted: Type) -> str:
    if wanted.kind == "choice":
        return f"it is one of {', '.join(wanted.choices)}"
    examples = {"money": "4.00 USD", "boolean": "true", "integer": "5", "number": "0.5", "time": "2026-11-20T10:00:00Z"}
    examples["duration"] = "72h"
    return f"write it like `{examples[wanted.kind]}`" if wanted.kind in examples else "write one text"
