"""How well decisions met the truth: abuse caught per campaign, and what honest people had to bear.

A signal is *stopped* when it was pended or denied, or when its user, or a device, card or other thing that it acts
with, had nothing left of a capability that the act needs (see `restraint`: a thief does not have what a step-up asks
for). A case with a moment of harm is *caught* when the first harm was stopped; one without, when no more than
`MOST_PASSED` of its abusive signals got through. An honest user is *touched* by anything stronger than friction: an own
signal pended or denied, a restriction however mild, or an act with a thing that is restricted. The owner of a
taken-over account is honest, until the takeover begins; what hits the account from then on hits the thief.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median

from infra.local.simulation.restraint import FOREVER, Restraints, Restricted, needed
from infra.local.simulation.settings import ABUSE_OF
from infra.local.simulation.truth import Case, GroundTruth, Labelled, SignalKey

MOST_PASSED = 0.5
TAKEN_DOWN_WITHIN = timedelta(hours=1)
OWNED = ("listing:", "order:")
"""Kinds of things that belong to the first user who acts on them: the seller of a listing, the buyer of an order."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What happened to one signal.

    `time` is the signal's own, and that from which what it `restricted` holds; `signal_type` has no version, as in
    `payment.attempted`; `subject` is its acting entity; `entities` all that it names, under the names that restrictions
    use; `abuse` the abuse kinds of the live rules behind whatever is stronger than friction.
    """

    source: str
    signal_id: str
    time: datetime
    subject: str
    disposition: str
    restricted: tuple[Restricted, ...] = ()
    friction: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    abuse: tuple[str, ...] = ()
    signal_type: str = field(kw_only=True)

    @property
    def key(self) -> SignalKey:
        return self.source, self.signal_id

    @property
    def held(self) -> bool:
        return self.disposition in {"pend", "deny"}

    @property
    def strong(self) -> bool:
        return self.held or bool(self.restricted)


@dataclass(frozen=True, slots=True)
class CampaignScore:
    """`signals` are the abusive ones; `decisions` are those stronger than friction for the campaign's abuse kind."""

    cases: int
    caught: int
    signals: int
    stopped: int
    decisions: int
    right: int
    median_seconds_to_catch: float | None

    @property
    def recall(self) -> float | None:
        return self.caught / self.cases if self.cases else None

    @property
    def stopped_share(self) -> float | None:
        return self.stopped / self.signals if self.signals else None

    @property
    def precision(self) -> float | None:
        return self.right / self.decisions if self.decisions else None


@dataclass(frozen=True, slots=True)
class HonestScore:
    """`touched` by anything stronger than friction; `asked` for friction, or challenged."""

    users: int
    touched: int
    asked: int

    @property
    def touched_share(self) -> float:
        return self.touched / self.users if self.users else 0.0

    @property
    def friction_share(self) -> float:
        return self.asked / self.users if self.users else 0.0


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Per campaign, over all honest users, and over those of each look-alike; with the cases that were missed."""

    campaigns: Mapping[str, CampaignScore]
    honest: HonestScore
    look_alikes: Mapping[str, HonestScore]
    touched: frozenset[str]
    missed: tuple[Case, ...]


def score(truth: GroundTruth, observed: Iterable[Observed]) -> Scorecard:
    """Compare what happened with what was true. Signals may come in any order, each once."""
    outcome = _Outcome(truth, sorted(observed, key=lambda one: one.time))
    caught = {case.case for case in truth.cases if outcome.caught(case)}
    users, touched, asked = outcome.honest()
    return Scorecard(
        campaigns={
            name: _campaign_score(outcome, [case for case in truth.cases if case.campaign == name], caught, name)
            for name in dict.fromkeys(label.campaign for label in truth.signals.values() if label.campaign)
        },
        honest=HonestScore(len(users), len(touched), len(asked)),
        look_alikes={
            name: HonestScore(len(who & users), len(who & touched), len(who & asked))
            for name, who in outcome.look_alike_users().items()
        },
        touched=frozenset(touched),
        missed=tuple(case for case in truth.cases if case.case not in caught),
    )


def _campaign_score(outcome: "_Outcome", cases: Sequence[Case], caught: set[str], name: str) -> CampaignScore:
    abusive = [label.key for label in outcome.truth.signals.values() if label.campaign == name and label.abusive]
    strong = [one for one in outcome.observed if one.strong and ABUSE_OF.get(name) in one.abuse]
    took = [seconds for case in cases if (seconds := outcome.seconds_to_catch(case)) is not None]
    return CampaignScore(
        cases=len(cases),
        caught=sum(case.case in caught for case in cases),
        signals=len(abusive),
        stopped=sum(key in outcome.stopped for key in abusive),
        decisions=len(strong),
        right=sum(outcome.is_right(one) for one in strong),
        median_seconds_to_catch=median(took) if took else None,
    )


@dataclass(slots=True)
class _Outcome:
    """The observations in order of time, with what follows from them for each entity."""

    truth: GroundTruth
    observed: Sequence[Observed]
    stopped: set[SignalKey] = field(default_factory=set)
    _touching: set[SignalKey] = field(default_factory=set)
    _actors: dict[str, datetime] = field(default_factory=dict)
    _restraints: Restraints = field(default_factory=Restraints)
    _owners: dict[str, str] = field(default_factory=dict)
    _abusive_of: dict[str, list[Labelled]] = field(default_factory=lambda: defaultdict(list))
    _times: dict[SignalKey, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for case in self.truth.cases:
            self._actors[case.actor] = min(case.since, self._actors.get(case.actor, FOREVER))
        for label in self.truth.signals.values():
            if label.abusive and label.case:
                self._abusive_of[label.case].append(label)
        for one in self.observed:
            self._times[one.key] = one.time
            for placed in one.restricted:
                self._restraints.place(one.time, placed)
            if _is_user(one.subject):
                for entity in one.entities:
                    if entity.startswith(OWNED):
                        self._owners.setdefault(entity, one.subject)
        self._judge()

    def _judge(self) -> None:
        for one in self.observed:
            acting = self._acting(one)
            needs = needed(one.signal_type, one.entities)
            thief = self._by_thief(one)
            if one.held or self._restraints.stop(acting, needs, one.time, thief=thief) or self._taken_down(one):
                self.stopped.add(one.key)
            if one.held or self._restraints.bind(acting, one.time):
                self._touching.add(one.key)

    def _taken_down(self, one: Observed) -> bool:
        """A listing does harm by being seen: one that nobody can find or buy soon after it was put up is stopped."""
        if one.signal_type != "listing.submitted":
            return False
        listings = [entity for entity in one.entities if entity.startswith("listing:")]
        return any(
            self._restraints.stop(listings, {needs}, one.time + TAKEN_DOWN_WITHIN) for needs in ("be_ranked", "buy")
        )

    def _by_thief(self, one: Observed) -> bool:
        """Whoever acts has taken over the account."""
        label = self._label(one)
        return label is not None and label.abusive and ABUSE_OF.get(label.campaign or "") == "account_takeover"

    def _acting(self, one: Observed) -> list[str]:
        """The acting user, and the things it acts with; other users and what is theirs do not count."""
        things = (entity for entity in one.entities if not _is_user(entity))
        return [one.subject, *(thing for thing in things if self._owners.get(thing, one.subject) == one.subject)]

    def _is_abuser(self, entity: str, at: datetime) -> bool:
        return at >= self._actors.get(entity, FOREVER)

    def _label(self, one: Observed) -> Labelled | None:
        return self.truth.signals.get(one.key)

    def caught(self, case: Case) -> bool:
        if case.harm:
            return case.harm[0] in self.stopped
        acts = self._abusive_of[case.case]
        passed = sum(label.key not in self.stopped for label in acts)
        return passed <= MOST_PASSED * len(acts)

    def seconds_to_catch(self, case: Case) -> float | None:
        """From the case's first abusive signal to its first one that was stopped; None when none was."""
        times = [self._times[label.key] for label in self._abusive_of[case.case] if label.key in self.stopped]
        return (min(times) - case.since).total_seconds() if times else None

    def is_right(self, one: Observed) -> bool:
        """Whatever is stronger than friction hit abuse alone."""
        label = self._label(one)
        of_campaign = label is not None and label.campaign is not None
        abusive = (label is not None and label.abusive) or self._is_abuser(one.subject, one.time)
        return (abusive or not one.held) and all(
            self._is_abuser(placed.entity, one.time) if _is_user(placed.entity) else of_campaign
            for placed in one.restricted
        )

    def honest(self) -> tuple[set[str], set[str], set[str]]:
        """The honest users, those touched by anything stronger than friction, and those asked for friction."""
        users: set[str] = set()
        touched: set[str] = set()
        asked: set[str] = set()
        for one in self.observed:
            label = self._label(one)
            honest_act = _is_user(one.subject) and not (label and label.abusive)
            if _is_user(one.subject) and not (label and label.campaign):
                users.add(one.subject)
            hit = [self._owners.get(placed.entity, placed.entity) for placed in one.restricted]
            if honest_act and one.key in self._touching:
                hit.append(one.subject)
            bothered = [*one.friction, *([one.subject] if honest_act and one.disposition == "challenge" else ())]
            touched |= {who for who in hit if _is_user(who) and not self._is_abuser(who, one.time)}
            asked |= {who for who in bothered if _is_user(who) and not self._is_abuser(who, one.time)}
        return users | touched | asked, touched, asked

    def look_alike_users(self) -> dict[str, set[str]]:
        people: dict[str, set[str]] = defaultdict(set)
        for label in self.truth.signals.values():
            if label.look_alike:
                people[label.look_alike].add(label.entity)
        return people


def _is_user(entity: str) -> bool:
    return entity.startswith("user:")
