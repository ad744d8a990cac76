"""From effects to actions: what is asked of whom, until when, by which law, and what they are told.

Pure, and the same whether a decision is made or recomputed: all that it reads stands on the decision's record.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from shared.decisions.model import Linked, Particulars
from shared.policy import Policy, Rule
from shared.restrictions import (
    Action,
    Command,
    Disposition,
    Effect,
    Friction,
    Jurisdiction,
    Lift,
    Limit,
    Restrict,
    Review,
    Selector,
    action_id_of,
)
from shared.restrictions.limits import holds_money
from shared.restrictions.statements import Facts, jurisdiction_in, statement_of
from shared.signals.times import stamp

MOST_LINKED = 20
"""So many are met by one linked effect: whoever shares a device with more is in a café, and a record has 400 KB."""

_TELLING = {"usual_country": None, "country": None, "ships_from": "seller", "shipping_country": "buyer"}
"""Fields that tell a country, best first, and of whom: in a role, or (None) of the actor."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What the actions of one decision are made from, beside rules and their effects.

    `inputs` are the decision's own, as its capsule keeps them, `links` what its linked features found.
    """

    particulars: Particulars
    inputs: Mapping[str, Any]
    links: tuple[Linked, ...]
    policy: Policy

    def jurisdiction(self, entity: str) -> Jurisdiction:
        """Whose law protects an entity: by the country that the signal tells of its role, else the default one.

        Things, such as a card or a listing, are the actor's. Of other people than the actor a signal mostly tells no
        country, and another one's is worse than none.
        """
        about, roles = self.particulars, self.particulars.entities
        acting = roles.get(about.actor, about.subject)
        for field, role in _TELLING.items():
            told_of = acting if role is None else roles.get(role)
            country = self.inputs.get(field)
            if country and (entity == told_of or (not entity.startswith("user:") and told_of == acting)):
                return jurisdiction_in(self.policy.jurisdictions, country)
        return jurisdiction_in(self.policy.jurisdictions, None)


def actions_of(rule: Rule, effects: Iterable[Effect], occasion: Occasion) -> Iterator[Action]:
    """The actions by which these effects of a rule are asked for; those of roles that the signal lacks are left out.

    Linked restrictions follow from the direct one of the same rule: where that is not among `effects`, neither are
    they. An effect of one order or listing is left out when the signal names none: it never widens to the whole.
    """
    asked = list(dict.fromkeys(effects))
    direct: dict[tuple[str, str], Action] = {}
    for effect in asked:
        action = None if isinstance(effect, Restrict) and effect.linked else _direct(rule, effect, asked, occasion)
        if action:
            if action.kind == "restrict" and not action.scope:
                direct.setdefault((action.entity, action.lane), action)
            yield action
    for effect in asked:
        if isinstance(effect, Restrict) and effect.linked:
            yield from _linked(rule, effect, direct, occasion)


def decision_made(acting: Iterable[Rule], disposition: Disposition, occasion: Occasion) -> Action:
    """The word that the service which holds the thing waits for, `allow` included; past the gate's deadline, which
    counts from the signal's own time, the service has answered by itself, and the word is stale."""
    about = occasion.particulars
    gate = occasion.policy.gates.get(about.signal_type)
    deadline = about.time + gate.deadline if gate else None
    return Action(
        "decision",
        action_id_of(about.decision_id, "decision"),
        about.subject,
        "policy",
        about.known_at,
        next((rule.user_reason for rule in acting if rule.user_reason), ""),
        stale_after=deadline,
        details={
            "signal_type": about.signal_type,
            "signal_id": about.signal_id,
            "signal_source": about.source,
            "disposition": disposition,
            **({"deadline": stamp(deadline), "at_deadline": gate.then} if gate and deadline else {}),
        },
    )


def met_by_link(feature: str, links: Iterable[Linked]) -> dict[str, str]:
    """Whom a linked effect meets, each through the first entity that they share: the latest `MOST_LINKED`."""
    met: dict[str, str] = {}
    for link in links:
        if link.feature == feature:
            met |= {name: link.through for name in link.names if name not in met}
    return dict(islice(met.items(), MOST_LINKED))


def _direct(rule: Rule, effect: Effect, beside: Collection[Effect], occasion: Occasion) -> Action | None:
    """The action about the entity in the effect's own role."""
    match effect:
        case Restrict(of, only=only):
            entity, scope = _entity(of, occasion), _entity(only, occasion) if only else ""
            return None if entity is None or scope is None else _restrict(rule, effect, entity, scope, occasion)
        case Friction(of, ask, lasts):
            # Where something waits for the answer, an earlier one must not stand in its way.
            remembered = timedelta() if _is_awaited(ask, of, beside) else occasion.policy.guardrails.friction_memory
            details = {
                "ask": ask,
                "expires_at": stamp(occasion.particulars.known_at + lasts),
                "remember_hours": _hours(remembered),
            }
            return _action(rule, "friction", of, occasion, details, ask)
        case Command(of, command):
            return _action(rule, "command", of, occasion, {"command": command}, command)
        case Review(of, within):
            return _action(rule, "review", of, occasion, {"within_hours": _hours(within)} if within else {})
        case Lift(of, met):
            selector = Selector(until=met) if met == "documents" else Selector(until=met, abuse=rule.abuse)
            return _action(rule, "release", of, occasion, {"scope": "", "selector": selector.to_json()}, met)
        case _:
            return None


def _is_awaited(ask: str, role: str, effects: Iterable[Effect]) -> bool:
    """Whether one of these effects restricts the one in this role until what is asked for is done, and is not itself
    the limit by which a service asks for it."""
    return any(
        isinstance(each, Restrict) and each.of == role and ask in each.until and ask not in dict(each.limit.bounds)
        for each in effects
    )


def _restrict(rule: Rule, effect: Restrict, entity: str, scope: str, occasion: Occasion) -> Action:
    """A restriction, no longer than law lets automation hold money, and what whom it meets is told of it."""
    about, law = occasion.particulars, occasion.jurisdiction(entity)
    held = holds_money(effect.capability, effect.limit)
    lasts = min(effect.lasts, law.longest_hold) if held else effect.lasts
    details: dict[str, Any] = {
        "capability": effect.capability,
        "limit": effect.limit.to_json(),
        "expires_at": stamp(about.known_at + lasts),
    }
    if scope:
        details["scope"] = scope
    if effect.until:
        details["until"] = list(effect.until)
    if effect.on_expiry == "person":
        details |= {"on_expiry": "person", "holds_until": stamp(about.known_at + max(lasts, law.longest_hold))}
    if held:
        details["longest_hold_until"] = stamp(about.known_at + law.longest_hold)
    words = (effect.capability, scope, _text(details["limit"]), _text(effect.lasts))
    return _told(rule, _made(rule, "restrict", entity, occasion, details, *words), law, occasion)


def _linked(
    rule: Rule, effect: Restrict, direct: Mapping[tuple[str, str], Action], occasion: Occasion
) -> Iterator[Action]:
    """Restrictions of those who are linked to whom the rule restricts: never harder or longer than the source's own."""
    source = direct.get((_entity(effect.of, occasion) or "", effect.capability))
    if source is None:
        return
    given = Limit.from_json(source.details["limit"])
    limit = effect.limit if given.covers(effect.limit) else given
    feature = effect.linked or ""
    words = (effect.capability, source.action_id, feature, _text(limit.to_json()), _text(effect.lasts))
    for entity, through in met_by_link(feature, occasion.links).items():
        if entity == source.entity:
            continue
        details = {
            "capability": effect.capability,
            "limit": limit.to_json(),
            "expires_at": _earlier(occasion.particulars.known_at + effect.lasts, source.details["expires_at"]),
            "via": {"entity": source.entity, "action_id": source.action_id, "through": through},
        }
        if effect.until:
            details["until"] = list(effect.until)
        law = occasion.jurisdiction(entity)
        if holds_money(effect.capability, limit):
            details["longest_hold_until"] = stamp(occasion.particulars.known_at + law.longest_hold)
        yield _told(rule, _made(rule, "restrict", entity, occasion, details, *words), law, occasion)


def _told(rule: Rule, action: Action, law: Jurisdiction, occasion: Occasion) -> Action:
    """The action with its statement of reasons."""
    facts = Facts(
        rule.user_reason,
        occasion.particulars.signal_type,
        business=action.entity == occasion.particulars.entities.get("seller"),
        suppress_notice=rule.suppress_notice,
    )
    return replace(action, details={**action.details, "statement": statement_of(action, facts, law)})


def _action(
    rule: Rule, kind: Any, role: str, occasion: Occasion, details: dict[str, Any], *words: str
) -> Action | None:
    entity = _entity(role, occasion)
    return None if entity is None else _made(rule, kind, entity, occasion, details, *words)


def _made(rule: Rule, kind: Any, entity: str, occasion: Occasion, details: dict[str, Any], *words: str) -> Action:
    about = occasion.particulars
    return Action(
        kind,
        action_id_of(about.decision_id, rule.name, kind, entity, *words),
        entity,
        f"rule:{rule.name}",
        about.known_at,
        rule.user_reason,
        rule.abuse,
        about.time + rule.stale_after,
        {**details, "version": rule.version},
    )


def _entity(role: str, occasion: Occasion) -> str | None:
    return occasion.particulars.entities.get(role)


def _earlier(moment: datetime, stamped: str) -> str:
    return min(stamp(moment), stamped)


def _hours(span: timedelta) -> float:
    return span / timedelta(hours=1)


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True) if isinstance(value, dict) else str(value)
