"""`python -m infra.local.tune --seeds 1,2,3 --tactics slow,aged`: the campaign tables in seconds, without AWS."""

import argparse
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console
from rich.padding import Padding

from infra.local.fast import Bench
from infra.local.outcomes import Outcomes, observed
from infra.local.recording import Parcel, parcel_of
from infra.local.scoreboard import scoreboard
from infra.local.simulation import CAMPAIGNS, Settings, Step, Tactics, simulate
from infra.local.simulation.scoring import CampaignScore, HonestScore, Scorecard, score
from infra.local.simulation.truth import Cases, parse_truth, truth_line
from infra.local.summary import WIDTH
from shared.policy import Policy, PolicyError, load, shipped


def scored(traffic: Iterable[Step], policy: Policy) -> Scorecard:
    """Judge everything in this process, and score."""
    return judged(list(traffic), policy)[0]


def judged(steps: Sequence[Step], policy: Policy) -> tuple[Scorecard, Outcomes]:
    """The score, and the decisions that it was made of."""
    outcomes = Bench(policy).run(_parcels(steps))
    cases = Cases()
    for step in steps:
        cases.see(step)
    lines = [truth_line(step) for step in steps if step.truth] + [case.line() for case in cases.found()]
    return score(parse_truth(lines), observed(outcomes, policy)), outcomes


def _parcels(steps: Iterable[Step]) -> Iterator[Parcel]:
    return (parcel_of(json.dumps(step.event).encode()) for step in steps)


def together(cards: list[Scorecard]) -> Scorecard:
    """The counts of several runs added up; what cannot be added is left out."""
    names = dict.fromkeys(name for card in cards for name in card.campaigns)
    looks = dict.fromkeys(name for card in cards for name in card.look_alikes)
    return Scorecard(
        {
            name: replace(
                CampaignScore(**_added(card.campaigns[name] for card in cards if name in card.campaigns)),
                median_seconds_to_catch=None,
            )
            for name in names
        },
        HonestScore(**_added(card.honest for card in cards)),
        {
            name: HonestScore(**_added(card.look_alikes[name] for card in cards if name in card.look_alikes))
            for name in looks
        },
        frozenset().union(*(card.touched for card in cards)),
        tuple(case for card in cards for case in card.missed),
    )


def _added(counts: Iterable[CampaignScore | HonestScore]) -> Mapping[str, int]:
    rows = [asdict(each) for each in counts]
    return {name: sum(row[name] or 0 for row in rows) for name in rows[0]}


def main() -> None:
    """Print the tables of all seeds together, and who was touched or missed in each."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.tune", description=__doc__)
    parser.add_argument("--seeds", default="1,2,3", help="such as 1,2,3")
    parser.add_argument("--signals", type=int, default=Settings.signals, help="about how many for each seed")
    parser.add_argument("--tactics", default="", help="for every campaign, such as slow,distributed,aged")
    parser.add_argument("--policy", type=Path, help="a folder of rules to try instead of those that ship")
    given = parser.parse_args()
    if given.policy and not given.policy.is_dir():
        parser.error(f"{given.policy} is no folder")
    try:
        policy = load(given.policy) if given.policy else shipped()
        tactics = dict.fromkeys(CAMPAIGNS, Tactics.parse(given.tactics))
        settings = [Settings(seed=int(seed), signals=given.signals, tactics=tactics) for seed in given.seeds.split(",")]
    except (PolicyError, ValueError) as error:
        parser.error(str(error))
    console, cards = Console(width=WIDTH), []
    for each in settings:
        card = scored(simulate(each), policy)
        cards.append(card)
        console.print(f"seed {each.seed}: {len(card.missed)} cases missed, {len(card.touched)} honest users touched")
        console.print(Padding(" ".join(sorted(card.touched)), (0, 0, 0, 2)), style="dim", highlight=False)
    console.print()
    console.print(scoreboard(together(cards)))


if __name__ == "__main__":
    main()
