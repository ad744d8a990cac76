"""Phishing: messages with look-alike links or lures off the platform, to people the sender has never written to.

A sender writes to 9 to 20 people, or, distributed, to 6 to 10 from one of many accounts; half a minute apart, or one
and a half hours. Every eighth recipient reports it within hours. A case is one sender, without a single moment of harm.
"""

from collections.abc import Iterator
from functools import partial

from infra.local.simulation import aftermath
from infra.local.simulation.campaigns import lures, reworded_lures
from infra.local.simulation.campaigns.adversary import Adversary
from infra.local.simulation.people import a_device
from infra.local.simulation.places import DAY, HOUR
from infra.local.simulation.steps import Episode

SIGNALS_CONCENTRATED, SIGNALS_DISTRIBUTED = 33, 20
LOOK_ALIKE_LINK = 0.65
"""Of the messages; the others lure to a messenger or to a payment outside."""
REPORTED = 0.12
SENDERS_PER_SOURCE = 3
"""Concentrated senders share a device and an address by threes."""
REVIEWED = 0.3


def plan(adversary: Adversary, signals: float) -> Iterator[Episode]:
    rng = adversary.stage.rng
    device, ip, start = a_device(rng), adversary.an_address(), adversary.a_start()
    size = SIGNALS_DISTRIBUTED if adversary.distributed else SIGNALS_CONCENTRATED
    for index in range(adversary.cases(signals, size)):
        if adversary.distributed or index % SENDERS_PER_SOURCE == 0:
            device, ip, start = a_device(rng), adversary.an_address(), adversary.a_start()
        at = start + rng.random() * 3 * HOUR
        yield at, partial(_send, adversary, device, ip, at)


def _send(adversary: Adversary, device: str, ip: str, at: float) -> None:
    stage, rng = adversary.stage, adversary.stage.rng
    visit, at = adversary.enter(at, device, ip)
    sender = visit.person
    words = reworded_lures if adversary.reworded else lures
    page = words.a_page(rng)
    how_many = rng.randrange(6, 11) if adversary.distributed else rng.randrange(9, 21)
    for recipient in rng.sample(adversary.population.members, how_many):
        text, links = words.a_link(rng, page) if rng.chance(LOOK_ALIKE_LINK) else (words.off_platform(rng), [])
        message = visit.write_to(at, recipient, text, links)
        aftermath.score(stage, at, sender.entity, "phishing", "abusive", visit.consequence)
        if rng.chance(REPORTED):
            reason = rng.choice(("phishing", "phishing", "spam"))
            told = at + 0.1 * HOUR + rng.expovariate(1 / 3) * HOUR
            aftermath.report(stage, told, recipient, sender, reason, visit.consequence, message_id=message)
        at += adversary.pause(30, 90 * 60)
    if rng.chance(REVIEWED):
        later = at + (1 + 2 * rng.random()) * DAY
        aftermath.review(stage, later, sender.entity, "phishing", "abuse", visit.consequence)
