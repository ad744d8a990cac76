"""What the documents declare, as it is written: for what a policy, once it is loaded, has in compiled form only."""

from collections.abc import Mapping

from shared.policy.conditions.tidying import tidied
from shared.policy.documents.reading import Entry, Scalar
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
