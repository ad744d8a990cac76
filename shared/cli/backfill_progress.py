"""How far a file was backfilled, so that the same command goes on where it stopped."""

import json
from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from shared.cli.telling import note, refuse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.signals import Signal

FOLDER = Path(".sluice/backfill")


@dataclass
class Progress:
    """How far a file was added. `series` says since when each is written, where it was not always (ISO 8601, else
    empty). `first` and `last` are the earliest and the latest time by signal type: in between the file tells all."""

    file: str
    series: dict[str, str]
    lines: int = 0
    first: dict[str, str] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def saw(self, signals: "Iterable[Signal]") -> None:
        """That the file has these signals."""
        for signal in signals:
            moment = signal.time.isoformat(timespec="milliseconds")
            self.first[signal.name] = min(self.first.get(signal.name, moment), moment)
            self.last[signal.name] = max(self.last.get(signal.name, moment), moment)
            self.counts["signals"] += 1

    def save(self, state: Path) -> None:
        """Keep it for a next run; atomically, so that none reads half of it."""
        state.parent.mkdir(parents=True, exist_ok=True)
        partial = state.with_suffix(".partial")
        partial.write_text(json.dumps(vars(self)), encoding="utf-8")
        partial.replace(state)


def resumed(file: Path, stage: str, series: dict[str, str]) -> tuple[Progress, Path]:
    """What an earlier run left of the same file and the same series, else the beginning; and where it is kept."""
    begun = Progress(_fingerprint(file), series)
    state = FOLDER / f"{stage}-{begun.file[:16]}.json"
    try:
        left = json.loads(state.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return begun, state
    if left["series"] != series:
        note("another policy is in force since the last run, so the file is added from its beginning")
        return begun, state
    note(f"going on after line {left['lines']:,}, where the last run stopped")
    return Progress(**{**left, "counts": Counter(left["counts"])}), state


def _fingerprint(file: Path) -> str:
    """Tells a file from another one, and from itself after it was changed."""
    try:
        with file.open("rb") as opened:
            digest = blake2b(digest_size=16)
            while block := opened.read(1 << 20):
                digest.update(block)
    except OSError as error:
        refuse(f"{file} cannot be read: {error.strerror}")
    return digest.hexdigest()
