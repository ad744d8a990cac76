"""What a signal costs in Sluice and in a handler written the usual way: CPU, time, calls, units, and the whole bill."""

import argparse
import json
import sys

from rich.console import Console
from rich.progress import Progress

from tests.benchmarks.evaluate.endpoint import running
from tests.benchmarks.evaluate.floor import floor
from tests.benchmarks.evaluate.marketplace import load
from tests.benchmarks.evaluate.measure import WARMING, compare, run
from tests.benchmarks.evaluate.report import Report
from tests.benchmarks.evaluate.rules import policy, rules
from tests.benchmarks.evaluate.sides import BATCH, Sluice, Usual


def main() -> None:
    """Compare answers, measure, and report; with `--quick` only see that the answers are right."""
    asked = _arguments()
    coming = load(asked.signals + WARMING)
    ruled = rules(coming)
    errors = Console(stderr=True)
    with running() as endpoint, Progress(console=errors, transient=True, disable=not errors.is_terminal) as progress:
        sluice, usual = Sluice(endpoint, policy(ruled)), Usual(endpoint, ruled, packed=asked.packed)
        fired = compare([sluice, usual], ruled)
        if asked.quick:
            sys.stdout.write(f"both fired the same {fired:,} times\n")
            return
        most = {sluice: asked.batch, usual: max(1, int(asked.batch * asked.usual))}
        task = progress.add_task("signals", total=asked.signals * (1 + asked.usual))
        runs = run(most, endpoint, coming, asked.batch, lambda signals: progress.advance(task, signals))
        least = floor(coming.coming[WARMING:], asked.batch, endpoint)
    report = Report(runs[sluice], runs[usual], least, asked.batch, asked.rate)
    if asked.json:
        sys.stdout.write(json.dumps(report.to_json(), indent=1) + "\n")
    else:
        report.show(Console())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.evaluate", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only see that both give the right answers: no clock")
    parser.add_argument("--signals", type=int, default=1_000, help="signals that are measured")
    parser.add_argument("--batch", type=int, default=BATCH, help="signals in a batch; as the template's mapping says")
    parser.add_argument("--usual", type=float, default=0.2, metavar="SHARE", help="of them also the usual way (slow)")
    parser.add_argument("--packed", action="store_true", help="the usual way with one item for an entity and window")
    parser.add_argument("--rate", type=float, default=100, help="signals a second, for what is paid by the month")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser.parse_args()


if __name__ == "__main__":
    main()
