"""The section `known_good:`: by abuse kind, on which signal who is known good, and for how long no longer.

An account that was honest for years is what a hijacker wants. So being known good takes continuity, the same card,
device or payout account as before; and it lapses for a time after any change of credentials or payout account, by
whomever. The lapse is a feature that nobody declares. What is unknown is not known good.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple

from shared.features.model import Feature
from shared.policy.conditions.literals import written_duration
from shared.policy.conditions.scope import kind_of
from shared.policy.conditions.syntax import Parsed, parse
from shared.policy.conditions.tree import INTEGER, Compare, Constant, Expression, Logic, Member, Name, Type, names
from shared.policy.documents.entries import Entries, known_word
from shared.policy.documents.reading import Entry, Scalar
from shared.policy.documents.reading import Sequence as Items
from shared.policy.engine.compiler import compiled
from shared.policy.model import ABUSE_KINDS, FeatureUse
from shared.policy.problems import Findings
from shared.policy.sections.asides import Asides, check_recorded
from shared.policy.sections.definitions import Definitions, conjuncts
from shared.policy.sections.windows import SHORTEST, window_of
from shared.signals import CATALOGUE, SignalSpec

KEYS = ("on", "of", "when", "continuity", "lapses")
CHANGED = "account.changed"
_LAPSES = "write how long nobody is after a change of credentials or payout account, such as `lapses: 72h`"
_CONTINUITY = "say what must be as before, such as `not card_is_new`: a hijacker has everything else"


class _KnownGood(NamedTuple):
    """One of the entries of an abuse kind."""

    abuse: str
    signals: tuple[SignalSpec, ...]
    of: str
    lapses: timedelta
    texts: tuple[Scalar, ...]
    entries: Entries


def read_known_good(sections: Mapping[str, Entry], definitions: Definitions, asides: Asides) -> None:
    """Adds who is known good, as these entries say, to the asides; with findings for what is wrong."""
    for abuse, entry in sections.items():
        if not known_word(entry.key, ABUSE_KINDS, "abuse kind", definitions.findings):
            continue
        items = entry.value.items if isinstance(entry.value, Items) else (entry.value,)
        if not items:
            hint = "say who is, as in `{on: payment.attempted, of: buyer, when: …, continuity: …, lapses: 72h}`"
            definitions.findings.add(f"nobody is known good for {abuse} by an empty list", entry.value.span, hint)
        for item in items:
            if read := _read(abuse, Entry(entry.key, item), definitions.findings):
                _add(read, definitions, asides)


def _read(abuse: str, entry: Entry, findings: Findings) -> _KnownGood | None:
    before = len(findings.problems)
    entries = Entries(entry, f"who is known good for {abuse}", KEYS, findings)
    signals = _signals(entries)
    of = _role(entries, signals)
    lapses = window_of(entries, "lapses", _LAPSES) if entries.scalar("lapses", _LAPSES) else SHORTEST
    when = entries.scalar("when", "say who is, such as `settled_months >= 6`")
    continuity = entries.scalar("continuity", _CONTINUITY)
    if not when or not continuity or len(findings.problems) > before:
        return None
    return _KnownGood(abuse, signals, of, lapses, (continuity, when), entries)


def _signals(entries: Entries) -> tuple[SignalSpec, ...]:
    given = list(entries.scalars("on"))
    if not given:
        hint = "say on which signal, such as `on: payment.attempted`"
        entries.findings.add(f"{entries.what} has no `on:`", entries.key.span, hint)
    words = [word for word in given if known_word(word, CATALOGUE, "signal", entries.findings)]
    return tuple(dict.fromkeys(CATALOGUE[word.text] for word in words))


def _role(entries: Entries, signals: tuple[SignalSpec, ...]) -> str:
    """The role of a user that all of the signals have; empty, with findings, when it is not one."""
    roles = dict.fromkeys(role for signal in signals for role in signal.roles if kind_of(signal, role) == "user")
    word = entries.scalar("of", f"say in which role, such as {', '.join(roles) or 'buyer'}")
    if not word or not signals:
        return ""
    for signal in signals:
        users = [role for role in signal.roles if kind_of(signal, role) == "user"]
        if word.text in signal.roles and word.text not in users:
            kind = kind_of(signal, word.text)
            what = f"`{word.text}` of {signal.name} is {'of any kind' if kind == '*' else f'a {kind}'}"
            entries.refuse("of", what, f"who is known good is a user: {' or '.join(users) or 'it has none'}")
        else:
            known_word(word, users, f"role of a user in {signal.name}", entries.findings)
    return word.text


def _add(read: _KnownGood, definitions: Definitions, asides: Asides) -> None:
    name = f"known_good.{read.abuse}.{read.of}"
    earlier = asides.rules.get(name)
    parsed = [parse(text, definitions.findings) for text in read.texts]
    conditions: dict[str, Expression] = {}
    for signal in read.signals:
        if earlier and signal.name in earlier.on:
            what = f"who is known good for {read.abuse} as {read.of} of {signal.name} is said twice"
            read.entries.refuse("on", what, "join the two conditions with `or`, or remove one")
            continue
        use = lapse(read.of, read.lapses)
        stated = [tree for each in parsed if each and (tree := _checked(each, signal, definitions))]
        whole = _whole(stated, use, signal)
        if len(stated) == len(read.texts) and definitions.sound(whole, read.texts[-1].span):
            asides.uses.setdefault(signal.name, {})[use.feature.name] = use
            asides.texts += [(text, signal.name, whole) for text in read.texts]
            conditions[signal.name] = whole
    if conditions:
        asides.add(name, "known_good", read.abuse, conditions, read.entries.key.span, read.of)


def _checked(parsed: Parsed, signal: SignalSpec, definitions: Definitions) -> Expression | None:
    tree, span = definitions.truth(parsed, signal.name, {}, definitions.findings), parsed.scalar.span
    if tree:
        check_recorded(tree, span, definitions.findings)
        if not names(tree):
            definitions.findings.add("this looks at nothing, so that anyone would do", span, _CONTINUITY)
    return tree


def _whole(stated: Iterable[Expression], use: FeatureUse, signal: SignalSpec) -> Expression:
    """What is stated, where there was no change lately. A window ends before the signal that asks, so a change that is
    the signal itself is looked at apart: nobody is found known good by it."""
    quiet = Compare((Name(use.feature.name, INTEGER, "feature"), Constant(0, INTEGER)), ("==",))
    itself = [Logic("not", (_is_change(signal),))] if signal.security and use.role == signal.actor else []
    return Logic("and", (quiet, *itself, *(part for tree in stated for part in conjuncts(tree))))


def lapse(role: str, within: timedelta) -> FeatureUse:
    """How many changes of credentials or payout account there were of the user in the role: since when is known.

    It counts what our own actions caused, too (a reset password can be reset by whoever has the mailbox).
    """
    name = f"security_changes({role}, {written_duration(within)})"
    spec = CATALOGUE[CHANGED]
    where = compiled(_is_change(spec), {})
    return FeatureUse(Feature(name, "count", CHANGED, spec.actor, within, where=where, echoes=True), role)


def _is_change(signal: SignalSpec) -> Member:
    if signal.security is None:
        raise ValueError(f"{signal.name} is not about security")
    field = next(each for each in signal.fields if each.name == signal.security.field)
    kind = Type("choice", choices=field.choices)
    choices = tuple(Constant(choice, kind) for choice in field.choices if choice in signal.security.choices)
    return Member(Name(field.visible_as, kind, "field"), choices, negated=False)
