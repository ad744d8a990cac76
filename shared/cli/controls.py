"""What `sluice status` tells of controls: who is hit, what guardrails held back, and what waits for a person."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from shared.cli.moving import loadable
from shared.cli.telling import percent, seconds
from shared.restrictions import Brake

if TYPE_CHECKING:
    from shared.cli.cloud import Cloud
    from shared.policy import Policy
    from shared.stores.guards import RuleHits

DAY, WEEK = timedelta(hours=24), timedelta(days=7)
MOST_READ = 20_000
"""Of the index by outcome, or of what is parked: enough to see what happens, not to count a flood."""
MOST_TOLD = 5
NEARLY_SPENT = 0.9
LEAST_MOVED = 5
"""A rule that went from one hit to three has not moved."""


@dataclass(frozen=True)
class Mover:
    """How often a rule acted within the last 24 hours, and within the same 24 hours a week ago."""

    rule: str
    now: int
    before: int

    @property
    def factor(self) -> float:
        """How many times more, or, below one, less."""
        return (self.now + 1) / (self.before + 1)

    def __str__(self) -> str:
        return f"{self.rule} {self.before:,} → {self.now:,}"


@dataclass(frozen=True)
class Harm:
    """How many of a rule's hits within 24 hours met entities that are known good, and whether that is borne."""

    rule: str
    known_good: int
    hits: int
    borne: bool

    def __str__(self) -> str:
        return f"{self.rule} {self.known_good:,} of {self.hits:,} hits ({percent(self.known_good / self.hits)})"


@dataclass(frozen=True)
class Spent:
    """How much of a budget is used in its running hour or day, by count (no currency) or money, whichever is more."""

    budget: str
    per: str
    used: int
    of: int
    currency: str

    @property
    def share(self) -> float:
        return self.used / self.of

    def __str__(self) -> str:
        from shared.policy.conditions.literals import written
        from shared.signals.amounts import Amount

        def told(number: int) -> str:
            return written(Amount(number, self.currency)) if self.currency else f"{number:,}"

        return f"{self.budget} {told(self.used)} of {told(self.of)} this {self.per}"


@dataclass(frozen=True)
class Controls:
    """The facts. `movers`, `harm` and `budgets` are those that stand out most, `parked` counts by rule, `braked` says
    by rule why it is, `tripped` are the last 24 hours', `waiting` the holds that a person must decide upon."""

    movers: tuple[Mover, ...]
    harm: tuple[Harm, ...]
    parked: Mapping[str, int]
    parked_complete: bool
    budgets: tuple[Spent, ...]
    braked: Mapping[str, str]
    tripped: tuple[str, ...]
    waiting: tuple[str, ...]

    def concerns(self) -> list[str]:
        """What someone should look at, worst first."""
        found = [
            f"{rule} is braked: {why} (`sluice start {rule}` when it is mended)" for rule, why in self.braked.items()
        ]
        found += [f"{each}, who are known good" for each in self.harm if not each.borne]
        found += [f"the budget {each} is nearly spent" for each in self.budgets if each.share >= NEARLY_SPENT]
        if self.waiting:
            found.append(f"{len(self.waiting):,} restrictions wait for a person, such as {self.waiting[0]}")
        if parked := sum(self.parked.values()):
            found.append(
                f"{parked:,}{'' if self.parked_complete else ' or more'} actions are parked (sluice parked list)"
            )
        return found

    def told(self) -> dict[str, str]:
        """In words, by what it is."""
        return {
            "top movers": _listed(self.movers) or "none against last week",
            "known good hit": _listed(self.harm) or "none",
            "parked": _listed(f"{rule} {count:,}" for rule, count in self.parked.items()) or "none",
            "budgets": _listed(self.budgets) or "none in this policy, or none used",
            "braked": "\n".join(f"{rule}: {why}" for rule, why in self.braked.items()) or "none",
            "guardrails tripped": "\n".join(self.tripped) or "none within 24 h",
            "wait for a person": "\n".join(self.waiting[:MOST_TOLD]) or "none",
        }


def controls(cloud: "Cloud", now: datetime, acted: Iterable[str]) -> Controls:
    """Ask the ledger and the guards; `acted` are the rules that acted within the last 24 hours, once for each time."""
    guards, policy = cloud.guards(), loadable(cloud, cloud.policy_table().pointer().digest)
    parked = [each.rule for each in islice(cloud.parked().open(now - WEEK, now), MOST_READ)]
    return Controls(
        _movers(Counter(acted), _acted_a_week_ago(cloud, now)),
        _harm(cloud, now, policy),
        dict(Counter(parked).most_common()),
        len(parked) < MOST_READ,
        _spent(cloud, now, policy),
        {rule: f"{each.became} since {seconds(each.at)} UTC, {each.why}" for rule, each in guards.brakes().items()},
        tuple(
            f"{each.guardrail} for {each.rule} at {seconds(each.at)} UTC: {each.became}, {each.why}"
            for each in guards.tripped(now - DAY)
        ),
        _waiting(cloud, now),
    )


def _acted_a_week_ago(cloud: "Cloud", now: datetime) -> Counter[str]:
    from shared.stores import OUTCOMES, Period

    then = Period(now - WEEK - DAY, now - WEEK)
    found = islice(cloud.archive().with_outcome(OUTCOMES, then), MOST_READ)
    return Counter(rule for each in found for rule in each["rules"])


def _movers(now: Counter[str], before: Counter[str]) -> tuple[Mover, ...]:
    """Those whose pace changed most, up or down; nothing to compare with is no movement."""
    if not before:
        return ()
    all_of_them = (Mover(rule, now[rule], before[rule]) for rule in now.keys() | before.keys())
    moved = [each for each in all_of_them if abs(each.now - each.before) >= LEAST_MOVED]
    return tuple(sorted(moved, key=lambda each: (-max(each.factor, 1 / each.factor), each.rule))[:MOST_TOLD])


def _harm(cloud: "Cloud", now: datetime, policy: "Policy | None") -> tuple[Harm, ...]:
    brake = policy.guardrails.brake if policy else Brake()
    own = {rule.name: rule.expect.known_good for rule in policy.rules.values() if rule.expect} if policy else {}
    found = [
        Harm(rule, each.known_good, each.hits, _borne(each, brake, own.get(rule)))
        for rule, each in cloud.guards().counted(now - DAY, now).items()
        if each.known_good
    ]
    return tuple(sorted(found, key=lambda each: (-each.known_good, each.rule))[:MOST_TOLD])


def _borne(found: "RuleHits", brake: Brake, own: float | None) -> bool:
    """As its brake would say of an hour: there is a least sample, and a share that the rule itself may declare."""
    share = brake.known_good if own is None else own
    return found.known_good < brake.least or found.known_good <= share * found.hits


def _spent(cloud: "Cloud", now: datetime, policy: "Policy | None") -> tuple[Spent, ...]:
    """Of each budget that something was taken from."""
    used = cloud.guards().used(now)
    found = []
    for budget in policy.guardrails.budgets if policy else ():
        use = used.get(budget.name)
        if use is None:
            continue
        ways = [
            Spent(budget.name, budget.per, use.money.get(each, 0), most, each) for each, most in budget.money.items()
        ]
        ways += [Spent(budget.name, budget.per, use.count, budget.count, "")] if budget.count else []
        found.append(max(ways, key=lambda each: each.share))
    return tuple(sorted(found, key=lambda each: (-each.share, each.budget)))


def _waiting(cloud: "Cloud", now: datetime) -> tuple[str, ...]:
    """The holds past their expiry for which a person must say what follows; the page tells whether one still stands."""
    due = list(islice(cloud.agenda().waiting(now), MOST_READ))
    pages = cloud.ledger().accounts_of((each.entity, each.scope) for each in due)
    return tuple(
        f"{each.entity}{f', {each.scope} only' if each.scope else ''}: {each.lane} since {seconds(each.at)} UTC"
        for each in due
        if (page := pages.get((each.entity, each.scope)))
        and any(cause.action_id == each.action_id for cause in page.waiting_for_person(now))
    )


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))
