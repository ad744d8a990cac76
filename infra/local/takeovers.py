"""`python -m infra.local.takeovers`: single takeovers injected at random places into simulated traffic.

Nothing of them was known when the rules were written. It tells how many were caught, and how many honest users were
asked or held, with the takeovers and without them.
"""

import argparse
from collections.abc import Iterable

from rich.console import Console

from infra.local.outcomes import Outcomes
from infra.local.scoreboard import scoreboard
from infra.local.simulation import Marketplace, Settings, Step, Tactics
from infra.local.simulation.campaigns import single_takeovers
from infra.local.simulation.campaigns.adversary import Adversary
from infra.local.simulation.dice import dice
from infra.local.simulation.scoring import Scorecard
from infra.local.simulation.steps import Stage, merged, played
from infra.local.summary import WIDTH
from infra.local.tune import judged, scored
from shared.policy import shipped

CASES, SIGNALS, SEED = 100, 40_000, 901


def injected(settings: Settings, cases: int) -> Iterable[Step]:
    """The traffic of a marketplace with its own campaigns and look-alikes, and so many takeovers more."""
    market = Marketplace(settings)
    stage = Stage(dice(settings.seed, single_takeovers.NAME))
    adversary = Adversary(
        stage,
        market.population,
        single_takeovers.NAME,
        Tactics(spread="distributed"),
        settings.opens,
        settings.closes,
    )
    episodes = sorted(single_takeovers.plan(adversary, cases), key=lambda episode: episode[0])
    return merged(market.steps(), played(stage, episodes))


def challenged(card: Scorecard, outcomes: Outcomes) -> int:
    """Of the takeovers that were not held, those whose request for a payout waits for a step-up."""
    dispositions = {(each.source, each.signal_id): each.disposition for each in outcomes.decided.values()}
    missed = (case for case in card.missed if case.campaign == single_takeovers.NAME)
    return sum(dispositions[case.harm[0]] == "challenge" for case in missed)


def main() -> None:
    """Print the scoreboard."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.takeovers", description=__doc__)
    parser.add_argument("--cases", type=int, default=CASES, help="how many takeovers")
    parser.add_argument("--signals", type=int, default=SIGNALS, help="about how many signals beside them")
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args()
    policy, settings = shipped(), Settings(seed=given.seed, signals=given.signals)
    sellers = len(Marketplace(settings).population.sellers)
    if not 1 <= given.cases <= sellers:
        parser.error(f"--cases is {given.cases}; each takes over another one of {sellers} sellers")
    console = Console(width=WIDTH)
    card, outcomes = judged(list(injected(settings, given.cases)), policy)
    alone = scored(injected(settings, 0), policy)
    console.print(scoreboard(card))
    held, asked = card.campaigns[single_takeovers.NAME].caught, challenged(card, outcomes)
    console.print(
        f"Of {given.cases} takeovers {held} were held, and {asked} more had to pass a step-up before the money could "
        f"leave. Of {card.honest.users:,} honest users {card.honest.touched} were touched and {card.honest.asked} "
        f"asked; without the takeovers it would have been {alone.honest.touched} and {alone.honest.asked}."
    )


if __name__ == "__main__":
    main()
