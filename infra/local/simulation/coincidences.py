"""More honest look-alikes: people who share a device, cards or words with adversaries by the run of their lives."""

from infra.local.simulation import aftermath, near_wording, wording
from infra.local.simulation.ordinary import buy, log_in, offer
from infra.local.simulation.people import a_card, a_device, a_payout_account, a_person
from infra.local.simulation.places import DAY, HOUR, a_country, home_address
from infra.local.simulation.scenes import Scene


def small_firm(scene: Scene, at: float) -> None:
    """Four to eight colleagues open accounts at the firm's own mail domain, on its one computer, within two hours."""
    rng = scene.stage.rng
    computer, ip, country = a_device(rng), home_address(rng), a_country(rng)
    domain = wording.a_domain(rng)
    for _ in range(rng.randrange(4, 9)):
        person = a_person(rng, at, seller=rng.chance(0.5), age_days=0.0, country=country)
        person.email = f"{wording.mail_name(rng)}@{domain}"
        visit = scene.visit(person, device=computer, ip=ip)
        visit.open_account(at)
        when = at + HOUR + rng.random() * DAY
        for _ in range(rng.randrange(1, 3)):
            when = log_in(visit, when) + 120
            if person.seller and rng.chance(0.7):
                offer(visit, when)
            if rng.chance(0.5):
                buy(visit, when + 200, scene.population.shop(rng))
            when += (4 + 20 * rng.random()) * HOUR
        at += 200 + rng.expovariate(1 / 900)


def repair_shop(scene: Scene, at: float) -> None:
    """Six to fourteen customers try their repaired phone's account at the bench's device, new to each of them."""
    rng = scene.stage.rng
    bench, ip, country = a_device(rng), home_address(rng), a_country(rng)
    for _ in range(rng.randrange(6, 15)):
        person = a_person(rng, at, seller=rng.chance(0.2), country=country)
        visit = scene.visit(person, device=bench, ip=ip, device_is_new=True)
        when = at
        if rng.chance(0.35):
            for _ in range(rng.randrange(1, 4)):
                visit.fail_to_log_in(when)
                when += 10 + rng.expovariate(1 / 20)
        log_in(visit, when, standing="odd")
        if rng.chance(0.15):
            visit.change(when + 120, "password")
        at += 600 + rng.expovariate(1 / (1.5 * HOUR))


def parents_tablet(scene: Scene, at: float) -> None:
    """Two parents and the accounts that they open for two children one evening: one tablet, one card for all four."""
    rng = scene.stage.rng
    tablet, home, country = a_device(rng), home_address(rng), a_country(rng)
    card = a_card(rng, country.code)
    for child in (False, False, True, True):
        person = a_person(rng, at, age_days=0.0 if child else None, country=country)
        person.cards = [card]
        visit = scene.visit(person, device=tablet, ip=home)
        if child:
            visit.open_account(at)
        when = at + 600
        for _ in range(rng.randrange(1, 4)):
            when = log_in(visit, when) + 60
            if rng.chance(0.6):
                buy(visit, when, scene.population.shop(rng), gift_card=child and rng.chance(0.4))
            when += rng.expovariate(1 / 12) * HOUR
        at += 240 + rng.expovariate(1 / 300)


def reseller(scene: Scene, at: float) -> None:
    """Someone buys stock for resale: six to eleven orders on four to seven own cards, within two days, on a device.

    Most cards are new to the marketplace, and a tight limit declines one here and there.
    """
    rng = scene.stage.rng
    person = a_person(rng, at, seller=True)
    person.cards += [a_card(rng, person.country) for _ in range(rng.randrange(3, 6))]
    visit = scene.visit(person)
    end = log_in(visit, at) + 60
    for _ in range(rng.randrange(6, 12)):
        rng.shuffle(person.cards)
        buy(visit, end, scene.population.shop(rng))
        end += 120 + rng.expovariate(1 / (2 * HOUR))
    for _ in range(rng.randrange(2, 5)):
        offer(visit, end)
        end += 300


def bought_a_phone(scene: Scene, at: float) -> None:
    """A seller buys a phone and moves to it: a new device, and within a week a new password and payout account."""
    rng = scene.stage.rng
    person = a_person(rng, at, seller=True)
    old = scene.visit(person)
    buy(old, log_in(old, at) + 120, scene.population.shop(rng), amount=rng.randrange(30_000, 110_000))
    at += (3 + 2 * rng.random()) * DAY
    ip = person.home if rng.chance(0.5) else scene.population.carrier(rng, person.country)
    phone = a_device(rng)
    first = scene.visit(person, device=phone, ip=ip, device_is_new=True)
    end = log_in(first, at, standing="odd")
    first.change(end + 60 + rng.expovariate(1 / 600), "password")
    back = scene.visit(person, device=phone, ip=ip)
    at = end + rng.choice((1, 6, 30, 60)) * HOUR * (0.5 + rng.random())
    changed = log_in(back, at) + 100
    account = a_payout_account(rng)
    back.change(changed, "payout_account", payout_account=account)
    asked = changed + rng.choice((0.5, 20, 60)) * HOUR * (0.5 + rng.random())
    back.ask_for_payout(asked, account, int((asked - changed) / HOUR), rng.randrange(3_000, 40_000))


def near_lures(scene: Scene, at: float) -> None:
    """Someone writes to four to eight sellers about fees, codes, messengers and parcels, with harmless links."""
    rng = scene.stage.rng
    person = a_person(rng, at, age_days=0.0 if rng.chance(0.3) else None)
    visit = scene.visit(person)
    if person.created == at:
        visit.open_account(at)
        at += 900
    for _ in range(rng.randrange(4, 9)):
        text, links = near_wording.a_message(rng)
        aftermath.score(scene.stage, at, person.entity, "phishing", "odd", visit.consequence)
        visit.write_to(at, scene.population.shop(rng), text, links)
        at += 60 + rng.expovariate(1 / 300)


def near_goods(scene: Scene, at: float) -> None:
    """Harmless listings in four languages with words near prohibited goods: syrup, papers, knives for mushrooms."""
    rng = scene.stage.rng
    person = a_person(rng, at, seller=True)
    visit = scene.visit(person)
    at = log_in(visit, at) + 60
    for category, title, description, price in rng.sample(near_wording.GOODS, rng.randrange(2, 6)):
        listing = scene.stage.new_id("l")
        visit.offer(at, listing, category, title, description, round(price * rng.lognormvariate(0, 0.2)))
        aftermath.score(
            scene.stage, at, f"listing:{listing}", "prohibited_item", "odd", visit.consequence, owner_id=person.id
        )
        at += 200 + rng.expovariate(1 / 600)
