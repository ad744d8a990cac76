"""What is done of what a rule wants, once guardrails have given their verdicts: its effects, and the actions for them.

What was held back and can still be done later is parked: it waits for a person, as it was, under its own id.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from shared.decisions.acting import Occasion, actions_of
from shared.decisions.falling import parts_of
from shared.decisions.guarding import of_version
from shared.decisions.model import Particulars, Verdict
from shared.policy import Judgement, Rule
from shared.restrictions import Action, Effect, action_id_of

_LATER = ("restrict", "command", "release")
"""The kinds of action that can still be done when somebody has looked at them; the moment of the others passes."""


class Enacted(NamedTuple):
    """What one rule comes to."""

    effects: tuple[Effect, ...]
    actions: tuple[Action, ...]


def enacted(
    rule: Rule, judgement: Judgement, occasion: Occasion, stopped: Collection[str], verdicts: Iterable[Verdict]
) -> Enacted:
    """What a rule that is not held back does, and what of it is parked."""
    mine = [verdict for verdict in verdicts if verdict.rule == rule.name]
    parts = parts_of(rule, occasion.particulars, judgement, occasion.policy, stopped)
    levels = [max((each.level for each in mine if each.part == number), default=0) for number in range(len(parts))]
    effects = _together(part[level].effects for part, level in zip(parts, levels, strict=True))
    actions = list(actions_of(rule, effects, occasion))
    if parked := [verdict for verdict in mine if verdict.parked]:
        wanted = _together(part[0].effects for part in parts)
        actions += _parked(actions_of(rule, wanted, occasion), {action.action_id for action in actions}, rule, parked)
    return Enacted(effects, tuple(actions))


def trips(verdicts: Iterable[Verdict], rules: Mapping[str, Rule], particulars: Particulars) -> Iterator[Action]:
    """The word that a guardrail tripped: the same for every decision of its window, and published for the first."""
    for verdict in verdicts:
        if not verdict.window:
            continue
        rule = rules[verdict.rule]
        named = of_version(rule.name, rule.version)
        details = {
            "guardrail": verdict.guardrail,
            "rule": named,
            "became": verdict.became,
            "window": verdict.window,
            "why": verdict.why,
        }
        yield Action(
            "guardrail",
            action_id_of("guardrail", verdict.guardrail, named, verdict.window),
            f"rule:{rule.name}",
            f"guardrail:{verdict.guardrail.partition(':')[0]}",
            particulars.known_at,
            verdict.why,
            rule.abuse,
            details=details,
        )


def _together(effects: Iterable[tuple[Effect, ...]]) -> tuple[Effect, ...]:
    return tuple(effect for each in effects for effect in each)


def _parked(wanted: Iterable[Action], done: Collection[str], rule: Rule, verdicts: list[Verdict]) -> Iterator[Action]:
    """What was wanted, is not done, and can be done later."""
    why = "; ".join(dict.fromkeys(f"{verdict.guardrail}: {verdict.why}" for verdict in verdicts))
    for action in wanted:
        if action.kind in _LATER and action.action_id not in done:
            yield Action(
                "park",
                action_id_of(action.action_id, "park"),
                action.entity,
                action.source,
                action.occurred_at,
                action.reason,
                action.abuse,
                details={"action": action.to_json(), "why": why, "rule": rule.name},
            )
