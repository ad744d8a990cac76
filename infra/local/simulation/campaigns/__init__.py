"""The adversaries: one module a campaign, each with one function that plans its episodes."""

from collections.abc import Callable, Iterable, Iterator

from infra.local.simulation.campaigns import card_testing, credential_stuffing, fake_rings, phishing, prohibited_items
from infra.local.simulation.campaigns.adversary import Adversary
from infra.local.simulation.dice import dice
from infra.local.simulation.people import Population
from infra.local.simulation.settings import Settings
from infra.local.simulation.steps import Episode, Stage, Step, played

PLANS: dict[str, tuple[Callable[[Adversary, float], Iterable[Episode]], float]] = {
    "credential_stuffing": (credential_stuffing.plan, 0.25),
    "card_testing": (card_testing.plan, 0.30),
    "phishing": (phishing.plan, 0.20),
    "prohibited_items": (prohibited_items.plan, 0.10),
    "fake_rings": (fake_rings.plan, 0.15),
}
"""How each is planned, given about how many signals it may make, and its share of all abusive signals."""


def campaign(name: str, settings: Settings, population: Population) -> Iterator[Step]:
    """The steps of one campaign in order of time. The signals of one that is left out are not given to the others."""
    plan, share = PLANS[name]
    stage = Stage(dice(settings.seed, name))
    adversary = Adversary(stage, population, name, settings.tactics_of(name), settings.opens, settings.closes)
    episodes = plan(adversary, settings.signals * settings.abuse_share * share)
    return played(stage, sorted(episodes, key=lambda episode: episode[0]))
