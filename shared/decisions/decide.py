"""From a signal to a decision. No clock, no storage: everything comes in as a value.

`judge` gathers what the rules read and concludes; `conclude` is the second half alone, and is what recomputes a
decision from its own record: same particulars, same inputs, same policy, same decision.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from shared.decisions.model import Decision, FiredRule, Particulars
from shared.decisions.values import signal_values
from shared.features import Plan, Timelines
from shared.policy import Policy, Rule, Verdict
from shared.restrictions import (
    DISPOSITIONS,
    Action,
    Command,
    Dispose,
    Disposition,
    Friction,
    Restrict,
    Review,
    action_id_of,
)
from shared.signals import Pseudonyms, Signal, entities_of
from shared.signals.times import stamp

BUCKETS = 10_000


def judge(signal: Signal, past: Timelines, plan: Plan, policy: Policy, pseudonyms: Pseudonyms) -> Decision:
    """Decide about one signal as of its own time, seeing only what `past` holds."""
    entities = entities_of(signal, pseudonyms)
    program = policy.program(signal.name)
    features = {
        use.feature.name: past.measure(use.feature, entities[use.role], signal.time, signal.decision_id)
        if use.role in entities
        else None
        for use in program.features
    }
    inputs = program.inputs(signal_values(signal, entities), features)
    entries = plan.entries(signal, entities, pseudonyms)
    return conclude(Particulars.of(signal, entities), inputs, policy, entries)


def conclude(
    particulars: Particulars, inputs: Mapping[str, Any], policy: Policy, entries: tuple[Any, ...] = ()
) -> Decision:
    """The decision that follows from inputs: a pure function, for live judging and for recomputing alike."""
    program = policy.program(particulars.signal_type)
    verdicts = program.judge(inputs)
    fired = [(verdict.rule, _held_back(verdict.rule, particulars)) for verdict in verdicts if verdict.fired]
    acting = [rule for rule, held_back in fired if not held_back]
    disposition = _strongest(acting)
    actions = [action for rule in acting for action in _actions(rule, particulars)]
    if particulars.gating and not particulars.observe_only:
        actions.append(_decision_made(particulars, disposition, acting))
    return Decision(
        particulars,
        disposition,
        _scores(acting),
        tuple(FiredRule(rule.name, rule.abuse, program.reason(rule, inputs), held_back) for rule, held_back in fired),
        tuple(verdict.rule.name for verdict in verdicts if verdict.fired is None),
        _broken(verdicts),
        tuple(actions),
        policy.digest,
        inputs,
        entries,
    )


def _held_back(rule: Rule, particulars: Particulars) -> str | None:
    """Why a rule that fired acts on nothing; None lets it act."""
    if rule.mode == "shadow":
        return "shadow"
    if particulars.observe_only:
        return "redrive"
    if particulars.received_at > particulars.time + rule.stale_after:
        return "stale"
    if _bucket(rule.name, particulars.entities.get(particulars.actor, particulars.subject)) >= rule.rollout * BUCKETS:
        return "rollout"
    return None


def _bucket(rule_name: str, entity: str) -> int:
    """A stable number below `BUCKETS`: raising a rule's rollout only ever adds entities."""
    return int.from_bytes(blake2b(f"rollout\n{rule_name}\n{entity}".encode(), digest_size=8).digest()) % BUCKETS


def _strongest(acting: list[Rule]) -> Disposition:
    asked = [effect.disposition for rule in acting for effect in rule.effects if isinstance(effect, Dispose)]
    return max(asked, key=DISPOSITIONS.index, default="allow")


def _scores(acting: list[Rule]) -> dict[str, int]:
    scores: dict[str, int] = {}
    for rule in acting:
        scores[rule.abuse] = max(scores.get(rule.abuse, 0), rule.severity)
    return scores


def _broken(verdicts: tuple[Verdict, ...]) -> dict[str, str]:
    return {verdict.rule.name: verdict.error for verdict in verdicts if verdict.error}


def _actions(rule: Rule, particulars: Particulars) -> Iterator[Action]:
    for effect in rule.effects:
        if isinstance(effect, Dispose):
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
    reasons = [rule.user_reason for rule in acting]
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
