"""How large a policy may be as a whole: beyond, nobody oversees it, and functions would start slowly."""

from collections.abc import Iterator, Mapping

from shared.policy.documents.reading import Entry
from shared.policy.policy import Policy
from shared.policy.problems import Problem

MOST = {"rules": 10_000, "features": 500, "lists": 1_000, "let": 2_000, "parameters": 2_000, "groups": 1_000}
"""Entries by section, over all documents."""

MOST_VALUES = 1_000_000
"""Values in all lists together: a quarter of a gigabyte."""


def oversized(policy: Policy, sections: Mapping[str, Mapping[str, Entry]]) -> Iterator[Problem]:
    """A finding, at the first entry that is too many, for each part that is too large."""
    for section, most in MOST.items():
        entries = list(sections.get(section, {}).values())
        if len(entries) > most:
            what = f"the policy has {len(entries):,} entries under `{section}`, at most {most:,} are taken"
            yield Problem(what, entries[most].key.span, "remove what no longer earns its place, or run two stages")
    values = 0
    for name, named in policy.value_lists.items():
        values += len(named.values)
        if values > MOST_VALUES:
            what = f"with `{name}` the lists have more than {MOST_VALUES:,} values together"
            yield Problem(what, sections["lists"][name].key.span, "keep in it what still comes up")
            return
