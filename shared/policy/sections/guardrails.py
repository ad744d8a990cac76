"""The section `guardrails:`: budgets, brakes, and the spans that hold for the whole policy."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from typing import get_args

from shared.policy.conditions.literals import lasting, share
from shared.policy.conditions.scope import bad_name
from shared.policy.documents.entries import Entries
from shared.policy.documents.reading import Entry, described
from shared.policy.documents.reading import Mapping as Document
from shared.policy.model import ABUSE_KINDS, Expectation
from shared.policy.problems import Findings
from shared.policy.sections.limiting import amounts_of
from shared.restrictions.effects import TIERS, Tier
from shared.restrictions.guardrails import Brake, Budget, Guardrails, Period
from shared.signals import CATALOGUE

KEYS = "budgets brake takeover_hold friction_memory clearance default_restriction".split()
BUDGET_KEYS = "abuse rule tier entity_kind per count money kept high_value".split()
BRAKE_KEYS = "known_good least settling".split()
EXPECT_KEYS = "hits known_good".split()
LONGEST = {
    "takeover_hold": timedelta(hours=72),
    "friction_memory": timedelta(days=30),
    "clearance": timedelta(days=365),
    "default_restriction": timedelta(days=30),
    "settling": timedelta(days=90),
}
"""The longest that each span may be."""
MOST_COUNTED = 10_000_000
MOST_BOUNDS = 80
"""Of all budgets for one period, each currency and what is kept counted apart: all are asked for in one condition."""
ENTITY_KINDS = tuple(
    sorted(
        {
            declared.kind
            for spec in CATALOGUE.values()
            for role in spec.roles.values()
            if (declared := role.role) and declared.kind != "*"
        }
    )
)
_HOUR = timedelta(hours=1)
_SPAN = "write it like `24h` or `7d`"
_COUNT = f"it is a whole number from 1 to {MOST_COUNTED:,}"


def guardrails_of(section: Mapping[str, Entry], rules: Collection[str], findings: Findings) -> Guardrails:
    """The guardrails that a policy declares, with the defaults of the rest. `rules` are the names of its rules."""
    if not section:
        return Guardrails()
    key = next(iter(section.values())).key
    entries = Entries(Entry(key, Document(dict(section), key.span)), "the section `guardrails`", KEYS, findings)
    usual = Guardrails()
    return Guardrails(
        budgets=tuple(_budgets(entries, rules)),
        brake=_brake(entries),
        takeover_hold=_span(entries, "takeover_hold", usual.takeover_hold),
        friction_memory=_span(entries, "friction_memory", usual.friction_memory),
        clearance=_span(entries, "clearance", usual.clearance),
        default_restriction=_span(entries, "default_restriction", _HOUR) if "default_restriction" in entries else None,
    )


def expectation_of(entries: Entries) -> Expectation | None:
    """What stands under a rule's `expect:`, `{hits: 50, known_good: 2%}`; None where nothing does."""
    inner = _inner(entries, "expect", "an expectation", EXPECT_KEYS, "write `{hits: 50, known_good: 2%}`")
    if inner is None:
        return None
    hits = inner.parsed("hits", _counted, None, f"so many hits an hour: {_COUNT}")
    known_good = inner.parsed("known_good", share, None, "write a share of its hits, such as `2%`")
    if not inner.nodes:
        entries.refuse("expect", "`expect` says nothing", "write `{hits: 50, known_good: 2%}`")
    return Expectation(hits, known_good)


def _brake(entries: Entries) -> Brake:
    inner = _inner(entries, "brake", "a brake", BRAKE_KEYS, "write `{known_good: 5%, least: 10, settling: 7d}`")
    usual = Brake()
    if inner is None:
        return usual
    return Brake(
        inner.parsed("known_good", share, usual.known_good, "write a share of a rule's hits, such as `5%`"),
        inner.parsed("least", _counted, usual.least, _COUNT),
        _span(inner, "settling", usual.settling),
    )


def _budgets(entries: Entries, rules: Collection[str]) -> Iterator[Budget]:
    node = entries.nodes.get("budgets")
    if node is None:
        return
    if not isinstance(node, Document):
        entries.refuse("budgets", f"`budgets` is {described(node)}", "write names, each with its budget")
        return
    seen: dict[tuple[str, ...], str] = {}
    bounds: Counter[Period] = Counter()
    for name, entry in node.entries.items():
        before = len(entries.findings.problems)
        budget = _budget(name, Entries(entry, f"the budget {name}", BUDGET_KEYS, entries.findings), rules)
        if len(entries.findings.problems) > before:
            continue
        alike = tuple(str(each) for each in (budget.per, budget.abuse, budget.rule, budget.tier, budget.entity_kind))
        if alike in seen:
            what = f"`{name}` counts the same as `{seen[alike]}`"
            entries.findings.add(what, entry.key.span, "put both bounds into one budget, or remove one")
        seen.setdefault(alike, name)
        bounds[budget.per] += (len(budget.money) + (budget.count is not None)) * (2 if budget.kept else 1)
        if bounds[budget.per] > MOST_BOUNDS:
            what = f"with `{name}` there are more than {MOST_BOUNDS} bounds per {budget.per}"
            entries.findings.add(what, entry.key.span, "let fewer budgets have money in fewer currencies")
            return
        yield budget


def _budget(name: str, entries: Entries, rules: Collection[str]) -> Budget:
    findings = entries.findings
    if why := bad_name(name):
        findings.add(f"`{name}` cannot be a budget's name", entries.key.span, why)
    money = amounts_of("money", node, findings) if (node := entries.nodes.get("money")) else {}
    high = amounts_of("high_value", node, findings) if (node := entries.nodes.get("high_value")) else {}
    if "count" not in entries and "money" not in entries:
        hint = "write `count: 500`, or `money: [20000.00 USD]`, or both"
        findings.add(f"{entries.what} bounds nothing", entries.key.span, hint)
    for one, other in (("kept", "high_value"), ("high_value", "kept")):
        if one in entries and other not in entries:
            hint = "a share is kept for what is worth much: write both, such as `kept: 20%, high_value: [1000.00 USD]`"
            entries.refuse(one, f"`{one}` stands without `{other}`", hint)
    kept = entries.parsed("kept", share, 0.0, "write a share, such as `20%`")
    if kept >= 1:
        entries.refuse("kept", "nothing would be left for what is worth less", "keep a share below 100%")
    return Budget(
        name,
        _period(entries),
        entries.parsed("count", _counted, None, _COUNT),
        money,
        entries.one_of("abuse", ABUSE_KINDS, what="abuse kind") or None,
        entries.one_of("rule", rules, what="rule") or None,
        _tier(entries),
        entries.one_of("entity_kind", ENTITY_KINDS, what="kind of entity") or None,
        kept,
        high,
    )


def _period(entries: Entries) -> Period:
    word = entries.one_of("per", get_args(Period), "say for how long it is: `per: hour` or `per: day`", what="period")
    return "day" if word == "day" else "hour"


def _tier(entries: Entries) -> Tier | None:
    word = entries.one_of("tier", TIERS)
    return next((tier for tier in TIERS if tier == word), None)


def _inner(entries: Entries, key: str, what: str, keys: list[str], hint: str) -> Entries | None:
    """The mapping under a key, None where there is none; with a finding for what is no mapping."""
    node = entries.nodes.get(key)
    if node is None:
        return None
    if not isinstance(node, Document):
        entries.refuse(key, f"`{key}` is {described(node)}", hint)
        return None
    return Entries(Entry(entries.key, node), what, keys, entries.findings)


def _span(entries: Entries, key: str, default: timedelta) -> timedelta:
    found = entries.parsed(key, lasting, default, _SPAN)
    most = LONGEST[key]
    if found > most:
        told = f"{most.days} days" if most.days > 3 else f"{most // _HOUR} hours"  # noqa: PLR2004  (short ones are told in hours)
        entries.refuse(key, f"`{entries.text(key)}` is longer than {told}", f"`{key}` is {told} at most")
    return found


def _counted(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) and 1 <= int(text) <= MOST_COUNTED else None
