"""Honest people who look like abuse: each is tagged, so that the harm of crude rules can be counted.

Each function plays one case from its start; the people in it are its own, the sellers they meet are ordinary ones.
"""

from collections.abc import Callable, Iterator
from functools import partial

from infra.local.simulation import aftermath, coincidences, wording
from infra.local.simulation.dice import dice
from infra.local.simulation.ordinary import buy, log_in, offer, pay, write
from infra.local.simulation.people import Population, a_card, a_device, a_payout_account, a_person
from infra.local.simulation.places import DAY, ELSEWHERE, HOUR, a_country, home_address, hosted_address
from infra.local.simulation.scenes import Scene
from infra.local.simulation.settings import Settings
from infra.local.simulation.steps import Episode, Stage, Step, played
from infra.local.simulation.trade import Purchase

LATEST_START = 0.8
"""Of the period: a case starts before this share of it has passed."""
VIRAL_SHARE = 0.015
VIRAL_PAYMENTS = (60, 400)
"""A viral day has 1.5 % of the run's signals as payments, at least 60 and at most 400."""


def family(scene: Scene, at: float) -> None:
    """Three to five people on one tablet and one line; in three of five families, one of them joins only now."""
    rng = scene.stage.rng
    tablet, home, country = a_device(rng), home_address(rng), a_country(rng)
    members = [a_person(rng, at, country=country) for _ in range(rng.randrange(3, 6))]
    newcomer = members[-1] if rng.chance(0.6) else None
    for member in members:
        when = at + rng.random() * 2 * DAY
        if member is newcomer:
            member.created = when
            scene.visit(member, device=tablet, ip=home).open_account(when)
            when += HOUR
        for _ in range(rng.randrange(1, 4)):
            visit = scene.visit(member, device=tablet, ip=home)
            when = log_in(visit, when) + 60
            if rng.chance(0.4):
                buy(visit, when, scene.population.shop(rng))
            when += rng.expovariate(1 / 18) * HOUR


def office(scene: Scene, at: float) -> None:
    """Twenty to sixty people behind one address on one working day, each with a device; one in eight mistypes."""
    rng = scene.stage.rng
    ip, country = home_address(rng), a_country(rng)
    for _ in range(rng.randrange(20, 61)):
        person = a_person(rng, at, country=country)
        visit = scene.visit(person, ip=ip)
        when = at + rng.random() * 8 * HOUR
        if rng.chance(0.12):
            for _ in range(rng.randrange(1, 4)):
                visit.fail_to_log_in(when)
                when += 8 + rng.expovariate(1 / 15)
        visit.log_in(when, two_factor=rng.chance(0.3))
        if rng.chance(0.12):
            buy(visit, when + 60, scene.population.shop(rng))


def forgotten_password(scene: Scene, at: float) -> None:
    """Three to eight failures on the known device, then in by a link, then a new password."""
    rng = scene.stage.rng
    person = a_person(rng, at, seller=rng.chance(0.2))
    visit = scene.visit(person)
    for _ in range(rng.randrange(3, 9)):
        visit.fail_to_log_in(at)
        at += 6 + rng.expovariate(1 / 25)
    visit.log_in(at + 90, "magic_link")
    visit.change(at + 150, "password")
    if rng.chance(0.4):
        buy(visit, at + 400, scene.population.shop(rng))


def new_phone(scene: Scene, at: float) -> None:
    """A new device at home or on the move, the step-up passed, then life as usual; some add two-factor or a number."""
    rng = scene.stage.rng
    person = a_person(rng, at, seller=rng.chance(0.3))
    ip = person.home if rng.chance(0.6) else scene.population.carrier(rng, person.country)
    visit = scene.visit(person, device=a_device(rng), ip=ip, device_is_new=True)
    if rng.chance(0.3):
        visit.fail_to_log_in(at)
    visit.log_in(at + 20)
    aftermath.score(scene.stage, at + 20, person.entity, "account_takeover", "odd", visit.consequence)
    visit.answer_challenge(at + 60, "passed")
    if rng.chance(0.3):
        visit.change(at + 300, rng.choice(("two_factor", "phone")))
    if rng.chance(0.5):
        buy(visit, at + 600, scene.population.shop(rng))
    if person.seller:
        visit.ask_for_payout(
            at + 900, person.payout_account, person.payout_account_hours(at), rng.randrange(3_000, 40_000)
        )


def viral_day(scene: Scene, at: float) -> None:
    """A video names a seller: hundreds of buyers within a day, a fifth of them new, then a large payout days later."""
    rng = scene.stage.rng
    seller = a_person(rng, at, seller=True, age_days=200 + rng.random() * 600)
    shop = scene.visit(seller)
    offer(shop, at)
    price, earned = wording.a_price(rng, seller.category), 0
    for _ in range(scene.viral_payments):
        when = at + 2 * HOUR + min(rng.expovariate(1 / 5), 22) * HOUR
        buyer = a_person(rng, when)
        visit = scene.visit(buyer)
        if rng.chance(0.2):
            buyer.created = when
            visit.open_account(when)
            when += 300 + rng.expovariate(1 / 300)
        earning = buy(visit, when, seller, amount=price)
        earned += earning[1] if earning else 0
    later = at + 4 * DAY
    back = scene.visit(seller)
    back.log_in(later)
    back.ask_for_payout(later + 120, seller.payout_account, seller.payout_account_hours(later), earned)


def travel(scene: Scene, at: float) -> None:
    """A known phone in a country never seen before, for some days; the card stays at home."""
    rng = scene.stage.rng
    person = a_person(rng, at, seller=rng.chance(0.2))
    country, hotel = rng.choice(ELSEWHERE), hosted_address(rng)
    for _ in range(rng.randrange(2, 5)):
        visit = scene.visit(person, ip=hotel, country=country)
        end = log_in(visit, at, standing="odd")
        if rng.chance(0.5):
            buy(visit, end + 120, scene.population.shop(rng))
        at = end + 8 * HOUR + rng.expovariate(1 / 12) * HOUR


def gift_cards(scene: Scene, at: float) -> None:
    """One buyer, one card of their own, four to eight small gift cards within half an hour: presents."""
    rng = scene.stage.rng
    person = a_person(rng, at)
    visit = scene.visit(person)
    end = log_in(visit, at) + 30
    shop, amount = scene.population.shop(rng), rng.choice((500, 1_000, 1_500, 2_500))
    for _ in range(rng.randrange(4, 9)):
        buy(visit, end, shop, amount=amount, gift_card=True)
        end += 40 + rng.expovariate(1 / 120)


def small_declines(scene: Scene, at: float) -> None:
    """An empty account: two to five declines of a small payment on one or two own cards, then it works or is left."""
    rng = scene.stage.rng
    person = a_person(rng, at)
    visit = scene.visit(person)
    if len(person.cards) == 1 and rng.chance(0.4):
        person.cards.append(a_card(rng, person.country))
    seller = scene.population.shop(rng)
    purchase = Purchase(visit, seller, scene.stage.new_id("o"), rng.randrange(199, 1_200), seller.category)
    at = log_in(visit, at) + 60
    for _ in range(rng.randrange(2, 6)):
        card = rng.choice(person.cards)
        purchase.decline(at + 2, purchase.attempt(at, card), card, "insufficient_funds")
        at += 60 + rng.expovariate(1 / 600)
    paid = pay(purchase, at, person.cards[-1], declined=0.4)
    if paid:
        purchase.fulfil(paid[0])


def new_payout_account(scene: Scene, at: float) -> None:
    """A seller has a new bank, says so on the known device, and asks for money days later."""
    rng = scene.stage.rng
    person = a_person(rng, at, seller=True)
    visit = scene.visit(person)
    end = log_in(visit, at) + 60
    account = a_payout_account(rng)
    visit.change(end, "payout_account", payout_account=account)
    if rng.chance(0.3):
        visit.change(end + 60, "address")
    later = end + (2.5 + 4 * rng.random()) * DAY
    back = scene.visit(person)
    back.log_in(later)
    back.ask_for_payout(later + 90, account, int((later + 90 - end) / HOUR), rng.randrange(3_000, 60_000))


def first_contacts(scene: Scene, at: float) -> None:
    """A keen buyer, every third one new, asks four to eight sellers at once, every third time with an ordinary link."""
    rng = scene.stage.rng
    person = a_person(rng, at)
    visit = scene.visit(person)
    if rng.chance(0.33):
        person.created = at
        visit.open_account(at)
        at += 600
    for _ in range(rng.randrange(4, 9)):
        other = scene.population.shop(rng)
        text, links = wording.a_question(rng, other.category), []
        if rng.chance(0.33):
            text, link = wording.a_message_with_link(rng)
            links = [link]
        write(visit, at, other, text, links)
        at += 40 + rng.expovariate(1 / 240)


def near_words(scene: Scene, at: float) -> None:
    """Listings of harmless things with words of harmful ones: toy guns, weed killer, replica prints."""
    rng = scene.stage.rng
    person = a_person(rng, at, seller=True)
    visit = scene.visit(person)
    at = log_in(visit, at) + 60
    for category, title, description, price in rng.sample(wording.NEAR_WORDS, rng.randrange(2, 5)):
        listing = scene.stage.new_id("l")
        visit.offer(at, listing, category, title, description, round(price * rng.lognormvariate(0, 0.2)))
        aftermath.score(
            scene.stage, at, f"listing:{listing}", "prohibited_item", "odd", visit.consequence, owner_id=person.id
        )
        at += 300 + rng.expovariate(1 / 600)


LOOK_ALIKES: dict[str, tuple[Callable[[Scene, float], None], float]] = {
    "family": (family, 28),
    "office": (office, 62),
    "forgotten_password": (forgotten_password, 10),
    "new_phone": (new_phone, 7),
    "travel": (travel, 11),
    "gift_cards": (gift_cards, 21),
    "small_declines": (small_declines, 11),
    "new_payout_account": (new_payout_account, 6),
    "first_contacts": (first_contacts, 13),
    "near_words": (near_words, 7),
    "small_firm": (coincidences.small_firm, 51),
    "repair_shop": (coincidences.repair_shop, 27),
    "parents_tablet": (coincidences.parents_tablet, 33),
    "reseller": (coincidences.reseller, 44),
    "bought_a_phone": (coincidences.bought_a_phone, 12),
    "near_lures": (coincidences.near_lures, 13),
    "near_goods": (coincidences.near_goods, 8),
}
"""How each is played, and how many signals a case has on average."""
SIGNALS_PER_VIRAL_PAYMENT = 4.4


def honest_oddities(settings: Settings, population: Population, signals: float) -> Iterator[Step]:
    """About `signals` steps in order of time: a viral day, and the rest shared equally, each with a case at least."""
    if signals <= 0:
        return iter(())
    stage = Stage(dice(settings.seed, "look-alikes"))
    return played(stage, sorted(_cases(settings, population, stage, signals), key=lambda episode: episode[0]))


def _cases(settings: Settings, population: Population, stage: Stage, signals: float) -> Iterator[Episode]:
    viral_payments = round(min(VIRAL_PAYMENTS[1], max(VIRAL_PAYMENTS[0], settings.signals * VIRAL_SHARE)))
    share = (signals - viral_payments * SIGNALS_PER_VIRAL_PAYMENT) / len(LOOK_ALIKES)
    planned = {name: max(1, round(share / size)) for name, (_, size) in LOOK_ALIKES.items()}
    plays = {name: play for name, (play, _) in LOOK_ALIKES.items()} | {"viral_day": viral_day}
    for name, how_many in {**planned, "viral_day": 1}.items():
        for _ in range(how_many):
            scene = Scene(stage, population, name, stage.new_id("case"), viral_payments)
            start = settings.opens + stage.rng.random() * LATEST_START * (settings.closes - settings.opens)
            yield start, partial(plays[name], scene, start)
