"""`sluice policy`: check, test, understand and publish the policy."""

import typer

from shared.cli import (
    policy_checking,
    policy_comparing,
    policy_coverage,
    policy_explaining,
    policy_showing,
    policy_writing,
    publishing,
)

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Check, test, understand and publish the policy.")
app.command("check", short_help="Report everything that is wrong with a policy.")(policy_checking.check)
app.command("test", short_help="Run the tests beside the rules.")(policy_checking.run_tests)
app.command("coverage", short_help="Show what the tests have shown, and which slips none would notice.")(
    policy_coverage.coverage
)
app.command("show", short_help="Tell a policy, or a rule, in words.")(policy_showing.show)
app.command("explain", short_help="Show what a rule saw, what decided, and what would have flipped it.")(
    policy_explaining.explain
)
app.command("diff", short_help="Say what changed between two policies, and which outcomes change.")(
    policy_comparing.diff
)
app.command("publish", short_help="Put a policy in force, for everyone or a share first.")(publishing.publish)
app.command("promote", short_help="Let the staged policy judge more entities, or everyone.")(publishing.promote)
app.command("rollback", short_help="Put the policy before it in force again.")(publishing.rollback)
app.command("history", short_help="List what was published, by whom and why.")(publishing.history)
app.command("fmt", short_help="Lay out the documents in one way, comments and all.")(policy_writing.fmt)
app.command("schema", short_help="Print the JSON Schema of the documents, for editors.")(policy_writing.schema)
