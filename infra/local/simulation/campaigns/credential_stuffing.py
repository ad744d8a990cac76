"""Credential stuffing that ends in a takeover.

A wave tries leaked passwords on many accounts, about 16 failures for each success: within an hour or three, or over a
day or two when slow; from two devices and addresses, or from new ones every two or three tries when distributed. At a
success the thief changes the password or e-mail address, then the payout account, and asks for a payout: minutes apart,
or hours. A case is one taken-over account; the harm is the payout request.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from infra.local.simulation import aftermath
from infra.local.simulation.campaigns.adversary import LOOKS, Adversary
from infra.local.simulation.people import USUAL_MAIL, Person, a_device, a_payout_account
from infra.local.simulation.places import DAY, HOUR
from infra.local.simulation.steps import Episode
from infra.local.simulation.visits import Change, Visit
from infra.local.simulation.wording import mail_name

SIGNALS_PER_CASE = 24
TRIES_PER_CASE = 16
CASES_PER_WAVE = 6
UNKNOWN_USER = 0.15
TWO_FACTOR_HELD = 0.06
TRIES_PER_SOURCE = 2.5
SCORED = 0.6
FIRST_CHANGES: tuple[Change, ...] = ("password", "email")
FURTHER_CHANGES: tuple[Change, ...] = ("phone", "two_factor")
REVIEWED = 0.4


def plan(adversary: Adversary, signals: float) -> Iterator[Episode]:
    rng = adversary.stage.rng
    left = adversary.cases(signals, SIGNALS_PER_CASE, LOOKS)
    victims = rng.sample(adversary.population.sellers, min(left, len(adversary.population.sellers)))
    while victims:
        wave, victims = victims[:CASES_PER_WAVE], victims[CASES_PER_WAVE:]
        yield from _wave(adversary, wave)


def _wave(adversary: Adversary, victims: list[Person]) -> Iterator[Episode]:
    rng = adversary.stage.rng
    start = adversary.a_start()
    lasts = (24 + 24 * rng.random()) * HOUR if adversary.slow else (1 + 2 * rng.random()) * HOUR
    tries = TRIES_PER_CASE * len(victims)
    sources = max(2, round(tries / TRIES_PER_SOURCE)) if adversary.distributed else 2
    origins = [(a_device(rng), adversary.an_address()) for _ in range(sources)]
    for _ in range(tries):
        at = start + adversary.after(lasts)
        origin = rng.choice(origins)
        yield at, partial(_try, adversary, origin, at)
    for victim in victims:
        at = start + 0.2 * lasts + adversary.after(0.8 * lasts)
        origin = rng.choice(origins)
        yield at, partial(_take_over, adversary, victim, origin, at)


def _try(adversary: Adversary, origin: tuple[str, str], at: float) -> None:
    """A password that does not fit, at an account that may not exist."""
    rng = adversary.stage.rng
    target = rng.choice(adversary.population.members)
    visit = _at(adversary, target, origin)
    if rng.chance(UNKNOWN_USER):
        visit.fail_to_log_in(at, "unknown_user")
    else:
        visit.fail_to_log_in(at, "two_factor_failed" if rng.chance(TWO_FACTOR_HELD) else "wrong_password")


def _at(adversary: Adversary, person: Person, origin: tuple[str, str]) -> Visit:
    """The thief at someone's door, which is no case yet, and is always a device new to the account."""
    visit = adversary.visit(person, *origin, device_is_new=True)
    return replace(visit, truth=replace(visit.truth, case=None) if visit.truth else None)


def _a_mail_address(adversary: Adversary) -> str:
    """Random characters at one provider; reworded, a name like any other at one that everyone uses."""
    rng = adversary.stage.rng
    if adversary.reworded:
        return f"{mail_name(rng)}@{rng.choice(USUAL_MAIL)}"
    return f"{rng.getrandbits(32):08x}@mailbox.example"


def _take_over(adversary: Adversary, victim: Person, origin: tuple[str, str], at: float) -> None:
    stage, rng = adversary.stage, adversary.stage.rng
    if rng.chance(0.5):
        _at(adversary, victim, origin).fail_to_log_in(at)
        at += 5 + rng.expovariate(1 / 10)
    if adversary.distributed and rng.chance(0.4):
        origin = a_device(rng), adversary.an_address()  # the credentials are sold on
        at += adversary.pause(HOUR, 6 * HOUR)
    visit = adversary.visit(victim, *origin, device_is_new=True)
    visit.log_in(at)
    if rng.chance(SCORED):
        aftermath.score(stage, at, victim.entity, "account_takeover", "abusive", visit.consequence)
    visit, at = adversary.warmed_up(visit, at + adversary.pause(240, 2 * HOUR), looks_only=True)
    first: Change = rng.choice(FIRST_CHANGES)
    visit.change(at, first, email=_a_mail_address(adversary) if first == "email" else None)
    if rng.chance(0.4):
        at += adversary.pause(60, HOUR)
        visit.change(at, rng.choice(FURTHER_CHANGES))
    at += adversary.pause(240, 3 * HOUR)
    account, since = a_payout_account(rng), at
    visit.change(at, "payout_account", payout_account=account)
    at += adversary.pause(600, 5 * HOUR)
    visit.ask_for_payout(at, account, int((at - since) / HOUR), rng.randrange(5_000, 90_000), harm=True)
    if rng.chance(REVIEWED):
        later = at + (1 + 2 * rng.random()) * DAY
        aftermath.review(stage, later, victim.entity, "account_takeover", "abuse", visit.consequence)
