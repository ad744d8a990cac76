"""Runs a workload through every engine: first for the right answers, then against the clock."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from tests.benchmarks.policy.events import Event
from tests.benchmarks.policy.rounds import Series, Work, paired, turn
from tests.benchmarks.policy.rules import Rule
from tests.benchmarks.policy.sluice import programs
from tests.benchmarks.policy.workloads import Workload

A_ROUND = 100
WARMING = 20
"""Turns before the clock starts: code for what is in doubt is made only once it has come up often enough."""
SLUICE, JUDGE_ALONE = "Sluice", "judge alone"
BASE = 500
"""The number of rules that growth is measured against."""


class Peer(Protocol):
    """Another engine with the rules of one signal type."""

    def judge(self, event: Event) -> list[int]: ...


Peers = Mapping[str, Callable[[str, Sequence[Rule]], Peer]]


@dataclass(frozen=True)
class Prepared:
    """A workload that Sluice answers rightly, as work for the clock: with the conversion of events, and without."""

    workload: Workload
    payloads: Sequence[bytes]
    converting: Work
    alone: Work


@dataclass(frozen=True)
class Measured:
    """One workload: Sluice as ratios to `orjson.loads` of the same events, peers as ratios to Sluice."""

    workload: Workload
    payload_bytes: float
    loads_us: float
    sluice: Mapping[str, Series]
    peers: Mapping[str, Series]

    @property
    def fastest_peer(self) -> str:
        return min(self.peers, key=lambda name: self.peers[name].ratio)

    def to_json(self) -> Any:
        return {
            "setting": self.workload.setting.name,
            "rules": self.workload.number,
            "literals_a_rule": round(self.workload.literals, 2),
            "fired_a_signal": round(self.workload.fired, 2),
            "bytes": round(self.payload_bytes),
            "orjson_loads_us": round(self.loads_us, 2),
            "to_orjson_loads": {name: series.to_json() for name, series in self.sluice.items()},
            "to_sluice": {name: series.to_json() for name, series in self.peers.items()},
        }


def prepared(workload: Workload) -> Prepared:
    """Raises `RuntimeError` when Sluice's answers are not the plain evaluator's."""
    sluices = programs(workload)
    payloads = [orjson.dumps(asked.event) for asked in workload.asked]
    converting: Work = [(sluices[asked.signal].judge, asked.event) for asked in workload.asked]
    alone: Work = [(sluices[asked.signal].program.judge, asked.values) for asked in workload.asked]
    for _ in range(WARMING):
        turn(alone)
    return Prepared(workload, payloads, converting, alone)


def measured(ready: Prepared, peers: Peers, rounds: int) -> Measured:
    """Raises `RuntimeError` when a peer's answers are not the plain evaluator's.

    Signals with gaps are judged as values: JSON has no lower bounds, and no peer knows what unknown is.
    """
    gaps, payloads = ready.workload.setting.gaps, ready.payloads
    loads: Work = [(orjson.loads, payload) for payload in payloads]
    ours = {JUDGE_ALONE: ready.alone} if gaps else {SLUICE: ready.converting, JUDGE_ALONE: ready.alone}
    theirs = {} if gaps else {name: _work(name, make, ready.workload) for name, make in peers.items()}
    to_loads = paired(loads, ours, rounds, A_ROUND)
    loads_us = min(series.base for series in to_loads.values())
    size = sum(map(len, payloads)) / len(payloads)
    return Measured(ready.workload, size, loads_us, to_loads, paired(ready.converting, theirs, rounds, A_ROUND))


def growth(ready: Mapping[int, Prepared], rounds: int) -> dict[int, Series]:
    """How many times as long as with `BASE` rules Sluice takes with other numbers of them."""
    others = {number: each.converting for number, each in ready.items() if number != BASE}
    return paired(ready[BASE].converting, others, rounds, A_ROUND)


def _work(name: str, make: Callable[[str, Sequence[Rule]], Peer], workload: Workload) -> Work:
    """What the peer does for the signals, once its answers are known to be right."""
    engines = {signal: make(signal, rules) for signal, rules in workload.rules.items()}
    for asked, right in zip(workload.asked, workload.answers, strict=True):
        found = engines[asked.signal].judge(asked.event)
        if tuple(found) != right.fired:
            rules = workload.rules[asked.signal]
            wrong = [rules[place].text for place in set(found) ^ set(right.fired)]
            raise RuntimeError(f"{name} judges {len(wrong)} rules differently, such as {min(wrong)}")
    return [(engines[asked.signal].judge, asked.event) for asked in workload.asked]
