"""Takeovers one by one, each at a random place in the traffic and in its own way; no wave announces them.

How the thief gets in: the password fits at once (it was phished, or leaked), or is guessed after a few failures, or the
session itself was stolen, so that nobody logs in and the device looks known. What comes first: the password or e-mail
address, or both, or the payout account alone. The acts are minutes to a day apart. A case is one account; the harm is
the request for a payout to the thief's account.
"""

from collections.abc import Iterator
from functools import partial

from infra.local.simulation.campaigns.adversary import Adversary
from infra.local.simulation.people import Person, a_device, a_payout_account
from infra.local.simulation.places import HOUR
from infra.local.simulation.steps import Episode
from infra.local.simulation.visits import Change, Visit

NAME = "single_takeovers"
GUESSED, STOLEN_SESSION = 0.35, 0.15
"""Shares of the ways in; the others have the password."""
FIRST: tuple[tuple[Change, ...], ...] = (("password",), ("email",), ("email", "password"), ())
LEAST_PAUSE, MOST_PAUSE = 300, 20 * HOUR
LATEST_START = 0.85


def plan(adversary: Adversary, cases: int) -> Iterator[Episode]:
    """So many cases, each about another seller, spread evenly over the period."""
    rng = adversary.stage.rng
    for victim in rng.sample(adversary.population.sellers, cases):
        at = adversary.opens + rng.random() * LATEST_START * (adversary.closes - adversary.opens)
        yield at, partial(_take_over, adversary, victim, at)


def _take_over(adversary: Adversary, victim: Person, at: float) -> None:
    rng = adversary.stage.rng
    if rng.chance(STOLEN_SESSION):
        visit = adversary.visit(victim, rng.choice(victim.devices), adversary.an_address(), device_is_new=False)
    else:
        visit = adversary.visit(victim, a_device(rng), adversary.an_address(), device_is_new=True)
        for _ in range(rng.randrange(2, 9) if rng.chance(GUESSED) else 0):
            visit.fail_to_log_in(at)
            at += 4 + rng.expovariate(1 / 20)
        visit.log_in(at)
    for change in rng.choice(FIRST):
        at += _pause(adversary)
        visit.change(at, change, email=f"{rng.getrandbits(32):08x}@mailbox.example" if change == "email" else None)
    _cash_out(adversary, visit, at)


def _cash_out(adversary: Adversary, visit: Visit, at: float) -> None:
    rng = adversary.stage.rng
    account, since = a_payout_account(rng), at + _pause(adversary)
    visit.change(since, "payout_account", payout_account=account)
    at = since + _pause(adversary)
    visit.ask_for_payout(at, account, int((at - since) / HOUR), rng.randrange(5_000, 90_000), harm=True)


def _pause(adversary: Adversary) -> float:
    """Log-uniform: as often minutes as hours."""
    return float(LEAST_PAUSE * (MOST_PAUSE / LEAST_PAUSE) ** adversary.stage.rng.random())
