"""A rehearsal: a recording replayed through a local cloud in front of a person, with progress, ended by the summary."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.text import Text

from infra.local.cloud import LocalCloud
from infra.local.outcomes import observed
from infra.local.recording import Parcel, Recording, open_recording
from infra.local.replay import Sent, replay
from infra.local.results import Results, gather
from infra.local.scoreboard import scoreboard
from infra.local.simulation import GroundTruth, read_truth
from infra.local.simulation.scoring import Scorecard, score
from infra.local.summary import Labels, Right, show_labels, show_run
from shared.policy import shipped
from shared.signals import decision_id_of


@dataclass(frozen=True)
class Rehearsal:
    """What was sent and what came of it; `scores` where it is a whole simulation whose truth is known."""

    sent: Sent
    results: Results
    scores: Scorecard | None = None

    @property
    def lost(self) -> int:
        """Signals that left no trace: there must be none."""
        return self.results.lost(self.sent)


def rehearse(
    path: Path, console: Console, *, mapping: str | None = None, limit: int | None = None, stage: str = "dev"
) -> Rehearsal:
    """Replay a file through a local cloud that lives as long as it takes, and show the summary.

    Raises `RecordingError` for a file that cannot be read, `NotSentError` for a signal that no door takes.
    """
    recording = open_recording(path, mapping, limit)
    with ExitStack() as stack:
        with console.status("Deploying the template into the local cloud…"):
            cloud = stack.enter_context(LocalCloud(stage))
        return rehearse_in(cloud, recording, console)


def rehearse_in(cloud: LocalCloud, recording: Recording, console: Console) -> Rehearsal:
    """The same in a local cloud that is up already, and stays up. Raises `NotSentError`."""
    sent = _watched(cloud, recording, console)
    with console.status("Reading what it left behind…"):
        results = gather(cloud)
    policy = shipped()
    truth = read_truth(recording.truth) if recording.truth else None
    show_run(console, sent, results, policy, _right(results, recording, truth))
    if recording.labels:
        show_labels(console, results.outcomes, Labels(recording.labels, recording.meaning))
    if truth is None:
        return Rehearsal(sent, results)
    if not {decision_id_of(*key) for key in truth.signals} <= set(sent.decision_ids):
        console.print("Campaigns are not scored: not everything that the truth beside the file tells of was sent.\n")
        return Rehearsal(sent, results)
    scores = score(truth, observed(results.outcomes, policy))
    console.print(scoreboard(scores))
    return Rehearsal(sent, results, scores)


def _watched(cloud: LocalCloud, recording: Recording, console: Console) -> Sent:
    columns = (
        SpinnerColumn(finished_text="[green]✓[/]"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        _Rate(),
        TextColumn("[dim]{task.fields[now]}[/]"),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("signals", total=recording.total, now="")

        def watch(last: Parcel, count: int) -> None:
            progress.update(task, advance=count, now=_moment(last.at))

        sent = replay(cloud, recording, watch)
        progress.update(task, total=sent.total, completed=sent.total, now="")
    return sent


class _Rate(ProgressColumn):
    """Signals a second since the start."""

    def render(self, task: Task) -> Text:
        seconds = task.finished_time if task.finished else task.elapsed
        return Text(f"{task.completed / seconds:,.0f}/s" if seconds else "", style="cyan")


def _moment(at: float | None) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%d %b %Y %H:%M}" if at is not None else ""


def _right(results: Results, recording: Recording, truth: GroundTruth | None) -> Right:
    """What is known of the signal behind a decision: by the file's labels, or by the simulation's truth."""
    if truth is None:
        return recording.labels.get
    known = truth.signals
    of_abuse = {decision_id_of(*key) for key, label in known.items() if label.campaign}
    decided = results.outcomes.decided
    return lambda decision_id: decision_id in of_abuse if decision_id in decided else None
