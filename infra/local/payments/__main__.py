"""`python -m infra.local.payments FILE`: the rules that ship, measured on a labelled file of card payments.

The file is the Fraud Detection Handbook's, of 2018-06-11 to 2018-08-14 (see the mapping `payments` in datasets.py).
It is replayed twice, once with the disputes that come seven days after a fraud and once as if nobody ever disputed.
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from infra.local.payments.intervals import DRAWS, drawn
from infra.local.payments.measures import NothingToMeasureError, Ranking
from infra.local.payments.protocol import Protocol
from infra.local.payments.replaying import Replayed, replay
from infra.local.payments.report import barred, measured, rules
from infra.local.recording import RecordingError
from infra.local.summary import WIDTH
from shared.policy import Policy, PolicyError, load, shipped

TEST = Protocol()
BEFORE = Protocol(training=TEST.training - timedelta(days=TEST.trained + TEST.delay))
"""The same weeks earlier: its test week is the last one whose disputes are all known before the other one begins."""


def show(console: Console, known: Replayed, unaware: Replayed, draws: int = DRAWS) -> None:
    """Measure a replay with disputes beside one without, and print the tables. Raises `NothingToMeasureError`."""
    tested = TEST.test_set(known.payments)
    rankings = [Ranking(tested), Ranking(TEST.test_set(unaware.payments))]
    console.print(measured([ranking.measure() for ranking in rankings], drawn(rankings, draws)))
    console.print(barred(Ranking(BEFORE.test_set(known.payments)), rankings[0]))
    console.print(rules(tested))


def _replayed(path: Path, policy: Path | None, disputes: bool) -> Replayed:
    return replay(path, _policy(policy), BEFORE.days[0], disputes=disputes)


def _policy(folder: Path | None) -> Policy:
    return load(folder) if folder else shipped()


def main() -> None:
    """Replay the file both ways, side by side, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.payments", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("file", type=Path, help="a CSV, gzipped or not")
    parser.add_argument("--policy", type=Path, help="a folder of rules to measure instead of those that ship")
    given = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    try:
        digest = _policy(given.policy).digest
        console.print("Replaying the file twice, side by side; this takes some minutes.", style="dim")
        with ProcessPoolExecutor(2) as pool:
            runs = [pool.submit(_replayed, given.file, given.policy, disputes) for disputes in (True, False)]
            known, unaware = (run.result() for run in runs)
        console.print(
            f"\n{known.signals:,} signals ({len(known.payments):,} payments) in {known.seconds:,.0f} s, and "
            f"{unaware.signals:,} without disputes in {unaware.seconds:,.0f} s at the same time: the pure core over "
            f"timelines in memory.\nRemembered from the beginning, judged from {BEFORE.days[0]} on by the policy "
            f"{digest[:12]}.\n",
            highlight=False,
        )
        show(console, known, unaware)
    except (PolicyError, RecordingError, NothingToMeasureError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
