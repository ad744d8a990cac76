"""What is known of an entity, before it is erased."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from shared.cli.signal_files import lines_of
from shared.cli.telling import refuse

if TYPE_CHECKING:
    from shared.cli.cloud import Cloud
    from shared.signals import Pseudonyms
    from shared.stores.erasure import Traces

NAMED = 5
"""So many of a kind are named; of more, their number."""


@dataclass(frozen=True)
class Known:
    """The ids of its decisions, the keys of refused signals that name it, the number of its tiles; and its signals in
    each file that was backfilled: by decision id, what each left in timelines."""

    decisions: list[str]
    refused: list[str]
    tiles: int
    files: "dict[Path, dict[str, Traces]]"

    def __bool__(self) -> bool:
        return bool(self.decisions or self.refused or self.tiles or any(self.files.values()))

    def __str__(self) -> str:
        counts = {"decisions": len(self.decisions), "tiles": self.tiles, "refused signals": len(self.refused)}
        counts |= {f"signals in {file}": len(signals) for file, signals in self.files.items()}
        return ", ".join(f"{count:,} {what}" for what, count in counts.items())

    @property
    def noted(self) -> dict[str, int]:
        """How much it is, for the record of the erasure: no file's name, which may be somebody's."""
        counts = {"decisions": len(self.decisions), "tiles": self.tiles, "refused": len(self.refused)}
        return {**counts, "backfilled": sum(map(len, self.files.values()))}

    def in_files(self) -> "Iterator[Traces]":
        """What each of its signals in the files left."""
        return (traces for signals in self.files.values() for traces in signals.values())


def known_of(cloud: "Cloud", entity: str, name: str, files: Iterable[Path]) -> Known:
    """What is known of the entity that is stored under that name.

    Ends the command where a file cannot be read, or has a line that is no signal.
    """
    in_files = {file: _signals_in(file, name, cloud.pseudonyms()) for file in files}
    decisions = [found["decision_id"] for found in cloud.erasure().decisions(name)]
    refused = list(cloud.letters_about().refused(entity))
    return Known(decisions, refused, len(cloud.timeline_archive().tiles(name)), in_files)


def _signals_in(file: Path, name: str, pseudonyms: "Pseudonyms") -> "dict[str, Traces]":
    from shared.features.elements import event_hash
    from shared.signals import InvalidSignal, entities_of, parse, subject_of

    found: dict[str, Traces] = {}
    # By number alone: what is wrong with a line may be told in its own words, and those are personal.
    wrong: list[str] = []
    now = datetime.now(UTC)
    with closing(lines_of(file)) as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                signal = parse(line.strip(), now)
            except InvalidSignal as verdict:
                wrong.append(f"line {number:,} ({verdict.reason})")
                continue
            if subject_of(signal, pseudonyms) == name:
                marks = frozenset({event_hash(signal.decision_id)})
                found[signal.decision_id] = dict.fromkeys(entities_of(signal, pseudonyms).values(), marks)
    if wrong:
        refuse(
            f"{file} has lines that are no signals, and nobody can tell whose they are: {few(wrong)}. Mend them, or "
            f"take them out (`sluice signals check {file}` tells about each), and run this again; nothing was erased"
        )
    return found


def few(things: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(things) - NAMED:,} more" if len(things) > NAMED else ""
    return f"{', '.join(things[:NAMED])}{more}"
