"""The options that many commands share, each declared once."""

from typing import Annotated

import typer

Stage = Annotated[str, typer.Option(envvar="SLUICE_STAGE", help="The stage to ask: the stack sluice-STAGE.")]
Local = Annotated[bool, typer.Option("--local", help="Ask the local cloud that `sluice local up` runs here.")]
Json = Annotated[bool, typer.Option("--json", help="JSON for pipes instead of a table for people.")]
