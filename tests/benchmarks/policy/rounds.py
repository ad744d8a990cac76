"""Paired timing: in each round one engine goes right after the other, over the same signals, in one process.

So a slow moment of the machine hits both, and what counts is the median of the rounds' ratios. The clock is the
process's own, all its threads included: it stands still while others have the CPU. The garbage collector is on.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import process_time_ns
from typing import Any

Work = Sequence[tuple[Callable[[Any], Any], Any]]
"""What one engine does in a turn: functions, each with what it is given."""


@dataclass
class Series:
    """One engine's turns beside those of what it was paired with, in µs for each signal."""

    times: list[float] = field(default_factory=list)
    bases: list[float] = field(default_factory=list)

    @property
    def time(self) -> float:
        return median(self.times)

    @property
    def base(self) -> float:
        """µs of what it was paired with."""
        return median(self.bases)

    @property
    def ratios(self) -> list[float]:
        return [time / base for time, base in zip(self.times, self.bases, strict=True)]

    @property
    def ratio(self) -> float:
        return median(self.ratios)

    def to_json(self) -> Any:
        low, _, high = quantiles(self.ratios, n=4)
        return {
            "us": round(self.time, 2),
            "ratio": round(self.ratio, 3),
            "ratio_quartiles": [round(low, 3), round(high, 3)],
        }


def turn(work: Work) -> float:
    """µs for each signal."""
    start = process_time_ns()
    for function, given in work:
        function(given)
    return (process_time_ns() - start) / len(work) / 1000


def paired(base: Work, others: Mapping[str, Work], rounds: int, a_round: int) -> dict[str, Series]:
    """The others, each as a ratio to a turn of the base just before it; a round takes the next `a_round` signals."""
    series = {name: Series() for name in others}
    for some in _slices(len(base), a_round, rounds):
        for name, work in others.items():
            series[name].bases.append(turn(base[some]))
            series[name].times.append(turn(work[some]))
    return series


def _slices(length: int, size: int, number: int) -> Iterator[slice]:
    starts = range(0, length - size + 1, size)
    for round_ in range(number):
        start = starts[round_ % len(starts)]
        yield slice(start, start + size)
