"""`restrict: {of: buyer, capability: buy, to: none, for: 24h}`, with everything that it may say."""

from collections.abc import Iterator
from datetime import timedelta
from typing import get_args

from shared.policy.conditions.literals import lasting
from shared.policy.documents.entries import Entries, known_word
from shared.policy.documents.reading import Entry
from shared.policy.sections.limiting import limit_of
from shared.policy.sections.targets import Target
from shared.restrictions.effects import CONDITIONS, Condition, Effect, OnExpiry, Restrict
from shared.restrictions.limits import CAPABILITIES

KEYS = "of linked only capability to for on_expiry until".split()
LONGEST = timedelta(days=365)
LIMITED: dict[str, tuple[str, ...]] = {
    "user": tuple(CAPABILITIES),
    "*": tuple(CAPABILITIES),
    "card": ("buy",),
    "device": ("log_in", "buy", "list", "message"),
    "listing": ("buy", "be_ranked"),
    "order": ("ship",),
    "payout_account": ("receive_payout", "withdraw"),
}
"""What can be restricted of each kind of entity. Addresses and domains have no entry: honest people share them."""
WITHIN: dict[str, tuple[str, ...]] = {
    "order": ("ship", "message", "receive_payout"),
    "listing": ("buy", "list", "message", "be_ranked", "receive_payout"),
}
"""What can be restricted for one order or listing only."""


def restriction(entry: Entry, target: Target) -> Restrict:
    """The restriction that an entry asks for; what does not fit has findings."""
    entries = Entries(entry, "a restriction", KEYS, target.findings)
    role, kind = target.role(entries)
    linked = ""
    if "linked" in entries:
        linked, kind = target.linked(entries, role)
    else:
        target.spares_others(entries, role)
    capability = entries.one_of("capability", CAPABILITIES, f"say what is limited: {', '.join(CAPABILITIES)}")
    _check_capability(entries, "linked" if linked else "of", linked or role, kind, capability)
    return Restrict(
        role,
        capability,
        limit_of(entries, capability),
        _lasts(entries, target),
        only=_only(entries, target, capability),
        on_expiry=_on_expiry(entries),
        until=_until(entries),
        linked=linked or None,
    )


def _check_capability(entries: Entries, key: str, named: str, kind: str, capability: str) -> None:
    possible = LIMITED.get(kind, ())
    if named and kind and not possible:
        what = f"`{named}` is of the kind {kind}, which honest people share"
        entries.refuse(key, what, "restrict the user, the device or the card")
    elif named and kind and capability and capability not in possible:
        what = f"`{named}`, which is {kind}, has no capability {capability}"
        entries.refuse("capability", what, f"it has {', '.join(possible)}")


def _lasts(entries: Entries, target: Target) -> timedelta:
    """How long it lasts; without a word, as long as the policy says for all."""
    default = target.around.default_for
    if "for" not in entries and default:
        return default
    return lasting_for(
        entries, "for how long, such as `for: 24h`; or for all, `guardrails: {default_restriction: 24h}`"
    )


def lasting_for(entries: Entries, needed: str, key: str = "for") -> timedelta:
    """The span under a key, at most `LONGEST`; an hour, with a finding, where it is none."""
    if entries.scalar(key, needed) is None:
        return timedelta(hours=1)
    lasts = entries.parsed(key, lasting, timedelta(hours=1), "write it like `24h` or `30d`")
    if lasts > LONGEST:
        what = f"`{entries.text(key)}` is longer than {LONGEST.days} days"
        entries.refuse(key, what, "a person decides what lasts longer" if key == "for" else "nothing waits for so long")
    return lasts


def _only(entries: Entries, target: Target, capability: str) -> str | None:
    """The role of the one order or listing that it is for."""
    if "only" not in entries:
        return None
    kinds = {role: declared.kind for role in target.common if (declared := target.signals[0].roles[role].role)}
    scopes = [role for role, kind in kinds.items() if kind in WITHIN]
    role = entries.one_of("only", scopes, what=f"order or listing in {target.signals[0].name}")
    if role and capability in CAPABILITIES and capability not in WITHIN[kinds[role]]:
        what = f"{capability} cannot be limited for one {kinds[role]} only"
        entries.refuse("only", what, f"for one {kinds[role]} these can: {', '.join(WITHIN[kinds[role]])}")
    if role and role == entries.text("of"):
        entries.refuse("only", f"`{role}` is what is restricted anyway", "leave `only` out")
    if role and "linked" in entries:
        entries.refuse("only", "those who are linked have no part in it", "leave `only` out")
    return role or None


def _on_expiry(entries: Entries) -> OnExpiry:
    word = entries.one_of("on_expiry", get_args(OnExpiry), what="way to end")
    if word == "person" and "linked" in entries:
        what = "a restriction of those who are linked ends by itself"
        entries.refuse("on_expiry", what, "leave `on_expiry` out")
    return "person" if word == "person" else "release"


def _until(entries: Entries) -> tuple[Condition, ...]:
    scalars = list(entries.scalars("until"))
    sound = [scalar for scalar in scalars if known_word(scalar, CONDITIONS, "way out", entries.findings)]
    for index, scalar in enumerate(sound):
        if scalar.text in [earlier.text for earlier in sound[:index]]:
            entries.findings.add(f"`{scalar.text}` stands twice", scalar.span, "remove one")
    return tuple(condition for condition in CONDITIONS if condition in {scalar.text for scalar in sound})


def without_source(effects: tuple[Effect, ...]) -> Iterator[tuple[Restrict, str, str]]:
    """Each restriction of linked people that goes further than the rule's own one of the source: what, and advice."""
    restricts = [effect for effect in effects if isinstance(effect, Restrict)]
    for effect in restricts:
        if effect.linked is None:
            continue
        own = [
            other
            for other in restricts
            if (other.of, other.capability, other.linked, other.only) == (effect.of, effect.capability, None, None)
        ]
        if not own:
            what = f"the rule does not restrict {effect.capability} of `{effect.of}` itself"
            yield (
                effect,
                what,
                "who is linked is limited only as long as whom they are linked to is: restrict that, too",
            )
        elif not any(_is_milder(effect, other) for other in own):
            what = f"what is linked to `{effect.of}` must be limited less than `{effect.of}` itself"
            yield effect, what, "leave them more, such as `to: {delay: 24h}` beside `to: none`, and not for longer"


def _is_milder(linked: Restrict, own: Restrict) -> bool:
    return own.limit != linked.limit and own.limit.covers(linked.limit) and own.lasts >= linked.lasts
