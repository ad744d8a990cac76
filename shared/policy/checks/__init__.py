"""Checks of a policy as a whole, once it can be read: what is senseless, needless, failing or too dear."""

from collections.abc import Mapping
from dataclasses import replace

from shared.policy.checks.budget import over_budget
from shared.policy.checks.cases import failing
from shared.policy.checks.consequences import needless
from shared.policy.checks.controls import controls, idle, remarks
from shared.policy.checks.costs import Costs, FeatureCost, RuleCost, SignalCost, Units, costs
from shared.policy.checks.domains import Domains
from shared.policy.checks.meaning import senseless
from shared.policy.checks.overlap import overlapping
from shared.policy.checks.rungs import level
from shared.policy.checks.sizes import oversized
from shared.policy.checks.texts import Beside, Conditions, Text, filters, texts
from shared.policy.checks.unused import unused
from shared.policy.documents.reading import Entry
from shared.policy.model import Rule
from shared.policy.policy import Policy
from shared.policy.problems import Findings, Problem
from shared.signals import CATALOGUE

__all__ = [
    "Beside",
    "Conditions",
    "Costs",
    "FeatureCost",
    "RuleCost",
    "SignalCost",
    "Units",
    "check_all",
    "costs",
    "remarks",
]


def check_all(
    policy: Policy,
    conditions: Conditions,
    beside: Beside,
    sections: Mapping[str, Mapping[str, Entry]],
    findings: Findings,
) -> None:
    """Adds every problem of what can be read of a policy.

    `conditions` are those of all rules, the ones too that something else is wrong with, and `beside` the texts of
    asides; `sections` are the entries.
    """
    readable = not findings.problems
    policy = replace(policy, rules=_whole(policy.rules), _programs={})
    domains = {signal: Domains(signal, policy.uses.get(signal, {})) for signal in CATALOGUE}
    for text in (*texts(conditions, beside, sections), *filters(policy.features.values(), sections)):
        findings.problems += _agreed(text, domains)
    findings.problems += needless(policy.rules, sections["rules"])
    findings.problems += level(policy.rules, sections)
    findings.problems += controls(policy, sections)
    findings.problems += overlapping(policy.rules.values(), domains)
    findings.problems += failing(policy)
    findings.problems += over_budget(policy, {name: entry.key.span for name, entry in sections["features"].items()})
    findings.problems += oversized(policy, sections)
    if readable:  # else what is wrong elsewhere may be the use of it
        findings.problems += idle(policy, sections)
        findings.problems += unused(sections)


def _whole(rules: Mapping[str, Rule]) -> dict[str, Rule]:
    return {name: rule for name, rule in rules.items() if rule.on and all(map(rule.conditions.get, rule.on))}


def _agreed(text: Text, domains: Mapping[str, Domains]) -> list[Problem]:
    """What is wrong with a text on every signal, and in every use: what makes sense on one of them may stand."""
    found = [senseless(tree, text.scalar, domains[signal]) for (signal, _), tree in text.trees.items()]
    if not found:
        return []
    first, *others = found
    places = [{problem.span for problem in problems} for problems in others]
    return [problem for problem in first if all(problem.span in spans for spans in places)]
