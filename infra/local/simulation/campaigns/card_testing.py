"""Card testing: stolen cards are tried with small payments, and those that work pay for something larger.

One tester tries 14 to 26 cards on one device, or, distributed, five to nine on one of many accounts with a device each;
seconds apart, or 20 to 90 minutes. Some 70 % of the small payments are declined. Two or three larger payments (80 to
450) on the cards that worked follow, and most are disputed as fraud days later. A case is one tester; the harm is done
where the larger payments are attempted.
"""

from collections.abc import Iterator
from functools import partial

from infra.local.simulation import aftermath
from infra.local.simulation.campaigns.adversary import Adversary
from infra.local.simulation.people import Card, a_card, a_device
from infra.local.simulation.places import DAY, HOUR, a_country
from infra.local.simulation.steps import Episode
from infra.local.simulation.trade import Decline, Purchase
from infra.local.simulation.visits import Visit

SIGNALS_CONCENTRATED, SIGNALS_DISTRIBUTED = 62, 40
DECLINED = 0.7
DECLINES: dict[Decline, float] = {
    "incorrect_code": 0.40,
    "do_not_honor": 0.25,
    "lost_or_stolen": 0.20,
    "expired_card": 0.10,
    "blocked": 0.05,
}
DISPUTED, SMALL_DISPUTED = 0.85, 0.3
ACCOUNTS_PER_ADDRESS = 3
"""Distributed testers share an address by threes."""
REVIEWED = 0.3


def plan(adversary: Adversary, signals: float) -> Iterator[Episode]:
    rng = adversary.stage.rng
    ip, start = adversary.an_address(), adversary.a_start()
    size = SIGNALS_DISTRIBUTED if adversary.distributed else SIGNALS_CONCENTRATED
    for index in range(adversary.cases(signals, size)):
        if not adversary.distributed or index % ACCOUNTS_PER_ADDRESS == 0:
            ip, start = adversary.an_address(), adversary.a_start()
        at = start + rng.random() * 2 * HOUR
        yield at, partial(_test, adversary, ip, at)


def _test(adversary: Adversary, ip: str, at: float) -> None:
    rng = adversary.stage.rng
    visit, at = adversary.enter(at, a_device(rng), ip)
    how_many = rng.randrange(5, 10) if adversary.distributed else rng.randrange(14, 27)
    cards = [a_card(rng, a_country(rng).code) for _ in range(how_many)]
    at, working = _try_cards(adversary, visit, cards, at)
    for _ in range(rng.randrange(2, 4)):
        at += adversary.pause(900, 8 * HOUR)
        _spend(adversary, visit, rng.choice(working), at)
    if rng.chance(REVIEWED):
        later = at + (2 + 3 * rng.random()) * DAY
        aftermath.review(adversary.stage, later, visit.person.entity, "payment_fraud", "abuse", visit.consequence)


def _try_cards(adversary: Adversary, visit: Visit, cards: list[Card], at: float) -> tuple[float, list[Card]]:
    """When the last was tried, and the cards that worked: one at least, the last."""
    rng = adversary.stage.rng
    shop = adversary.population.shop(rng)
    working: list[Card] = []
    for card in cards:
        if rng.chance(0.2):
            shop = adversary.population.shop(rng)
        purchase = Purchase(visit, shop, adversary.stage.new_id("o"), rng.randrange(50, 500), shop.category)
        payment = purchase.attempt(at, card, stolen=True)
        if rng.chance(DECLINED) and (working or card is not cards[-1]):
            code: Decline = rng.choices(list(DECLINES), list(DECLINES.values()))[0]
            purchase.decline(at + 1 + rng.random(), payment, card, code)
        else:
            working.append(card)
            purchase.settle(at + 2, payment, card)
            if rng.chance(SMALL_DISPUTED):
                purchase.dispute(at + 2, payment, card, "fraud")
        at += adversary.pause(25, 45 * 60)
    return at, working


def _spend(adversary: Adversary, visit: Visit, card: Card, at: float) -> None:
    rng = adversary.stage.rng
    shop = adversary.population.shop(rng)
    purchase = Purchase(visit, shop, adversary.stage.new_id("o"), rng.randrange(8_000, 45_000), shop.category)
    payment = purchase.attempt(at, card, stolen=True, harm=True)
    purchase.settle(at + 3, payment, card)
    purchase.fulfil(at + 3)
    if rng.chance(DISPUTED):
        purchase.dispute(at + 3, payment, card, "fraud")
