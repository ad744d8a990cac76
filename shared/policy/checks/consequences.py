"""Which effects include others: within one rule, and between rules."""

from collections.abc import Iterator, Mapping
from itertools import permutations

from shared.policy.documents.reading import Entry, Node
from shared.policy.documents.reading import Mapping as Document
from shared.policy.documents.reading import Sequence as Items
from shared.policy.model import Rule
from shared.policy.problems import Problem
from shared.restrictions.effects import DISPOSITIONS, Dispose, Effect, Friction, Restrict, Score


def as_strong(does: Effect, wanted: Effect) -> bool:
    """Whether an effect does all that the other one would."""
    match does, wanted:
        case Dispose(stronger), Dispose(milder):
            return DISPOSITIONS.index(stronger) >= DISPOSITIONS.index(milder)
        case Restrict(), Restrict():
            same = (does.of, does.capability) == (wanted.of, wanted.capability)
            return same and does.allowed <= wanted.allowed and does.lasts >= wanted.lasts
        case Friction(), Friction():
            return (does.of, does.ask) == (wanted.of, wanted.ask) and does.lasts >= wanted.lasts
        case _, Score():
            return True
    return does == wanted


def needless(rules: Mapping[str, Rule], entries: Mapping[str, Entry]) -> Iterator[Problem]:
    """A finding for each effect that another one of its rule includes; of two alike, for the second."""
    for name, rule in rules.items():
        items = _items(entries[name])
        if len(items) != len(rule.effects):
            continue
        effects = list(zip(rule.effects, items, strict=True))
        for (effect, node), (other, other_node) in permutations(effects, 2):
            first = effects.index((other, other_node)) < effects.index((effect, node))
            if as_strong(other, effect) and (first or not as_strong(effect, other)):
                what = f"this adds nothing to what the effect in line {other_node.span.line} does"
                yield Problem(what, node.span, "remove it, or give it something that the other has not")


def _items(entry: Entry) -> tuple[Node, ...]:
    then = entry.value.entries["then"].value if isinstance(entry.value, Document) else None
    return then.items if isinstance(then, Items) else ()
