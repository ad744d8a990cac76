"""What guardrails hold under eight lanes of batches of 500 and crashes: brakes against their bound, and budgets."""

import argparse
import sys
from functools import partial
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from tests.benchmarks.guardrails.lanes import BATCH, LANES, place
from tests.benchmarks.guardrails.scenes import Row, aged, attack, budgets, runaway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def main() -> None:
    """Run every scene, and report; exit code 1 when a bound does not hold."""
    asked = _arguments()
    size, chance = asked.batches * asked.batch, asked.crashes / 100
    console, failed = Console(), 0
    with place(asked.batch) as stub:
        scenes: dict[str, Callable[[], Iterator[Row]]] = {
            "a new rule runs away": partial(runaway, stub, size, young=True, crashing=0.0),
            "an established rule runs away": partial(runaway, stub, size, young=False, crashing=0.0),
            "a new rule runs away, with crashes": partial(runaway, stub, size, young=True, crashing=chance),
            "aged accounts that want a rule stopped": partial(aged, stub, size, crashing=chance),
            "an attack of the same volume": partial(attack, stub, size, crashing=chance),
            "budgets, no crash": partial(budgets, stub, size, crashing=0.0),
            "budgets, with crashes": partial(budgets, stub, size, crashing=chance),
        }
        console.print(f"{LANES} lanes at once, {asked.batches} batches of {asked.batch} each")
        for title, scene in scenes.items():
            rows = list(scene())
            failed += sum(not row.holds for row in rows)
            console.print(_table(title, rows))
    sys.exit(1 if failed else 0)


def _table(title: str, rows: list[Row]) -> Table:
    table = Table("what", "found", "at most", "", title=title, title_justify="left")
    for row in rows:
        told = "" if not row.bound else "holds" if row.holds else "BROKEN"
        table.add_row(row.what, row.found, row.bound, told)
    return table


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.guardrails", description=__doc__)
    parser.add_argument("--batches", type=int, default=2, help="batches of each lane")
    parser.add_argument("--batch", type=int, default=BATCH, help="signals in a batch")
    parser.add_argument("--crashes", type=float, default=20, metavar="PERCENT", help="of reservations, after them")
    return parser.parse_args()


if __name__ == "__main__":
    main()
