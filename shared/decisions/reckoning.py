"""What the guardrails make of a batch's proposals, in the order of arrival, given what others used before them.

Pure, and greedy: one claim after the other takes what it needs where there is room, else its next milder choice does.
In one lane it does not matter how batches are cut, since a batch begins with what the one before it left. But for one
thing: whom a batch meets of the known good counts from its first hit on, when a brake asks how many different ones a
rule met. Before that brake trips, a rule acts on `max(least - 1, share * hits)` of them at most, each hit meeting one.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.decisions.guarding import Braking, Claim, Key, Proposal, Stop, Take, Want, word
from shared.decisions.model import Verdict

BRAKE = "brake"
BUDGET = "budget"
UNREACHABLE = "unreachable"
SHADOW = "shadow"
MILDER = "milder"


class Trip(NamedTuple):
    """A guardrail tripped, for the first time in its window that this batch knows of.

    `key` is the counter of a brake's hits, or names the budget in its period; `rule` is whose claim it was, of
    `version`, started again so many times (`number`).
    """

    guardrail: str
    rule: str
    version: str
    number: int
    key: Key
    stop: Stop
    at: str

    @property
    def brakes(self) -> bool:
        """Whether a rule is braked by it, and not just one claim refused."""
        return self.guardrail == BRAKE

    @property
    def keys(self) -> tuple[Key, ...]:
        """Where it holds: of a brake also in the next hour, when hits are counted anew, and a latch may be unknown."""
        return (self.key, _an_hour_later(self.key)) if self.brakes else (self.key,)


class Hits(NamedTuple):
    """A batch's hits of one rule: how many (`total`), and how many of them met somebody known good (`good`).

    `met` are the different known-good entities, of more than brake the rule (`least`) the first so many.
    """

    total: int
    good: int
    met: tuple[str, ...]
    least: int


@dataclass(frozen=True)
class Known:
    """What is known of counters: `used` of budgets by others, `numbered` hits before the batch's own.

    `tripped` has what brakes made of rules, by the key of their hits, `told` of which budgets it is known that they ran
    out. `met` is how many different known-good entities a rule met, the batch's own among them; from a brake's `least`
    on it may be too low. `most`, if it is given, is what was reserved for the batch: no more is to be had.
    """

    used: Mapping[Key, int] = field(default_factory=dict)
    numbered: Mapping[Key, tuple[int, int]] = field(default_factory=dict)
    tripped: Mapping[Key, Stop] = field(default_factory=dict)
    told: Collection[Key] = frozenset()
    met: Mapping[Key, int] = field(default_factory=dict)
    most: Mapping[Key, int] | None = None

    def room(self, take: Take) -> int:
        """How much of a counter the batch may use."""
        if self.most is not None:
            return self.most.get(take.key, 0)
        return take.limit - self.used.get(take.key, 0)


@dataclass(frozen=True)
class Reckoned:
    """The verdicts by decision where there are any; what of which counter they use, each with its limit; and what
    tripped."""

    verdicts: Mapping[str, tuple[Verdict, ...]]
    uses: Counter[Key]
    limits: Mapping[Key, int]
    trips: tuple[Trip, ...]


def hits_of(proposals: Iterable[Proposal]) -> dict[Key, Hits]:
    """The hits that are to be numbered, whatever becomes of them."""
    hits: dict[Key, Hits] = {}
    for proposal in proposals:
        for claim in proposal.claims:
            if braking := claim.braking:
                total, good, met, least = hits.get(braking.key, Hits(0, 0, (), braking.least))
                if claim.known_good:
                    good, met = good + 1, tuple(dict.fromkeys((*met, *claim.known_good)))[:least]
                hits[braking.key] = Hits(total + 1, good, met, least)
    return hits


def reckoned(proposals: Iterable[Proposal], known: Known) -> Reckoned:
    """What becomes of each proposal, the first first."""
    run = _Run(known, dict(known.numbered), dict(known.tripped))
    verdicts = {each.decision_id: tuple(run.settled(each)) for each in proposals}
    told = {decision_id: found for decision_id, found in verdicts.items() if found}
    return Reckoned(told, +run.uses, run.limits, tuple(run.trips.values()))


def unreached(proposal: Proposal) -> tuple[Verdict, ...]:
    """The verdicts where nothing could be counted: whatever must be, and is hard on somebody, is left to people."""
    return tuple(verdict for claim in proposal.claims for verdict in _unreached(claim))


def uncounted(proposal: Proposal) -> tuple[Verdict, ...]:
    """The verdicts where budgets never end and nothing is braked."""
    return tuple(verdict for claim in proposal.claims for verdict in _uncounted(claim))


def _uncounted(claim: Claim) -> Iterator[Verdict]:
    yield from claim.verdicts
    for want in claim.wants:
        yield from want.verdicts


def _unreached(claim: Claim) -> Iterator[Verdict]:
    yield from claim.verdicts
    for number, want in enumerate(claim.wants):
        yield from want.verdicts
        guarded = claim.braking is not None or want.takes[want.level]
        if guarded and not want.choices[want.level].is_mild:
            level = _first(want, want.level, ("review", None))
            why = "what others did could not be counted"
            yield Verdict(claim.rule, number, UNREACHABLE, level, word(want.choices[level]), why, want.parks)


@dataclass
class _Run:
    """One run over a batch."""

    known: Known
    numbered: dict[Key, tuple[int, int]]
    tripped: dict[Key, Stop]
    uses: Counter[Key] = field(default_factory=Counter)
    limits: dict[Key, int] = field(default_factory=dict)
    trips: dict[tuple[str, Key], Trip] = field(default_factory=dict)

    def settled(self, proposal: Proposal) -> Iterator[Verdict]:
        """The verdicts on every part of every claim."""
        for claim in proposal.claims:
            yield from claim.verdicts
            stop = self._braked(claim, claim.braking, proposal.at) if claim.braking else None
            for number, want in enumerate(claim.wants):
                yield from want.verdicts
                level = want.level
                if stop and (held := _held(claim, number, want, stop)):
                    yield held
                    level = held.level
                yield from self._budgeted(claim, number, want, level, proposal.at)

    def _braked(self, claim: Claim, braking: Braking, at: str) -> Stop | None:
        """Number the claim's hit; what the rule's brake makes of it."""
        count, good = self.numbered.get(braking.key, (0, 0))
        count, good = self.numbered[braking.key] = (count + 1, good + bool(claim.known_good))
        stop = braking.latched or self.tripped.get(braking.key)
        if stop is None and (why := _over(braking, count, good, self.known.met.get(braking.key, 0))):
            stop = Stop(SHADOW if braking.young else MILDER, braking.key.period, why)
            trip = Trip(BRAKE, claim.rule, claim.version, braking.number, braking.key, stop, at)
            self.tripped |= dict.fromkeys(trip.keys, stop)
            self.trips[BRAKE, braking.key] = trip
        return stop

    def _budgeted(self, claim: Claim, number: int, want: Want, level: int, at: str) -> Iterator[Verdict]:
        """Take what the choice at this level uses, or the next milder one that there is room for."""
        short: list[Take] = []
        for place in range(level, len(want.choices)):
            lacking = [take for take in want.takes[place] if self.known.room(take) - self.uses[take.key] < take.amount]
            if not lacking:
                break
            short += lacking
        for take in want.takes[place]:
            self.uses[take.key] += take.amount
            self.limits[take.key] = min(take.limit, self.limits.get(take.key, take.limit))
        if short:
            became, window = word(want.choices[place]), short[0].key.period
            stop = Stop(became, window, f"no room left for {' and '.join(dict.fromkeys(t.budget for t in short))}")
            for take in short:
                trip = Trip(_named(take), claim.rule, claim.version, 0, Key(take.key.period, take.budget), stop, at)
                if trip.key not in self.known.told:
                    self.trips.setdefault((trip.guardrail, trip.key), trip)
            guardrail = _named(short[0])
            yield Verdict(claim.rule, number, guardrail, place, became, stop.why, want.parks, window)


def _over(braking: Braking, count: int, good: int, met: int) -> str:
    """Why a rule must be braked at this hit; empty where it need not.

    One known-good entity brakes nothing, however often it is hit: else whoever has an aged account could stop a rule.
    """
    if min(good, met) >= braking.least and good > braking.share * count:
        return f"{good} of {count} hits met known-good entities"
    if braking.most is not None and count > braking.most:
        return f"more than the {braking.most} hits an hour that it expects"
    return ""


def _held(claim: Claim, number: int, want: Want, stop: Stop) -> Verdict | None:
    """What a brake makes of one part; None where that is mild enough to go on."""
    if stop.became == SHADOW:
        last = len(want.choices) - 1
        return Verdict(claim.rule, number, BRAKE, last, SHADOW, stop.why, want.parks, stop.window)
    if want.choices[want.level].tier in ("review", None):
        return None
    level = want.level + 1
    became = word(want.choices[level])
    return Verdict(claim.rule, number, BRAKE, level, became, stop.why, want.parks, stop.window)


def _named(take: Take) -> str:
    return f"{BUDGET}:{take.budget}"


def _first(want: Want, level: int, tiers: tuple[str | None, ...]) -> int:
    """The first level from this one on with a choice of these tiers; the last one is nothing, which has none."""
    return next(place for place, choice in enumerate(want.choices) if place >= level and choice.tier in tiers)


def _an_hour_later(key: Key) -> Key:
    hour = datetime.strptime(key.period, "%Y-%m-%dT%H") + timedelta(hours=1)  # noqa: DTZ007  (in UTC, as all periods)
    return Key(f"{hour:%Y-%m-%dT%H}", key.name)
