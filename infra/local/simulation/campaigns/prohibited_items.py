"""Prohibited goods on sale, in plain, veiled or obfuscated words, often in a harmless category.

A seller submits five to nine listings, or, distributed, three to four from one of many accounts; minutes apart, or
hours. Every fourth listing is reported within a day. A case is one seller, without a single moment of harm.
"""

from collections.abc import Iterator
from functools import partial

from infra.local.simulation import aftermath
from infra.local.simulation.campaigns import reworded_goods
from infra.local.simulation.campaigns.adversary import Adversary
from infra.local.simulation.dice import Dice
from infra.local.simulation.people import a_device
from infra.local.simulation.places import DAY, HOUR
from infra.local.simulation.steps import Episode
from infra.local.simulation.wording import CATEGORIES

SIGNALS_CONCENTRATED, SIGNALS_DISTRIBUTED = 18, 11
GOODS = (
    ("Oxycodone 30 mg pills", "No prescription needed, sealed blister, ships discreetly", 9_000),
    ("Fentanyl patches", "Medical grade, stealth shipping worldwide", 15_000),
    ("Xanax bars 2 mg", "Original, no prescription, fast and discreet", 6_000),
    ("Cocaine, lab tested", "Uncut, vacuum sealed, pay by crypto", 12_000),
    ("Glock 19 with ammunition", "9 mm, no licence asked, serial removed", 80_000),
    ("Switchblade knife, automatic", "Opens in a blink, ships in plain box", 4_500),
    ("Counterfeit 50 euro notes", "Pass the pen test, bundle of 20", 30_000),
    ("Replica Rolex, 1:1 clone", "Superclone with box and papers, no one sees the difference", 25_000),
    ("Fake passport, any country", "Registered in the database, ready in ten days", 90_000),
    ("Cloned credit cards, high balance", "Fullz with pin, dumps of this week", 20_000),
    ("Ivory carving, antique", "Real elephant ivory, no papers", 40_000),
    ("Live turtle, protected species", "Caught wild, no CITES papers", 18_000),
)
VEILED = (
    ("Party supplies, snow white", "You know what it is. Discreet, pay by crypto, ask for the menu", 11_000),
    ("Special candy for the weekend", "Lab tested, stealth shipping, message me for the menu", 7_000),
    ("Documents of any kind", "Novelty only, of course. Registered, ready in ten days", 60_000),
)
VEILED_SHARE, OBFUSCATED_SHARE = 0.12, 0.4
TRUE_CATEGORY = 0.3
"""Share of listings that stand in `health` or `other`, where such goods would be looked for."""
REPORTED = 0.25
REVIEWED = 0.4
DIGITS = str.maketrans({"o": "0", "e": "3", "i": "1", "a": "4", "s": "5"})


def plan(adversary: Adversary, signals: float) -> Iterator[Episode]:
    size = SIGNALS_DISTRIBUTED if adversary.distributed else SIGNALS_CONCENTRATED
    for _ in range(adversary.cases(signals, size)):
        at = adversary.a_start()
        yield at, partial(_sell, adversary, at)


def _sell(adversary: Adversary, at: float) -> None:
    stage, rng = adversary.stage, adversary.stage.rng
    visit, at = adversary.enter(at, a_device(rng), adversary.an_address())
    seller = visit.person
    for _ in range(rng.randrange(3, 5) if adversary.distributed else rng.randrange(5, 10)):
        listing = stage.new_id("l")
        category = rng.choice(("health", "other")) if rng.chance(TRUE_CATEGORY) else rng.choice(list(CATEGORIES))
        title, description, price = reworded_goods.wanted(rng) if adversary.reworded else wanted(rng)
        visit.offer(at, listing, category, title, description, round(price * rng.lognormvariate(0, 0.3)))
        aftermath.score(
            stage, at, f"listing:{listing}", "prohibited_item", "abusive", visit.consequence, owner_id=seller.id
        )
        if rng.chance(REPORTED):
            told, by = at + HOUR + rng.expovariate(1 / 8) * HOUR, rng.choice(adversary.population.members)
            aftermath.report(stage, told, by, seller, "prohibited", visit.consequence, listing_id=listing)
        at += adversary.pause(300, 5 * HOUR)
    if rng.chance(REVIEWED):
        aftermath.review(stage, at + DAY, seller.entity, "prohibited_item", "abuse", visit.consequence)


def wanted(rng: Dice) -> tuple[str, str, int]:
    """Title, description and price of one listing."""
    if rng.chance(VEILED_SHARE):
        return rng.choice(VEILED)
    title, description, price = rng.choice(GOODS)
    if rng.chance(OBFUSCATED_SHARE):
        title = obfuscated(rng, title)
    return title, description, price


def obfuscated(rng: Dice, text: str) -> str:
    """Digits for letters in the longest word, or dots between its letters."""
    longest = max(text.split(), key=len)
    hidden = longest.lower().translate(DIGITS) if rng.chance(0.6) else ".".join(longest)
    return text.replace(longest, hidden)
