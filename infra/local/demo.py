"""`python -m infra.local.demo`: a simulated week of a marketplace through the local cloud, and what came of it."""

import argparse
import sys
import time
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.text import Text

from infra.local.connection import typed
from infra.local.outcomes import Enforced
from infra.local.rehearsal import Rehearsal, rehearse
from infra.local.simulation import Settings, write
from infra.local.summary import WIDTH
from shared.signals.times import stamp

FOLDER = Path(".sluice") / "demo"
ABOUT = 5_500
SIGNALS, TRUTH = "signals.jsonl", "truth.jsonl"


def demo(settings: Settings, folder: Path, console: Console) -> Rehearsal:
    """Simulate into `folder`, run it through a local cloud of its own, show the summary and what to try next."""
    began = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    console.print(
        f"\n[bold]Sluice[/]: a simulated marketplace (seed {settings.seed}), {len(settings.campaigns)} campaigns of "
        "abuse and honest people who look\nlike them, sent through the template that is deployed, on emulated AWS.\n"
    )
    written, cases = write(settings, folder / SIGNALS, folder / TRUTH)
    console.print(f"{written:,} signals are in {folder / SIGNALS}; {len(cases)} cases of abuse hide in them.")
    run = rehearse(folder / SIGNALS, console)
    if run.lost:
        console.print(
            f"[bold red]{run.lost:,} signals were lost.[/] That must never happen: see {folder.parent / 'logs'}"
        )
    else:
        console.print(Text.assemble(("Nothing was lost. ", "green"), f"{time.monotonic() - began:.0f} seconds in all."))
    console.print(_next(run, folder))
    return run


def _next(run: Rehearsal, folder: Path) -> Text:
    """Commands that work once the first one runs."""
    commands = [
        (
            "Have the same again in a local cloud that stays up; the other two ask it, from another terminal:",
            f"{typed()} local up --replay {folder / SIGNALS}",
        ),
        *_questions(run),
    ]
    lines = [Text.assemble((f"  {why}\n", "dim"), (f"    {command}", "cyan")) for why, command in commands]
    return Text("\n").join([Text("\nTry next", style="bold"), *lines, Text()])


def _questions(run: Rehearsal) -> list[tuple[str, str]]:
    decided = run.results.outcomes.decided.values()
    denied = any(each.disposition == "deny" for each in decided)
    asked = (
        [("What was denied, and by which rules?", f"{typed()} decisions list --local --outcome deny")] if denied else []
    )
    placed = [each for each in run.results.outcomes.enforced if each.restricts]
    return asked + [_about(each) for each in _most_telling(placed)]


def _most_telling(placed: list[Enforced]) -> list[Enforced]:
    """A taken-over account whose payout is withheld, or whoever was restricted first."""
    payouts = [each for each in placed if each.action.details["capability"] == "receive_payout"]
    return sorted(payouts or placed, key=lambda each: each.action.occurred_at)[:1]


def _about(each: Enforced) -> tuple[str, str]:
    moment = stamp(each.action.occurred_at + timedelta(minutes=1))
    return (
        "What could this account not do then, and why?",
        f"{typed()} restrictions show --local {each.action.entity} --at {moment}",
    )


def main() -> None:
    """Run the demo; exits with 1 when a signal was lost."""
    parser = argparse.ArgumentParser(prog="python -m infra.local.demo", description=__doc__)
    parser.add_argument("--seed", type=int, default=Settings.seed)
    parser.add_argument("--signals", type=int, default=ABOUT, help="about how many in all")
    given = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    run = demo(Settings(seed=given.seed, signals=given.signals), FOLDER, console)
    sys.exit(1 if run.lost else 0)


if __name__ == "__main__":
    main()
