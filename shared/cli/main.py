"""The `sluice` command."""

import typer

from shared.cli import (
    catalogue,
    changes,
    dead_letters,
    decisions,
    lists,
    local,
    policy,
    restrictions,
    rule,
    signals,
    simulation,
    status,
    timelines,
)

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Signals become decisions, and decisions become controls: ask Sluice what it did, why, and whether it works.",
    epilog="Commands ask a stage on AWS by the usual credentials and region, or with --local the local cloud. "
    "Exit codes: 0 fine, 1 nothing found or not in order, 2 could not be asked.",
)
app.add_typer(decisions.app, name="decisions")
app.add_typer(restrictions.app, name="restrictions")
app.add_typer(timelines.app, name="timelines")
app.add_typer(dead_letters.app, name="deadletters")
app.add_typer(signals.app, name="signals")
app.command("status", short_help="Is it working?")(status.status)
app.command("simulate", short_help="Write a simulated marketplace's signals.")(simulation.simulate)
app.command("catalogue", short_help="Browse what there is to write rules with.")(catalogue.catalogue)
app.add_typer(policy.app, name="policy")
app.add_typer(rule.app, name="rule")
app.add_typer(lists.app, name="lists")
app.command("changes", short_help="What did anybody change lately?")(changes.changes)
app.add_typer(local.app, name="local")


def main() -> None:
    """Run the command."""
    app()
