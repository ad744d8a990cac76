"""Ordinary traffic: visits of ordinary people round the clock, and what follows from them for days."""

from collections.abc import Iterator

from infra.local.simulation import aftermath, wording
from infra.local.simulation.dice import dice
from infra.local.simulation.people import Card, Person, Population, a_card, a_device, a_payout_account
from infra.local.simulation.places import DAY, HOUR, hosted_address
from infra.local.simulation.settings import Settings
from infra.local.simulation.steps import Episode, Stage, Step, played
from infra.local.simulation.trade import HONEST_DECLINES, Decline, DisputeReason, Purchase
from infra.local.simulation.visits import Change, Visit

SIGNALS_PER_VISIT = 3.4
"""Measured, with all that follows from a visit; it turns the wanted number of signals into a number of visits."""

NEW_DEVICE = 0.012
PUBLIC_PLACE = 0.04
ON_THE_MOVE = 0.27
LOGS_IN = 0.6
MISTYPES = 0.07
FORGOT = 0.004
SECOND_FACTOR = 0.12
SCORED_LOGINS = 0.25
"""Shares of visits (the last five: of logins)."""

BUYS = 0.34
WRITES = 0.22
WRITES_A_LINK = 0.06
ANSWERED = 0.6
GIFT_CARD = 0.05
NEW_CARD = 0.05
DECLINED = 0.045
RETRIES = 0.7
REFUNDED = 0.025
NOT_RECEIVED = 0.004
REGRETTED = 0.0007
"""Shares: of visits, of messages, and from `GIFT_CARD` on of purchases; who regrets disputes honestly as fraud."""
UNHAPPY: tuple[DisputeReason, ...] = ("not_received", "not_as_described")

LISTS = 0.45
ASKS_FOR_PAYOUT = 0.5
SMALLEST_PAYOUT = 2_000
PAYOUT_PAUSE = 3 * DAY
COMPLAINS = 0.004
CHANGES: dict[Change, float] = {
    "address": 0.006,
    "password": 0.004,
    "two_factor": 0.002,
    "email": 0.0015,
    "phone": 0.0015,
}
CHANGES_PAYOUT_ACCOUNT = 0.006
"""Shares of visits; listing and payouts: of sellers' visits."""


def traffic(settings: Settings, population: Population, signals: float) -> Iterator[Step]:
    """About `signals` steps in order of time."""
    stage = Stage(dice(settings.seed, "ordinary"))
    return played(stage, _visits(settings, population, stage, signals / SIGNALS_PER_VISIT))


def _visits(settings: Settings, population: Population, stage: Stage, how_many: float) -> Iterator[Episode]:
    """Visits as a Poisson process whose rate follows the rhythm of the day, hour by hour."""
    rng = stage.rng
    hours = [settings.opens + index * HOUR for index in range(max(1, round(settings.days * 24)))]
    busyness = [population.busyness(hour + HOUR / 2) for hour in hours]
    scale = how_many / sum(busyness)
    for hour, busy in zip(hours, busyness, strict=True):
        at = hour
        while (at := at + rng.expovariate(busy * scale) * HOUR) < hour + HOUR:
            person = population.visitor(rng, at)
            yield at, _Guest(stage, population, person, at).come


class _Guest:
    """One visit of one ordinary person, starting at `at`."""

    def __init__(self, stage: Stage, population: Population, person: Person, at: float) -> None:
        self._stage, self._rng, self._population, self._person, self._at = stage, stage.rng, population, person, at

    def come(self) -> None:
        rng, person, at = self._rng, self._person, self._at
        visit = self._visit()
        if not person.joined:
            person.joined, person.created, person.payout_since = True, at, at
            visit.open_account(at, verified=rng.chance(0.94))
            at += 240 + rng.expovariate(1 / 200)
        elif visit.device_is_new or rng.chance(LOGS_IN):
            at = log_in(visit, at)
        self._settle_matters(visit, at + 10 + rng.expovariate(1 / 60))
        at += 30 + rng.expovariate(1 / 120)
        if person.seller and rng.chance(LISTS):
            offer(visit, at)
            at += 20 + rng.expovariate(1 / 60)
        if rng.chance(WRITES):
            at = self._write(visit, at)
        if rng.chance(BUYS):
            self._buy(visit, at)
        if person.seller:
            self._ask_for_payout(visit, at + 60)

    def _visit(self) -> Visit:
        rng, person = self._rng, self._person
        is_new = person.joined and rng.chance(NEW_DEVICE)
        if is_new:
            person.devices.append(a_device(rng))
        device = person.devices[-1] if is_new else person.devices[0 if rng.chance(0.8) else -1]
        draw = rng.random()
        if draw < PUBLIC_PLACE:
            ip = hosted_address(rng)
        elif draw < PUBLIC_PLACE + ON_THE_MOVE:
            ip = self._population.carrier(rng, person.country)
        else:
            ip = person.home
        session = self._stage.new_id("s")
        return Visit(self._stage, person, device, ip, person.country, is_new, None, session)

    def _settle_matters(self, visit: Visit, at: float) -> None:
        rng, person = self._rng, self._person
        for change, share in CHANGES.items():
            if rng.chance(share):
                visit.change(at, change, email=person.email if change == "email" else None)
        if person.seller and rng.chance(CHANGES_PAYOUT_ACCOUNT):
            person.payout_account, person.payout_since = a_payout_account(rng), at
            visit.change(at, "payout_account", payout_account=person.payout_account)

    def _write(self, visit: Visit, at: float) -> float:
        rng, person = self._rng, self._person
        for _ in range(1 + int(rng.expovariate(1.2))):
            other = self._population.shop(rng)
            if other is person:
                continue
            if rng.chance(WRITES_A_LINK):
                text, link = wording.a_message_with_link(rng)
                links = [link]
            else:
                text, links = wording.a_question(rng, other.category), []
            write(visit, at, other, text, links)
            if rng.chance(ANSWERED):
                shop = Visit(self._stage, other, other.devices[0], other.home, other.country)
                shop.write_to(at + rng.expovariate(1 / 3) * HOUR, person, wording.an_answer(rng))
            if rng.chance(COMPLAINS):
                reason = rng.choice(("other", "spam", "harassment"))
                aftermath.report(self._stage, at + rng.expovariate(1 / 5) * HOUR, other, person, reason)
            at += 40 + rng.expovariate(1 / 120)
        return at

    def _buy(self, visit: Visit, at: float) -> None:
        seller = self._population.shop(self._rng)
        arrived = None if seller is self._person else buy(visit, at, seller)
        if arrived:
            seller.earnings.append(arrived)

    def _ask_for_payout(self, visit: Visit, at: float) -> None:
        rng, person = self._rng, self._person
        ready = sum(amount for arrived, amount in person.earnings if arrived <= at)
        if ready < SMALLEST_PAYOUT or at < person.last_payout + PAYOUT_PAUSE or not rng.chance(ASKS_FOR_PAYOUT):
            return
        person.earnings = [earning for earning in person.earnings if earning[0] > at]
        person.last_payout = at
        visit.ask_for_payout(at, person.payout_account, person.payout_account_hours(at), ready)


def log_in(visit: Visit, at: float, *, standing: aftermath.Standing = "honest") -> float:
    """An honest login, and when it ends: some mistype once or twice, few forget; new devices answer a challenge."""
    rng = visit.stage.rng
    draw = rng.random()
    failures = rng.randrange(3, 7) if draw < FORGOT else rng.randrange(1, 3) if draw < MISTYPES else 0
    for _ in range(failures):
        visit.fail_to_log_in(at)
        at += 5 + rng.expovariate(1 / 15)
    method = "social" if rng.chance(0.15) else "passkey" if rng.chance(0.1) else "password"
    visit.log_in(at, method, two_factor=rng.chance(SECOND_FACTOR))
    if rng.chance(SCORED_LOGINS):
        aftermath.score(visit.stage, at, visit.person.entity, "account_takeover", standing, visit.truth)
    if visit.device_is_new and rng.chance(0.5):
        at += 15 + rng.expovariate(1 / 20)
        visit.answer_challenge(at, "passed")
    return at


def offer(visit: Visit, at: float) -> str:
    """An honest listing, with its score; its id."""
    rng, category = visit.stage.rng, visit.person.category
    listing = visit.stage.new_id("l")
    title, description = wording.a_listing(rng, category)
    visit.offer(at, listing, category, title, description, wording.a_price(rng, category))
    aftermath.score(
        visit.stage, at, f"listing:{listing}", "prohibited_item", "honest", visit.truth, owner_id=visit.person.id
    )
    return listing


def write(visit: Visit, at: float, other: Person, text: str, links: list[str]) -> None:
    """An honest message; a first contact gets a score."""
    if not visit.person.knows(other):
        aftermath.score(visit.stage, at, visit.person.entity, "phishing", "honest", visit.truth)
    visit.write_to(at, other, text, links)


def buy(
    visit: Visit, at: float, seller: Person, *, amount: int | None = None, gift_card: bool = False
) -> tuple[float, int] | None:
    """An honest purchase to its end, with declines, refunds and disputes at their ordinary shares.

    Returns when the seller earns how much by it (minor units), or None when it was not paid.
    """
    rng, person = visit.stage.rng, visit.person
    gift_card = gift_card or (amount is None and rng.chance(GIFT_CARD))
    if amount is None:
        amount = rng.choice((1_000, 2_500, 5_000)) if gift_card else wording.a_price(rng, seller.category)
    purchase = Purchase(visit, seller, visit.stage.new_id("o"), amount, seller.category, gift_card)
    if rng.chance(NEW_CARD):
        person.cards.append(a_card(rng, person.country))
        card = person.cards[-1]
    else:
        card = person.cards[0 if rng.chance(0.85) else -1]
    paid = pay(purchase, at, card)
    if paid is None:
        return None
    settled, payment, card = paid
    arrived = purchase.fulfil(settled)
    draw = rng.random()
    if draw < REFUNDED:
        by = rng.choice(("seller", "buyer", "support"))
        purchase.refund(arrived + rng.expovariate(1 / DAY), payment, card, rng.choice(("requested", "defective")), by)
    elif draw < REFUNDED + NOT_RECEIVED:
        reason: DisputeReason = rng.choice(UNHAPPY)
        purchase.dispute(settled, payment, card, reason)
        aftermath.report(visit.stage, arrived + DAY, person, seller, "not_received", visit.truth)
    elif draw < REFUNDED + NOT_RECEIVED + REGRETTED:
        purchase.dispute(settled, payment, card, "fraud")
    return arrived, amount - amount // 10


def pay(purchase: Purchase, at: float, card: Card, declined: float = DECLINED) -> tuple[float, str, Card] | None:
    """Try to pay, at most four times; when it settled, with which payment and card, or None."""
    rng, person = purchase.visit.stage.rng, purchase.visit.person
    for _ in range(4):
        payment = purchase.attempt(at, card)
        at += 1 + rng.expovariate(1 / 3)
        if not rng.chance(declined):
            purchase.settle(at, payment, card)
            return at, payment, card
        code: Decline = rng.choices(list(HONEST_DECLINES), list(HONEST_DECLINES.values()))[0]
        purchase.decline(at, payment, card, code)
        if not rng.chance(RETRIES):
            return None
        at += 20 + rng.expovariate(1 / 60)
        declined = 0.45
        if rng.chance(0.4):
            card = rng.choice(person.cards)
    return None
