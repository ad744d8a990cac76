"""What can go wrong with rules, at full volume: a rule that meets everyone, an attack, and budgets that run out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from shared.decisions import Pinned
from shared.policy import Policy
from tests.benchmarks.guardrails.lanes import LANES, Place, Ran
from tests.support.guarded import guarded, paid
from tests.support.signals import NOON, moment

RULE = "runaway"
PEOPLE = "known-good people that it acted on"
DENY = ("deny",)
COUNT, MONEY, KEPT = 2_000, 100_000_00, 0.2
LIMITS = """budgets:
    denies: {tier: deny, per: hour, count: 2000, money: [100000.00 EUR], kept: 20%, high_value: [500.00 EUR]}"""
HIGH = 500_00


@dataclass(frozen=True)
class Row:
    """One line of the report: what was measured, its figure, and what it may be at most."""

    what: str
    found: str
    bound: str = ""
    holds: bool = True


def payments(lane: int, count: int, *, good: int, dear: int = 0, people: int = 0) -> list[Any]:
    """Payments of one lane: every `good`-th by somebody known good, every `dear`-th of high value.

    Each of these is another one, or one of so many `people`.
    """
    return [
        paid(
            f"{lane}-{number}",
            good=number % good == 0,
            minor=60_000 if dear and number % dear == 0 else 2_000,
            buyer=f"u_known_{number // good % people}" if people and number % good == 0 else None,
        )
        for number in range(count)
    ]


def runaway(place: Place, count: int, *, young: bool, crashing: float) -> Iterator[Row]:
    """A rule fires on everyone, and half of them are known good: over the brake's share from the first hit on.

    So it must be stopped at the hit that makes the least sample full, by different people. All hits are numbered by one
    counter, with whom they met beside it, and a lane stops by that, not by hearing of another's: what is in flight
    elsewhere adds nothing to the bound.
    """
    policy = guarded("", DENY)
    ran = place.run(_pinned(policy, young=young), [payments(lane, count, good=2) for lane in range(LANES)], crashing)
    unbraked, good = _acted_on(ran)
    brake = policy.guardrails.brake
    bound = max(brake.least - 1, int(brake.known_good * len(unbraked)))
    became, wanted = ran.guards.brakes()[RULE].became, "shadow" if young else "milder"
    yield from _about(ran)
    yield Row(PEOPLE, f"{len(good):,}", f"{bound:,}", len(good) <= bound)
    yield Row("all hits that it acted on", f"{len(unbraked):,}")
    yield Row("what it became", became, wanted, became == wanted)


def aged(place: Place, count: int, *, crashing: float) -> Iterator[Row]:
    """An attacker has nine aged accounts hit all the time, so that the rule be stopped for everybody."""
    policy = guarded("", DENY)
    own = policy.guardrails.brake.least - 1
    lanes = [payments(lane, count, good=2, people=own) for lane in range(LANES)]
    ran = place.run(_pinned(policy), lanes, crashing)
    brakes, (_, good) = ran.guards.brakes(), _acted_on(ran)
    hits = sum(bool(record.get("guarded")) for record in ran.records)
    yield from _about(ran)
    yield Row("known-good hits", f"{hits:,}")
    yield Row(PEOPLE, f"{len(good):,}", f"{own:,}", len(good) <= own)
    yield Row("brakes that tripped", f"{len(brakes)}", "0", not brakes)


def attack(place: Place, count: int, *, crashing: float) -> Iterator[Row]:
    """The same volume, from an attack: one in fifty of those it meets is known good."""
    ran = place.run(_pinned(guarded("", DENY)), [payments(lane, count, good=50) for lane in range(LANES)], crashing)
    brakes, made = ran.guards.brakes(), ran.dispositions()
    strangers = sum(not record.get("guarded") for record in ran.records)
    yield from _about(ran)
    yield Row("brakes that tripped", f"{len(brakes)}", "0", not brakes)
    yield Row("strangers denied", f"{made['deny']:,}", f"{strangers:,}", made["deny"] == strangers)
    yield Row("known good who were asked instead", f"{made['challenge']:,}")


def budgets(place: Place, count: int, *, crashing: float) -> Iterator[Row]:
    """Cheap noise, one payment of thirty of high value, and a budget for a part of it."""
    lanes = [payments(lane, count, good=10**9, dear=30) for lane in range(LANES)]
    ran = place.run(_pinned(guarded(LIMITS, DENY)), lanes, crashing)
    done = [_amount(record) for record in ran.records if record["disposition"] == "deny"]
    cheap = [minor for minor in done if minor < HIGH]
    counted = ran.guards.used(moment(60))["denies"]
    held = counted.money["EUR"]
    yield from _about(ran)
    yield Row("denied", f"{len(done):,}", f"{COUNT:,}", len(done) <= COUNT)
    yield Row("counted", f"{counted.count:,}", f"{COUNT:,}", len(done) <= counted.count <= COUNT)
    yield Row("of these cheap", f"{len(cheap):,}", f"{COUNT * (1 - KEPT):,.0f}", len(cheap) <= COUNT * (1 - KEPT))
    yield Row("money denied (EUR)", _euros(sum(done)), _euros(MONEY), sum(done) <= MONEY)
    yield Row("money counted (EUR)", _euros(held), _euros(MONEY), sum(done) <= held <= MONEY)
    leaked = counted.count - len(done)
    told, bound = f"{leaked:,} of {COUNT:,}, by {ran.crashes} crashes", "" if ran.crashes else "0"
    yield Row("leaked", told, bound, ran.crashes > 0 or not leaked)


def _about(ran: Ran) -> Iterator[Row]:
    yield Row("decisions", f"{len(ran.records):,} in {ran.seconds:,.0f} s, {ran.crashes} crashes")


def _pinned(policy: Policy, *, young: bool = False) -> Pinned:
    names = [f"{rule.name}@{rule.version}" for rule in policy.rules.values()]
    return Pinned(policy, young=dict.fromkeys(names, NOON) if young else {})


def _acted_on(ran: Ran) -> tuple[Sequence[dict[str, Any]], set[str]]:
    """The decisions before the brake, and who among those whom they are about is known good."""
    unbraked = [record for record in ran.records if not any("(brake:" in told for told in record.get("guarded", ()))]
    return unbraked, {record["subject"] for record in unbraked if record.get("guarded")}


def _amount(record: dict[str, Any]) -> int:
    """The minor units that a record's signal was about, by what its rule says of it."""
    (reason,) = record["reasons"]
    return round(float(reason.split(" ")[0]) * 100)


def _euros(minor: int) -> str:
    return f"{minor / 100:,.0f}"
