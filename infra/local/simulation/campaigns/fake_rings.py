"""Rings of fake accounts: opened in bursts on shared devices and neighbouring addresses, used later.

A ring has 10 to 24 accounts on two devices, one address and one throwaway mail domain; distributed, on a device for
every six, an address for every three, and a mail domain for every five. They open 20 to 60 seconds apart, or 20 to 40
minutes; they begin to act after an hour or two, or, aged, after two to four days. Then each logs in and writes to
strangers, puts up listings, or praises the ring's sellers. A case is one fake account, without a single moment of harm.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from infra.local.simulation import aftermath, wording
from infra.local.simulation.campaigns.adversary import Adversary
from infra.local.simulation.people import Person, a_device, a_person
from infra.local.simulation.places import DAY, HOUR, neighbours
from infra.local.simulation.steps import Episode
from infra.local.simulation.visits import Visit

SIGNALS_PER_CASE = 8
SMALLEST_RING, LARGEST_RING = 10, 24
ACCOUNTS_PER_DEVICE, ACCOUNTS_PER_ADDRESS, ACCOUNTS_PER_DOMAIN = 6, 3, 5
PRAISE = (
    "Great seller, everything perfect, five stars!",
    "Best shop here, I buy again and again, five stars",
    "Super fast delivery, very honest seller, recommended!!",
)
REWORDED_PRAISE = (
    "Todo genial, repetiré seguro con este vendedor",
    "Gerne wieder, so muss das sein, Daumen hoch!",
    "Rien à redire, boutique au top, foncez",
    "my third order here and never a problem, ignore the bad comments",
    "😍😍 exactly what I hoped for, tell your friends",
    "honestly surprised how nice this person is, 10/10",
)
SCORED, REVIEWED = 0.5, 0.2


@dataclass(frozen=True, slots=True)
class _Ring:
    devices: list[str]
    addresses: list[str]
    domains: list[str]

    def of(self, index: int) -> tuple[str, str, str]:
        """Device, address and mail domain of the ring's account number `index`, which are handed out in turn."""
        pools = (self.devices, self.addresses, self.domains)
        device, ip, domain = (pool[index % len(pool)] for pool in pools)
        return device, ip, domain


def plan(adversary: Adversary, signals: float) -> Iterator[Episode]:
    rng = adversary.stage.rng
    left = adversary.cases(signals, SIGNALS_PER_CASE)
    while left > 0:
        size = max(SMALLEST_RING, min(left, rng.randrange(SMALLEST_RING, LARGEST_RING + 1)))
        left -= size
        ring, at = _ring(adversary, size), adversary.a_start()
        for index in range(size):
            device, ip, domain = ring.of(index)
            member = a_person(rng, at, seller=rng.chance(0.4), age_days=0.0)
            name = wording.mail_name(rng) if adversary.reworded else f"{wording.a_word(rng, 3)}{rng.randrange(1000)}"
            member.email = f"{name}@{domain}"
            yield at, partial(_live, adversary, member, device, ip, at)
            at += adversary.pause(40, 1_800)


def _ring(adversary: Adversary, size: int) -> _Ring:
    rng = adversary.stage.rng
    devices, addresses, domains = 2, 1, 1
    if adversary.distributed:
        devices = -(-size // ACCOUNTS_PER_DEVICE)
        addresses = -(-size // ACCOUNTS_PER_ADDRESS)
        domains = -(-size // ACCOUNTS_PER_DOMAIN)
    return _Ring(
        [a_device(rng) for _ in range(devices)],
        neighbours(rng, addresses),
        [_a_mail_domain(adversary) for _ in range(domains)],
    )


def _a_mail_domain(adversary: Adversary) -> str:
    """Throwaway by its looks; reworded, as a small firm's own would look."""
    rng = adversary.stage.rng
    return wording.a_domain(rng) if adversary.reworded else f"{wording.a_word(rng, 2)}-mail{rng.randrange(100)}.example"


def _live(adversary: Adversary, member: Person, device: str, ip: str, at: float) -> None:
    stage, rng = adversary.stage, adversary.stage.rng
    visit = adversary.visit(member, device, ip, device_is_new=False)
    visit.open_account(at)
    if rng.chance(SCORED):
        aftermath.score(stage, at, member.entity, "fake_account", "abusive", visit.consequence)
    at += (2 + 2 * rng.random()) * DAY if adversary.aged else HOUR + rng.random() * HOUR
    visit, at = adversary.warmed_up(visit, at)
    for _ in range(rng.randrange(1, 3)):
        visit.log_in(at)
        at += 30 + adversary.pause(60, HOUR)
        for _ in range(rng.randrange(2, 4)):
            _act(adversary, visit, at)
            at += adversary.pause(120, 2 * HOUR)
        at += adversary.pause(HOUR, 6 * HOUR)
    if rng.chance(REVIEWED):
        aftermath.review(stage, at + DAY, member.entity, "fake_account", "abuse", visit.consequence)


def _act(adversary: Adversary, visit: Visit, at: float) -> None:
    """Praise or a question to a stranger, or a listing that looks like any other."""
    stage, rng = adversary.stage, adversary.stage.rng
    if visit.person.seller and rng.chance(0.5):
        title, description = wording.a_listing(rng, visit.person.category)
        price = wording.a_price(rng, visit.person.category) // 2
        visit.offer(at, stage.new_id("l"), visit.person.category, title, description, price)
        return
    stranger = rng.choice(adversary.population.members)
    praise = REWORDED_PRAISE if adversary.reworded else PRAISE
    text = rng.choice(praise) if rng.chance(0.6) else wording.a_question(rng, stranger.category)
    visit.write_to(at, stranger, text)
