"""Which effects include others: within one rule, and between rules. Several limits together are their join."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from shared.policy.documents.reading import Entry, Node
from shared.policy.documents.reading import Mapping as Document
from shared.policy.documents.reading import Sequence as Items
from shared.policy.model import Rule
from shared.policy.problems import Problem
from shared.policy.sections.effects import is_ladder
from shared.restrictions.effects import DISPOSITIONS, Dispose, Effect, Friction, Restrict, Review, Score
from shared.restrictions.limits import join


def as_strong(does: Effect, wanted: Effect) -> bool:
    """Whether an effect does all that the other one would."""
    match does, wanted:
        case Dispose(stronger), Dispose(milder):
            return DISPOSITIONS.index(stronger) >= DISPOSITIONS.index(milder)
        case Restrict(), Restrict():
            return _stands_for(does, wanted) and does.limit.covers(wanted.limit)
        case Friction(), Friction():
            return (does.of, does.ask) == (wanted.of, wanted.ask) and does.lasts >= wanted.lasts
        case Review(of, within), Review():
            return of == wanted.of and (wanted.within is None or (within is not None and within <= wanted.within))
        case _, Score():
            return True
    return does == wanted


def included(wanted: Effect, others: Iterable[Effect]) -> bool:
    """Whether others do all that an effect would: one of them alone, or the join of their limits."""
    rest = list(others)
    if isinstance(wanted, Restrict):
        limits = [does.limit for does in rest if isinstance(does, Restrict) and _stands_for(does, wanted)]
        return join(limits).covers(wanted.limit)
    return any(as_strong(does, wanted) for does in rest)


def _stands_for(does: Restrict, wanted: Restrict) -> bool:
    """Whether one limits, whatever it leaves, whom and what the other does, as long, and can be released no sooner."""
    return (
        (does.of, does.capability, does.linked) == (wanted.of, wanted.capability, wanted.linked)
        and does.only in (None, wanted.only)
        and does.lasts >= wanted.lasts
        and set(does.until) <= set(wanted.until)
        and (does.on_expiry == "person" or wanted.on_expiry == "release")
    )


def needless(rules: Mapping[str, Rule], entries: Mapping[str, Entry]) -> Iterator[Problem]:
    """A finding for each effect that others of its rule include; of two alike, for the second."""
    for name, rule in rules.items():
        items = effect_nodes(entries[name])
        if len(items) == len(rule.effects):
            yield from _needless(rule.effects, items)


def _needless(effects: Sequence[Effect], items: Sequence[Node]) -> Iterator[Problem]:
    kept = dict(enumerate(effects))
    for place, effect in reversed(list(enumerate(effects))):
        others = {number: other for number, other in kept.items() if number != place}
        if not included(effect, others.values()):
            continue
        del kept[place]
        alone = [items[number].span.line for number, other in others.items() if as_strong(other, effect)]
        told = f"the effect in line {alone[0]} does" if alone else "the other effects do together"
        hint = "remove it, or give it something that the other has not"
        yield Problem(f"this adds nothing to what {told}", items[place].span, hint)


def effect_nodes(entry: Entry) -> tuple[Node, ...]:
    """The effects of a rule as they stand in its document, ladders left out."""
    then = entry.value.entries.get("then") if isinstance(entry.value, Document) else None
    if then is None:
        return ()
    items = then.value.items if isinstance(then.value, Items) else (then.value,)
    return tuple(item for item in items if not is_ladder(item))
