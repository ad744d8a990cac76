"""From a signal to a decision. No clock, no storage: everything comes in as a value.

weigh ─▶ what the rules say ─▶ propose ─▶ what they want ─▶ guardrails ─▶ verdicts ─▶ conclude ─▶ the decision

`conclude` is also what recomputes a decision from its own record: same particulars, same inputs, same policy, same
verdicts, same decision.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from shared.decisions.acting import Occasion, decision_made
from shared.decisions.answering import Answer, consequences
from shared.decisions.enacting import Enacted, enacted, trips
from shared.decisions.guarding import Controls, Proposal, proposal_of
from shared.decisions.model import Decision, FiredRule, Linked, Particulars, Verdict
from shared.decisions.reckoning import SHADOW, uncounted
from shared.decisions.shares import is_within
from shared.decisions.values import signal_values
from shared.features import Asking, Entry, Plan, Timelines, asking
from shared.policy import Judgement, Policy, Program, Rule
from shared.restrictions import DISPOSITIONS, Action, Dispose, Disposition
from shared.signals import Pseudonyms, Signal, entities_of


@dataclass(frozen=True, slots=True)
class Weighed:
    """One signal as the rules see it, before anything follows from it."""

    particulars: Particulars
    judgement: Judgement
    inputs: Mapping[str, Any]
    policy: Policy
    entries: tuple[Entry, ...]
    links: tuple[Linked, ...]

    def proposal(self, controls: Controls) -> Proposal:
        """What its rules want of the guardrails."""
        about = self.particulars
        acting = [rule for rule in self.judgement.fired if not _held_back(rule, about, controls.stopped)]
        occasion = Occasion(about, self.inputs, self.links, self.policy)
        return proposal_of(acting, self.judgement, occasion, controls)

    def concluded(self, stopped: Collection[str], verdicts: tuple[Verdict, ...]) -> Decision:
        """The decision that follows, with these verdicts of the guardrails."""
        decision = conclude(
            self.particulars,
            self.judgement,
            self.inputs,
            self.policy,
            stopped,
            links=self.links,
            verdicts=verdicts,
        )
        return replace(decision, entries=self.entries)

    def answering(self, signal: Signal, decision: Decision) -> "Weighed":
        """The same, where `signal` overturns this decision, which was not yet recorded when the signal was weighed."""
        answer = Answer.of(signal, {decision.particulars.decision_id: decision.actions})
        return replace(self, particulars=replace(self.particulars, answer=answer))

    def unguarded(self, stopped: Collection[str]) -> Decision:
        """The decision as if budgets never ended and nothing were braked."""
        return self.concluded(stopped, uncounted(self.proposal(Controls(stopped))))


def weigh(
    signal: Signal,
    past: Timelines,
    plan: Plan,
    policy: Policy,
    pseudonyms: Pseudonyms,
    actions_of: Mapping[str, Sequence[Action]] | None = None,
) -> Weighed:
    """What the rules say about one signal as of its own time, seeing only what `past` holds.

    `actions_of` has what earlier decisions asked for that the signal may overturn, by decision.
    """
    entities = entities_of(signal, pseudonyms)
    program = policy.program(signal.name)
    asks = asking(signal, entities, pseudonyms)
    features = {
        use.feature.name: past.measure(use.feature, entities[use.role], asks) if use.role in entities else None
        for use in program.features
    }
    values = {**signal_values(signal, entities), **features}
    judgement = program.judge(values)
    return Weighed(
        Particulars.of(signal, entities, actions_of),
        judgement,
        program.inputs(values, judgement.facts),
        policy,
        plan.entries(signal, entities, pseudonyms),
        _links(program, past, entities, asks),
    )


def judge(
    signal: Signal,
    past: Timelines,
    plan: Plan,
    policy: Policy,
    pseudonyms: Pseudonyms,
    stopped: Collection[str] = (),
) -> Decision:
    """Decide about one signal alone, as if budgets never ended and nothing were braked: for trying rules out."""
    return weigh(signal, past, plan, policy, pseudonyms).unguarded(stopped)


def _links(program: Program, past: Timelines, entities: Mapping[str, str], asks: Asking) -> tuple[Linked, ...]:
    """Where the numbers of linked features come from."""
    uses = [use for use in program.features if use.feature.kind == "linked" and use.role in entities]
    found = [(use.feature, entities[use.role], past.linked(use.feature, entities[use.role], asks)) for use in uses]
    return tuple(Linked(feature.name, entity, feature.strength, names) for feature, entity, names in found if names)


def conclude(  # noqa: PLR0913  (all that a decision is made from)
    particulars: Particulars,
    judgement: Judgement,
    inputs: Mapping[str, Any],
    policy: Policy,
    stopped: Collection[str] = (),
    *,
    links: tuple[Linked, ...] = (),
    verdicts: tuple[Verdict, ...] = (),
) -> Decision:
    """The decision that follows from a judgement: a pure function, for live judging and for recomputing alike.

    `inputs` is what the judgement can be recomputed from, as `Program.inputs` gives it; `stopped` are the switches that
    are off, and `verdicts` what guardrails made of what the rules want.
    """
    program = policy.program(particulars.signal_type)
    occasion = Occasion(particulars, inputs, links, policy)
    fired = [(rule, _held_back(rule, particulars, stopped)) for rule in judgement.fired]
    braked = {verdict.rule for verdict in verdicts if verdict.became == SHADOW}
    unheld = [rule for rule, held_back in fired if not held_back]
    done = {rule.name: enacted(rule, judgement, occasion, stopped, verdicts) for rule in unheld}
    acting = [rule for rule in unheld if rule.name not in braked]
    disposition = _strongest(done.values())
    actions = [action for each in done.values() for action in each.actions]
    actions += trips(verdicts, {rule.name: rule for rule in unheld}, particulars)
    actions += _answers(particulars, policy)
    if particulars.gating and not particulars.observe_only:
        actions.append(decision_made(acting, disposition, occasion))
    return Decision(
        particulars,
        disposition,
        _scores(acting, program, inputs),
        tuple(
            FiredRule(
                rule.name,
                rule.abuse,
                program.reason(rule, inputs),
                held_back or ("braked" if rule.name in braked else None),
            )
            for rule, held_back in fired
        ),
        tuple(rule.name for rule in judgement.unknown),
        judgement.broken,
        tuple({action.action_id: action for action in reversed(actions)}.values())[::-1],
        policy.digest,
        inputs,
        links=links,
        guarded=verdicts,
    )


def _held_back(rule: Rule, particulars: Particulars, stopped: Collection[str]) -> str | None:  # noqa: PLR0911  (one return for each reason)
    """Why a rule that fired acts on nothing; None lets it act."""
    if particulars.challenger:
        return "challenger"
    if rule.mode == "shadow":
        return "shadow"
    if stopped and not {"*", rule.name, f"abuse:{rule.abuse}"}.isdisjoint(stopped):
        return "stopped"
    if rule.expires and particulars.time >= rule.expires:
        return "expired"
    if particulars.observe_only:
        return "redrive"
    if particulars.received_at > particulars.time + rule.stale_after:
        return "stale"
    entity = particulars.entities.get(particulars.actor, particulars.subject)
    return None if is_within(rule.rollout, f"rollout\n{rule.name}", entity) else "rollout"


def _answers(particulars: Particulars, policy: Policy) -> Iterator[Action]:
    """What follows by itself from a signal that is somebody's answer."""
    if particulars.answer and not particulars.observe_only:
        yield from consequences(particulars, policy.guardrails.clearance)


def _strongest(done: Iterable[Enacted]) -> Disposition:
    asked = [effect.disposition for each in done for effect in each.effects if isinstance(effect, Dispose)]
    return max(asked, key=DISPOSITIONS.index, default="allow")


def _scores(acting: list[Rule], program: Program, inputs: Mapping[str, Any]) -> dict[str, float]:
    """The highest severity by abuse kind."""
    scores: dict[str, float] = {}
    for rule in acting:
        scores[rule.abuse] = max(scores.get(rule.abuse, 0), program.severity(rule, inputs))
    return scores
