"""Reason templates: text with `{names}` of values in it."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from shared.features.model import AtLeast
from shared.policy.conditions.literals import written, written_time
from shared.policy.conditions.scope import Scope
from shared.policy.conditions.tree import Expression, ListName, Name, Place, walk
from shared.policy.documents.reading import Scalar
from shared.policy.problems import Findings, did_you_mean
from shared.signals.amounts import Amount

_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1), "s": timedelta(seconds=1)}
_NAMED = re.compile(r"\{([^{}]*)\}")


def named_in(template: str) -> list[str]:
    """The names that stand in braces, each once."""
    return list(dict.fromkeys(match[1] for match in _NAMED.finditer(template)))


def check_reason(scalar: Scalar, scope: Scope, findings: Findings) -> dict[str, Expression]:
    """What the names in the template stand for; each must be a value of the signal that may be shown and stored."""
    found: dict[str, Expression] = {}
    for match in _NAMED.finditer(scalar.text):
        place = Place(scalar, match.start(1), match.end(1))
        known = scope.names.get(match[1])
        if known is None and (definition := scope.defined.get(match[1])):
            if value := definition(place):
                found[match[1]] = value
                _check_plain(match[1], value, place, findings)
        elif known is None:
            _tell_unknown(match[1], place, scope, findings)
        elif known.personal:
            what = f"`{match[1]}` is personal data, it cannot stand in a reason"
            findings.add(what, place.span, "reasons are stored and shown")
        else:
            found[match[1]] = known
    if re.search(r"[{}]", _NAMED.sub("", scalar.text)):
        findings.add("a brace stands alone in the reason", scalar.span, "braces enclose one name: `{amount}`")
    return found


def _check_plain(name: str, value: Expression, place: Place, findings: Findings) -> None:
    for part in walk(value):
        if isinstance(part, ListName) or (isinstance(part, Name) and part.personal):
            what = f"`{name}` is made of {'a list' if isinstance(part, ListName) else 'personal data'}"
            findings.add(what, place.span, "a reason shows plain values: fields, features, and what is made of these")
            return


def _tell_unknown(name: str, place: Place, scope: Scope, findings: Findings) -> None:
    shown = [name for name, value in scope.names.items() if not value.personal]
    reason = scope.elsewhere.get(name)
    what = f"`{name}` cannot be used here: {reason}" if reason else f"`{name}` is not {scope.what}"
    findings.add(what, place.span, did_you_mean(name, [*shown, *scope.defined], otherwise="the names are"))


def filled(template: str, values: Mapping[str, Any]) -> str:
    """The template with its values; `?` stands for what is unknown."""
    return _NAMED.sub(lambda match: shown(values.get(match[1])), template)


def shown(value: Any) -> str:  # noqa: PLR0911  (one return for each type)
    """A value in words: `12.50 USD`, `at least 5`, `yes`."""
    match value:
        case None:
            return "?"
        case AtLeast(bound):
            return f"at least {shown(bound)}"
        case Amount():
            return written(value)
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.6g}"
        case datetime():
            return written_time(value.replace(microsecond=0))
        case timedelta():
            return _in_two_units(timedelta(seconds=round(value.total_seconds())))
        case list():
            return ", ".join(map(shown, value))
    return str(value)


def _in_two_units(value: timedelta) -> str:
    """`3d 4h`: the two largest units, which is as exact as people need it; a value of seconds alone is `45s`."""
    left, told = abs(value), list[str]()
    for unit, length in _UNITS.items():
        number, left = divmod(left, length)
        if number or (unit == "s" and not told):
            told.append(f"{number}{unit}")
        elif told:
            break
    return f"{'-' * (value < timedelta(0))}{' '.join(told[:2])}"
