"""`python -m infra.local.controls`: the three shows, one after the other, each on a local cloud of its own."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from infra.local.controls import disputes, runaway, takeover
from infra.local.controls.market import Market

A_WHILE = timedelta(minutes=20)


def main() -> None:
    """Play and tell."""
    console = Console(highlight=False)
    now = datetime.now(UTC).replace(microsecond=0) - A_WHILE
    with TemporaryDirectory() as folder:
        _takeover(console, Path(folder), now)
        _disputes(console, Path(folder), now - timedelta(days=20))
        _runaway(console, Path(folder), now)


def _takeover(console: Console, folder: Path, now: datetime) -> None:
    _title(console, "A campaign of takeovers")
    with Market.open(folder / "takeover") as market:
        found = takeover.play(market, now)
        shown = market.sluice("restrictions", "show", f"user:{next(iter(found.still_held))}")
        told = _counted(Counter(event["detail-type"] for event in market.told))
    console.print(
        f"{len(found.held)} sellers of months were logged in to from new devices abroad, their e-mail addresses and "
        f"payout accounts changed. The thieves' payouts: {_counted(Counter(found.payouts))}.\n"
        f"Held for each: {', '.join(sorted({name for limits in found.held.values() for name in limits}))}. "
        f"What they listed meanwhile: {_counted(Counter(found.sold))}.\n"
        f"{len(found.released)} owners passed a step-up at home, and nothing limits them any more: "
        f"{_counted(Counter(found.events))}. The other {len(found.still_held)} wait. Services were told {told}.\n"
    )
    console.print("[bold]$ sluice restrictions show[/] of one who waits\n" + shown, markup=True)


def _disputes(console: Console, folder: Path, now: datetime) -> None:
    _title(console, "A ring whose goods never come")
    with Market.open(folder / "disputes") as market:
        found = disputes.play(market, now)
    limits = {_worded(limit) for each in found.limits.values() for limit in each.values()}
    console.print(
        f"{disputes.DISPUTING} of {disputes.BUYERS} buyers of each of {disputes.SELLERS} sellers disputed. "
        f"Their payouts: {_counted(Counter(found.payouts))}; of what is paid, {' and '.join(limits)}, "
        f"until {max(found.until.values()):%d %b %Y %H:%M} UTC.\n"
        f"Then, by itself: {_counted(Counter(each.split()[0] for each in found.released))}; limited afterwards: "
        f"{sum(map(bool, found.afterwards.values()))}.\n"
        f"A seller with as many disputes in a viral month: {found.honest[0]}, "
        f"limited by {found.honest[1] or 'nothing'}.\n"
    )


def _runaway(console: Console, folder: Path, now: datetime) -> None:
    _title(console, "A rule that runs away")
    with Market.open(folder / "runaway") as market:
        found = runaway.play(market, folder, now)
    console.print(
        f"A new rule met {found.met} of {found.met} payments. It acted on {found.acted}, {found.known_good} of them by "
        f"people who are known good, until it was braked; these were asked for a step-up at most, "
        f"{len(found.restricted)} others were limited.\n"
    )
    console.print("[bold]$ sluice status[/]\n" + found.status, markup=True)
    console.print("[bold]$ sluice changes --last 2h[/]\n" + found.changes, markup=True)
    console.print("[bold]$ sluice undo[/]\n" + found.undone, markup=True)
    denied, all_of_it = found.attack
    console.print(
        f"What limits anyone now: {found.left}, which a person had placed.\n"
        f"Then an attack of the same size came: {denied} of {all_of_it} payments denied, no brake.\n"
    )


def _title(console: Console, words: str) -> None:
    console.rule(f"[bold]{words}[/]", align="left")
    console.print()


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _worded(limit: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(limit.items()))


if __name__ == "__main__":
    main()
