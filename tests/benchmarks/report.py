"""The measurements as a person reads them, and as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, Protocol

from rich import box
from rich.console import Console
from rich.table import Table

from tests.benchmarks.calls import Bill
from tests.benchmarks.cold_start import ColdStarts
from tests.benchmarks.steps import MIXED, STEPS, Cost

_INDEX = "write_units:"
_KB = 1024


class Part(Protocol):
    """A part of the report."""

    def to_json(self) -> Any: ...

    def show(self, console: Console) -> None: ...


@dataclass(frozen=True)
class Steps:
    """CPU by signal type."""

    costs: Mapping[str, Cost]

    def to_json(self) -> Any:
        return {
            name: {
                "signals": cost.signals,
                "bytes": round(cost.bytes),
                "json_loads_us": round(cost.loads_us, 2),
                "ratios": {step: round(ratio, 2) for step, ratio in cost.ratios.items()},
            }
            for name, cost in self.costs.items()
        }

    def show(self, console: Console) -> None:
        """One line a signal type, the traffic as a whole last."""
        table = _table("CPU per signal, as ratios to json.loads of the same bytes", "signal type")
        for title in ("number", "bytes", "loads µs", *STEPS[1:], "sum"):
            table.add_column(title, justify="right")
        for name in sorted(self.costs.keys() - {MIXED}):
            table.add_row(name, *_cost(self.costs[name]))
        table.add_section()
        table.add_row(MIXED, *_cost(self.costs[MIXED]), style="bold")
        console.print(table)
        console.print("  decode: and validate; judge: by the shipped policy; item: as DynamoDB takes it\n")


@dataclass(frozen=True)
class Calls:
    """AWS by function and operation, and the functions' CPU."""

    bill: Bill

    def to_json(self) -> Any:
        bill = self.bill
        functions = {
            name: {
                "invocations": work.invocations,
                "records": work.records,
                "cpu_us_per_signal": round(work.cpu / bill.signals * 1e6, 1),
                "cpu_ratio_to_json_loads": round(work.cpu / bill.loads_cpu, 1),
                "per_1000_signals": {
                    operation: {what: round(value, 1) for what, value in usage.items()}
                    for operation, usage in bill.usage(name).items()
                },
            }
            for name, work in bill.work.items()
        }
        loads = round(bill.loads_cpu / bill.signals * 1e6, 2)
        return {"signals": bill.signals, "json_loads_us_per_signal": loads, "functions": functions}

    def show(self, console: Console) -> None:
        """One line an operation, then CPU."""
        table = _table("AWS, per 1,000 signals", "operation")
        for title in ("calls", "read units", "write units", "in indexes", "KB out", "KB in"):
            table.add_column(title, justify="right")
        total = [0.0] * len(table.columns[1:])
        for function in self.bill.work:
            table.add_row(function, style="bold")
            for operation, usage in sorted(self.bill.usage(function).items()):
                row = _usage(usage)
                total = [known + value for known, value in zip(total, row, strict=True)]
                table.add_row(f"  {operation}", *_numbers(row))
            table.add_section()
        table.add_row("together", *_numbers(total), style="bold")
        console.print(table)
        for function, work in self.bill.work.items():
            per_signal, ratio = work.cpu / self.bill.signals * 1e6, work.cpu / self.bill.loads_cpu
            console.print(
                f"  {function}: {per_signal:,.0f} µs of CPU per signal, {ratio:,.0f} times json.loads\n"
                f"    ({work.records:,} records in {work.invocations} invocations)"
            )


@dataclass(frozen=True)
class Starts:
    """Cold starts by kind of bundle."""

    starts: ColdStarts

    def to_json(self) -> Any:
        runs = {"with_byte_code": self.starts.with_byte_code, "sources_only": self.starts.sources_only}
        return {
            "python": self.starts.python,
            "function": self.starts.function,
            "ms": {
                name: {
                    "answered": [round(run.answered * 1000) for run in each],
                    "cpu": [round(run.cpu * 1000) for run in each],
                }
                for name, each in runs.items()
            },
            "ratios": {name: round(ratio, 2) for name, ratio in self.starts.ratios._asdict().items()},
        }

    def show(self, console: Console) -> None:
        """One line a kind of bundle, and their ratios."""
        title = f"Cold start of {self.starts.function} on {self.starts.python}"
        table = _table(title, "ms to first answer")
        for column in ("runs", "fastest", "median", "least CPU", "median CPU"):
            table.add_column(column, justify="right")
        for name, runs in (("with byte code", self.starts.with_byte_code), ("sources only", self.starts.sources_only)):
            clock, cpu = [run.answered for run in runs], [run.cpu for run in runs]
            values = (min(clock), median(clock), min(cpu), median(cpu))
            table.add_row(name, str(len(runs)), *(f"{value * 1000:,.0f}" for value in values))
        console.print(table)
        ratios = self.starts.ratios
        console.print(
            f"  sources only: {ratios.answered:.2f} times as long, {ratios.cpu:.2f} times the CPU (medians of pairs)"
        )


def _table(title: str, *names: str) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left")
    for name in names:
        table.add_column(name, no_wrap=True)
    return table


def _cost(cost: Cost) -> list[str]:
    ratios = [cost.ratios[step] for step in STEPS[1:]]
    shown = (f"{ratio:.1f}" for ratio in [*ratios, sum(ratios)])
    return [f"{cost.signals:,}", f"{cost.bytes:,.0f}", f"{cost.loads_us:.1f}", *shown]


def _usage(usage: Mapping[str, float]) -> list[float]:
    writes = {name.removeprefix(_INDEX): units for name, units in usage.items() if name.startswith(_INDEX)}
    return [
        usage["calls"],
        usage["read_units"],
        sum(writes.values()),
        sum(units for where, units in writes.items() if where != "table"),
        usage["bytes_sent"] / _KB,
        usage["bytes_received"] / _KB,
    ]


def _numbers(row: list[float]) -> list[str]:
    return [f"{value:,.0f}" if value >= 10 or not value else f"{value:.1f}" for value in row]
