"""Documents in one layout, so that two people's rules look alike and a change shows nothing but what changed.

It is laid out anew from what the document says, with its comments; the order of a rule's keys, blanks in conditions,
line breaks and the choice between one line and many are the layout's, everything else stays the author's.
"""

import json
import re
from collections.abc import Iterator, Sequence

from shared.policy.authoring.comments import Remarks, Unit, offset, remarks
from shared.policy.authoring.order import keys_in_order
from shared.policy.conditions.tidying import broken, is_condition, tidied
from shared.policy.documents.reading import Entry, Node, Scalar, read
from shared.policy.documents.reading import Mapping as Document
from shared.policy.documents.reading import Sequence as Items
from shared.policy.problems import Findings, Source

WIDTH = 120
STEP = 2
_FLOW_SIGNS = re.compile(r"[,\[\]{}]")
_PLAIN = re.compile(r"[A-Za-z0-9_(][^\n\t]*")

Path = tuple[str, ...]


class LayoutError(Exception):
    """The document cannot be laid out without changing what it says; it is best left as it is."""


def laid_out(name: str, text: str) -> str:
    """The document in the layout. Raises `PolicyError` if it is no document, `LayoutError` if it must stay."""
    source = Source(name, text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    document = _read(source)
    if document is None or not document.entries:
        return source.text
    notes = remarks(document, source.text)
    lines = list(_Page(source.text, notes).document(document))
    result = "\n".join(line.rstrip() for line in lines).strip("\n") + "\n"
    again = read(Source(name, result), Findings())
    if again is None or said(again) != said(document) or remarks(again, result).comments != notes.comments:
        raise LayoutError(f"{name} would come out as something else: it is left as it is")
    return result


def said(node: Node, path: Path = ()) -> object:
    """What a node says, however it is laid out; conditions without the blanks and quotes that mean nothing."""
    if isinstance(node, Scalar):
        # A quoted `~` is a text, and so is a quoted value of a parameter.
        quoted = bool(node.style) and (node.text == "~" or _is_parameter(path))
        return tidied(node.text) if is_condition(path) else (node.text, quoted)
    if isinstance(node, Items):
        return [said(item, (*path, "-")) for item in node.items]
    return {key: said(entry.value, (*path, key)) for key, entry in node.entries.items()}


def _is_parameter(path: Path) -> bool:
    """Whether the value of a parameter stands there."""
    match path:
        case ("parameters", _) | ("parameters", _, "default"):
            return True
    return False


def _read(source: Source) -> Document | None:
    findings = Findings()
    document = read(source, findings)
    findings.raise_if_any()
    return document


def _is_large(path: Path) -> bool:
    """What always has its entries on lines of their own: sections, rules, and the two kinds of tests."""
    match path:
        case () | (_,) | ("rules", _) | ("rules", _, "tests"):
            return True
    return False


def _is_small(node: Node, path: Path) -> bool:
    """What stands on one line where it fits, however it was written: features, parameters, effects and tests."""
    match path:
        case ("features" | "parameters" | "gates", _) | ("features", _, "sequence" | "unless"):
            return True
        case ("rules", _, "then", "-", _) | ("rules", _, "expect"):
            return True
        case ("ladders", _, "steps", "-", *_) | ("guardrails", "budgets", _) | ("guardrails", "brake"):
            return True
        case ("rules", _, "tests", _) | ("rules", _, "tests", _, "-") | ("known_good", _) | ("known_good", _, "-"):
            return not isinstance(node, Items)
    return False


class _Page:
    def __init__(self, text: str, notes: Remarks) -> None:
        self._text = text
        self._notes = notes

    def document(self, document: Document) -> Iterator[str]:
        yield from self._entries(document, (), 0)
        yield from self._notes.below

    # What stands on lines of its own

    def _entries(self, node: Document, path: Path, indent: int) -> Iterator[str]:
        for place, entry in enumerate(_ordered(node, path)):
            unit = self._notes.at(entry.key, self._text)
            apart = place > 0 and path == ("rules",)
            yield from _above(unit, indent, apart=apart, first=place == 0)
            yield from self._entry(entry, unit, (*path, entry.key.text), indent)

    def _entry(self, entry: Entry, unit: Unit, path: Path, indent: int) -> Iterator[str]:
        head = f"{' ' * indent}{self._key(entry.key)}:"
        yield from self._value(head, entry.value, unit.beside, path, indent)

    def _value(self, head: str, node: Node, beside: str, path: Path, indent: int) -> Iterator[str]:
        """What follows `head`, on its line or below it."""
        remark = f"  {beside}" if beside else ""
        if isinstance(node, Scalar):
            yield from self._scalar(head, node, remark, path, indent)
        elif line := self._fits(head, node, path):
            yield f"{head} {line}{remark}"
        elif isinstance(node, Items):
            yield f"{head}{remark}"
            yield from self._items(node, path, indent + STEP)
        else:
            yield f"{head}{remark}"
            yield from self._entries(node, path, indent + STEP)

    def _items(self, node: Items, path: Path, indent: int) -> Iterator[str]:
        for place, item in enumerate(node.items):
            unit = self._notes.at(item, self._text)
            inner = (*path, "-")
            yield from _above(unit, indent, apart=False, first=place == 0)
            dash = f"{' ' * indent}-"
            if isinstance(item, Document) and not self._fits(dash, item, inner):
                yield from self._item_of_entries(item, inner, indent)
            else:
                yield from self._value(dash, item, unit.beside, inner, indent)

    def _item_of_entries(self, node: Document, path: Path, indent: int) -> Iterator[str]:
        """`- key: value`, the other keys below the first. Its first key's remarks are the item's own."""
        first, *rest = _ordered(node, path)
        start = self._notes.at(node, self._text)
        lines = list(self._entry(first, start, (*path, first.key.text), indent + STEP))
        yield f"{' ' * indent}- {lines[0].lstrip()}"
        yield from lines[1:]
        for entry in rest:
            unit = self._notes.at(entry.key, self._text)
            yield from _above(unit, indent + STEP, apart=False, first=False)
            yield from self._entry(entry, unit, (*path, entry.key.text), indent + STEP)

    def _scalar(self, head: str, node: Scalar, remark: str, path: Path, indent: int) -> Iterator[str]:
        if not node.text and not node.style:
            yield f"{head}{remark}"
            return
        condition = is_condition(path)
        text = tidied(node.text) if condition else node.text
        line = self._inline(node, text, condition=condition)
        # What was folded is measured as if in quotes: else it would be put on one line once, and folded again.
        room = max(len(line), len(text) + 2) if node.style == ">" and not condition else len(line)
        if len(head) + 1 + room <= WIDTH or not _foldable(text):
            if node.style == "|" and "\n" in text:
                yield from _literal(head, text, remark, indent)
            else:
                yield f"{head} {line}{remark}"
            return
        width = WIDTH - indent - STEP
        folded = broken(text, width) if condition else _filled(text, width)
        yield f"{head} >{'' if text.endswith(chr(10)) else '-'}{remark}"
        yield from (f"{' ' * (indent + STEP)}{line}" for line in folded)

    # What stands on one line

    def _fits(self, head: str, node: Node, path: Path) -> str:
        """The collection in braces or brackets, if it fits behind its head; else empty."""
        line = self._on_one_line(node, path)
        return line if len(head) + 1 + len(line) <= WIDTH else ""

    def _on_one_line(self, node: Node, path: Path) -> str:
        """The collection in braces or brackets; empty when it must have lines of its own."""
        if isinstance(node, Document | Items) and not (node.entries if isinstance(node, Document) else node.items):
            return "{}" if isinstance(node, Document) else "[]"
        chosen = self._text[offset(node.span, self._text)] in "{["
        if _is_large(path) or not (chosen or _is_small(node, path)):
            return ""
        if self._notes.inside(node, self._text):
            return ""
        return self._flow(node, path) or ""

    def _flow(self, node: Node, path: Path) -> str | None:
        """The node in flow style; None when some text in it cannot stand there."""
        if isinstance(node, Scalar):
            condition = is_condition(path)
            text = tidied(node.text) if condition else node.text
            line = self._inline(node, text, condition=condition)
            return None if "\n" in text or (line == text and _FLOW_SIGNS.search(text)) else line
        if isinstance(node, Items):
            items = [self._flow(item, (*path, "-")) for item in node.items]
            return None if None in items else f"[{', '.join(item for item in items if item is not None)}]"
        pairs = [
            (self._key(entry.key, in_flow=True), self._flow(entry.value, (*path, entry.key.text)))
            for entry in _ordered(node, path)
        ]
        if any(not value for _, value in pairs):
            return None
        return f"{{{', '.join(f'{key}: {value}' for key, value in pairs)}}}"

    def _inline(self, node: Scalar, text: str, *, condition: bool) -> str:
        """The text on one line: plain where it was plain or is a condition, in quotes where it must be."""
        if node.style in ("", "|", ">") or condition:
            wants_quotes = node.style and not condition and text in ("", "~")
            if (not node.style and text == node.text and "\n" not in text) or (_is_plain(text) and not wants_quotes):
                return text
        raw = self._text[node.start : node.end]
        if node.style == '"' and "\n" not in raw and text == node.text:
            return raw
        return json.dumps(text, ensure_ascii=False)

    def _key(self, key: Scalar, *, in_flow: bool = False) -> str:
        """A key as it was written, in quotes where it cannot stand without them."""
        raw = self._text[key.start : key.end]
        odd = "\n" in raw or (in_flow and not key.style and _FLOW_SIGNS.search(raw))
        return json.dumps(key.text, ensure_ascii=False) if odd else raw


def _ordered(node: Document, path: Path) -> Sequence[Entry]:
    rank = {key: place for place, key in enumerate(keys_in_order(path))}
    return sorted(node.entries.values(), key=lambda entry: rank.get(entry.key.text, len(rank)))


def _above(unit: Unit, indent: int, *, apart: bool, first: bool) -> Iterator[str]:
    """The remarks over a unit; nothing is set apart from the head it stands under."""
    lines = unit.above[1:] if first and unit.above[:1] == [""] else unit.above
    if apart and lines[:1] != [""]:
        yield ""
    yield from (f"{' ' * indent}{line}" if line else "" for line in lines)


def _is_plain(text: str) -> bool:
    """Whether the text can stand without quotes, outside of braces."""
    return (
        bool(_PLAIN.fullmatch(text))
        and ": " not in text
        and " #" not in text
        and text == text.strip()
        and text[-1] != ":"
    )


def _foldable(text: str) -> bool:
    return " " in text and text == " ".join(text.split()) and text.isprintable()


def _filled(text: str, width: int) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > width:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


def _literal(head: str, text: str, remark: str, indent: int) -> Iterator[str]:
    body = text.removesuffix("\n")
    if text[0] in " \n" or body.endswith("\n") or not body.replace("\n", "").isprintable():
        yield f"{head} {json.dumps(text, ensure_ascii=False)}{remark}"
        return
    yield f"{head} |{'' if text.endswith(chr(10)) else '-'}{remark}"
    yield from (f"{' ' * (indent + STEP)}{line}" if line else "" for line in body.split("\n"))
