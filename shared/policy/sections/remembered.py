"""What a feature asks of remembered signals: its `where`, the steps of a `sequence`, and what `unless` takes away."""

import re
from typing import NamedTuple

from shared.features.model import Predicate, Step, Unless
from shared.policy.conditions.checker import check
from shared.policy.conditions.kinds import alike
from shared.policy.conditions.scope import kind_of, remembered_scope
from shared.policy.conditions.tidying import SAME
from shared.policy.documents.entries import Entries, known_word
from shared.policy.documents.reading import Entry, Mapping, Node, Scalar, described
from shared.policy.documents.reading import Sequence as Items
from shared.policy.engine.compiler import compiled
from shared.policy.problems import Findings, did_you_mean
from shared.signals import CATALOGUE, SignalSpec

LEAST_STEPS, MOST_STEPS = 2, 5
_STEP = re.compile(r"(\S+)(?: +by +(\S+))?")
_A_STEP = 'write a signal, or a signal with a condition: `- account.changed: change == "password"`'
_AN_UNLESS = 'write it like `unless: {dispute.resolved: outcome == "won", same: order}`'


def predicate(scalar: Scalar | None, signal: SignalSpec, findings: Findings) -> Predicate | None:
    """A condition over what is remembered of a signal, ready to be asked."""
    checked = check(scalar, remembered_scope(signal), findings) if scalar else None
    return compiled(checked, {}) if checked else None


def step_named(text: str) -> tuple[str, str]:
    """The signal and the role in `payout.requested by seller`; an empty role where it says none."""
    match = _STEP.fullmatch(text.strip())
    return (match[1], match[2] or "") if match else (text, "")


class Filters(NamedTuple):
    """The conditions of one feature as they are written: its own, that of each step, and that of `unless`."""

    where: Scalar | None
    steps: tuple[Scalar | None, ...]
    unless: Scalar | None


def filters_in(node: Node) -> Filters:
    """The conditions that stand in the entry of a sound feature."""
    entries = node.entries if isinstance(node, Mapping) else {}
    steps = entries["sequence"].value if "sequence" in entries else None
    unless = _inner(entries["unless"].value) if "unless" in entries else None
    where = entries["where"].value if "where" in entries else None
    return Filters(
        where if isinstance(where, Scalar) else None,
        tuple(map(_inner, steps.items)) if isinstance(steps, Items) else (),
        unless,
    )


def _inner(node: Node) -> Scalar | None:
    """The condition behind a signal."""
    entries = node.entries if isinstance(node, Mapping) else {}
    found = (entry.value for key, entry in entries.items() if key != SAME)
    return next((value for value in found if isinstance(value, Scalar)), None)


def steps_of(entries: Entries) -> tuple[Step, ...]:
    """The steps of a `sequence`, all about one entity; those that are wrong are left out, with findings."""
    node = entries.nodes["sequence"]
    items = node.items if isinstance(node, Items) else ()
    if not LEAST_STEPS <= len(items) <= MOST_STEPS:
        number = f"{len(items)} step{'s' * (len(items) != 1)}"
        found = f"a sequence of {number}" if isinstance(node, Items) else f"`sequence` is {described(node)}"
        entries.refuse("sequence", found, f"write {LEAST_STEPS} to {MOST_STEPS} steps, in their order")
        return ()
    common = entries.text("by", "say whose: the role of the one entity that all steps are about, such as `by: user`")
    steps = [_step(item, common, entries.findings) for item in items]
    _check_one_entity(steps, items, entries.findings)
    return tuple(step for step in steps if step)


def _step(node: Node, common: str, findings: Findings) -> Step | None:
    key, condition = _parts(node, findings)
    if key is None:
        return None
    name, role = step_named(key.text)
    if name not in CATALOGUE:
        findings.add(f"`{name}` is no signal", key.span, did_you_mean(name, CATALOGUE, otherwise="there are"))
        return None
    signal, by = CATALOGUE[name], role or common
    if by and by not in signal.roles:
        hint = f"say whose, such as `{name} by {signal.actor}`; its roles are {', '.join(signal.roles)}"
        findings.add(f"{name} has no role `{by}`", key.span, hint)
        return None
    return Step(name, by, predicate(condition, signal, findings)) if by else None


def _parts(node: Node, findings: Findings) -> tuple[Scalar | None, Scalar | None]:
    """The signal of a step, and its condition if it has one."""
    if isinstance(node, Scalar) and node.text:
        return node, None
    if isinstance(node, Mapping) and len(node.entries) == 1:
        ((entry),) = node.entries.values()
        if isinstance(entry.value, Scalar) and entry.value.text:
            return entry.key, entry.value
        findings.add(f"the step `{entry.key.text}` has {described(entry.value)}", entry.value.span, _A_STEP)
    elif isinstance(node, Mapping) and "by" in node.entries:
        hint = f"whose it is stands behind the signal: `{next(iter(node.entries))} by …: …`"
        findings.add("a step is one signal, with one condition", node.span, hint)
    else:
        findings.add(f"a step is one signal, with one condition; this is {described(node)}", node.span, _A_STEP)
    return None, None


def _check_one_entity(steps: list[Step | None], items: tuple[Node, ...], findings: Findings) -> None:
    """A finding for each step that is about another kind of entity than the first one."""
    first = next((step for step in steps if step), None)
    for step, item in zip(steps, items, strict=True):
        if not first or not step:
            continue
        kinds = [kind_of(CATALOGUE[each.signal], each.by) for each in (first, step)]
        if kinds[0] != kinds[1] and "*" not in kinds:
            what = f"`{step.by}` of {step.signal} is {kinds[1]}, and the steps before are about {kinds[0]}"
            findings.add(what, item.span, "one entity goes through all steps; say which role it has in each")


def unless_of(entries: Entries, signal: SignalSpec, by: str) -> Unless | None:
    """What takes remembered signals away, such as `{dispute.resolved: outcome == "won", same: order}`."""
    node, findings = entries.nodes.get("unless"), entries.findings
    if node is None:
        return None
    others = [entry for key, entry in node.entries.items() if key != SAME] if isinstance(node, Mapping) else []
    if len(others) != 1 or not isinstance(node, Mapping):
        found = described(node) if not others else f"about {len(others)} signals"
        entries.refuse("unless", f"`unless` is {found}", _AN_UNLESS)
        return None
    (other,) = others
    if not known_word(other.key, CATALOGUE, "signal", findings):
        return None
    spec = CATALOGUE[other.key.text]
    if by and (by not in spec.roles or kind_of(spec, by) != kind_of(signal, by)):
        hint = "it takes away what is remembered of the same entity in the same role"
        findings.add(f"{spec.name} has no role `{by}`", other.key.span, hint)
        return None
    if not isinstance(other.value, Scalar) or not other.value.text:
        findings.add(f"`{spec.name}` has {described(other.value)}, a condition is needed", other.value.span, _AN_UNLESS)
        return None
    return Unless(
        spec.name, _same(node.entries.get(SAME), signal, spec, other, findings), predicate(other.value, spec, findings)
    )


def _same(node: Entry | None, signal: SignalSpec, other: SignalSpec, place: Entry, findings: Findings) -> str:
    """The field that ties the two signals: remembered of both, with values that can be equal."""
    both = [
        field.visible_as
        for field in signal.remembered
        if any(field.visible_as == one.visible_as and alike(field, one) for one in other.remembered)
    ]
    hint = f"what is remembered of both is {', '.join(both)}" if both else "nothing is remembered of both"
    if node is None:
        findings.add(
            "`unless` does not say by what the two signals belong together",
            place.key.span,
            f"write `{SAME}: …`; {hint}",
        )
    elif not isinstance(node.value, Scalar) or node.value.text not in both:
        what = f"{described(node.value)} is not remembered of both {signal.name} and {other.name}"
        findings.add(what, node.value.span, hint)
    else:
        return node.value.text
    return ""
