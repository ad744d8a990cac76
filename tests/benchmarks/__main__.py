"""What Sluice costs: CPU as ratios to `json.loads`, calls and units of AWS on a stub endpoint, and cold starts."""

import argparse
import json
import sys

from rich.console import Console
from rich.progress import Progress

from shared.policy import shipped
from tests.benchmarks.calls import BATCH, bill
from tests.benchmarks.cold_start import cold_starts
from tests.benchmarks.report import Calls, Part, Starts, Steps
from tests.benchmarks.steps import measured
from tests.benchmarks.traffic import simulated


def main() -> None:
    """Measure, on simulated traffic that is the same each time, and report."""
    asked = _arguments()
    report = _cold_starts(asked) if asked.cold_start else _running(asked)
    if asked.json:
        sys.stdout.write(json.dumps({name: part.to_json() for name, part in report.items()}, indent=1) + "\n")
    else:
        for part in report.values():
            part.show(Console())


def _running(asked: argparse.Namespace) -> dict[str, Part]:
    traffic = simulated(asked.signals)
    with _progress() as progress:
        progress.add_task("steps of the CPU", total=None)
        costs = measured(shipped(), traffic, BATCH, asked.rounds)
        task = progress.add_task("through the handlers", total=len(traffic))
        charged = bill(traffic, len(traffic) // 3, lambda signals: progress.advance(task, signals))
    return {"steps": Steps(costs), "aws": Calls(charged)}


def _cold_starts(asked: argparse.Namespace) -> dict[str, Part]:
    with _progress() as progress:
        task = progress.add_task("cold starts", total=asked.runs)
        return {"cold_start": Starts(cold_starts(asked.runs, lambda pairs: progress.advance(task, pairs)))}


def _progress() -> Progress:
    errors = Console(stderr=True)
    return Progress(console=errors, transient=True, disable=not errors.is_terminal)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--signals", type=int, default=3_600, help="simulated signals; a third only fills the tables")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the steps' measurement")
    parser.add_argument("--cold-start", action="store_true", help="measure cold starts instead (Linux; builds bundles)")
    parser.add_argument("--runs", type=int, default=8, help="cold starts of each kind")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser.parse_args()


if __name__ == "__main__":
    main()
