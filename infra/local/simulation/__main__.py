"""`python -m infra.local.simulation --seed 7 --signals 5000 --out DIR` writes signals.jsonl and truth.jsonl."""

import argparse
import sys
from collections import Counter
from pathlib import Path

from infra.local.simulation import CAMPAIGNS, Settings, Tactics, write


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.local.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, default=Settings.seed)
    parser.add_argument("--signals", type=int, default=Settings.signals, help="about how many in all")
    parser.add_argument("--days", type=float, default=Settings.days)
    parser.add_argument("--abuse-share", type=float, default=Settings.abuse_share)
    parser.add_argument("--campaign", action="append", choices=CAMPAIGNS, help="once for each; all when left out")
    parser.add_argument("--tactics", default="", help="for every campaign, such as slow,distributed,aged")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    try:
        settings = Settings(
            seed=given.seed,
            signals=given.signals,
            days=given.days,
            abuse_share=given.abuse_share,
            campaigns=tuple(given.campaign or CAMPAIGNS),
            tactics=dict.fromkeys(CAMPAIGNS, Tactics.parse(given.tactics)),
        )
    except ValueError as error:
        parser.error(str(error))
    given.out.mkdir(parents=True, exist_ok=True)
    written, cases = write(settings, given.out / "signals.jsonl", given.out / "truth.jsonl")
    per_campaign = Counter(case.campaign for case in cases)
    counted = ", ".join(f"{count} {name}" for name, count in sorted(per_campaign.items()))
    sys.stdout.write(f"{written} signals in {given.out / 'signals.jsonl'}; cases: {counted or 'none'}\n")


if __name__ == "__main__":
    main()
