"""The simulated marketplace as a whole, and its two files."""

import json
from collections.abc import Iterator
from pathlib import Path

from infra.local.simulation.campaigns import campaign
from infra.local.simulation.look_alikes import honest_oddities
from infra.local.simulation.ordinary import traffic
from infra.local.simulation.people import Population
from infra.local.simulation.settings import Settings
from infra.local.simulation.steps import Step, merged
from infra.local.simulation.truth import Case, Cases, truth_line

SMALLEST_POPULATION = 2_500
SIGNALS_PER_PERSON = 6


class Marketplace:
    """One marketplace, as the settings ask for it; `steps` can be run through once."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        size = max(SMALLEST_POPULATION, settings.signals // SIGNALS_PER_PERSON)
        self.population = Population(settings.seed, size, settings.opens)

    def steps(self) -> Iterator[Step]:
        """Every event with its truth, in order of time."""
        settings = self.settings
        odd = settings.signals * settings.look_alike_share
        ordinary = settings.signals * (1 - settings.abuse_share) - odd
        return merged(
            traffic(settings, self.population, ordinary),
            honest_oddities(settings, self.population, odd),
            *(campaign(name, settings, self.population) for name in settings.campaigns),
        )


def simulate(settings: Settings) -> Iterator[Step]:
    """Events with their truth, in order of time."""
    return Marketplace(settings).steps()


def write(settings: Settings, signals_path: Path, truth_path: Path) -> tuple[int, tuple[Case, ...]]:
    """Write signals and truth as JSON lines; the number of signals, and the cases.

    The truth file has a line per signal of a campaign or a look-alike, in order of time, then a line per case.
    """
    cases, written = Cases(), 0
    with signals_path.open("w", encoding="utf-8") as signals, truth_path.open("w", encoding="utf-8") as truths:
        for step in simulate(settings):
            signals.write(json.dumps(step.event, separators=(",", ":"), ensure_ascii=False) + "\n")
            written += 1
            if step.truth:
                truths.write(json.dumps(truth_line(step)) + "\n")
                cases.see(step)
        found = cases.found()
        for case in found:
            truths.write(json.dumps(case.line()) + "\n")
    return written, found
