"""The comparison as a person reads it, and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from infra.local.synthesis import synthesised_template
from tests.benchmarks.evaluate.bill import Line, bill, total
from tests.benchmarks.evaluate.endpoint import PACE, STAGE
from tests.benchmarks.evaluate.floor import Floor
from tests.benchmarks.evaluate.measure import Run, ratio
from tests.benchmarks.evaluate.surroundings import of_template, of_usual


@dataclass(frozen=True)
class Report:
    """Both runs, and the floor."""

    sluice: Run
    usual: Run
    floor: Floor
    batch: int
    rate: float

    @property
    def bills(self) -> tuple[list[Line], list[Line]]:
        template = synthesised_template(STAGE)
        return (
            bill(self.sluice.measured, of_template(template), self.rate),
            bill(self.usual.measured, of_usual(template), self.rate),
        )

    def to_json(self) -> Any:
        ours, theirs = self.bills
        return {
            "sluice": _side(self.sluice, ours),
            "usual": _side(self.usual, theirs),
            "floor": asdict(self.floor) | {"cpu": self.floor.cpu, "dollars": self.floor.dollars},
            "ratios": {name: round(value, 2) for name, value in self.ratios.items()},
            "batch": self.batch,
            "signals_a_second": self.rate,
        }

    @property
    def ratios(self) -> dict[str, float]:
        """The usual way to Sluice."""
        ours, theirs = self.bills
        return {
            "cpu": ratio(self.usual, self.sluice),
            "dollars": total(theirs) / total(ours),
            "dollars, storage aside": total(theirs, kept=False) / total(ours, kept=False),
        }

    def show(self, console: Console) -> None:
        """Work, then the bill, then the floor."""
        for title, table in (
            (f"A signal, in batches of {self.batch}; each AWS call takes {PACE * 1000:.0f} ms", self._work()),
            ("AWS, a signal", self._operations()),
            (f"Dollars for a million signals, at {self.rate:,.0f} a second", self._bill()),
        ):
            console.print(title, style="bold")
            console.print(table)
        console.print(self._floor())

    def _work(self) -> Table:
        table = _table("", "Sluice", "usual", "ratio")
        ours, theirs = self.sluice, self.usual
        mine, others = _units(ours), _units(theirs)
        table.add_row("CPU, ms", _n(ours.cpu * 1e3), _n(theirs.cpu * 1e3), f"{ratio(theirs, ours):.1f}")
        rows = [("by the clock, ms", ours.wall * 1e3, theirs.wall * 1e3)]
        rows += [(what, mine[what], others[what]) for what in mine]
        for what, left, right in rows:
            table.add_row(what, _n(left), _n(right), f"{right / left:.1f}" if left else "")
        return table

    def _operations(self) -> Table:
        table = _table("", "calls", "units read", "units written")
        for run in (self.sluice, self.usual):
            for name, work in run.measured.work.items():
                for operation, usage in sorted(work.usage.items()):
                    counts = (usage.calls, usage.reads, usage.writes)
                    table.add_row(f"{name}: {operation}", *(_n(count / run.measured.signals) for count in counts))
            table.add_section()
        return table

    def _bill(self) -> Table:
        ours, theirs = self.bills
        table = _table("", "Sluice", "usual", "ratio")
        left, right = ({line.what: line for line in lines} for lines in (ours, theirs))
        for kept in (False, True):
            for what in [*left, *(what for what in right if what not in left)]:
                pair = [lines.get(what) for lines in (left, right)]
                if any(line and line.kept is kept for line in pair):
                    table.add_row(what, *(_n(line.dollars) if line else "" for line in pair), "")
            table.add_section()
        for what, kept in (("together, storage aside", False), ("together", True)):
            mine, others = total(ours, kept=kept), total(theirs, kept=kept)
            table.add_row(what, _n(mine), _n(others), f"{others / mine:.1f}", style="bold")
        return table

    def _floor(self) -> str:
        least, ours = self.floor, _units(self.sluice)
        more = ours["calls"] - least.calls
        bare, sdk = more * least.call, ours["calls"] * (least.sdk_call - least.call)
        rest = self.sluice.cpu - least.cpu - bare - sdk
        return f"""\
  The floor: {_ms(least.cpu)} of CPU a signal, {_ms(least.parse)} to parse it and {_ms(least.call)} for each of \
{least.calls:.2f} calls by a bare socket, as full as can be.
  Units: one for each entity of a batch and one for the decision, {least.writes:.2f} to read and to write, \
{least.dollars:.2f} dollars a million.
  Between it and Sluice: {more:.2f} calls that are not batched, {_ms(bare)} by a bare socket; the SDK around calls, \
{_ms(sdk)}; decoding, judging, recording and threads, {_ms(rest)};
  {ours["units written"] - least.writes:.2f} units written and {ours["units read"] - least.reads:.2f} read.
"""


def _ms(seconds: float) -> str:
    return f"{_n(seconds * 1e3)} ms"


def _side(run: Run, lines: Sequence[Line]) -> dict[str, Any]:
    return {
        "cpu_ms": run.cpu * 1e3,
        "wall_ms": run.wall * 1e3,
        "units": _units(run),
        "bill": {line.what: round(line.dollars, 4) for line in lines},
        "dollars": total(lines),
        "dollars_storage_aside": total(lines, kept=False),
    }


def _units(run: Run) -> dict[str, float]:
    totals = [work.total for work in run.measured.work.values()]
    per = run.measured.signals
    return {
        "calls": sum(each.calls for each in totals) / per,
        "units written": sum(each.writes for each in totals) / per,
        "units read": sum(each.reads for each in totals) / per,
        "events published": run.measured.events,
    }


def _table(*names: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for name in names:
        table.add_column(name, no_wrap=True, justify="right" if name else "left")
    return table


def _n(value: float) -> str:
    return f"{value:,.1f}" if value >= 10 else f"{value:,.2f}" if value >= 0.01 or not value else f"{value:,.4f}"
