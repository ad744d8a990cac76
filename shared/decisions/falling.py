"""What a rule wants in parts, and what each part falls to when a guardrail does not let it through.

deny ─▶ pend ─▶ challenge ─▶ review           what becomes of the thing at hand
restriction or command ─▶ step-up ─▶ review   a user can be asked; of cards, devices and listings only people can be
release ─▶ review                             what waits goes on waiting, and a person looks whether it must
a rung of a ladder ─▶ the rungs below ─▶ review
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from shared.decisions.model import Particulars
from shared.policy import Judgement, Policy, Rule
from shared.restrictions import (
    DISPOSITIONS,
    TIERS,
    Command,
    Dispose,
    Effect,
    Friction,
    Lift,
    Restrict,
    Review,
    Score,
    Tier,
    tier_of,
)

TAKEOVER = "account_takeover"
_HIJACKERS_WANT = frozenset({"withdraw", "change_payout_account"})
"""What takeover rules may hold of anybody for a while: it is what somebody who got in goes for."""
_STEP_UP = timedelta(hours=24)
"""How long a demand stands that takes the place of something harder."""


class Choice(NamedTuple):
    """What can be done for one part of what a rule wants; without effects, nothing."""

    effects: tuple[Effect, ...]
    alone: bool = True
    """Whether it can be done without a person's word."""

    @property
    def tier(self) -> Tier | None:
        """The tier of its hardest effect; None of nothing."""
        tiers = [tier for effect in self.effects if (tier := tier_of(effect))]
        return max(tiers, key=TIERS.index, default=None)

    @property
    def can_wait(self) -> bool:
        """Whether any of it can be done later as well as now."""
        return any(isinstance(effect, Restrict | Command | Lift) for effect in self.effects)

    @property
    def is_mild(self) -> bool:
        """Whether it costs whom it meets a moment at most."""
        return self.tier in (None, "review", "friction")


Part = tuple[Choice, ...]
"""The choices for one part, hardest first: the first is what the rule wants, the last is nothing."""


def parts_of(
    rule: Rule, particulars: Particulars, judgement: Judgement, policy: Policy, stopped: Collection[str] = ()
) -> tuple[Part, ...]:
    """What a rule that fired wants of somebody, each part with all that it can fall to.

    What nobody would feel is left out: scores, and effects on roles that the signal does not name. So are restrictions
    of capabilities that are `stopped`, and whatever they would fall to.
    """
    kept, most = known_good(rule, particulars, judgement), policy.guardrails.takeover_hold
    parts: list[Part] = []
    for effect in rule.effects:
        if _is_felt(effect, particulars, stopped):
            wanted = _shortened(effect, most) if is_excepted(rule, effect, particulars, kept) else effect
            parts.append((Choice((wanted,)), *_falling(effect, particulars)))
    if rule.ladder:
        parts += _climbed(rule, judgement, particulars, stopped)
    return tuple(parts)


def switch_of(effect: Effect) -> str | None:
    """The switch that stops an effect whatever rule asks for it; None of an effect that has none."""
    return f"capability:{effect.capability}" if isinstance(effect, Restrict) else None


def known_good(rule: Rule, particulars: Particulars, judgement: Judgement) -> frozenset[str]:
    """The entities that are known good for the rule's abuse kind."""
    roles = [role for abuse, role in judgement.known_good if abuse == rule.abuse]
    return frozenset(particulars.entities[role] for role in roles if role in particulars.entities)


def target_of(effect: Effect, particulars: Particulars) -> str:
    """Whom an effect meets: of a disposition, whoever acts."""
    role = particulars.actor if isinstance(effect, Dispose | Score) else effect.of
    return particulars.entities.get(role, particulars.subject)


def is_excepted(rule: Rule, effect: Effect, particulars: Particulars, kept: frozenset[str]) -> bool:
    """Whether a takeover rule may hold this of somebody who is known good: a hijacker inherits that."""
    return (
        rule.abuse == TAKEOVER
        and isinstance(effect, Restrict)
        and effect.linked is None
        and effect.capability in _HIJACKERS_WANT
        and target_of(effect, particulars) in kept
    )


def _shortened(effect: Effect, most: timedelta) -> Effect:
    """The same hold, at most so long, and over at its end."""
    if isinstance(effect, Restrict) and (effect.lasts > most or effect.on_expiry != "release"):
        return replace(effect, lasts=min(effect.lasts, most), on_expiry="release")
    return effect


def _is_felt(effect: Effect, particulars: Particulars, stopped: Collection[str]) -> bool:
    if switch_of(effect) in stopped:
        return False
    if isinstance(effect, Dispose):
        return True
    if isinstance(effect, Score) or effect.of not in particulars.entities:
        return False
    return not (isinstance(effect, Restrict) and effect.only) or effect.only in particulars.entities


def _falling(effect: Effect, particulars: Particulars) -> Iterator[Choice]:
    """What is milder than an effect, step by step."""
    match effect:
        case Dispose(disposition):
            milder = DISPOSITIONS[1 : DISPOSITIONS.index(disposition)]
            yield from (Choice((Dispose(each),)) for each in reversed(milder))
            yield from _reviewing(particulars.actor, particulars)
        case Restrict(of) | Command(of):
            asked = particulars.entities[of].startswith("user:") and not getattr(effect, "linked", None)
            if asked:
                yield Choice((Friction(of, "step_up", _STEP_UP),))
            yield from _reviewing(of, particulars)
        case Friction(of) | Lift(of):
            yield from _reviewing(of, particulars)
    yield Choice(())


def _reviewing(role: str, particulars: Particulars) -> Iterator[Choice]:
    if role in particulars.entities:
        yield Choice((Review(role),))


def _climbed(rule: Rule, judgement: Judgement, particulars: Particulars, stopped: Collection[str]) -> Iterator[Part]:
    """The rung that a rule got to, and those below; none where it got to none."""
    climb = rule.climbed(judgement.steps)
    if climb.stands is None:
        return
    place = next(number for number, step in enumerate(rule.ladder) if step is climb.stands)
    rungs = [step for step in reversed(rule.ladder[: place + 1]) if step.person is None]
    felt = [tuple(effect for effect in step.effects if _is_felt(effect, particulars, stopped)) for step in rungs]
    choices = [Choice(effects) for effects in felt if effects]
    wanted = climb.asked.effects if climb.asked else ()
    asked = tuple(effect for effect in wanted if _is_felt(effect, particulars, stopped))
    effects = (effect for each in (asked, *felt) for effect in each)
    role = next((effect.of for effect in effects if not isinstance(effect, Dispose | Score)), "")
    if climb.asked and asked:
        standing = choices[0].effects if choices else ()
        choices[:1] = [Choice(asked, alone=False), Choice((*standing, Review(role, climb.asked.person)))]
    if choices:
        reviewing = [] if choices[-1].tier == "review" else list(_reviewing(role, particulars))
        yield (*choices, *reviewing, Choice(()))
