"""What a policy declares and nothing reads: it costs reads, writes and thought, or a rule lost its condition."""

import re
from collections.abc import Iterator, Mapping

from shared.policy.conditions.reasons import named_in
from shared.policy.conditions.tidying import is_condition
from shared.policy.documents.reading import Entry, Node, Scalar
from shared.policy.documents.reading import Mapping as Document
from shared.policy.documents.reading import Sequence as Items
from shared.policy.problems import Findings, Problem
from shared.policy.sections.effects import ladders_in

_DECLARED = {
    "features": "feature",
    "lists": "list",
    "let": "let",
    "parameters": "parameter",
    "groups": "group",
    "ladders": "ladder",
}
_QUOTED = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""")
_WORD = re.compile(r"[a-z_][a-z0-9_]*")


def unused(sections: Mapping[str, Mapping[str, Entry]]) -> Iterator[Problem]:
    """A finding for each declared thing that nothing else names."""
    read = {
        word
        for section, named in sections.items()
        for name, entry in named.items()
        for word in _read(section, name, entry.value)
    }
    for section, kind in _DECLARED.items():
        for name, entry in sections.get(section, {}).items():
            if name not in read:
                yield Problem(f"no rule uses the {kind} `{name}`", entry.key.span, "use or remove it")


def _read(section: str, name: str, node: Node) -> Iterator[str]:
    """The words that may be names, in the texts of one declaration."""
    for condition in _conditions(node, (section, name)):
        yield from _WORD.findall(_QUOTED.sub("", condition.text))
    if section == "rules" and isinstance(node, Document):
        parts = {key: entry.value for key, entry in node.entries.items()}
        if isinstance(group := parts.get("group"), Scalar):
            yield group.text
        if isinstance(reason := parts.get("reason"), Scalar):
            yield from named_in(reason.text)
        yield from (ladder.text for ladder in ladders_in(parts.get("then"), Findings()))


def _conditions(node: Node, path: tuple[str, ...]) -> Iterator[Scalar]:
    """The conditions and expressions in a node that stands at this place."""
    match node:
        case Scalar():
            yield from [node] if is_condition(path) else []
        case Items(items):
            for item in items:
                yield from _conditions(item, (*path, "-"))
        case Document(entries):
            for key, entry in entries.items():
                yield from _conditions(entry.value, (*path, key))
