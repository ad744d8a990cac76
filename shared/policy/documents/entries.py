"""Takes typed values out of the mappings of a document, with a finding for each that does not fit."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from shared.policy.documents.reading import Entry, Mapping, Node, Scalar, described
from shared.policy.documents.reading import Sequence as Items
from shared.policy.problems import Findings, Span, did_you_mean

T = TypeVar("T")


class Entries:
    """The keys of one mapping. `what` names the thing in messages, such as "the rule card_testing"."""

    def __init__(self, entry: Entry, what: str, known: Sequence[str], findings: Findings) -> None:
        self.key, self.what, self.findings = entry.key, what, findings
        self.nodes: dict[str, Node] = {}
        if not isinstance(entry.value, Mapping):
            findings.add(f"{what} is {described(entry.value)}", entry.value.span, f"give it {', '.join(known)}")
            return
        for key, inner in entry.value.entries.items():
            if key in known:
                self.nodes[key] = inner.value
            else:
                hint = did_you_mean(key, known, otherwise="there are")
                findings.add(f"`{key}` is not something that {what} has", inner.key.span, hint)

    def __contains__(self, key: str) -> bool:
        return key in self.nodes

    def span(self, key: str) -> Span:
        """Where the value stands; where the thing's own name stands when there is none."""
        node = self.nodes.get(key)
        return node.span if node else self.key.span

    def refuse(self, key: str, what: str, hint: str) -> None:
        self.findings.add(what, self.span(key), hint)

    def scalar(self, key: str, needed: str = "") -> Scalar | None:
        """The text under the key. `needed` is the advice when it is absent; empty for keys that may be."""
        node = self.nodes.get(key)
        if node is None:
            if needed:
                self.findings.add(f"{self.what} has no `{key}:`", self.key.span, needed)
            return None
        if isinstance(node, Scalar) and node.text:
            return node
        self.refuse(key, f"`{key}` is {described(node)}, a text is needed", needed)
        return None

    def text(self, key: str, needed: str = "") -> str:
        scalar = self.scalar(key, needed)
        return scalar.text if scalar else ""

    def one_of(self, key: str, known: Iterable[str], needed: str = "", *, what: str = "") -> str:
        """The text under the key when it is a known `what` (the key's own name), else empty with a finding."""
        scalar = self.scalar(key, needed)
        if scalar is None:
            return ""
        return scalar.text if known_word(scalar, known, what or key, self.findings) else ""

    def parsed(self, key: str, reader: Callable[[str], T | None], default: T, advice: str) -> T:
        """The text under the key as `reader` understands it; `default` when it is absent or, with a finding, wrong."""
        scalar = self.scalar(key)
        if scalar is None:
            return default
        value = reader(scalar.text)
        if value is None:
            self.refuse(key, f"`{scalar.text}` does not fit `{key}`", advice)
            return default
        return value

    def flag(self, key: str) -> bool:
        words = {"true": True, "false": False}
        return self.parsed(key, words.get, default=False, advice="write `true` or `false`")

    def scalars(self, key: str) -> Iterator[Scalar]:
        """One text or a list of texts."""
        node = self.nodes.get(key)
        items = node.items if isinstance(node, Items) else [node] if node else []
        for item in items:
            if isinstance(item, Scalar) and item.text:
                yield item
            else:
                self.findings.add(f"`{key}` has {described(item)} in it, texts are needed", item.span, "write a text")


def known_word(scalar: Scalar, known: Iterable[str], what: str, findings: Findings) -> bool:
    """Whether the word is one of the known; a finding with the nearest one when it is not."""
    words = list(known)
    if scalar.text in words:
        return True
    findings.add(f"`{scalar.text}` is no {what}", scalar.span, did_you_mean(scalar.text, words, otherwise="there are"))
    return False
