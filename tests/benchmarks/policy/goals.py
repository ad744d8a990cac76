"""What was to be reached, and whether it was."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.benchmarks.policy.measure import BASE, SLUICE, Measured
from tests.benchmarks.policy.rounds import Series

LARGE, COLD = 5_000, 1_000
TO_LOADS, GROWTH, COLD_SECONDS = 3, 3.5, 1.5
FASTER = {BASE: 5, LARGE: 100}


@dataclass(frozen=True)
class Goal:
    """One goal of the issue in words, what was found, and whether that is enough."""

    words: str
    found: str
    met: bool


def goals(
    realistic: Sequence[Measured], grown: Mapping[int, Series], cold: Mapping[int, Mapping[str, float]]
) -> Iterator[Goal]:
    """Those that the run's sizes can tell about, on the realistic set."""
    by_number = {each.workload.number: each for each in realistic}
    if base := by_number.get(BASE):
        ratio = base.sluice[SLUICE].ratio
        words = f"{BASE} rules: at most {TO_LOADS} times orjson.loads"
        yield Goal(words, f"{ratio:.2f}", ratio <= TO_LOADS)
    if LARGE in grown:
        ratio = grown[LARGE].ratio
        yield Goal(f"{LARGE:,} rules: at most {GROWTH} times as long as {BASE}", f"{ratio:.2f}", ratio <= GROWTH)
    for number, times in FASTER.items():
        if (each := by_number.get(number)) and each.peers:
            name = each.fastest_peer
            ratio = each.peers[name].ratio
            words = f"{number:,} rules: {times} times faster than the fastest peer"
            yield Goal(words, f"{ratio:.1f} ({name})", ratio >= times)
    if COLD in cold:
        seconds = sum(cold[COLD].values())
        words = f"{COLD:,} rules cold, all steps: less than {COLD_SECONDS} s"
        yield Goal(words, f"{seconds:.2f} s", seconds < COLD_SECONDS)
