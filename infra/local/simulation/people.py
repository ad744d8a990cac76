"""The people of the marketplace: who they are, what they pay with, and what the services already know of them."""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from infra.local.simulation import wording
from infra.local.simulation.dice import Dice, dice
from infra.local.simulation.places import DAY, HOUR, Country, a_country, carrier_address, home_address, rhythm

MEDIAN_AGE_DAYS = 300
AGE_SPREAD = 1.1
JOINING_SHARE = 0.12
"""Of the people, those who open their account during the simulation, with their first visit."""
SELLER_SHARE = 0.2
ACTIVITY_SPREAD = 1.1
"""Sigma of the log-normal activity of a person: the busiest hundredth visits some 13 times as often as the median."""
WITH_BALANCE, MEDIAN_BALANCE = 0.6, 9_000
"""Share of sellers that have earned something before the simulation, and how much in the middle (minor units)."""
POPULARITY_EXPONENT = 0.8
"""Zipf: the seller of rank r sells in proportion to r ** -0.8."""
SEVERAL_DEVICES = 0.45
SEVERAL_CARDS = 0.35
FUNDINGS = ("debit", "credit", "prepaid")
FUNDING_SHARES = (0.55, 0.41, 0.04)
USUAL_MAIL = ("gmail.com", "outlook.com", "yahoo.com", "icloud.com", "gmx.de", "web.de", "orange.fr", "proton.me")
USUAL_MAIL_SHARES = (45, 15, 10, 10, 6, 4, 4, 3)
OWN_DOMAIN = 0.06
"""Share of people whose e-mail address is at a domain of their own or of a small firm."""


@dataclass(frozen=True, slots=True)
class Card:
    fingerprint: str
    country: str
    funding: str


@dataclass(slots=True, eq=False)
class Person:
    """One honest person, or one account that an adversary holds. `created` is seconds since 1970."""

    id: str
    country: str
    offset: float
    created: float
    email: str
    devices: list[str]
    cards: list[Card]
    home: str
    seller: bool
    category: str
    payout_account: str
    payout_since: float
    joined: bool = True
    contacts: set[str] = field(default_factory=set)
    used_cards: set[str] = field(default_factory=set)
    earnings: list[tuple[float, int]] = field(default_factory=list)
    last_payout: float = 0.0

    @property
    def entity(self) -> str:
        return f"user:{self.id}"

    def knows(self, other: "Person") -> bool:
        """The two have written to each other before."""
        return other.id in self.contacts or self.id in other.contacts

    def age_days(self, at: float) -> int:
        return max(0, int((at - self.created) / DAY))

    def payout_account_hours(self, at: float) -> int:
        return max(0, int((at - self.payout_since) / HOUR))


def a_person(
    rng: Dice, now: float, *, seller: bool = False, age_days: float | None = None, country: Country | None = None
) -> Person:
    """Someone who has had an account for `age_days`; None draws it: log-normal, median 300 days, sigma 1.1."""
    if age_days is None:
        age_days = 1 + MEDIAN_AGE_DAYS * rng.lognormvariate(0, AGE_SPREAD)
    country = country or a_country(rng)
    created = now - age_days * DAY
    number = f"{rng.getrandbits(40):010x}"
    cards = [a_card(rng, country.code) for _ in range(2 if rng.chance(SEVERAL_CARDS) else 1)]
    return Person(
        id=f"u_{number}",
        country=country.code,
        offset=country.offset,
        created=created,
        email=f"{wording.mail_name(rng)}@{_mail_domain(rng)}",
        devices=[a_device(rng) for _ in range(2 if rng.chance(SEVERAL_DEVICES) else 1)],
        cards=cards,
        home=home_address(rng),
        seller=seller,
        category=wording.a_category(rng),
        payout_account=a_payout_account(rng),
        payout_since=created + rng.random() * min(age_days, 30) * DAY,
        used_cards={card.fingerprint for card in cards},
    )


def a_device(rng: Dice) -> str:
    return f"dev_{rng.getrandbits(48):012x}"


def a_card(rng: Dice, country: str) -> Card:
    return Card(f"card_{rng.getrandbits(56):014x}", country, rng.choices(FUNDINGS, FUNDING_SHARES)[0])


def a_payout_account(rng: Dice) -> str:
    return f"pa_{rng.getrandbits(56):014x}"


def _mail_domain(rng: Dice) -> str:
    if rng.chance(OWN_DOMAIN):
        return wording.a_domain(rng)
    return rng.choices(USUAL_MAIL, USUAL_MAIL_SHARES)[0]


class Crowd:
    """People, each drawn in proportion to a weight."""

    def __init__(self, people: Sequence[Person], weights: Sequence[float]) -> None:
        self._people = people
        self._upto = list(accumulate(weights))

    @property
    def weight(self) -> float:
        return self._upto[-1]

    def draw(self, rng: Dice) -> Person:
        return self._people[bisect(self._upto, rng.random() * self.weight, hi=len(self._people) - 1)]


class Population:
    """The ordinary people, drawn once per seed; campaigns and look-alikes meet them, and never change them."""

    def __init__(self, seed: int, size: int, now: float) -> None:
        rng = dice(seed, "population")
        self.size = size
        self.people = [a_person(rng, now, seller=rng.chance(SELLER_SHARE)) for _ in range(size)]
        for person in self.people:
            person.joined = not rng.chance(JOINING_SHARE)
        self.members = [person for person in self.people if person.joined]
        self.sellers = [person for person in self.members if person.seller]
        for seller in self.sellers:
            if rng.chance(WITH_BALANCE):
                seller.earnings.append((now, round(MEDIAN_BALANCE * rng.lognormvariate(0, 1))))
        self._shops = Crowd(self.sellers, [(rank + 1) ** -POPULARITY_EXPONENT for rank in range(len(self.sellers))])
        by_clock: dict[float, list[Person]] = {}
        for person in self.people:
            by_clock.setdefault(person.offset, []).append(person)
        self._by_clock = {
            offset: Crowd(people, [rng.lognormvariate(0, ACTIVITY_SPREAD) for _ in people])
            for offset, people in by_clock.items()
        }

    def busyness(self, at: float) -> float:
        """How many are awake and at it: everyone's activity, by the clock of where they are."""
        return sum(crowd.weight * rhythm(at, offset) for offset, crowd in self._by_clock.items())

    def visitor(self, rng: Dice, at: float) -> Person:
        """Someone who visits at this moment."""
        awake = [crowd.weight * rhythm(at, offset) for offset, crowd in self._by_clock.items()]
        return rng.choices(list(self._by_clock.values()), awake)[0].draw(rng)

    def shop(self, rng: Dice) -> Person:
        """A seller, by popularity."""
        return self._shops.draw(rng)

    def carrier(self, rng: Dice, country: str) -> str:
        """A mobile carrier's address in the country."""
        return carrier_address(rng, country, self.size)
