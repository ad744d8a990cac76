"""Reads YAML into nodes that know their place.

Only the plain part of YAML is taken: mappings, lists and scalars that are all text (`on` and `no` are words, not
booleans). Anchors, aliases and tags are refused, duplicate keys are errors, size, depth and nodes are bounded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

import yaml

from shared.policy.problems import Findings, Source, Span

MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 12
MAX_NODES = 200_000

# YAML takes the first three for line ends, editors do not. The others show nothing, or turn the line round, so that
# people would review something else than what is read. Joiners (U+200C, U+200D) may stand in texts: they shape letters.
_STRANGE = re.compile(
    "[\x85\u2028\u2029]|[\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f\ud800-\udfff]"
)

# The parser in C where the platform has it: the same events, an order of magnitude sooner.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Scalar:
    """Text, and where it stands: `start` and `end` are offsets into the source, quotes and all.

    `style` is the quote or block sign that it began with; empty for plain text.
    """

    text: str
    span: Span
    style: str = ""
    start: int = 0
    end: int = 0

    def span_at(self, first: int, last: int) -> Span:
        """The place in the file of `text[first:last]`, however it was quoted or folded over lines."""
        offsets = self._offsets()
        begin = offsets[min(first, len(offsets) - 1)]
        finish = offsets[min(last - 1, len(offsets) - 1)] + 1 if last > first else begin + 1
        return span_between(self.span.source, begin, finish)

    def _offsets(self) -> list[int]:
        """For each character of `text`, its offset in the source; one more for the end.

        YAML folds white space and drops quotes and escapes but keeps every other character, so walking through both
        texts side by side finds them again.
        """
        raw, at = self.span.source.text, self.start
        if self.style in ("|", ">"):
            at = raw.index("\n", at) + 1
        elif self.style:
            at += 1
        offsets: list[int] = []
        for character in self.text:
            if character.isspace():
                offsets.append(at)
                at += at < self.end and raw[at].isspace()
                continue
            while at < self.end and raw[at] != character:
                at += 1
            offsets.append(at)
            # A quote inside single quotes stands there twice.
            at += 2 if self.style == "'" and character == "'" else 1
        return [*offsets, min(at, max(self.start, self.end - 1))]


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple["Node", ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Mapping:
    """Entries by key, in the order of the file."""

    entries: dict[str, "Entry"]
    span: Span


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping with its value."""

    key: Scalar
    value: "Node"


Node = Scalar | Sequence | Mapping


def plain(node: Node) -> object:
    """The node as strings, lists and dicts."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(entry.value) for key, entry in node.entries.items()}


def described(node: Node) -> str:
    """What kind of node it is, for messages."""
    if isinstance(node, Scalar):
        return f"`{node.text}`" if node.text else "nothing"
    return "a list" if isinstance(node, Sequence) else "a mapping"


def span_between(source: Source, begin: int, finish: int) -> Span:
    """The span from one offset to another, at most to the end of its line."""
    line_start = source.text.rfind("\n", 0, begin) + 1
    line_end = source.text.find("\n", begin)
    finish = min(finish, len(source.text) if line_end < 0 else line_end)
    return Span(source, source.text.count("\n", 0, begin) + 1, begin - line_start + 1, max(1, finish - begin))


def read(source: Source, findings: Findings) -> Mapping | None:
    """The mapping at the document's top; None, with findings, when it cannot be read."""
    if len(source.text) > MAX_CHARACTERS:
        findings.add(
            f"the document has {len(source.text):,} characters; at most {MAX_CHARACTERS:,} are taken",
            Span(Source(source.name, source.text[:80]), 1, 1),
            "split it, or move a long list elsewhere",
        )
        return None
    if strange := _STRANGE.search(source.text):
        place = span_between(source, strange.start(), strange.end())
        if strange[0] in "\x85\u2028\u2029":
            what, hint = f"a line ends with {strange[0]!a}", "end lines as usual, else nobody agrees on their numbers"
        else:
            what, hint = f"{strange[0]!a} stands here, which nobody can see", "remove it: policies are what people read"
        findings.add(what, place, hint)
        return None
    node = _composed(source, findings)
    if isinstance(node, Mapping):
        return node
    if node is not None and not (isinstance(node, Scalar) and not node.text):
        findings.add(
            f"the document is {described(node)}", node.span, "write the sections `features:`, `lists:`, `rules:`"
        )
    return None


def _composed(source: Source, findings: Findings) -> Node | None:
    try:
        return _Composer(source, findings).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what, place = error.problem or error.context, _place(source, mark)
        if source.text.split("\n")[place.line - 1][place.column - 1 : place.column] == "\t":
            findings.add("this is not YAML: a tab stands here", place, "indent with blanks")
        else:
            findings.add(f"this is not YAML: {what}", place, _yaml_hint(str(what)))
    except yaml.reader.ReaderError as error:
        findings.add(f"this is not YAML: {error.reason}", _place(source, None), "remove the unprintable character")
    except _RefusedError:
        pass
    return None


def _place(source: Source, mark: yaml.Mark | None) -> Span:
    """Where the parser stood; what is missing at the end is shown at the end of the last line."""
    if mark is None:
        return Span(source, 1, 1)
    lines = source.text.split("\n")
    if mark.line >= len(lines):
        return Span(source, len(lines), len(lines[-1]) + 1)
    return Span(source, mark.line + 1, mark.column + 1)


def _yaml_hint(problem: str) -> str:
    if "mapping values are not allowed" in problem or "did not find expected key" in problem:
        return "a text with `: ` or ` #` in it, or that begins with a quote, must be quoted as a whole"
    if "cannot start any token" in problem:
        return "quote a text that begins with a special character"
    return ""


class _RefusedError(Exception):
    """The document was refused; the finding is recorded."""


@dataclass
class _Composer:
    source: Source
    findings: Findings
    nodes: int = 0
    _events: Iterator[yaml.Event] = field(init=False)

    def document(self) -> Node | None:
        self._events = iter(yaml.parse(self.source.text, Loader=_LOADER))
        node: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if node is not None:
                    self._refuse("a second document begins here", event, "one document a file")
                node = self._node(next(self._events), 0)
        return node

    def _node(self, event: yaml.Event, depth: int) -> Node:
        self._check(event, depth)
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(event.value, self._span(event), event.style or "", *_offsets(event))
        if isinstance(event, yaml.SequenceStartEvent):
            return Sequence(tuple(self._items(depth + 1)), self._span(event))
        return Mapping(self._entries(depth + 1), self._span(event))

    def _items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            yield self._node(event, depth)

    def _entries(self, depth: int) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth)
            value = self._node(next(self._events), depth)
            if not isinstance(key, Scalar):
                self._refuse(f"{described(key)} cannot be a key", event, "keys are words")
            elif key.text in entries:
                first = entries[key.text].key.span.line
                self.findings.add(
                    f"`{key.text}` stands twice here, first in line {first}", key.span, "rename or remove one of them"
                )
            else:
                entries[key.text] = Entry(key, value)
        return entries

    def _check(self, event: yaml.Event, depth: int) -> None:
        self.nodes += 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self._refuse("anchors and aliases are not taken", event, "write the value out")
        if tag := getattr(event, "tag", None):
            self._refuse(f"the tag `{tag}` is not taken", event, "remove the tag; values are text")
        if depth > MAX_DEPTH:
            self._refuse(f"nested deeper than {MAX_DEPTH} levels", event, "no part of a policy is that deep")
        if self.nodes > MAX_NODES:
            self._refuse(f"the document has more than {MAX_NODES:,} parts", event, "split it")

    def _span(self, event: yaml.Event) -> Span:
        start, end = event.start_mark, event.end_mark
        if not start or not end:
            return Span(self.source, 1, 1)
        if start.line != end.line:
            return span_between(self.source, start.index, end.index)
        return Span(self.source, start.line + 1, start.column + 1, max(1, end.column - start.column))

    def _refuse(self, what: str, event: yaml.Event, hint: str) -> NoReturn:
        self.findings.add(what, self._span(event), hint)
        raise _RefusedError


def _offsets(event: yaml.Event) -> tuple[int, int]:
    """Where the event begins and ends in the text; events that were parsed have marks."""
    begin, end = event.start_mark, event.end_mark
    return (begin.index, end.index) if begin and end else (0, 0)
