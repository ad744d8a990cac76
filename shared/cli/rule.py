"""`sluice rule`: try a condition, make a test of a decision."""

import typer

from shared.cli.trying import make_test, try_

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Try a condition on recorded decisions, make a test of one."
)
app.command("try", short_help="Try a condition on recorded decisions.")(try_)
app.command("test", short_help="Make a test from a real decision.")(make_test)
