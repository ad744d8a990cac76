"""The comments of a document, and what each one stands at: YAML's own readers forget both."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from shared.policy.documents.reading import Mapping as Document
from shared.policy.documents.reading import Node, Scalar, Sequence
from shared.policy.problems import Span

_COMMENT = re.compile(r"(?<![^\s])#[^\n]*")


@dataclass(slots=True)
class Unit:
    """An entry of a mapping, or an item of a list. `above` are the lines over it: comments, and "" for blank ones."""

    start: int
    above: list[str] = field(default_factory=list)
    beside: str = ""

    @property
    def is_remarked(self) -> bool:
        return bool(self.beside or any(self.above))


@dataclass(frozen=True, slots=True)
class Remarks:
    """Comments and blank lines by the place where their unit begins; `below` are those after everything else."""

    units: Mapping[int, Unit]
    below: tuple[str, ...]

    def at(self, node: Node, text: str) -> Unit:
        return self.units[start_of(node, text)]

    def inside(self, node: Node, text: str) -> bool:
        """Whether a comment stands within a node, so that it cannot be put on one line."""
        return any(self.units[start].is_remarked for start in starts(node, text))

    @property
    def comments(self) -> list[str]:
        """All comments, sorted: what no layout may lose."""
        lines = (line for unit in self.units.values() for line in (*unit.above, unit.beside))
        return sorted(line for line in (*lines, *self.below) if line)


def remarks(document: Document, text: str) -> Remarks:
    """Every comment of the document with its unit: one on a line of its own goes with what stands below it."""
    units = {start: Unit(start) for start in sorted(set(starts(document, text)))}
    taken = _Taken(document, text)
    above: list[str] = []
    line_start = 0
    for line in text.split("\n"):
        begins = [unit for start, unit in units.items() if line_start <= start <= line_start + len(line)]
        first = line_start + len(line) - len(line.lstrip())
        if not line.strip() and not taken.has(line_start):
            above += [""] if above[-1:] != [""] else []
        elif line.lstrip().startswith("#") and not taken.has(first):
            above.append(line.strip())
        else:
            if begins:
                begins[0].above, above = above, []
            for match in _COMMENT.finditer(line):
                if not taken.has(line_start + match.start()):
                    _beside(units, begins, line_start).beside += match[0].rstrip()
                    break
        line_start += len(line) + 1
    return Remarks(units, tuple(above))


def _beside(units: Mapping[int, Unit], begins: list[Unit], line_start: int) -> Unit:
    """The first unit that begins in the line; where none does, the last one before it."""
    return begins[0] if begins else [unit for start, unit in units.items() if start < line_start][-1]


class _Taken:
    """The stretches of the text that are scalars: nothing in them is a comment."""

    def __init__(self, document: Document, text: str) -> None:
        spans = sorted(_scalars(document))
        self._starts = [start for start, _ in spans]
        # A block ends with its last word: the blank lines after it belong to nobody.
        self._ends = [start + len(text[start:end].rstrip()) for start, end in spans]

    def has(self, at: int) -> bool:
        place = bisect_right(self._starts, at) - 1
        return place >= 0 and at < self._ends[place]


def starts(node: Node, text: str) -> Iterator[int]:
    """Where each entry and item in a node begins, in the order of the text."""
    if isinstance(node, Document):
        for entry in node.entries.values():
            yield entry.key.start
            yield from starts(entry.value, text)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield start_of(item, text)
            yield from starts(item, text)


def start_of(node: Node, text: str) -> int:
    """Where a node begins in the text."""
    return node.start if isinstance(node, Scalar) else offset(node.span, text)


def offset(span: Span, text: str) -> int:
    """A place as an offset into the text."""
    at = 0
    for _ in range(span.line - 1):
        at = text.index("\n", at) + 1
    return at + span.column - 1


def _scalars(node: Node) -> Iterator[tuple[int, int]]:
    if isinstance(node, Scalar):
        yield node.start, node.end
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from _scalars(item)
    else:
        for entry in node.entries.values():
            yield entry.key.start, entry.key.end
            yield from _scalars(entry.value)
