"""The section `groups:`: what rules have in common, a gate before their conditions and defaults for their keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from shared.policy.conditions.scope import bad_name
from shared.policy.conditions.syntax import Parsed, parse
from shared.policy.documents.entries import Entries, known_word
from shared.policy.documents.reading import Entry, Node, Scalar
from shared.policy.problems import Findings

DEFAULTS = "abuse on owner mode severity tags stale_after expires rollout counterparty".split()
"""The keys that rules take over from their group, unless they have their own."""


@dataclass(frozen=True, slots=True)
class Group:
    """`gate` comes before the condition of each rule: both must hold."""

    name: str
    gate: Parsed | None
    defaults: Mapping[str, Node]


def group_of(name: str, entry: Entry, findings: Findings) -> Group:
    """The group that an entry declares; what is wrong with it is told here, and the rules take over the rest."""
    if why := bad_name(name):
        findings.add(f"`{name}` cannot be a group's name", entry.key.span, why)
    entries = Entries(entry, f"the group {name}", ("when", *DEFAULTS), findings)
    gate = entries.scalar("when")
    defaults = {key: node for key, node in entries.nodes.items() if key != "when"}
    return Group(name, parse(gate, findings) if gate else None, defaults)


def group_named(scalar: Scalar, groups: Mapping[str, Group], findings: Findings) -> Group | None:
    """The group of that name; with a finding, the nearest one: the rule is not blamed for what it would have."""
    if not known_word(scalar, groups, "group", findings):
        near = get_close_matches(scalar.text, groups, n=1)
        return groups[near[0]] if near else None
    return groups[scalar.text]
