"""`sluice timelines backfill`: give the memory a past, from a file of signals that happened before Sluice saw any."""

from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared.cli.backfill_progress import Progress, resumed
from shared.cli.cloud import cloud_of
from shared.cli.moving import change_by, written_now
from shared.cli.options import Local, Stage
from shared.cli.signal_files import lines_of
from shared.cli.telling import note, refuse, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.cli.cloud import Cloud
    from shared.features import Entry, Plan, TileKey
    from shared.signals import Pseudonyms, Signal
    from shared.stores import Erasure, TimelineStore

AT_ONCE = 500
"""Signals between two savings of how far it got, and added together: one update for each of their tiles."""
WRITERS = 16
TOLD_EACH = 10_000
SHOWN = 20


@dataclass(frozen=True)
class Backfill:
    """Adds signals to timelines as the functions would, had they seen them: nothing is decided, nothing acts."""

    plan: "Plan"
    pseudonyms: "Pseudonyms"
    store: "TimelineStore"
    erasure: "Erasure"
    now: datetime

    def add(self, signals: "list[Signal]") -> Counter[str]:
        """What became of the tiles, counted (see `TimelineStore.add`), and the entries that nothing reads any more."""
        from shared.features import undominated
        from shared.stores.timelines import by_item

        counts: Counter[str] = Counter()
        additions: dict[TileKey, set[bytes]] = defaultdict(set)
        for entry in self._entries(signals, counts):
            additions[entry.key].add(entry.element)
        # Of facts only the earliest stand: all of them would fill a summary with what says nothing new.
        facts = [key for key in additions if key.is_fact]
        stored = self.store.read(facts)
        for key in facts:
            additions[key] = undominated(additions[key], stored.get(key, ()))
        with ThreadPoolExecutor(WRITERS) as pool:
            parts = by_item({key: new for key, new in additions.items() if new})
            for outcomes in pool.map(lambda part: self.store.add(part, self._overflow), parts):
                counts += Counter(outcomes.values())
        return counts

    def _overflow(self, key: "TileKey", element: bytes) -> "Iterator[TileKey]":
        """Where an element goes that a full tile turns away, unless nothing reads that any more."""
        return (place for place in self.plan.overflow_of(key, element) if not self._is_too_old(place))

    def _is_too_old(self, key: "TileKey") -> bool:
        from shared.features import expires_at

        return expires_at(key, self.store.grace) < self.now.timestamp()

    def _entries(self, signals: "list[Signal]", counts: Counter[str]) -> "Iterator[Entry]":
        """What is to be remembered of them; of signals whose decisions were erased nothing is."""
        from shared.signals import entities_of

        erased = self.erasure.erased(signal.decision_id for signal in signals)
        for signal in signals:
            if signal.decision_id in erased:
                counts["erased"] += 1
                continue
            for entry in self.plan.entries(signal, entities_of(signal, self.pseudonyms), self.pseudonyms):
                if not entry.key.is_fact and self._is_too_old(entry.key):
                    counts["too old"] += 1
                else:
                    yield entry


def backfill(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines of signals; may be gzipped (.gz).")],
    stage: Stage = "dev",
    local: Local = False,
) -> None:
    """Warm timelines up from history: the signals of a file are remembered, and neither decided nor acted on.

    Give all signals of their types from the file's first on: features then count as complete from there. Signals that
    Sluice has seen by itself may be among them; remembering twice changes nothing. Whoever was erased is not
    remembered again by signals that Sluice had decided on, for as long as decisions are kept; take the others out of
    the file.
    Keep the file: by it alone, what it added to the timelines of others can be erased.
    The same command goes on where it stopped. Exit code 1 when a line is invalid: the others are added, and nothing
    counts as complete.

    \b
    Examples:
      sluice timelines backfill logins-of-90-days.jsonl.gz
    """
    with cloud_of(stage, local=local) as cloud:
        work, series = _work(cloud)
        progress, state = resumed(file, cloud.stage, series)
        try:
            _run(file, work, progress, state)
        except Exception:
            note(f"{progress.lines:,} lines of {file} are added; the same command goes on from there")
            raise
        counts = progress.counts
        if not counts["invalid"]:
            _complete(cloud, file, progress)
    state.unlink(missing_ok=True)
    typer.echo(
        f"{counts['signals']:,} signals are remembered, by {counts['taken']:,} additions to tiles;"
        f" {counts['overflowed']:,} found a tile full, and went into its overflow, {counts['full']:,} found both full,"
        f" {counts['refused']:,} were refused, {counts['too old']:,} are older than any window;"
        f" {counts['erased']:,} were erased, and stay so"
    )
    note(f"keep {file}: whoever asks to be erased is found in it (sluice timelines erase … --backfilled {file})")
    if counts["invalid"]:
        note(
            f"{counts['invalid']:,} lines are invalid: `sluice signals check {file}` tells about each. "
            "They may be what a feature asks for, so no series counts as complete: mend them, or take them out, and "
            "run this again"
        )
        raise typer.Exit(1)


def _work(cloud: "Cloud") -> tuple[Backfill, dict[str, str]]:
    """What adds as this stage's functions do, to all series that are written and what the policies in force read; and
    since when each of those is written."""
    from shared.decisions.pinned import series_read
    from shared.features import Plan, series_here

    pointer = cloud.policy_table().pointer()
    policies = [cloud.policy(digest) for digest in (pointer.digest, pointer.staged) if digest]
    written, now = written_now(cloud, pointer), datetime.now(UTC)
    series = series_read(policies) | {each for name in written.at(now) if (each := series_here(name))}
    began = {name: at.isoformat() for name, at in written.began.items()}
    since = {name: began.get(name, "") for name in sorted(map(str, series))}
    return Backfill(Plan((), series), cloud.pseudonyms(), cloud.timeline_store(), cloud.erasure(), now), since


def _run(file: Path, work: Backfill, progress: Progress, state: Path) -> None:
    with closing(lines_of(file)) as lines:
        waiting = islice(enumerate(lines, 1), progress.lines, None)
        while chunk := list(islice(waiting, AT_ONCE)):
            parsed = (_signal(line, number, progress, work.now) for number, line in chunk if line.strip())
            signals = [signal for signal in parsed if signal]
            progress.counts += work.add(signals)
            progress.saw(signals)
            progress.lines += len(chunk)
            progress.save(state)
            if progress.lines % TOLD_EACH == 0:
                note(f"{progress.lines:,} lines, {progress.counts['taken']:,} additions to tiles")


def _signal(line: bytes, number: int, progress: Progress, now: datetime) -> "Signal | None":
    """The signal, as if it had come when it happened."""
    from shared.signals import InvalidSignal, parse

    try:
        signal = parse(line.strip(), now)
    except InvalidSignal as verdict:
        progress.counts["invalid"] += 1
        if progress.counts["invalid"] <= SHOWN:
            note(f"line {number:,}: {verdict.reason}: {'; '.join(map(str, verdict.problems))}")
        return None
    return replace(signal, received_at=signal.time)


def _complete(cloud: "Cloud", file: Path, progress: Progress) -> None:
    """Say of each series of the file's signals since when it is complete, where that is earlier than it was."""
    from shared.features import series_of
    from shared.stores import ChangedMeanwhileError

    table = cloud.policy_table()
    began = written_now(cloud, table.pointer()).began
    signals = {text: series_of(text).signal for text in progress.series}
    # One that began anew meanwhile was not written for a while.
    since = {
        text: datetime.fromisoformat(progress.first[name])
        for text, name in signals.items()
        if name in progress.first and text in began and began[text].isoformat() == progress.series[text]
    }
    change = change_by(cloud, "backfill", file.name, f"{progress.counts['signals']:,} signals of the past were added")
    try:
        moved = table.moved_back(since, change)
    except ChangedMeanwhileError:
        refuse(
            "everything is added; somebody changed the policy meanwhile: the same command only says what is complete"
        )
    for series, at in moved.items():
        note(f"{series} is complete since {seconds(at)} UTC")
        last = datetime.fromisoformat(progress.last[signals[series]])
        if last < began[series]:
            note(
                f"  the file ends at {seconds(last)}, and Sluice wrote it from {seconds(began[series])} on: nothing is "
                "known of what happened between, and it counts as nothing"
            )
