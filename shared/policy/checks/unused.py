"""What a policy declares and nothing reads: it costs reads, writes and thought, or a rule lost its condition."""

import re
from collections.abc import Iterator, Mapping

from shared.policy.conditions.reasons import named_in
from shared.policy.documents.reading import Entry, Node, Scalar
from shared.policy.documents.reading import Mapping as Document
from shared.policy.problems import Problem

_READ_IN = {"features": ("where",), "groups": ("when", "severity"), "rules": ("when", "group", "severity")}
"""The keys under which names are read, by section; a `let` is nothing but such a text."""
_DECLARED = {"features": "feature", "lists": "list", "let": "let", "parameters": "parameter", "groups": "group"}
_QUOTED = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""")
_WORD = re.compile(r"[a-z_][a-z0-9_]*")


def unused(sections: Mapping[str, Mapping[str, Entry]]) -> Iterator[Problem]:
    """A finding for each declared thing that no rule, let, group or feature names."""
    read = {word for section, named in sections.items() for entry in named.values() for word in _read(section, entry)}
    for section, kind in _DECLARED.items():
        for name, entry in sections.get(section, {}).items():
            if name not in read:
                yield Problem(f"no rule uses the {kind} `{name}`", entry.key.span, "use or remove it")


def _read(section: str, entry: Entry) -> Iterator[str]:
    """The words that may be names, in the texts of one declaration."""
    value = entry.value
    if section == "let" and isinstance(value, Scalar):
        yield from _words(value)
    if isinstance(value, Document):
        for key in _READ_IN.get(section, ()):
            if key in value.entries:
                yield from _words(value.entries[key].value)
        if (
            section == "rules"
            and "reason" in value.entries
            and isinstance(reason := value.entries["reason"].value, Scalar)
        ):
            yield from named_in(reason.text)


def _words(node: Node) -> list[str]:
    return _WORD.findall(_QUOTED.sub("", node.text)) if isinstance(node, Scalar) else []
