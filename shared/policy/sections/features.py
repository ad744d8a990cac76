"""The section `features:`, such as `{count: payment.declined, where: "amount < 5.00 USD", by: card, window: 1h}`."""

from dataclasses import dataclass, replace

from shared.features.links import ANY
from shared.features.model import Feature, FeatureKind
from shared.policy.conditions.kinds import KINDS
from shared.policy.conditions.literals import share
from shared.policy.conditions.scope import bad_name, hides_field
from shared.policy.documents.entries import Entries, known_word
from shared.policy.documents.reading import Entry
from shared.policy.model import ABUSE_KINDS
from shared.policy.problems import Findings, Span, did_you_mean
from shared.policy.sections.remembered import predicate, steps_of, unless_of
from shared.policy.sections.windows import reach_of
from shared.signals import CATALOGUE, SignalSpec

OPTIONS = "of by where window delay against unless least limited strength echoes for".split()
"""What can stand beside the kind."""
MOST_LEAST = 500
"""What a tile holds: more values than these are never sure to be seen."""
_WANTED = {
    ("money", "integer", "number"): "remembered number or amount",
    ("entity",): "remembered entity",
    KINDS["last"].of_types: "remembered, comparable",
}


@dataclass(frozen=True, slots=True)
class DeclaredFeature:
    """A feature with what only the policy needs to know: whom it is read for (`for:`), and its place."""

    feature: Feature
    read_for: str | None
    span: Span


def feature_of(name: str, entry: Entry, findings: Findings) -> DeclaredFeature | None:
    """The feature that an entry declares; None, with findings, when it is wrong."""
    before = len(findings.problems)
    entries = Entries(entry, f"the feature {name}", (*KINDS, *OPTIONS), findings)
    if why := bad_name(name):
        findings.add(f"`{name}` cannot be a feature's name", entry.key.span, why)
    elif hides_field(name):
        findings.add(f"`{name}` is the name of a signal's field", entry.key.span, "give the feature a name of its own")
    kind = _kind(entries)
    feature = _feature(name, kind, entries) if kind else None
    if feature is None or len(findings.problems) > before:
        return None
    return DeclaredFeature(feature, entries.text("for") or None, entry.key.span)


def _kind(entries: Entries) -> FeatureKind | None:
    given = [kind for kind in KINDS if kind in entries]
    if len(given) == 1:
        return given[0]
    found = "nothing" if not given else f"both `{given[0]}` and `{given[1]}`"
    of_signals, of_fields = (
        ", ".join(f"`{kind}`" for kind, known in KINDS.items() if known.names == names) for names in ("signal", "field")
    )
    hint = (
        f"write one of {of_signals} with a signal, such as `count: payment.declined`; of {of_fields} with a field, "
        "such as `sum: amount` beside `of: payment.settled`; or `sequence`"
    )
    entries.findings.add(f"{entries.what} computes {found}", entries.key.span, hint)
    return None


def _feature(name: str, kind: FeatureKind, entries: Entries) -> Feature | None:
    _refuse_strangers(kind, entries)
    reach = reach_of(entries, kind)
    if KINDS[kind].names == "steps":
        steps = steps_of(entries)
        found = Feature(name, kind, steps[0].signal, steps[0].by, None, steps=steps) if steps else None
    else:
        found = _of_signal(name, kind, entries)
    return found and replace(
        found,
        window=reach.window,
        delay=reach.delay,
        against=reach.against,
        least=entries.parsed("least", _least, 1, f"write how many values are enough, 1 to {MOST_LEAST}"),
        echoes=entries.flag("echoes"),
    )


def _refuse_strangers(kind: FeatureKind, entries: Entries) -> None:
    """A finding for each key that the kind has no use for."""
    known = KINDS[kind]
    for key in entries.nodes:
        if key == kind or key in known.keys or (key == "of" and known.names == "field"):
            continue
        if key == "of":
            entries.refuse("of", f"`{kind}` already names the signal{'s' * (known.names == 'steps')}", "remove `of`")
        elif key == "where" and known.names == "steps":
            entries.refuse("where", "each step has a condition of its own", "write `- account.changed: change == …`")
        else:
            able = [f"`{other}`" for other, about in KINDS.items() if key in about.keys]
            entries.refuse(key, f"`{key}` does not go with `{kind}`", f"it goes with {', '.join(able)}: remove it")


def _of_signal(name: str, kind: FeatureKind, entries: Entries) -> Feature | None:
    """A feature over the signals of one type; how far back it looks is left open."""
    signal = _signal(entries, "of" if KINDS[kind].names == "field" else kind)
    if signal is None:
        return None
    by = entries.one_of("by", signal.roles, f"say whose: {', '.join(signal.roles)}", what=f"role in {signal.name}")
    value = _value(entries, kind, signal) if KINDS[kind].names == "field" else None
    if kind == "linked" and value and value == by:
        entries.refuse(
            kind, f"`{value}` is the entity itself", "name what is found with it, such as the users of a device"
        )
    needed = "say which part, such as `where: card_is_new`" if kind == "share" else ""
    limited = entries.one_of("limited", (ANY, *ABUSE_KINDS), what=f"abuse kind, nor `{ANY}`")
    return Feature(
        name,
        kind,
        signal.name,
        by,
        None,
        value,
        predicate(entries.scalar("where", needed), signal, entries.findings),
        unless=unless_of(entries, signal, by),
        limited=limited or None,
        strength=entries.parsed("strength", share, 1.0, "write how much such a link means, such as `80%`"),
    )


def _signal(entries: Entries, key: str) -> SignalSpec | None:
    scalar = entries.scalar(key, f"say which signal, such as `{key}: payment.declined`")
    if scalar is None or not known_word(scalar, CATALOGUE, "signal", entries.findings):
        return None
    return CATALOGUE[scalar.text]


def _value(entries: Entries, kind: FeatureKind, signal: SignalSpec) -> str | None:
    scalar = entries.scalar(kind, "name a remembered field of the signal")
    if scalar is None:
        return None
    types = KINDS[kind].of_types
    usable = [field.visible_as for field in signal.remembered if field.type in types]
    if scalar.text not in usable:
        hint = did_you_mean(scalar.text, usable, otherwise="there is")
        what = f"`{scalar.text}` is not a {_WANTED.get(types, 'remembered')} field of {signal.name}"
        entries.refuse(kind, what, hint or "it has none: use `count`")
    return scalar.text


def _least(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= MOST_LEAST else None
