"""Reason templates: text with `{names}` of values in it."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from shared.features.model import AtLeast
from shared.policy.conditions.literals import written
from shared.policy.conditions.scope import Scope
from shared.policy.conditions.tree import Name
from shared.policy.documents.reading import Scalar
from shared.policy.problems import Findings, did_you_mean
from shared.signals.amounts import Amount

_NAMED = re.compile(r"\{([^{}]*)\}")


def named_in(template: str) -> list[str]:
    """The names that stand in braces, each once."""
    return list(dict.fromkeys(match[1] for match in _NAMED.finditer(template)))


def check_reason(scalar: Scalar, scope: Scope, findings: Findings) -> None:
    """Every name in the template must be a value of the signal that may be shown and stored."""
    for match in _NAMED.finditer(scalar.text):
        name, span = match[1], scalar.span_at(match.start(1), match.end(1))
        known = scope.names.get(name)
        if known is None:
            shown = [name for name, value in scope.names.items() if not value.personal]
            reason = scope.elsewhere.get(name)
            what = f"`{name}` cannot be used here: {reason}" if reason else f"`{name}` is not {scope.what}"
            findings.add(what, span, did_you_mean(name, shown, otherwise="the names are"))
        elif known.personal:
            findings.add(
                f"`{name}` is personal data, it cannot stand in a reason", span, "reasons are stored and shown"
            )
    if re.search(r"[{}]", _NAMED.sub("", scalar.text)):
        findings.add("a brace stands alone in the reason", scalar.span, "braces enclose one name: `{amount}`")


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
            return value.isoformat(timespec="seconds")
        case list():
            return ", ".join(map(shown, value))
    return str(value)


def reads(template: str, scope: Scope) -> Iterator[Name]:
    """The values that the template needs."""
    return (scope.names[name] for name in named_in(template) if name in scope.names)
