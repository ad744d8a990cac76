"""Where people are: countries with their share, clock and language of names, and addresses nobody owns."""

import math
from dataclasses import dataclass

from infra.local.simulation.dice import Dice

HOUR = 3_600.0
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Country:
    """`share` of the marketplace's people; `offset` of its clock from UTC in hours."""

    code: str
    share: float
    offset: float


COUNTRIES = (
    Country("US", 0.30, -6),
    Country("DE", 0.18, 1),
    Country("GB", 0.14, 0),
    Country("FR", 0.10, 1),
    Country("BR", 0.08, -3),
    Country("IN", 0.07, 5.5),
    Country("ES", 0.05, 1),
    Country("PL", 0.04, 1),
    Country("NL", 0.04, 1),
)
ELSEWHERE = ("RO", "VN", "NG", "UA", "ID", "MA", "TR", "ZA")
"""Countries with no ordinary users: where travellers go, and where the addresses of attackers often are."""

BUSIEST_HOUR = 20
NIGHT_FLOOR = 0.12
"""Activity at the quietest hour of the night, as a share of the busiest."""


def rhythm(at: float, offset: float) -> float:
    """How busy people are at a moment, 0 to 1: a cosine over the local day with its top at 20:00, weekends 15 % up."""
    local = at / HOUR + offset
    wave = (1 + math.cos((local - BUSIEST_HOUR) * math.tau / 24)) / 2
    weekend = int(local // 24) % 7 in (2, 3)  # 1970-01-01 was a Thursday
    return (NIGHT_FLOOR + (1 - NIGHT_FLOOR) * wave) * (1.0 if weekend else 0.87)


def a_country(rng: Dice) -> Country:
    return rng.choices(COUNTRIES, [country.share for country in COUNTRIES])[0]


# All addresses lie in ranges that are reserved for private use, carriers' NAT, benchmarks or documentation, so that no
# simulated act can be laid at the door of a real one.


def home_address(rng: Dice) -> str:
    """A household's line: IPv6 for a fifth of them."""
    if rng.chance(0.2):
        return f"2001:db8:{rng.randrange(1, 65_535):x}:{rng.randrange(1, 65_535):x}::{rng.randrange(1, 65_535):x}"
    return f"10.{rng.randrange(256)}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def carrier_address(rng: Dice, country: str, population: int) -> str:
    """A mobile carrier's address, shared by some 25 people of the country: one address is not one person."""
    pool = max(4, population // 100)
    slot = rng.randrange(pool)
    block = sum(map(ord, country)) % 64
    return f"100.{64 + block}.{slot // 250}.{slot % 250 + 1}"


def hosted_address(rng: Dice) -> str:
    """An address of a data centre, VPN or proxy."""
    return f"198.{rng.choice((18, 19))}.{rng.randrange(256)}.{rng.randrange(1, 255)}"


def neighbours(rng: Dice, how_many: int) -> list[str]:
    """Distinct addresses of one hosted /24."""
    prefix = hosted_address(rng).rpartition(".")[0]
    return [f"{prefix}.{last}" for last in rng.sample(range(1, 255), min(how_many, 254))]
