"""What rules cost: 10 to 5,000 generated rules in Sluice, and in what a team would pick instead.

Every engine gets the same rules and signals, and must give the answers of a plain evaluator before it is timed.
"""

import argparse
from collections.abc import Sequence

from tests.benchmarks.policy.sluice import programs
from tests.benchmarks.policy.workloads import SETTINGS, workload

SIZES = (10, 100, 500, 5_000)
QUICK_SIZES = (40,)


def main(words: Sequence[str] | None = None) -> None:
    """Measure and report; with `--quick` only see that the answers are right."""
    asked = _arguments(words)
    if asked.quick:
        quick()
        return
    from tests.benchmarks.policy.full import run  # noqa: PLC0415  (what it needs is in an environment of its own)

    run(asked.sizes, asked.rounds, asked.runs, as_json=asked.json)


def quick() -> None:
    """Sluice's answers on small sets of every setting; raises `RuntimeError` when one is wrong. Nothing is timed."""
    for setting in SETTINGS:
        for number in QUICK_SIZES:
            programs(workload(setting, number))


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.policy", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="only see that Sluice's answers are right: no peers, no clock"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="rules on each signal type")
    parser.add_argument("--rounds", type=int, default=21, help="paired turns of each engine")
    parser.add_argument("--runs", type=int, default=3, help="fresh processes for each cold measurement")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    return parser.parse_args(words)


if __name__ == "__main__":
    main()
