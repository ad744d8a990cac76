"""What the documents declare, as it is written: for what a policy, once it is loaded, has in compiled form only."""

import json
from collections.abc import Mapping

from shared.policy.conditions.tidying import tidied
from shared.policy.documents.reading import Entry, Scalar, plain
from shared.policy.documents.reading import Mapping as Document
from shared.policy.problems import Findings
from shared.policy.sections.gathering import gathered


def written(texts: Mapping[str, str], section: str, key: str) -> dict[str, str]:
    """The tidy text under one key of each entry of a section that has it, such as the `where` of features."""
    found: dict[str, str] = {}
    for name, entry in declared(texts, section).items():
        inner = entry.value.entries.get(key) if isinstance(entry.value, Document) else None
        if inner and isinstance(inner.value, Scalar):
            found[name] = tidied(inner.value.text)
    return found


def declared(texts: Mapping[str, str], section: str) -> Mapping[str, Entry]:
    """The entries of a section, by name."""
    return gathered(texts, Findings())[section]


def flat(texts: Mapping[str, str], section: str) -> dict[str, dict[str, str]]:
    """The entries of a section, by name, as texts by key; an entry that has no keys is its `value`."""
    found: dict[str, dict[str, str]] = {}
    for name, entry in declared(texts, section).items():
        content = plain(entry.value)
        parts = content if isinstance(content, dict) else {"value": content}
        found[name] = {key: each if isinstance(each, str) else json.dumps(each) for key, each in parts.items()}
    return found
