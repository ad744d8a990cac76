"""What does not fit together between rules, guardrails and what law allows."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from shared.policy.checks.consequences import effect_nodes
from shared.policy.conditions.literals import written_duration
from shared.policy.conditions.scope import kind_of
from shared.policy.conditions.tree import names
from shared.policy.documents.reading import Entry
from shared.policy.documents.reading import Mapping as Document
from shared.policy.model import Rule
from shared.policy.policy import Policy
from shared.policy.problems import Problem, Span
from shared.restrictions.effects import Dispose, Effect, Restrict, Review, Score, tier_of
from shared.restrictions.guardrails import Budget
from shared.restrictions.limits import holds_money
from shared.signals import CATALOGUE

LAST_YEAR = 2199
"""A rule or list that ends later ends never."""
Sections = Mapping[str, Mapping[str, Entry]]


def controls(policy: Policy, sections: Sections) -> Iterator[Problem]:
    """A finding for each thing about restrictions and guardrails that cannot be meant."""
    for rule in policy.rules.values():
        yield from _unread_links(rule, policy, sections)
        yield from _too_long_holds(rule, policy, sections)
        if rule.suppress_notice and not any(map(_is_felt, rule.every_effect)):
            what = f"the rule {rule.name} suppresses a notice, and does nothing that anybody would be told of"
            yield Problem(what, _place(sections, rule, "suppress_notice"), "remove `suppress_notice`")
    yield from _endless(policy, sections)


def idle(policy: Policy, sections: Sections) -> Iterator[Problem]:
    """A finding for each guardrail that nothing can ever touch, of a policy of which everything can be read."""
    for budget in policy.guardrails.budgets:
        if not any(counts(budget, rule) for rule in policy.rules.values() if rule.mode != "off"):
            entry = _entry_in(sections["guardrails"]["budgets"], budget.name)
            what = f"nothing that any rule does counts in the budget {budget.name}"
            hint = "let it name the abuse, rule, tier or kind of entity of something that rules do, or remove it"
            yield Problem(what, entry.key.span, hint)
    for rule in policy.rules.values():
        if rule.expect and rule.expect.known_good is not None and not _knows_good(rule.abuse, policy):
            what = f"nobody is known good for {rule.abuse}, so that none of its hits can be"
            hint = f"say who is, under `known_good: {{{rule.abuse}: …}}`, or expect `hits` alone"
            yield Problem(what, _place(sections, rule, "expect"), hint)


def remarks(policy: Policy) -> Iterator[str]:
    """What to know about a policy that is no fault of it."""
    unconfirmed = [name for name, each in policy.jurisdictions.items() if each.confirmed_by is None]
    if unconfirmed:
        yield (
            f"no counsel has confirmed the figures of {_listed(unconfirmed)}: statements of reasons say so; "
            "have them confirmed, and write `confirmed_by: …`"
        )
    open_ended = [name for name, spec in CATALOGUE.items() if spec.gating and policy.rules and name not in policy.gates]
    if policy.gates and open_ended:
        yield f"who waits for a word about {_listed(open_ended)} is told no deadline: `gates:` does not name it"


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _unread_links(rule: Rule, policy: Policy, sections: Sections) -> Iterator[Problem]:
    """Who is linked is found, and recorded, only where something is asked of it."""
    nodes = effect_nodes(sections["rules"][rule.name])
    for number, effect in enumerate(rule.every_effect):
        if not isinstance(effect, Restrict) or effect.linked is None:
            continue
        named = [step.rule for step in rule.ladder if step.rule and effect in step.effects]
        rungs = [policy.asides[name] for name in named if name in policy.asides]
        for signal, condition in rule.conditions.items():
            beside = [rung.conditions[signal] for rung in rungs if signal in rung.on]
            trees = [condition, *rule.shown[signal].values(), *beside]
            if not any(effect.linked == name.name for tree in trees for name in names(tree)):
                what = f"the rule restricts whom `{effect.linked}` finds, and does not look at how many these are"
                own = number < len(rule.effects) == len(nodes)
                hint = f"bound it in the condition, such as `{effect.linked} <= 5`"
                yield Problem(what, nodes[number].span if own else rule.span, hint)
                break


def _too_long_holds(rule: Rule, policy: Policy, sections: Sections) -> Iterator[Problem]:
    nodes = effect_nodes(sections["rules"][rule.name])
    strictest = min(policy.jurisdictions.values(), key=lambda each: each.longest_hold, default=None)
    for number, effect in enumerate(rule.every_effect):
        holds = isinstance(effect, Restrict) and holds_money(effect.capability, effect.limit)
        if strictest and holds and _lasts(effect) > strictest.longest_hold:
            spans = written_duration(_lasts(effect)), written_duration(strictest.longest_hold)
            what = f"this holds money for {spans[0]}, without a person {strictest.name} allows {spans[1]}"
            own = number < len(rule.effects) == len(nodes)
            hint = f"write at most `for: {spans[1]}`, and `on_expiry: person` if it must not end by itself"
            yield Problem(what, nodes[number].span if own else rule.span, hint)


def _lasts(effect: Effect) -> timedelta:
    return effect.lasts if isinstance(effect, Restrict) else timedelta(0)


def _is_felt(effect: Effect) -> bool:
    return not isinstance(effect, Review | Score)


def _knows_good(abuse: str, policy: Policy) -> bool:
    return any(aside.serves == "known_good" and aside.abuse == abuse for aside in policy.asides.values())


def _endless(policy: Policy, sections: Sections) -> Iterator[Problem]:
    for section, named in (("rules", policy.rules), ("lists", policy.value_lists)):
        for name, each in named.items():
            if each.expires and each.expires.year > LAST_YEAR:
                place = _place_of(sections[section][name], "expires")
                yield Problem(f"the year {each.expires.year} never comes", place, "leave `expires` out")


def counts(budget: Budget, rule: Rule) -> bool:
    """Whether anything that the rule may do counts in the budget."""
    if budget.abuse not in (None, rule.abuse) or budget.rule not in (None, rule.name):
        return False
    return any(
        tier is not None
        and budget.tier in (None, tier)
        and (budget.entity_kind is None or budget.entity_kind in _kinds(effect, rule))
        for effect in rule.every_effect
        for tier in (tier_of(effect),)
    )


def _kinds(effect: Effect, rule: Rule) -> set[str]:
    """The kinds of entities that an effect can meet; a disposition is about who acts."""
    specs = [CATALOGUE[name] for name in rule.on]
    if isinstance(effect, Dispose | Score):
        return {kind_of(spec, spec.actor) for spec in specs}
    found = {kind_of(spec, effect.of) for spec in specs}
    anything = {declared.kind for spec in CATALOGUE.values() for each in spec.roles.values() if (declared := each.role)}
    return anything if "*" in found else found


def _place(sections: Sections, rule: Rule, key: str) -> Span:
    return _place_of(sections["rules"][rule.name], key)


def _place_of(entry: Entry, key: str) -> Span:
    """Where the value under a key stands; where the thing's own name does when it has none."""
    inner = entry.value.entries.get(key) if isinstance(entry.value, Document) else None
    return inner.value.span if inner else entry.key.span


def _entry_in(entry: Entry, name: str) -> Entry:
    return entry.value.entries[name] if isinstance(entry.value, Document) else entry
