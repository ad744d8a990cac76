"""The section `parameters:`, such as `high_value: {default: 500.00 USD, owner: payments-risk}`, and rules' `with:`."""

import re
from collections.abc import Mapping

from shared.policy.conditions.checker import check_value
from shared.policy.conditions.literals import moment
from shared.policy.conditions.scope import Scope, bad_name, hides_field
from shared.policy.conditions.syntax import parse
from shared.policy.conditions.tree import TEXT, TIME, Constant, Place
from shared.policy.documents.entries import Entries
from shared.policy.documents.reading import Entry, Node, Scalar, described
from shared.policy.documents.reading import Mapping as Document
from shared.policy.problems import Findings, did_you_mean

_NOTHING = Scope("a value", {})
_HINT = "write one value, such as `500.00 USD`, `72h`, `25%`, `5`, `true`, `2026-12-01` or a text in quotes"


def parameter_of(name: str, entry: Entry, findings: Findings) -> Constant | None:
    """The default that an entry declares; None, with findings, when it is wrong."""
    before = len(findings.problems)
    check_defined_name(name, entry.key, "parameter", findings)
    default: Node | None = entry.value
    if isinstance(entry.value, Document):
        entries = Entries(entry, f"the parameter {name}", ("default", "owner", "about"), findings)
        entries.scalar("owner")
        entries.scalar("about")
        default = entries.nodes.get("default")
        if default is None:
            findings.add(f"{entries.what} has no `default:`", entry.key.span, _HINT)
    value = _constant(default, f"the parameter {name}", findings) if default else None
    return value if len(findings.problems) == before else None


def check_defined_name(name: str, key: Scalar, what: str, findings: Findings) -> None:
    """A finding when a `let` or parameter cannot have the name."""
    if why := bad_name(name):
        findings.add(f"`{name}` cannot be a {what}'s name", key.span, why)
    elif hides_field(name):
        findings.add(f"`{name}` is the name of a signal's field", key.span, f"give the {what} a name of its own")


def overrides_of(node: Node | None, defaults: Mapping[str, Constant | None], findings: Findings) -> dict[str, Constant]:
    """What a rule's `with:` says, by parameter; what does not fit is left out, with findings."""
    if node is None:
        return {}
    if not isinstance(node, Document):
        findings.add(f"`with` is {described(node)}", node.span, "write parameters with values: `{high_value: 900 USD}`")
        return {}
    found: dict[str, Constant] = {}
    for name, entry in node.entries.items():
        if name not in defaults:
            hint = did_you_mean(name, defaults, otherwise="the parameters are") or "declare it under `parameters:`"
            findings.add(f"`{name}` is no parameter", entry.key.span, hint)
            continue
        value, default = _constant(entry.value, f"`{name}`", findings), defaults[name]
        if value and default and (why := _unlike(name, value, default)):
            findings.add(*why[:1], entry.value.span, why[1])
        elif value:
            found[name] = value
    return found


def _unlike(name: str, value: Constant, default: Constant) -> tuple[str, str] | None:
    numbers = {value.type.kind, default.type.kind} <= {"integer", "number"}
    if value.type.kind != default.type.kind and not numbers:
        return f"`{name}` is {default.type}, this is {value.type}", "a rule can change the value, not the type"
    if value.type.currency != default.type.currency:
        return f"`{name}` is in {default.type.currency}, this is in {value.type.currency}", "keep the currency"
    return None


def _constant(node: Node, what: str, findings: Findings) -> Constant | None:
    if not isinstance(node, Scalar) or not node.text:
        findings.add(f"{what} is {described(node)}", node.span, _HINT)
        return None
    place = Place(node, 0, len(node.text))
    if node.style or (re.match(r"[A-Za-z]", node.text) and node.text not in ("true", "false")):
        return Constant(node.text, TEXT, place)
    if re.match(r"\d{4}-", node.text) and (found := moment(node.text)):
        return Constant(found, TIME, place)
    parsed = parse(node, findings)
    value = check_value(parsed, _NOTHING, findings) if parsed else None
    if value and not isinstance(value, Constant):
        findings.add(f"`{node.text}` is more than a value", node.span, _HINT)
    return value if isinstance(value, Constant) else None
