"""The long run: `python -m tests.faults --histories 10000 --seed 1`."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b

from tests.faults.enforcing import enforced_of
from tests.faults.expecting import mismatches
from tests.faults.histories import script
from tests.faults.remembering import remembered_of
from tests.faults.replaying import Run, replay
from tests.faults.script import Order, Publish, Sent, Step, Sweep, Together
from tests.faults.shrinking import shrunk_like
from tests.faults.truth import told_of

EVERY = 500
"""After so many histories, a word on how far we are."""


@dataclass
class Totals:
    """What a long run went through."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    digest: str = ""

    def add(self, run: Run) -> None:
        script = run.script
        ids = [each.id for each in script.arrivals if isinstance(each, Sent)]
        self.counts.update(
            {
                "histories": 1,
                "histories in one lane": script.is_one_lane,
                "signals": len(set(ids)),
                "signals sent again": len(ids) - len(set(ids)),
                "invalid signals": len(script.arrivals) - len(ids),
                "deliveries": run.invocations,
                "policies published": sum(isinstance(step, Publish) for step in script.steps),
                "calls": len(run.trace),
                "orders of people": sum(isinstance(step, Order) for step in script.steps),
                "calls of the schedule": sum(isinstance(each, Sweep) for each in script.invocations),
                "three or four at once": sum(_are_many(step) for step in script.steps),
                **told_of(run),
                **remembered_of(run),
                **enforced_of(run),
            }
        )
        self.faults += run.faults
        self.digest = blake2b((self.digest + run.digest).encode(), digest_size=8).hexdigest()

    def lines(self, wrong: int) -> Iterator[str]:
        yield from (f"{name:<28}{count:>12,}" for name, count in self.counts.items())
        yield f"{'faults':<28}{self.faults.total():>12,}"
        yield from (f"  {name:<26}{count:>12,}" for name, count in sorted(self.faults.items()))
        yield f"{'mismatches':<28}{wrong:>12,}"
        yield f"{'digest of all calls':<24}{self.digest}"


def _are_many(step: Step) -> bool:
    return isinstance(step, Together) and len(step.invocations) > 2


def main() -> int:
    """0 when everything held; 1, with the shrunk script, when something did not."""
    asked = _asked()
    totals, begun = Totals(), time.monotonic()
    for number in range(asked.histories):
        run = replay(script(asked.seed + number))
        totals.add(run)
        if wrong := mismatches(run):
            _say(*totals.lines(len(wrong)), "", f"seed {asked.seed + number}", *wrong)
            short = shrunk_like(run.script, wrong[0])
            _say("", "shrunk; this still goes wrong in the same way:", "", repr(short), *mismatches(replay(short)))
            return 1
        if (number + 1) % EVERY == 0:
            _say(f"{number + 1:,} histories, {time.monotonic() - begun:,.0f} s", to=sys.stderr)
    _say(*totals.lines(0), "", f"{time.monotonic() - begun:,.0f} seconds")
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--histories", type=int, default=5_000, help="how many (5,000)")
    parser.add_argument("--seed", type=int, default=1, help="of the first; the others follow (1)")
    return parser.parse_args()


def _say(*words: str, to: object = None) -> None:
    for line in words:
        print(line, file=to or sys.stdout, flush=True)


if __name__ == "__main__":
    sys.exit(main())
