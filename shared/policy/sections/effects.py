"""What follows `then:`, such as `- deny` or `- restrict: {of: buyer, capability: buy, to: none, for: 24h}`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from shared.policy.conditions.literals import lasting, share
from shared.policy.documents.entries import Entries, known_word
from shared.policy.documents.reading import Entry, Mapping, Node, Scalar, described
from shared.policy.documents.reading import Sequence as Items
from shared.policy.problems import Findings
from shared.restrictions import CAPABILITIES, COMMANDS
from shared.restrictions.effects import (
    DISPOSITIONS,
    FRICTIONS,
    Command,
    Dispose,
    Effect,
    Friction,
    Restrict,
    Review,
    Score,
)
from shared.signals import CATALOGUE, SignalSpec

HOLDABLE = frozenset(name for name, spec in CATALOGUE.items() if spec.gating) | {"login.succeeded", "message.sent"}
"""The signals whose thing waits for us, or can still be taken back: only these can be challenged, pended or denied."""
SHAREABLE = ("be_ranked", "receive_payout")
"""The capabilities of which a part can be left."""
LONGEST = timedelta(days=365)
_DISPOSALS = [word for word in DISPOSITIONS if word != "allow"]
SCORE = "score"
_LIMITED: dict[str, tuple[str, ...]] = {
    "user": CAPABILITIES,
    "*": CAPABILITIES,
    "card": ("buy",),
    "device": ("log_in", "buy", "list", "message"),
    "listing": ("buy", "be_ranked"),
    "order": ("ship",),
    "payout_account": ("receive_payout", "withdraw"),
}
"""What can be restricted of each kind of entity. Addresses and domains have no entry: honest people share them."""
_PLACES = ("ip", "device")
"""Where whoever comes next can be asked to show that they are a person."""
_ORDERED_TO = {
    "revoke_sessions": ("user",),
    "reset_password": ("user",),
    "cancel_order": ("order",),
    "remove_listing": ("listing",),
    "refund": ("order",),
}


@dataclass(frozen=True)
class _Target:
    """The signals that a rule is on, and whether it may touch someone other than who acted."""

    signals: tuple[SignalSpec, ...]
    counterparty: bool
    findings: Findings

    def role(self, entries: Entries) -> tuple[str, str]:
        """The role under `of:` and its entity's kind; empty, with findings, when it does not fit."""
        common = [role for role in self.signals[0].roles if all(role in signal.roles for signal in self.signals)]
        role = entries.one_of("of", common, f"say of whom: {', '.join(common)}", what=f"role in {self.signals[0].name}")
        declared = self.signals[0].roles[role].role if role else None
        return role, declared.kind if declared else ""

    def spares_others(self, entries: Entries, role: str) -> None:
        others = [signal for signal in self.signals if role and role != signal.actor]
        if others and not self.counterparty:
            entries.refuse(
                "of",
                f"`{role}` is not who acted in {others[0].name}, that is `{others[0].actor}`",
                "someone else may have brought this on them: if the evidence is their own, write `counterparty: true`",
            )


def effects_of(
    node: Node | None, signals: tuple[SignalSpec, ...], findings: Findings, *, counterparty: bool
) -> tuple[Effect, ...]:
    """The effects under `then:`; those that do not fit are left out, with findings."""
    items = node.items if isinstance(node, Items) else (node,) if node else ()
    target = _Target(signals, counterparty, findings)
    effects = [_effect(item, target) for item in items]
    return tuple(effect for effect in effects if effect)


def _effect(node: Node, target: _Target) -> Effect | None:
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
    before = len(findings.problems)
    effect = _READERS[word](entry, target)
    return effect if len(findings.problems) == before else None


def _disposal(node: Scalar, target: _Target) -> Dispose | Score | None:
    findings = target.findings
    if not known_word(node, WORDS, "effect", findings):
        return None
    if node.text == SCORE:
        return Score()
    if node.text in _READERS:
        findings.add(f"`{node.text}` needs to know of whom", node.span, f"write `{node.text}: {{of: …}}`")
        return None
    unheld = [signal.name for signal in target.signals if signal.name not in HOLDABLE]
    if unheld:
        hint = f"use `restrict`, `friction` or `review`; what waits for us is {', '.join(sorted(HOLDABLE))}"
        findings.add(f"{unheld[0]} has already happened, it cannot be answered with `{node.text}`", node.span, hint)
        return None
    return next(Dispose(word) for word in DISPOSITIONS if word == node.text)


def _restrict(entry: Entry, target: _Target) -> Effect:
    entries = Entries(entry, "a restriction", ("of", "capability", "to", "for"), target.findings)
    role, kind = target.role(entries)
    target.spares_others(entries, role)
    capability = entries.one_of("capability", CAPABILITIES, f"say what is limited: {', '.join(CAPABILITIES)}")
    possible = _LIMITED.get(kind, ())
    if role and not possible:
        entries.refuse(
            "of",
            f"`{role}` is of the kind {kind}, which honest people share",
            "restrict the user, the device or the card",
        )
    elif role and capability and capability not in possible:
        entries.refuse(
            "capability",
            f"`{role}`, which is {kind}, has no capability {capability}",
            f"it has {', '.join(possible)}",
        )
    allowed = _allowed(entries, capability)
    return Restrict(role, capability, allowed, _lasting(entries, "for how long, such as `for: 24h`"))


def _allowed(entries: Entries, capability: str) -> int:
    advice = "write `to: none`" + (", or a whole share from 1% to 99%" if capability in SHAREABLE else "")
    if entries.scalar("to", advice) is None or entries.text("to") == "none":
        return 0
    part = entries.parsed("to", share, 0.0, advice) * 100
    if capability and capability not in SHAREABLE and part:
        entries.refuse(
            "to", f"{capability} cannot be left in part", f"{advice}; parts are for {' and '.join(SHAREABLE)}"
        )
    elif part != round(part) or part > 99:  # noqa: PLR2004  (a hundred percent is no restriction)
        entries.refuse("to", f"`{entries.text('to')}` is not a whole share below 100%", advice)
    return round(part)


def _friction(entry: Entry, target: _Target) -> Effect:
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
    return Friction(role, ask, _lasting(entries, "") if "for" in entries else timedelta(hours=1))


def _user(entries: Entries, target: _Target, what: str) -> tuple[str, str]:
    role, kind = target.role(entries)
    if role and kind not in ("user", "*"):
        entries.refuse("of", f"`{role}`, which is {kind}, cannot be {what}", "name a role that a user has")
    return role, kind


def _command(entry: Entry, target: _Target) -> Effect:
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


def _review(entry: Entry, target: _Target) -> Effect:
    entries = Entries(entry, "a review", ("of",), target.findings)
    return Review(target.role(entries)[0])


def _lasting(entries: Entries, needed: str) -> timedelta:
    if entries.scalar("for", needed) is None:
        return timedelta(hours=1)
    lasts = entries.parsed("for", lasting, timedelta(hours=1), "write it like `24h` or `30d`")
    if lasts > LONGEST:
        entries.refuse(
            "for", f"`{entries.text('for')}` is longer than {LONGEST.days} days", "a person decides what lasts longer"
        )
    return lasts


_READERS: dict[str, Callable[[Entry, _Target], Effect]] = {
    "restrict": _restrict,
    "friction": _friction,
    "command": _command,
    "review": _review,
}
WORDS = (*_DISPOSALS, *_READERS, SCORE)
"""What can follow `then:`."""
