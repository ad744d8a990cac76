"""The section `features:`, such as `{count: payment.declined, where: "amount < 5.00 USD", by: card, window: 1h}`."""

from dataclasses import dataclass
from datetime import timedelta
from typing import get_args

from shared.features.model import Feature, FeatureKind, Predicate
from shared.policy.conditions.checker import check
from shared.policy.conditions.literals import duration
from shared.policy.conditions.scope import bad_name, hides_field, remembered_scope
from shared.policy.documents.entries import Entries, known_word
from shared.policy.documents.reading import Entry
from shared.policy.engine.compiler import compiled
from shared.policy.problems import Findings, Span, did_you_mean
from shared.signals import CATALOGUE, SignalSpec

KINDS: tuple[FeatureKind, ...] = get_args(FeatureKind)
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=90)
_KEYS = (*KINDS, "of", "by", "where", "window", "for")
_READABLE = {
    "sum": ("money", "integer", "number"),
    "last": ("money", "integer", "number", "boolean", "choice", "text"),
}
"""Of which types of fields there is a sum, or a last value that says something: entities are marks."""


@dataclass(frozen=True, slots=True)
class DeclaredFeature:
    """A feature with what only the policy needs to know: whom it is read for (`for:`), and its place."""

    feature: Feature
    read_for: str | None
    span: Span


def feature_of(name: str, entry: Entry, findings: Findings) -> DeclaredFeature | None:
    """The feature that an entry declares; None, with findings, when it is wrong."""
    before = len(findings.problems)
    entries = Entries(entry, f"the feature {name}", _KEYS, findings)
    if why := bad_name(name):
        findings.add(f"`{name}` cannot be a feature's name", entry.key.span, why)
    elif hides_field(name):
        findings.add(f"`{name}` is the name of a signal's field", entry.key.span, "give the feature a name of its own")
    kind = _kind(entries)
    if kind is None:
        return None
    signal = _signal(entries, kind)
    window = _window(entries)
    if signal is None:
        return None
    by = entries.one_of("by", signal.roles, f"say whose: {', '.join(signal.roles)}", what=f"role in {signal.name}")
    value = _value(entries, kind, signal)
    where = _where(entries, signal)
    read_for = entries.text("for") or None
    if len(findings.problems) > before:
        return None
    return DeclaredFeature(Feature(name, kind, signal.name, by, window, value, where), read_for, entry.key.span)


def _kind(entries: Entries) -> FeatureKind | None:
    given = [kind for kind in KINDS if kind in entries]
    if len(given) == 1:
        return given[0]
    found = "nothing" if not given else f"both `{given[0]}` and `{given[1]}`"
    entries.findings.add(
        f"{entries.what} computes {found}",
        entries.key.span,
        "write one of `count: <signal>`, `since: <signal>`, or, each with `of: <signal>`, `distinct: <field>`, "
        "`sum: <field>`, `last: <field>`",
    )
    return None


def _signal(entries: Entries, kind: FeatureKind) -> SignalSpec | None:
    key = kind if kind in ("count", "since") else "of"
    if key != "of" and "of" in entries:
        entries.refuse("of", f"`{kind}` already names the signal", "remove `of`")
    scalar = entries.scalar(key, f"say which signal, such as `{key}: payment.declined`")
    if scalar is None or not known_word(scalar, CATALOGUE, "signal", entries.findings):
        return None
    return CATALOGUE[scalar.text]


def _window(entries: Entries) -> timedelta:
    advice = "windows are 1m to 90d, such as `30m`, `24h` or `7d`"
    if entries.scalar("window", advice) is None:
        return SHORTEST
    window = entries.parsed("window", duration, SHORTEST, advice)
    if not SHORTEST <= window <= LONGEST:
        entries.refuse("window", f"`{entries.text('window')}` is too {'long' if window > LONGEST else 'short'}", advice)
    elif window % SHORTEST:
        entries.refuse("window", f"`{entries.text('window')}` is not whole minutes", advice)
    return window


def _value(entries: Entries, kind: FeatureKind, signal: SignalSpec) -> str | None:
    if kind in ("count", "since"):
        return None
    scalar = entries.scalar(kind, "name a remembered field of the signal")
    if scalar is None:
        return None
    types = _READABLE.get(kind)
    usable = [field.visible_as for field in signal.remembered if types is None or field.type in types]
    if scalar.text not in usable:
        wanted = {"sum": "remembered number or amount", "last": "remembered, comparable"}.get(kind, "remembered")
        hint = did_you_mean(scalar.text, usable, otherwise="there is")
        entries.refuse(
            kind, f"`{scalar.text}` is not a {wanted} field of {signal.name}", hint or "it has none: use `count`"
        )
    return scalar.text


def _where(entries: Entries, signal: SignalSpec) -> Predicate | None:
    scalar = entries.scalar("where")
    checked = check(scalar, remembered_scope(signal), entries.findings) if scalar else None
    return compiled(checked, {}) if checked else None
