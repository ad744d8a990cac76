"""The whole run: every setting and size, growth, cold compilation, and the goals."""

import json
import sys
from collections.abc import Sequence

from rich.console import Console

from tests.benchmarks.policy.cold import cold
from tests.benchmarks.policy.goals import goals
from tests.benchmarks.policy.measure import BASE, Measured, Prepared, growth, measured, prepared
from tests.benchmarks.policy.peers.all import PEERS
from tests.benchmarks.policy.report import WIDTH, show_cold, show_goals, show_growth, show_peers, show_sluice
from tests.benchmarks.policy.workloads import SETTINGS, workload

COLD_SIZES = (100, 1_000, 5_000)


def run(sizes: Sequence[int], rounds: int, runs: int, *, as_json: bool) -> None:
    """Measure and print tables, or JSON."""
    errors = Console(stderr=True)
    with errors.status("") as status:
        measurements: list[Measured] = []
        realistic: dict[int, Prepared] = {}
        for setting in SETTINGS:
            for number in sizes:
                status.update(f"{setting.name}, {number:,} rules")
                ready = prepared(workload(setting, number))
                measurements.append(measured(ready, PEERS, rounds))
                if setting is SETTINGS[0]:
                    realistic[number] = ready
        status.update("growth")
        grown = growth(realistic, rounds) if BASE in realistic else {}
        status.update("cold")
        colds = {number: cold(number, runs) for number in COLD_SIZES}
    reached = list(goals(measurements[: len(sizes)], grown, colds))
    if as_json:
        found = {
            "judging": [each.to_json() for each in measurements],
            f"growth_to_{BASE}": {number: series.to_json() for number, series in grown.items()},
            "cold_seconds": {
                number: {step: round(seconds, 3) for step, seconds in each.items()} for number, each in colds.items()
            },
            "goals": [{"goal": goal.words, "found": goal.found, "met": goal.met} for goal in reached],
        }
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    show_sluice(console, measurements)
    show_peers(console, measurements)
    if grown:
        show_growth(console, grown)
    show_cold(console, colds)
    show_goals(console, reached)
