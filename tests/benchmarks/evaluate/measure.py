"""Both sides on the same signals, batch by batch in turn, once their answers are known to be right."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from tests.benchmarks.evaluate.bill import Measured
from tests.benchmarks.evaluate.endpoint import PACE, Endpoint, Stored, Units
from tests.benchmarks.evaluate.marketplace import Load, within_an_hour
from tests.benchmarks.evaluate.past import Past
from tests.benchmarks.evaluate.rules import Ruled
from tests.benchmarks.evaluate.sides import Side
from tests.benchmarks.traffic import Sent, batches

COMPARED = 60
WARMING = 40


@dataclass(frozen=True)
class Run:
    """What became of one side: what it cost, and CPU seconds of each of its turns per signal."""

    measured: Measured
    turns: Sequence[float]

    @property
    def cpu(self) -> float:
        """Seconds a signal."""
        return sum(work.cpu for work in self.measured.work.values()) / self.measured.signals

    @property
    def wall(self) -> float:
        """Seconds of functions running, a signal."""
        return sum(work.wall for work in self.measured.work.values()) / self.measured.signals


def compare(sides: Iterable[Side], ruled: Sequence[Ruled]) -> int:
    """How often rules fired in an hour; raises `RuntimeError` when a side fires others than the plain computation.

    It is the first hour of every window that the usual way counts in: there they see what windows see that slide.
    """
    signals = within_an_hour(COMPARED)
    past, right = Past(), []
    for signal in signals:
        values = past.values(signal)
        right.append({each.rule.name for each in ruled if each.rule.holds(values)})
        past.add(signal)
    for side in sides:
        for batch in batches(signals, COMPARED // 3):
            side.judge(batch)
        for signal, fired, wanted in zip(signals, side.fired(signals), right, strict=True):
            if fired != wanted:
                rules = ", ".join(sorted(fired ^ wanted))
                raise RuntimeError(f"{side.name} judges {rules} wrongly on {signal.payload.decode()}")
    return sum(map(len, right))


def run(
    sides: Mapping[Side, int], endpoint: Endpoint, load: Load, batch: int, tell: Callable[[int], None]
) -> dict[Side, Run]:
    """Measure; of each batch a side judges the first so many. `tell` is called with how many have been judged."""
    warming, measured = load.coming[:WARMING], load.coming[WARMING:]
    for side in sides:
        side.remember([*load.history, *load.sample], load.coming)
        side.judge(warming)
        for function in side.functions.values():
            function.start_afresh()
    now = measured[0].received_at.timestamp()
    before, billed = endpoint.stored(now), endpoint.units()
    endpoint.pace(PACE)
    turns: dict[Side, list[float]] = {side: [] for side in sides}
    events: dict[Side, Counter[str]] = {side: Counter() for side in sides}
    for signals in batches(measured, batch):
        for side, most in sides.items():
            known, cpu = endpoint.events(), _cpu(side)
            side.judge(signals[:most])
            turns[side].append((_cpu(side) - cpu) / len(signals[:most]))
            events[side] += endpoint.events() - known
            tell(len(signals[:most]))
    endpoint.pace(0)
    after, units = endpoint.stored(now), endpoint.units()
    runs = {}
    for side in sides:
        judged = next(iter(side.functions.values())).work.records
        kept = {name: after[name].less(before[name], judged) for name in side.tables}
        taken = {name: units[name].less(billed.get(name, Units())) for name in side.tables if name in units}
        runs[side] = Run(_measured(side, measured, judged, events[side], taken, kept), turns[side])
    return runs


def ratio(of: Run, to: Run) -> float:
    """How many times the CPU: the median over the turns, which were taken one right after the other."""
    return median(mine / theirs for mine, theirs in zip(of.turns, to.turns, strict=True))


def _cpu(side: Side) -> float:
    return sum(function.work.cpu for function in side.functions.values())


def _measured(
    side: Side,
    signals: Sequence[Sent],
    judged: int,
    events: Mapping[str, int],
    units: Mapping[str, Units],
    kept: Mapping[str, Stored],
) -> Measured:
    work = {name: function.work for name, function in side.functions.items()}
    return Measured(
        judged,
        work,
        {name: function.memory for name, function in side.functions.items()},
        fmean(len(signal.payload) for signal in signals),
        events["published"] / judged,
        events["logged"] / judged,
        events["logged_bytes"] / judged,
        units,
        kept,
    )
