"""Rungs of ladders that climb nowhere: what one does, the one below it does already."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from shared.policy.checks.consequences import included
from shared.policy.documents.reading import Entry, Node
from shared.policy.documents.reading import Mapping as Document
from shared.policy.documents.reading import Sequence as Items
from shared.policy.model import Rule
from shared.policy.problems import Findings, Problem, Span
from shared.policy.sections.effects import ladders_in


def level(rules: Mapping[str, Rule], sections: Mapping[str, Mapping[str, Entry]]) -> Iterator[Problem]:
    """A finding for each rung that adds nothing to the one below it; once, whoever climbs the ladder."""
    found: dict[Span, Problem] = {}
    for name, rule in rules.items():
        rungs = zip(rule.ladder, _rungs(sections["rules"][name], sections["ladders"]), strict=False)
        for (below, _), (above, node) in pairwise(rungs):
            if all(included(effect, below.effects) for effect in above.effects):
                what = "this rung adds nothing to what the one below it does"
                found[node.span] = Problem(what, node.span, "remove it, or let it do more")
    yield from found.values()


def _rungs(rule: Entry, ladders: Mapping[str, Entry]) -> tuple[Node, ...]:
    """The rungs that a rule climbs, as they are written."""
    named = ladders_in(_part(rule, "then"), Findings())
    entry = next((ladders[name.text] for name in named if name.text in ladders), None)
    steps = _part(entry, "steps") if entry else None
    return steps.items if isinstance(steps, Items) else ()


def _part(entry: Entry, key: str) -> Node | None:
    found = entry.value.entries.get(key) if isinstance(entry.value, Document) else None
    return found.value if found else None
