"""Whether a process that goes on judging goes on growing: `python -m tests.benchmarks.evaluate.memory`."""

import gc
import sys
import tracemalloc
from functools import _lru_cache_wrapper

from tests.benchmarks.evaluate.endpoint import running
from tests.benchmarks.evaluate.marketplace import load
from tests.benchmarks.evaluate.rules import policy, rules
from tests.benchmarks.evaluate.sides import Sluice
from tests.benchmarks.traffic import batches

BATCHES, A_BATCH = 100, 20
SEEN = (1, 10, 25, 50, 75, 100)


def grown() -> dict[int, int]:
    """Bytes that Python holds after so many batches; what is garbage, or in a cache that has a limit, aside."""
    coming = load(BATCHES * A_BATCH)
    with running() as endpoint:
        sluice = Sluice(endpoint, policy(rules(coming)))
        # Starting froze the caches, too: they would not be found.
        gc.unfreeze()
        tracemalloc.start()
        held = {}
        for number, batch in enumerate(batches(coming.coming, A_BATCH), start=1):
            sluice.judge(batch)
            if number in SEEN:
                _clear_caches()
                gc.collect()
                held[number] = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return held


def _clear_caches() -> None:
    """They fill up to their limits, of some megabytes, and would look like growth until then."""
    for each in gc.get_objects():
        if isinstance(each, _lru_cache_wrapper) and each.__module__.startswith("shared.") and each.cache_info().maxsize:
            each.cache_clear()


def main() -> None:
    """Print a line for each look."""
    for number, held in grown().items():
        sys.stdout.write(f"after batch {number:>3}: {held / 1024:,.0f} KB\n")


if __name__ == "__main__":
    main()
