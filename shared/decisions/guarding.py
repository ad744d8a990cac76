"""What the rules that fired on one signal claim of the guardrails: hits to be numbered, and uses of budgets.

Pure, and made before anything is reserved. What needs no counting is settled here: switches of capabilities, rungs that
need a person, and who is known good. All else is settled by `reckoned`, when it is known what others used.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import NamedTuple

from shared.decisions.acting import Occasion, met_by_link
from shared.decisions.falling import Choice, Part, is_excepted, known_good, parts_of, switch_of, target_of
from shared.decisions.model import Particulars, Verdict
from shared.policy import Judgement, Policy, Rule
from shared.restrictions import Budget, Effect, Lift, tier_of
from shared.signals import CATALOGUE
from shared.signals.amounts import Amount
from shared.signals.times import stamp

KNOWN_GOOD = "known_good"
PERSON = "person"
WHOLE = -1
"""Stands where a part's number stands, for what is no part of a rule any more."""


class Key(NamedTuple):
    """A counter: the period that it counts (`2026-11-22T13` or `2026-11-22`), and its name within that."""

    period: str
    name: str


class Take(NamedTuple):
    """So much of a counter that must not get over its limit, for a budget."""

    key: Key
    amount: int
    limit: int
    budget: str


class Stop(NamedTuple):
    """What a guardrail that tripped makes of what it looks at: a brake `shadow` or `milder`, a budget a tier.

    `window` is the period in which it tripped.
    """

    became: str
    window: str
    why: str


class Latch(NamedTuple):
    """A brake on a version of a rule that holds until a person starts the rule again, in whatever hour.

    `number` counts how often that was done: each time the rule's hits are counted anew. `stop` is None when it was.
    """

    number: int
    stop: Stop | None
    at: str


@dataclass(frozen=True, slots=True)
class Controls:
    """What stands beside a policy and decides how it is guarded.

    `stopped` are the switches that are off: rules, `*`, `abuse:<kind>`, `capability:<name>`. `young` says since when
    each `rule@version` that is new or edited is at work, `latches` which of them are braked, or were.
    """

    stopped: Collection[str] = frozenset()
    young: Mapping[str, datetime] = field(default_factory=dict)
    latches: Mapping[str, Latch] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Braking:
    """How the hits of a rule are counted and judged: see `Brake` and `Expectation`.

    `most` is None for established rules, which may be hit as often as there is reason to. `number` is a latch's.
    """

    key: Key
    share: float
    least: int
    most: int | None
    young: bool
    latched: Stop | None = None
    number: int = 0


@dataclass(frozen=True, slots=True)
class Want:
    """One part of what a rule wants, from what was settled already: `takes` has what each choice uses of budgets."""

    choices: Part
    takes: tuple[tuple[Take, ...], ...]
    verdicts: tuple[Verdict, ...] = ()

    @property
    def level(self) -> int:
        return max((verdict.level for verdict in self.verdicts), default=0)

    @property
    def parks(self) -> bool:
        """Whether what it wants can still be done when a person has looked at it."""
        return self.choices[0].can_wait


@dataclass(frozen=True, slots=True)
class Claim:
    """What one rule wants because of one signal; `braking` is None where nothing can brake it.

    `known_good` are the entities that it meets who are known good for its abuse kind. `verdicts` are those of switches,
    on parts that are no more among its wants.
    """

    rule: str
    version: str
    braking: Braking | None
    known_good: tuple[str, ...]
    wants: tuple[Want, ...]
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """All that one signal's rules want."""

    decision_id: str
    at: str
    claims: tuple[Claim, ...]

    @property
    def counts(self) -> bool:
        """Whether anything must be counted before it is settled."""
        return any(claim.braking or any(any(want.takes) for want in claim.wants) for claim in self.claims)


def proposal_of(acting: Iterable[Rule], judgement: Judgement, occasion: Occasion, controls: Controls) -> Proposal:
    """What the rules that act on a signal want."""
    about = occasion.particulars
    claims = [_claim(rule, judgement, occasion, controls) for rule in acting]
    return Proposal(about.decision_id, stamp(about.received_at), tuple(claim for claim in claims if claim))


def _claim(rule: Rule, judgement: Judgement, occasion: Occasion, controls: Controls) -> Claim | None:
    """What one rule wants; None where nobody would feel it."""
    about, policy = occasion.particulars, occasion.policy
    parts = parts_of(rule, about, judgement, policy)
    if not any(part[0].tier for part in parts):
        return None
    stopped = controls.stopped
    switches = dict.fromkeys(_switches(parts, stopped))
    verdicts = tuple(Verdict(rule.name, WHOLE, name, 0, "nothing", "somebody stopped it") for name in switches)
    if verdicts:
        parts = parts_of(rule, about, judgement, policy, stopped)
    kept = known_good(rule, about, judgement)
    asked = _Asked(rule, occasion, money_at_risk(about.signal_type, occasion.inputs), kept)
    wants = tuple(asked.want(number, part) for number, part in enumerate(parts))
    felt = (effect for part in parts for effect in part[0].effects if tier_of(effect) not in (None, "release"))
    met = tuple(dict.fromkeys(target for effect in felt if (target := target_of(effect, about)) in kept))
    braking = _braking(rule, about, policy, controls) if wants else None
    return Claim(rule.name, rule.version, braking, met, wants, verdicts)


def _switches(parts: Iterable[Part], stopped: Collection[str]) -> Iterator[str]:
    """The switches that take something away from what a rule wants, or can fall to."""
    if stopped:
        effects = (effect for part in parts for choice in part for effect in choice.effects)
        yield from (name for effect in effects if (name := switch_of(effect)) and name in stopped)


def money_at_risk(signal: str, inputs: Mapping[str, object]) -> Amount | None:
    """The money that a signal is about; of several amounts the first that its type declares."""
    names = [spec.visible_as for spec in CATALOGUE[signal].fields if spec.type == "money"]
    return next((value for name in names if isinstance(value := inputs.get(name), Amount)), None)


def of_version(rule: str, version: str) -> str:
    """`rule@version`, as people write it."""
    return f"{rule}@{version}"


def hour_of(moment: datetime) -> str:
    """The hour in UTC, as periods are named."""
    return stamp(moment)[:13]


def _braking(rule: Rule, particulars: Particulars, policy: Policy, controls: Controls) -> Braking | None:
    """How the rule is braked; None where there is neither somebody known good to count nor an expectation."""
    brake, expect = policy.guardrails.brake, rule.expect
    version = of_version(rule.name, rule.version)
    since = controls.young.get(version)
    young = since is not None and particulars.received_at < since + brake.settling
    most = expect.hits if young and expect else None
    latch = controls.latches.get(version)
    latched, number = (latch.stop, latch.number) if latch else (None, 0)
    counted = any(
        aside.serves == KNOWN_GOOD and aside.abuse == rule.abuse and particulars.signal_type in aside.on
        for aside in policy.asides.values()
    )
    if not counted and most is None and latched is None:
        return None
    key = Key(hour_of(particulars.received_at), f"{version}#{number}" if number else version)
    share = expect.known_good if expect and expect.known_good is not None else brake.known_good
    return Braking(key, share, brake.least, most, young, latched, number)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One rule on one signal."""

    rule: Rule
    occasion: Occasion
    risk: Amount | None
    kept: frozenset[str]

    @property
    def particulars(self) -> Particulars:
        return self.occasion.particulars

    def want(self, number: int, part: Part) -> Want:
        takes = tuple(tuple(self._takes(choice)) for choice in part)
        return Want(part, takes, tuple(self._settled(number, part)))

    def _settled(self, number: int, part: Part) -> Iterator[Verdict]:
        """What is decided about a part without counting."""
        parks = part[0].can_wait
        level = 0
        if not part[0].alone:
            level = 1
            why = "a person must agree to it"
            yield Verdict(self.rule.name, number, PERSON, level, word(part[level]), why, parks)
        hard = [effect for effect in part[level].effects if self._hits_known_good(effect)]
        if hard:
            mild = next(place for place, choice in enumerate(part) if place >= level and choice.is_mild)
            why = f"known good for {self.rule.abuse}"
            yield Verdict(self.rule.name, number, KNOWN_GOOD, mild, word(part[mild]), why, parks)

    def _hits_known_good(self, effect: Effect) -> bool:
        """Whether it would be hard on somebody who is known good, and may not be."""
        if target_of(effect, self.particulars) not in self.kept or getattr(effect, "linked", None):
            return False
        is_hard = not isinstance(effect, Lift) and not Choice((effect,)).is_mild
        return is_hard and not is_excepted(self.rule, effect, self.particulars, self.kept)

    def _takes(self, choice: Choice) -> Iterator[Take]:
        """What a choice uses of the policy's budgets."""
        for budget in self.occasion.policy.guardrails.budgets:
            effects = [effect for effect in choice.effects if self._counts(budget, effect)]
            if effects:
                yield from self._uses(budget, effects)

    def _counts(self, budget: Budget, effect: Effect) -> bool:
        kind, _, _ = target_of(effect, self.particulars).partition(":")
        return (
            tier_of(effect) is not None
            and budget.abuse in (None, self.rule.abuse)
            and budget.rule in (None, self.rule.name)
            and budget.tier in (None, tier_of(effect))
            and budget.entity_kind in (None, kind)
        )

    def _uses(self, budget: Budget, effects: list[Effect]) -> Iterator[Take]:
        hour = hour_of(self.particulars.received_at)
        period = hour if budget.per == "hour" else hour[:10]
        risk = self.risk
        high = risk is not None and risk.minor >= budget.high_value.get(risk.currency, risk.minor + 1)
        count = sum(self._met(effect) for effect in effects)
        if budget.count is not None and count:
            yield from _drawn(period, budget, "", count, budget.count, high=high)
        if risk and risk.minor and risk.currency in budget.money:
            at_risk = risk.minor * sum(not getattr(effect, "linked", None) for effect in effects)
            yield from _drawn(period, budget, f":{risk.currency}", at_risk, budget.money[risk.currency], high=high)

    def _met(self, effect: Effect) -> int:
        """How many an effect meets."""
        linked = getattr(effect, "linked", None)
        return len(met_by_link(linked, self.occasion.links)) if linked else 1


def _drawn(period: str, budget: Budget, what: str, amount: int, limit: int, *, high: bool) -> Iterator[Take]:
    """Of all, and of the share that what is cheap may use."""
    if not amount:
        return
    yield Take(Key(period, f"b:{budget.name}{what}"), amount, limit, budget.name)
    if budget.kept and not high:
        cheap = limit - ceil(round(limit * budget.kept, 6))
        yield Take(Key(period, f"c:{budget.name}{what}"), amount, cheap, budget.name)


def word(choice: Choice) -> str:
    """What a choice is, in a word."""
    return choice.tier or "nothing"
