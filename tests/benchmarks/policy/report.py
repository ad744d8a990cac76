"""The measurements as a person reads them: tables of at most 80 columns."""

from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from tests.benchmarks.policy.cold import STEPS
from tests.benchmarks.policy.goals import Goal
from tests.benchmarks.policy.measure import BASE, JUDGE_ALONE, SLUICE, WARMING, Measured
from tests.benchmarks.policy.rounds import Series
from tests.benchmarks.policy.sluice import RECORDED

WIDTH = 80


def show_sluice(console: Console, measurements: Sequence[Measured]) -> None:
    """One line a workload: Sluice against `orjson.loads`."""
    columns = ("literals", "fire", "orjson µs", "Sluice µs", "ratio", "alone")
    table = _table("Sluice, as ratio to orjson.loads of the same signal", "rules", *columns)
    for each in _by_setting(table, measurements):
        whole, alone = each.sluice.get(SLUICE), each.sluice[JUDGE_ALONE]
        table.add_row(
            f"  {each.workload.number:,}",
            f"{each.workload.literals:.1f}",
            f"{each.workload.fired:,.2f}",
            f"{each.loads_us:.2f}",
            f"{whole.time:.1f}" if whole else "",
            f"{whole.ratio:.2f}" if whole else "",
            f"{alone.ratio:.2f}",
        )
    console.print(table)
    for setting in {each.workload.setting.name: each.workload.setting for each in measurements}.values():
        console.print(f"  [bold]{setting.name}[/]: {setting.about}", highlight=False)
    console.print(
        f"  Arranged by how often conditions held on {RECORDED} other signals, as by publishing,\n"
        f"  and warm: the same signals came {WARMING} times before.",
        highlight=False,
    )
    some = measurements[0]
    console.print(
        f"  {len(some.workload.asked)} signals of {some.payload_bytes:,.0f} bytes on average, of three types, each with"
        " its rules.\n"
        "  CPU time for one signal, from its parsed JSON; `alone`: from the values that\n"
        "  functions give. All answers, of all engines, are those of a plain evaluator.\n",
        highlight=False,
    )


def show_peers(console: Console, measurements: Sequence[Measured]) -> None:
    """One line a workload: how many times as long as Sluice each peer takes, and its µs."""
    peers = list(dict.fromkeys(name for each in measurements for name in each.peers))
    table = _table("What a team would pick instead, as ratio to Sluice (and µs)", "rules", *peers)
    for each in _by_setting(table, [each for each in measurements if each.peers]):
        table.add_row(f"  {each.workload.number:,}", *(_times(each.peers[name]) for name in peers))
    console.print(table)
    console.print(
        "  Conversions included. Lists, substrings, regexes, hours and lengths reach them\n"
        "  computed, and only what rules read reaches them at all.\n",
        highlight=False,
    )


def show_growth(console: Console, grown: Mapping[int, Series]) -> None:
    """How the time grows with the rules."""
    sizes = sorted([(BASE, 1.0), *((number, series.ratio) for number, series in grown.items())])
    table = _table(
        f"Growth on the realistic set, as ratio to {BASE} rules", "rules", *(f"{number:,}" for number, _ in sizes)
    )
    table.add_row("time", *(f"{ratio:.2f}" for _, ratio in sizes))
    console.print(table)


def show_cold(console: Console, cold: Mapping[int, Mapping[str, float]]) -> None:
    """From documents to a judgement in a fresh process."""
    table = _table("Cold: seconds of CPU in a process that has seen no rule yet", "rules", *STEPS, "together")
    for number, seconds in cold.items():
        times = [seconds[step] for step in STEPS]
        table.add_row(f"{number:,}", *(f"{time:.2f}" for time in [*times, sum(times)]))
    console.print(table)
    console.print("  A function reads what was checked before it was published: no second step.\n")


def show_goals(console: Console, reached: Iterable[Goal]) -> None:
    """Met or not, on the realistic set."""
    table = _table("Goals, on the realistic set", "goal", "found", "")
    table.columns[0].no_wrap = False
    for goal in reached:
        table.add_row(goal.words, goal.found, "[green]met[/]" if goal.met else "[red]not met[/]")
    console.print(table)


def _by_setting(table: Table, measurements: Sequence[Measured]) -> Iterable[Measured]:
    """The measurements; a line with the setting's name goes before its first one."""
    before = None
    for each in measurements:
        if each.workload.setting != before:
            before = each.workload.setting
            table.add_section()
            table.add_row(before.name, style="bold")
        yield each


def _times(series: Series) -> str:
    ratio = f"{series.ratio:,.0f}" if series.ratio >= 10 else f"{series.ratio:.1f}"
    return f"{ratio} {f'({series.time:,.0f})':>7}"


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title, box=box.SIMPLE_HEAD, title_justify="left", width=None, padding=(0, 1))
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
