"""From a signal to a decision. No clock, no storage: everything comes in as a value.

`judge` gathers what the rules read and concludes; `conclude` is the second half alone, and is what recomputes a
decision from its own record: same particulars, same inputs, same policy, same decision.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from shared.decisions.model import Decision, FiredRule, Linked, Particulars
from shared.decisions.shares import is_within
from shared.decisions.values import signal_values
from shared.features import Asking, Plan, Timelines, asking
from shared.policy import Judgement, Policy, Program, Rule
from shared.restrictions import (
    DISPOSITIONS,
    Action,
    Command,
    Dispose,
    Disposition,
    Friction,
    Restrict,
    Review,
    Score,
    action_id_of,
)
from shared.signals import Pseudonyms, Signal, entities_of
from shared.signals.times import stamp


def judge(
    signal: Signal,
    past: Timelines,
    plan: Plan,
    policy: Policy,
    pseudonyms: Pseudonyms,
    stopped: Collection[str] = (),
) -> Decision:
    """Decide about one signal as of its own time, seeing only what `past` holds; `stopped` rules act on nothing."""
    entities = entities_of(signal, pseudonyms)
    program = policy.program(signal.name)
    asks = asking(signal, entities, pseudonyms)
    features = {
        use.feature.name: past.measure(use.feature, entities[use.role], asks) if use.role in entities else None
        for use in program.features
    }
    values = {**signal_values(signal, entities), **features}
    judgement = program.judge(values)
    inputs = program.inputs(values, judgement.facts)
    entries = plan.entries(signal, entities, pseudonyms)
    decision = conclude(Particulars.of(signal, entities), judgement, inputs, policy, stopped)
    return replace(decision, entries=entries, links=_links(program, past, entities, asks))


def _links(program: Program, past: Timelines, entities: Mapping[str, str], asks: Asking) -> tuple[Linked, ...]:
    """Where the numbers of linked features come from."""
    uses = [use for use in program.features if use.feature.kind == "linked" and use.role in entities]
    found = [(use.feature, entities[use.role], past.linked(use.feature, entities[use.role], asks)) for use in uses]
    return tuple(Linked(feature.name, entity, feature.strength, names) for feature, entity, names in found if names)


def conclude(
    particulars: Particulars,
    judgement: Judgement,
    inputs: Mapping[str, Any],
    policy: Policy,
    stopped: Collection[str] = (),
) -> Decision:
    """The decision that follows from a judgement: a pure function, for live judging and for recomputing alike.

    `inputs` is what the judgement can be recomputed from, as `Program.inputs` gives it.
    """
    program = policy.program(particulars.signal_type)
    fired = [(rule, _held_back(rule, particulars, stopped)) for rule in judgement.fired]
    acting = [rule for rule, held_back in fired if not held_back]
    disposition = _strongest(acting)
    actions = [action for rule in acting for action in _actions(rule, particulars)]
    if particulars.gating and not particulars.observe_only:
        actions.append(_decision_made(particulars, disposition, acting))
    return Decision(
        particulars,
        disposition,
        _scores(acting, program, inputs),
        tuple(FiredRule(rule.name, rule.abuse, program.reason(rule, inputs), held_back) for rule, held_back in fired),
        tuple(rule.name for rule in judgement.unknown),
        judgement.broken,
        tuple(actions),
        policy.digest,
        inputs,
    )


def _held_back(rule: Rule, particulars: Particulars, stopped: Collection[str]) -> str | None:  # noqa: PLR0911  (one return for each reason)
    """Why a rule that fired acts on nothing; None lets it act."""
    if particulars.challenger:
        return "challenger"
    if rule.mode == "shadow":
        return "shadow"
    if rule.name in stopped:
        return "stopped"
    if rule.expires and particulars.time >= rule.expires:
        return "expired"
    if particulars.observe_only:
        return "redrive"
    if particulars.received_at > particulars.time + rule.stale_after:
        return "stale"
    entity = particulars.entities.get(particulars.actor, particulars.subject)
    return None if is_within(rule.rollout, f"rollout\n{rule.name}", entity) else "rollout"


def _strongest(acting: list[Rule]) -> Disposition:
    asked = [effect.disposition for rule in acting for effect in rule.effects if isinstance(effect, Dispose)]
    return max(asked, key=DISPOSITIONS.index, default="allow")


def _scores(acting: list[Rule], program: Program, inputs: Mapping[str, Any]) -> dict[str, float]:
    """The highest severity by abuse kind."""
    scores: dict[str, float] = {}
    for rule in acting:
        scores[rule.abuse] = max(scores.get(rule.abuse, 0), program.severity(rule, inputs))
    return scores


def _actions(rule: Rule, particulars: Particulars) -> Iterator[Action]:
    for effect in rule.effects:
        if isinstance(effect, Dispose | Score):
            continue
        entity = particulars.entities.get(effect.of)
        if entity is None:
            continue
        kind, details, *words = _asked(effect, particulars)
        yield Action(
            kind,
            action_id_of(particulars.decision_id, rule.name, kind, entity, *words),
            entity,
            f"rule:{rule.name}",
            particulars.known_at,
            rule.user_reason,
            rule.abuse,
            particulars.time + rule.stale_after,
            details,
        )


def _asked(effect: Restrict | Friction | Command | Review, particulars: Particulars) -> tuple[Any, ...]:
    """The action's kind and details, and the words that tell it from the rule's other actions on the entity."""

    def after(span: timedelta) -> str:
        return stamp(particulars.known_at + span)

    match effect:
        case Restrict(_, capability, allowed, lasts):
            details = {"capability": capability, "allowed": allowed, "expires_at": after(lasts)}
            return "restrict", details, capability
        case Friction(_, ask, lasts):
            return "friction", {"ask": ask, "expires_at": after(lasts)}, ask
        case Command(_, command):
            return "command", {"command": command}, command
        case Review():
            return "review", {}


def _decision_made(particulars: Particulars, disposition: Disposition, acting: list[Rule]) -> Action:
    """The word that the service which holds the thing waits for, `allow` included."""
    reasons = [rule.user_reason for rule in acting if rule.user_reason]
    return Action(
        "decision",
        action_id_of(particulars.decision_id, "decision"),
        particulars.subject,
        "policy",
        particulars.known_at,
        reasons[0] if reasons else "",
        details={
            "signal_type": particulars.signal_type,
            "signal_id": particulars.signal_id,
            "signal_source": particulars.source,
            "disposition": disposition,
        },
    )
