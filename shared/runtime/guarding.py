"""The guardrails of one batch: reserve what its decisions want, before any of them is written.

wanted ─▶ added where there is room ─▶ reckoned with what others had before ─▶ the same as wanted: settled
   ▲                                            │ less, or other budgets
   └────────────────────────────────────────────┘ the difference is added, or given back

Usually that is one call for an hour, and one for a day if a budget is a day's. A crash after it leaks what was
reserved; nothing ever gets over a limit. What cannot be counted is not done: see `unreached`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aws_lambda_powertools import Logger

from shared.decisions import (
    MILDER,
    Hits,
    Key,
    Known,
    Proposal,
    Reckoned,
    Stop,
    Trip,
    Verdict,
    hits_of,
    reckoned,
    uncounted,
    unreached,
)
from shared.runtime.tally import Tally
from shared.stores.failures import INFRASTRUCTURE
from shared.stores.guards import Counters, Guards

ATTEMPTS = 6
"""So often a batch asks again when others were quicker; then it makes do with what it has."""
AT_ONCE = 60
"""Budgets and rules counted in one call: each of its expressions has 4 KB."""
ENOUGH = 2
"""So many times the entities that a brake asks for may stand in a rule's set, then a process adds none: an edited brake
may ask for more within the hour."""
_HITS, _GOOD, _MET = "h:", "g:", "e:"


@dataclass(frozen=True)
class Guarding:
    """Asks the guardrails; `enough` are the rules, by hour, of which it need not tell any more whom they met."""

    guards: Guards
    log: Logger
    enough: set[Key] = field(default_factory=set)

    def verdicts(self, proposals: Sequence[Proposal], tally: Tally) -> Mapping[str, tuple[Verdict, ...]]:
        """What becomes of each proposal, by decision; those without verdicts go on as they are."""
        found = {each.decision_id: uncounted(each) for each in proposals if not each.counts}
        if counted := [each for each in proposals if each.counts]:
            found |= self._counted(counted, tally)
        return found

    def _counted(self, proposals: Sequence[Proposal], tally: Tally) -> Mapping[str, tuple[Verdict, ...]]:
        try:
            outcome = _Reservation(self.guards, proposals, self._hits(proposals), self.enough).settled()
        except INFRASTRUCTURE as error:
            self.log.warning("the guardrails could not be asked; what is hard is left to people", error=str(error))
            tally["GuardsUnreachable"] += 1
            return {each.decision_id: unreached(each) for each in proposals}
        self._tell(outcome.trips, tally)
        return outcome.verdicts

    def _hits(self, proposals: Sequence[Proposal]) -> dict[Key, Hits]:
        hits = hits_of(proposals)
        oldest = min((key.period for key in hits), default="")
        self.enough.difference_update([key for key in self.enough if key.period < oldest])
        return hits

    def _tell(self, trips: Sequence[Trip], tally: Tally) -> None:
        """Let everyone know what tripped; whoever does not hear of it finds out by counting."""
        for trip in trips:
            if trip.brakes:
                tally["BrakesTripped" if trip.stop.became == MILDER else "YoungRulesToShadow"] += 1
            self.log.warning("a guardrail tripped", guardrail=trip.guardrail, rule=trip.rule, why=trip.stop.why)
            try:
                self.guards.tell(trip)
            except INFRASTRUCTURE as error:
                self.log.warning("nobody could be told that a guardrail tripped", error=str(error))
                tally["GuardsUnreachable"] += 1


@dataclass
class _Reservation:
    """What one batch holds of the counters, and what it knows of them.

    `held` is what was added for it; `used` and `numbered` is what others did before, `tripped` and `told` what they
    found. `met` is how many known-good entities rules met: what is met here, until it is known what others met as well.
    """

    guards: Guards
    proposals: Sequence[Proposal]
    hits: Mapping[Key, Hits]
    enough: set[Key]
    held: Counter[Key] = field(default_factory=Counter)
    used: dict[Key, int] = field(default_factory=dict)
    numbered: dict[Key, tuple[int, int]] = field(default_factory=dict)
    tripped: dict[Key, Stop] = field(default_factory=dict)
    told: set[Key] = field(default_factory=set)
    met: dict[Key, int] = field(default_factory=dict)

    def settled(self) -> Reckoned:
        """What becomes of the proposals, with all that they use reserved, and nothing else."""
        self.met = {key: len(hit.met) for key, hit in self.hits.items()}
        for _ in range(ATTEMPTS):
            outcome = reckoned(self.proposals, self._known())
            if self.numbered.keys() == self.hits.keys() and outcome.uses == self.held:
                return outcome
            self._add(outcome.uses, outcome.limits)
        # Others are always quicker: do with what is held, and give back the rest.
        self._add(self.held, {})
        outcome = reckoned(self.proposals, self._known(self.held))
        self._add(outcome.uses, {})
        return outcome

    def _known(self, most: Mapping[Key, int] | None = None) -> Known:
        return Known(self.used, self.numbered, self.tripped, self.told, self.met, most)

    def _add(self, wanted: Counter[Key], limits: Mapping[Key, int]) -> None:
        """Add what is wanted and not held where there is room, give back what is held and not wanted; number hits."""
        amounts: dict[str, list[dict[str, int]]] = defaultdict(list)
        most: dict[Key, int] = {}
        for key in sorted({*wanted, *self.held}):
            if change := wanted[key] - self.held[key]:
                amounts[key.period].append({key.name: change})
                if change > 0:
                    most[key] = limits[key] - change
        for key in sorted(self.hits.keys() - self.numbered.keys()):
            hit = self.hits[key]
            amounts[key.period].append({_HITS + key.name: hit.total, _GOOD + key.name: hit.good})
        for period, each in amounts.items():
            for start in range(0, len(each), AT_ONCE):
                asked = {name: amount for one in each[start : start + AT_ONCE] for name, amount in one.items()}
                bounds = {name: most[Key(period, name)] for name in asked if Key(period, name) in most}
                self._learn(period, asked, self.guards.add(period, asked, bounds, self._people(period, asked)))

    def _people(self, period: str, asked: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Whom known good the rules met whose hits are numbered by a call."""
        rules = [name.removeprefix(_HITS) for name in asked if name.startswith(_HITS)]
        told = [rule for rule in rules if Key(period, rule) not in self.enough]
        return {_MET + rule: met for rule in told if (met := self.hits[Key(period, rule)].met)}

    def _learn(self, period: str, asked: Mapping[str, int], found: Counters) -> None:
        """What a call tells of what others did, and the batch has."""
        numbers = found.numbers
        for name, amount in asked.items() if found.added else ():
            if name.startswith(_HITS):
                rule = name.removeprefix(_HITS)
                key, good = Key(period, rule), _GOOD + rule
                self.numbered[key] = numbers[name] - amount, numbers[good] - asked[good]
                self.met[key] = found.met.get(_MET + rule, 0)
                if self.met[key] >= ENOUGH * self.hits[key].least:
                    self.enough.add(key)
            elif not name.startswith(_GOOD):
                self.held[Key(period, name)] += amount
        self.held = +self.held
        self.used |= {Key(period, name): value - self.held[Key(period, name)] for name, value in numbers.items()}
        self.tripped |= {Key(period, name): stop for name, stop in found.tripped.items()}
        self.told |= {Key(period, name) for name in found.told}
