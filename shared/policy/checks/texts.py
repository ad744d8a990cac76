"""The texts that conditions are written in, each with the trees that came of it: one for each signal and use."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from shared.features.model import Feature
from shared.policy.conditions.checker import check
from shared.policy.conditions.scope import remembered_scope
from shared.policy.conditions.tree import Expression, ListName, Logic, children
from shared.policy.documents.reading import Entry, Scalar
from shared.policy.documents.reading import Mapping as Document
from shared.policy.problems import Findings
from shared.policy.sections.remembered import filters_in
from shared.signals import CATALOGUE

Conditions = Mapping[str, Mapping[str, Expression]]
"""The checked conditions of rules, by rule and signal."""
Beside = Iterable[tuple[Scalar, str, Expression]]
"""The texts of asides, each with a signal and the whole condition that it became a part of there."""


@dataclass
class Text:
    """A rule's condition, a `let` or a group's gate as it is written, and what it came to, by signal and use."""

    scalar: Scalar
    trees: dict[tuple[str, int], Expression] = field(default_factory=dict)


def texts(conditions: Conditions, beside: Beside, sections: Mapping[str, Mapping[str, Entry]]) -> list[Text]:
    """All texts from which conditions are made; of a `let` that is a value, nothing can be said."""
    own = {name: Text(scalar) for name, entry in sections["rules"].items() if (scalar := _scalar(entry, "when"))}
    named = [entry.value for entry in sections["let"].values() if isinstance(entry.value, Scalar)]
    gates = [scalar for entry in sections["groups"].values() if (scalar := _scalar(entry, "when"))]
    others = {id(scalar): Text(scalar) for scalar in (*named, *gates)}
    asides: dict[int, Text] = {}
    made = [(own.get(rule), signal, tree) for rule, trees in conditions.items() for signal, tree in trees.items()]
    made += [(asides.setdefault(id(scalar), Text(scalar)), signal, tree) for scalar, signal, tree in beside]
    for whole, signal, tree in made:
        if whole:
            whole.trees[signal, id(tree)] = tree
        for scalar, part in _parts(tree, None):
            if (text := others.get(id(scalar))) and part.type.kind == "boolean":
                text.trees[signal, id(part)] = part
    return [*own.values(), *asides.values(), *others.values()]


def filters(features: Iterable[Feature], sections: Mapping[str, Mapping[str, Entry]]) -> Iterator[Text]:
    """The conditions of features, as they are checked against what is remembered: `where`, steps, and `unless`."""
    for feature in features:
        if entry := sections["features"].get(feature.name):
            found = filters_in(entry.value)
            asked = [
                (feature.signal, found.where),
                *zip((step.signal for step in feature.steps), found.steps, strict=True),
            ]
            asked += [(feature.unless.signal, found.unless)] if feature.unless else []
            for signal, scalar in asked:
                if scalar and (tree := check(scalar, remembered_scope(CATALOGUE[signal]), Findings())):
                    yield Text(scalar, {(signal, id(tree)): tree})


def _scalar(entry: Entry, key: str) -> Scalar | None:
    value = entry.value.entries[key].value if isinstance(entry.value, Document) and key in entry.value.entries else None
    return value if isinstance(value, Scalar) else None


def _parts(node: Expression | ListName, around: Scalar | None) -> Iterator[tuple[Scalar, Expression]]:
    """The largest parts of a tree that were written in another text than what is around them."""
    if isinstance(node, ListName):
        return
    text = node.place.scalar if node.place else around
    if text is not None and text is not around:
        yield text, node
    elif isinstance(node, Logic) and node.place is None:
        yield from _gates(node)
    for child in children(node):
        yield from _parts(child, text)


def _gates(joined: Logic) -> Iterator[tuple[Scalar, Expression]]:
    """A group's gate and a rule's own condition were joined part by part: the parts of one text, together again."""
    by_text: dict[int, list[Expression]] = {}
    for part in joined.operands:
        by_text.setdefault(id(part.place.scalar) if part.place else 0, []).append(part)
    for parts in by_text.values():
        if len(parts) > 1 and parts[0].place:
            yield parts[0].place.scalar, Logic("and", tuple(parts))
