"""`sluice rule`: try a condition, make a test of a decision, stop a rule and let it act again."""

import typer

from shared.cli.switches import start, stop
from shared.cli.trying import make_test, try_

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Try a condition, make a test of a decision, stop a rule."
)
app.command("try", short_help="Try a condition on recorded decisions.")(try_)
app.command("test", short_help="Make a test from a real decision.")(make_test)
app.command("stop", short_help="Stop a rule: it acts on nothing.")(stop)
app.command("start", short_help="Let a stopped rule act again.")(start)
