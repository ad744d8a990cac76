"""`sluice local`: AWS on a laptop, from the template that is deployed."""

import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli.telling import facts, found_nothing, refuse

if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="AWS on a laptop, from the template that is deployed."
)

HowToRead = Annotated[
    str | None, typer.Option("--as", metavar="MAPPING", help="How to read a CSV: payments or logins.")
]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first lines, or rows.")]
StageToDeploy = Annotated[str, typer.Option(envvar="SLUICE_STAGE", help="Deploy the template of this stage.")]


@app.command("up", short_help="Bring up a local cloud that stays up until Ctrl-C.")
def up(
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Listen here, on this machine only.")] = 4566,
    stage: StageToDeploy = "dev",
    replay: Annotated[Path | None, typer.Option(metavar="FILE", help="Replay this first, then stay up.")] = None,
    mapping: HowToRead = None,
    limit: Limit = None,
) -> None:
    """Bring up a local cloud that stays up until Ctrl-C, with every function at work.

    Other commands find it by --local, from the same folder; anything else by its endpoint.

    \b
    Examples:
      sluice local up
      sluice local up --replay .sluice/demo/signals.jsonl
    """
    with _told(), suppress(KeyboardInterrupt), ExitStack() as stack:
        from infra.local.cloud import LocalCloud
        from infra.local.recording import open_recording
        from infra.local.rehearsal import rehearse_in

        stack.enter_context(_ended_by(signal.SIGTERM))
        recording = open_recording(replay, mapping, limit) if replay else None
        page = _page()
        with page.status("Deploying the template into the local cloud…"):
            cloud = stack.enter_context(LocalCloud(stage))
        _print_whereabouts(page, cloud.serve(port), cloud.outputs)
        stack.callback(page.print, "\nThe local cloud ends; nothing of it is left but its logs in .sluice/logs.")
        if recording:
            rehearse_in(cloud, recording, page)
        page.print("Up. Ctrl-C ends it.")
        cloud.run_forever()


@app.command("replay", short_help="Replay a file through a local cloud of its own.")
def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines of signals, or a CSV; .gz is fine.")],
    mapping: HowToRead = None,
    limit: Limit = None,
    stage: StageToDeploy = "dev",
) -> None:
    """Replay a file through a local cloud of its own, and sum up what came of it.

    Signals are judged as of their own time. Where the file has labels, or a simulation's truth lies beside it, the
    summary holds the decisions against them; they are never in a signal. Exit code 1 when a signal was lost.

    \b
    Examples:
      sluice local replay .sluice/demo/signals.jsonl
      sluice local replay payments.csv.gz --as payments --limit 20000
    """
    with _told():
        from infra.local.rehearsal import rehearse

        run = rehearse(file, _page(), mapping=mapping, limit=limit, stage=stage)
    if run.lost:
        found_nothing(f"{run.lost:,} signals left no trace; that must never happen: look into .sluice/logs")


@contextmanager
def _told() -> Iterator[None]:
    """What keeps the local cloud from coming up, or a file from being replayed, in one sentence."""
    try:
        from infra.local.cloud import DeploymentError
        from infra.local.emulator import AlreadyUpError, PortTakenError
        from infra.local.recording import RecordingError
        from infra.local.replay import NotSentError
        from infra.local.synthesis import SynthesisError
        from infra.local.template import TemplateError
    except ModuleNotFoundError as error:
        refuse(f"the local cloud needs {error.name}, which is not installed: run `make setup`")
    try:
        yield
    except (
        AlreadyUpError,
        DeploymentError,
        NotSentError,
        PortTakenError,
        RecordingError,
        SynthesisError,
        TemplateError,
    ) as error:
        refuse(str(error))


@contextmanager
def _ended_by(sign: signal.Signals) -> Iterator[None]:
    """Meanwhile the sign ends the process as Ctrl-C does: whoever has begun something puts it in order."""
    before = signal.signal(sign, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(sign, before)


def _page() -> "Console":
    """As wide as the terminal; as wide as the summary where there is none."""
    from rich.console import Console

    from infra.local.summary import WIDTH

    return Console(width=None if sys.stdout.isatty() else WIDTH, highlight=False)


def _print_whereabouts(page: "Console", endpoint: str, outputs: Mapping[str, str]) -> None:
    from infra.local.connection import LOCAL_CREDENTIALS, REGION, typed

    where = {"AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": REGION}
    named = {
        "stream of signals": outputs["SignalsStream"],
        "queue of signals": outputs["SignalsQueueUrl"],
        "queue of feedback": outputs["FeedbackQueueUrl"],
        "tables": [outputs[name] for name in ("DecisionsTable", "TimelinesTable", "LedgerTable", "PolicyTable")],
        "bus": outputs["BusName"],
        "buckets": [outputs[name] for name in ("DeadLettersBucket", "PolicyBucket")],
    }
    page.print(f"The local cloud is up at {endpoint}", style="bold")
    page.print(facts(named))
    page.print("\nPut a signal from another terminal (boto3 reads the same variables):", style="bold")
    for line in (
        *(
            f"export {' '.join(f'{name}={value}' for name, value in each.items())}"
            for each in (where, LOCAL_CREDENTIALS)
        ),
        f"{typed()} signals example payment.attempted --json > signal.json",
        f"aws kinesis put-record --stream-name {outputs['SignalsStream']} --partition-key user:u_20418 \\",
        "  --data fileb://signal.json",
        f"{typed()} decisions list --local --subject user:u_20418",
    ):
        page.print(f"  {line}", soft_wrap=True, markup=False)
    page.print()
