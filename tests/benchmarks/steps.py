"""What the CPU does for one signal, step by step, as ratios to `json.loads` of the same bytes.

Each round goes through the same traffic in batches, as a function would, and times for every signal, one right after
the other: `json.loads`, decode and validate, judge, item building. So a slow moment of the machine hits all four, and
the clock is the thread's own, which stands still while others have the CPU. The ratio of a round is the sum of a step
over the sum of `json.loads`; what is reported is the median over the rounds.

Judging sees all that arrived before: what a batch would read from the timelines table is laid out beforehand, and
unpacking it is part of judging, shared out evenly over the batch.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from time import thread_time_ns

from shared.decisions import judge, to_record
from shared.features import TILE_CAP, Plan, TileKey, Timelines
from shared.policy import Policy
from shared.signals import CATALOGUE, Pseudonyms, Signal, entities_of, parse
from shared.stores.attributes import to_item
from tests.benchmarks.traffic import Sent, batches, examples
from tests.stub.services import IDENTITY_KEY

STEPS = ("json.loads", "decode", "judge", "item")
MIXED = "all, as simulated"
_PROBES = 20_000
ENOUGH = 20

Tiles = Mapping[TileKey, frozenset[bytes]]
Times = tuple[int, ...]
"""Nanoseconds of one signal, in the order of `STEPS`."""


@dataclass(frozen=True)
class Cost:
    """Of one signal type: how many were measured, their mean bytes, µs of `json.loads`, and the steps' ratios to it."""

    signals: int
    bytes: float
    loads_us: float
    ratios: Mapping[str, float]


@dataclass(frozen=True)
class Batch:
    """Signals and the tiles that they find in storage."""

    signals: Sequence[Sent]
    stored: Tiles


@dataclass
class Rounds:
    """What was measured of one signal type: one sum of times for each round."""

    signals: int = 0
    bytes: int = 0
    sums: list[list[int]] = field(default_factory=list)

    def add(self, number: int, size: int, times: Times) -> None:
        """Add one signal to round `number`."""
        if number == len(self.sums):
            self.sums.append([0] * len(STEPS))
        if number == 0:
            self.signals += 1
            self.bytes += size
        self.sums[number] = [known + time for known, time in zip(self.sums[number], times, strict=True)]

    def cost(self) -> Cost:
        ratios = {
            step: median(times[place] / times[0] for times in self.sums) for place, step in enumerate(STEPS) if place
        }
        loads = median(times[0] for times in self.sums) / self.signals / 1000
        return Cost(self.signals, self.bytes / self.signals, loads, ratios)


class Bench:
    """The measured traffic under one policy."""

    def __init__(self, policy: Policy, traffic: Sequence[Sent], batch_size: int) -> None:
        self._policy = policy
        self._pseudonyms = Pseudonyms(IDENTITY_KEY.encode())
        self._plan = Plan(policy.features.values())
        self._batches = list(self._with_tiles(traffic, batch_size))

    def costs(self, rounds: int) -> dict[str, Cost]:
        """By signal type, and `MIXED` for the traffic as a whole."""
        seen: dict[str, Rounds] = defaultdict(Rounds)
        clock = _cost_of_the_clock()
        for number in range(rounds):
            for batch in self._batches:
                for signal, times in self._timed(batch, clock):
                    for name in (signal.name, MIXED):
                        seen[name].add(number, len(signal.payload), times)
        return {name: measured.cost() for name, measured in sorted(seen.items())}

    def _timed(self, batch: Batch, clock: int) -> Iterable[tuple[Sent, Times]]:
        start = thread_time_ns()
        past = Timelines(Plan(self._policy.features.values()), batch.stored, TILE_CAP)
        shared = (thread_time_ns() - start) // len(batch.signals)
        for sent_signal in batch.signals:
            loaded, parsed, judged, built, end = self._marks(sent_signal, past)
            times = [after - before - clock for before, after in pairwise((loaded, parsed, judged, built, end))]
            times[STEPS.index("judge")] += shared
            yield sent_signal, tuple(times)

    def _marks(self, signal: Sent, past: Timelines) -> tuple[int, int, int, int, int]:
        """The clock before, between and after the steps."""
        before_loads = thread_time_ns()
        json.loads(signal.payload)
        before_parse = thread_time_ns()
        parsed = parse(signal.payload, signal.received_at)
        before_judge = thread_time_ns()
        decision = judge(parsed, past, self._plan, self._policy, self._pseudonyms)
        past.add(decision.entries)
        before_item = thread_time_ns()
        to_item(to_record(decision))
        return before_loads, before_parse, before_judge, before_item, thread_time_ns()

    def _with_tiles(self, traffic: Sequence[Sent], batch_size: int) -> Iterable[Batch]:
        """The batches, each with the tiles that it reads as the batches before left them."""
        everything: dict[TileKey, set[bytes]] = defaultdict(set)
        for batch in batches(traffic, batch_size):
            signals = [parse(each.payload, each.received_at) for each in batch]
            wanted = {key for signal in signals for key in self._tiles(signal)}
            yield Batch(batch, {key: frozenset(everything[key]) for key in wanted if key in everything})
            for signal in signals:
                for entry in self._plan.entries(signal, entities_of(signal, self._pseudonyms), self._pseudonyms):
                    everything[entry.key].add(entry.element)

    def _tiles(self, signal: Signal) -> Iterable[TileKey]:
        entities = entities_of(signal, self._pseudonyms)
        for use in self._policy.program(signal.name).features:
            if use.role in entities:
                yield from self._plan.tiles(use.feature, entities[use.role], signal.time)


def measured(policy: Policy, traffic: Sequence[Sent], batch_size: int, rounds: int) -> dict[str, Cost]:
    """The costs by signal type and `MIXED`; a type that the traffic has few of is measured on its golden example."""
    costs = Bench(policy, traffic, batch_size).costs(rounds)
    rare = [name for name in CATALOGUE if name not in costs or costs[name].signals < ENOUGH]
    rare_ones = [each for name in rare for each in examples(name, ENOUGH)]
    of_examples = Bench(policy, rare_ones, batch_size).costs(rounds) if rare_ones else {}
    return {**costs, **{name: of_examples[name] for name in rare}}


def _cost_of_the_clock() -> int:
    marks = [thread_time_ns() for _ in range(_PROBES)]
    return int(median(after - before for before, after in pairwise(marks)))
