"""What follows `then:`, such as `- deny` or `- restrict: {of: buyer, capability: buy, to: none, for: 24h}`."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from shared.policy.documents.entries import Entries, known_word
from shared.policy.documents.reading import Entry, Mapping, Node, Scalar, described
from shared.policy.documents.reading import Sequence as Items
from shared.policy.problems import Findings
from shared.policy.sections.restricting import LIMITED, lasting_for, restriction, without_source
from shared.policy.sections.targets import Target
from shared.restrictions import COMMANDS
from shared.restrictions.effects import (
    DISPOSITIONS,
    FRICTIONS,
    Command,
    Dispose,
    Effect,
    Friction,
    Lift,
    Review,
    Score,
)
from shared.signals import CATALOGUE

HOLDABLE = frozenset(name for name, spec in CATALOGUE.items() if spec.gating) | {"login.succeeded", "message.sent"}
"""The signals whose thing waits for us, or can still be taken back: only these can be challenged, pended or denied."""
_DISPOSALS = [word for word in DISPOSITIONS if word != "allow"]
SCORE = "score"
LADDER = "ladder"
TOLD_BY_RULES = ("documents", "rate_recovered")
"""The ways out of restrictions that rules can tell; of a step-up or a review, the answer itself tells."""
_PLACES = ("ip", "device")
"""Where whoever comes next can be asked to show that they are a person."""
_ORDERED_TO = {
    "revoke_sessions": ("user",),
    "reset_password": ("user",),
    "cancel_order": ("order",),
    "remove_listing": ("listing",),
    "refund": ("order",),
}


def effects_of(node: Node | None, target: Target) -> tuple[Effect, ...]:
    """The effects under `then:`; those that do not fit are left out, with findings. Ladders are no effects."""
    read = [(effect, item) for item in _items(node) if not is_ladder(item) and (effect := _effect(item, target))]
    effects = tuple(effect for effect, _ in read)
    for wrong, what, hint in without_source(effects):
        target.findings.add(what, next(item.span for effect, item in read if effect is wrong), hint)
    return effects


def ladders_in(node: Node | None, findings: Findings) -> Iterator[Scalar]:
    """The names of ladders under `then:`, each as it stands there."""
    for item in _items(node):
        if isinstance(item, Mapping) and is_ladder(item):
            named = item.entries[LADDER].value
            if isinstance(named, Scalar) and named.text:
                yield named
            else:
                findings.add(f"`{LADDER}` is {described(named)}", named.span, "write the name of one of `ladders:`")


def is_ladder(node: Node) -> bool:
    """Whether an item under `then:` names a ladder."""
    return isinstance(node, Mapping) and list(node.entries) == [LADDER]


def effect_of(word: str, entry: Entry, target: Target) -> Effect | None:
    """The effect of one of the words in `DETAILED`, with its details; None, with findings, when it is wrong."""
    before = len(target.findings.problems)
    effect = _READERS[word](entry, target)
    return effect if len(target.findings.problems) == before else None


def _items(node: Node | None) -> tuple[Node, ...]:
    return node.items if isinstance(node, Items) else (node,) if node else ()


def _effect(node: Node, target: Target) -> Effect | None:
    findings = target.findings
    if isinstance(node, Scalar):
        return _disposal(node, target)
    if not isinstance(node, Mapping) or len(node.entries) != 1:
        what = f"an effect is one word or one `word: {{…}}`, this is {described(node)}"
        findings.add(what, node.span, "begin each with `- `")
        return None
    ((word, entry),) = node.entries.items()
    if not known_word(entry.key, WORDS, "effect", findings):
        return None
    if word in (*_DISPOSALS, SCORE):
        findings.add(f"`{word}` stands alone", entry.key.span, f"write `- {word}`")
        return None
    return effect_of(word, entry, target)


def _disposal(node: Scalar, target: Target) -> Dispose | Score | None:
    findings = target.findings
    if not known_word(node, WORDS, "effect", findings):
        return None
    if node.text == SCORE:
        return Score()
    if node.text == LADDER:
        findings.add(f"`{LADDER}` needs to know which", node.span, f"write `{LADDER}: name`")
        return None
    if node.text in _READERS:
        findings.add(f"`{node.text}` needs to know of whom", node.span, f"write `{node.text}: {{of: …}}`")
        return None
    unheld = [signal.name for signal in target.signals if signal.name not in HOLDABLE]
    if unheld:
        hint = f"use `restrict`, `friction` or `review`; what waits for us is {', '.join(sorted(HOLDABLE))}"
        findings.add(f"{unheld[0]} has already happened, it cannot be answered with `{node.text}`", node.span, hint)
        return None
    return next(Dispose(word) for word in DISPOSITIONS if word == node.text)


def _friction(entry: Entry, target: Target) -> Effect:
    entries = Entries(entry, "a friction", ("of", "ask", "for"), target.findings)
    role, kind = target.role(entries)
    if role and kind not in ("user", "*", *_PLACES):
        entries.refuse("of", f"`{role}`, which is {kind}, cannot be asked for anything", "name a role that a user has")
    if kind == "user":
        target.spares_others(entries, role)
    ask = entries.one_of("ask", FRICTIONS, f"say what is asked: {', '.join(FRICTIONS)}", what="friction")
    if kind in _PLACES and ask and ask != "captcha":
        entries.refuse(
            "ask", f"whoever is at `{role}` can be anybody: only a CAPTCHA can be asked there", "ask: captcha"
        )
    return Friction(role, ask, lasting_for(entries, "") if "for" in entries else timedelta(hours=1))


def _command(entry: Entry, target: Target) -> Effect:
    entries = Entries(entry, "a command", ("of", "do"), target.findings)
    role, kind = target.role(entries)
    command = entries.one_of("do", COMMANDS, f"say what is done: {', '.join(COMMANDS)}", what="command")
    if role and command and kind not in (*_ORDERED_TO[command], "*"):
        entries.refuse(
            "of", f"`{command}` is not for `{role}`, which is {kind}", f"it needs {' or '.join(_ORDERED_TO[command])}"
        )
    if kind == "user":
        target.spares_others(entries, role)
    return Command(role, command)


def _review(entry: Entry, target: Target) -> Effect:
    entries = Entries(entry, "a review", ("of", "within"), target.findings)
    role, _ = target.role(entries)
    return Review(role, lasting_for(entries, "", "within") if "within" in entries else None)


def _lift(entry: Entry, target: Target) -> Effect:
    entries = Entries(entry, "a release", ("of", "met"), target.findings)
    role, kind = target.role(entries)
    if role and kind not in LIMITED:
        entries.refuse("of", f"`{role}`, which is {kind}, cannot be restricted", "name whom rules restrict")
    word = entries.one_of("met", TOLD_BY_RULES, f"say what is so now: {' or '.join(TOLD_BY_RULES)}", what="way out")
    return Lift(role, "documents" if word == "documents" else "rate_recovered")


_READERS: dict[str, Callable[[Entry, Target], Effect]] = {
    "restrict": restriction,
    "friction": _friction,
    "command": _command,
    "review": _review,
    "release": _lift,
}
DETAILED = tuple(_READERS)
"""The effects that have details: `word: {…}`."""
WORDS = (*_DISPOSALS, *_READERS, LADDER, SCORE)
"""What can follow `then:`."""
