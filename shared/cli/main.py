"""The `sluice` command."""

import typer

from shared.cli import (
    actions,
    audit,
    catalogue,
    changes,
    dead_letters,
    decisions,
    emergency,
    lists,
    local,
    parked,
    policy,
    restrictions,
    rule,
    signals,
    simulation,
    status,
    switches,
    timelines,
    undo,
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
app.command("audit", short_help="Who changed what an entity may do, when and why?")(audit.audit)
app.add_typer(parked.app, name="parked")
app.add_typer(actions.app, name="actions")
app.add_typer(timelines.app, name="timelines")
app.add_typer(dead_letters.app, name="deadletters")
app.add_typer(signals.app, name="signals")
app.command("status", short_help="Is it working?")(status.status)
app.command("simulate", short_help="Write a simulated marketplace's signals.")(simulation.simulate)
app.command("catalogue", short_help="Browse what there is to write rules with.")(catalogue.catalogue)
app.add_typer(policy.app, name="policy")
app.add_typer(rule.app, name="rule")
app.add_typer(lists.app, name="lists")
app.command("stop", short_help="Stop a rule, a kind of abuse, a capability, or everything.")(switches.stop)
app.command("start", short_help="Let act again what was stopped, or braked.")(switches.start)
app.add_typer(emergency.app, name="emergency")
app.command("undo", short_help="Take back what a rule, a policy or a decision did.")(undo.undo)
app.command("changes", short_help="What did anybody change lately?")(changes.changes)
app.add_typer(local.app, name="local")


def main() -> None:
    """Run the command."""
    app()
