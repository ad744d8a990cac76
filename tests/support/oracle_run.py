"""A long run of the oracle against the engine: `python -m tests.support.oracle_run --cases 50000 --seed 1`."""

# ruff: noqa: T201 - a command prints

import argparse
import sys
import time
from collections import Counter
from random import Random

from shared.features import AtLeast
from shared.signals.amounts import Amount
from tests.support.oracle_cases import Asked, a_case, ask, smallest, told


def main() -> int:
    """Prints what was compared, by kind, and the first wrong answers at their smallest; 1 if there are any."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=1_000)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--wrong", type=int, default=3, help="after how many wrong answers to stop")
    options.add_argument("--minutes", type=float, default=60, help="when to stop, at the latest")
    given = options.parse_args()

    compared: Counter[tuple[str, str]] = Counter()
    wrong: Counter[str] = Counter()
    cases, end = 0, time.monotonic() + 60 * given.minutes
    for cases in range(1, given.cases + 1):
        case = a_case(Random(f"{given.seed}/{cases}"))
        for asked in ask(case):
            compared[asked.feature.kind, _what(asked)] += 1
            if not asked.answer.is_right:
                wrong[asked.feature.kind] += 1
                print(f"--- seed {given.seed}, case {cases}\n{told(smallest(case, asked), asked)}")
        if wrong.total() >= given.wrong or time.monotonic() > end:
            break
    print(f"{cases:,} cases, seed {given.seed}; {compared.total():,} comparisons, {wrong.total():,} wrong")
    print(f"{'kind':<12}" + "".join(f"{what:>10}" for what in (*WHATS, "wrong")))
    for kind in sorted({kind for kind, _ in compared}):
        print(f"{kind:<12}" + "".join(f"{compared[kind, what]:>10,}" for what in WHATS) + f"{wrong[kind]:>10,}")
    return 1 if wrong else 0


WHATS = ("nothing", "exact", "at least", "unknown")
"""`nothing` is what an empty past would come to as well: zero, false, or new."""


def _what(asked: Asked) -> str:
    expected = asked.answer.expected
    if expected is None:
        return "unknown"
    if isinstance(expected, AtLeast):
        return "at least"
    nothing = expected is True if asked.feature.kind == "new" else expected in (0, Amount(0, ""))
    return "nothing" if nothing else "exact"


if __name__ == "__main__":
    sys.exit(main())
