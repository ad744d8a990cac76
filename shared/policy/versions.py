"""`R@version`: eight hex digits that name what a rule says and does, whatever its policy's digest is.

Equal versions decide alike and do alike; the version changes with anything that could change either: the condition with
all that it names written out, the features that it reads, effects, ladder, severity, reasons. It does not say how far
the rule is let act (`mode`, `rollout`, `expires`, `emergency`), nor what only people read (owner, tags, group, tests,
what is expected of it), nor what lists contain, who is known good, and what guardrails make of it. So a rule that goes
from shadow to live is the same rule, and so is one that is laid out anew or whose `let` got another name.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from hashlib import blake2b
from typing import Any

from shared.policy.conditions.tidying import plainly
from shared.policy.conditions.tree import Expression, Name, source_of, walk
from shared.policy.documents.reading import Entry, plain
from shared.policy.model import Rule, Step
from shared.policy.policy import Policy

_BYTES = 4
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False)


def versioned(policy: Policy, features: Mapping[str, Entry]) -> Policy:
    """The policy whose rules know their versions; `features` are the declared ones, as they are written."""
    declared = {name: plainly(plain(entry.value), ("features", name)) for name, entry in features.items()}
    rules = {
        name: replace(rule, version=_version(rule, policy.asides, declared)) for name, rule in policy.rules.items()
    }
    return replace(policy, rules=rules, _programs={})


def _version(rule: Rule, asides: Mapping[str, Rule], features: Mapping[str, object]) -> str:
    """The version of a rule; `asides` have its rungs. Features that nobody declares, such as scores, say by their names
    what they are."""
    conditions = rule.conditions, *(asides[step.rule].conditions for step in rule.ladder if step.rule)
    trees = [tree for each in conditions for tree in each.values()]
    trees += [*rule.grades.values(), *(tree for shown in rule.shown.values() for tree in shown.values())]
    read = {part.name for tree in trees for part in walk(tree) if isinstance(part, Name) and part.origin == "feature"}
    content = {
        "abuse": rule.abuse,
        "when": _texts(rule.conditions),
        "then": [_said(effect) for effect in rule.effects],
        "severity": _texts(rule.grades) or rule.severity,
        "stale_after": _said(rule.stale_after),
        "reason": [rule.reason, {signal: _texts(shown) for signal, shown in rule.shown.items()}],
        "user_reason": rule.user_reason,
        "features": {name: features[name] for name in read & features.keys()},
    }
    # What most rules have not is left out: what rules may come to have shall not give all others a new version.
    content |= {"if_unknown": rule.if_unknown} if rule.if_unknown != "hold" else {}
    content |= {"suppress_notice": rule.suppress_notice} if rule.suppress_notice else {}
    content |= {"ladder": [_rung(step, asides) for step in rule.ladder]} if rule.ladder else {}
    return blake2b(_CANONICAL.encode(content).encode(), digest_size=_BYTES).hexdigest()


def _texts(trees: Mapping[str, Expression]) -> dict[str, str]:
    return {name: source_of(tree) for name, tree in trees.items()}


def _rung(step: Step, asides: Mapping[str, Rule]) -> Any:
    when = _texts(asides[step.rule].conditions) if step.rule else None
    return [when, [_said(effect) for effect in step.effects], _said(step.person)]


def _said(thing: Any) -> Any:
    """An effect, or a part of one, as JSON: its kind, and the fields that are not as they are by default."""
    if isinstance(thing, timedelta):
        return thing.total_seconds()
    if isinstance(thing, tuple):
        return [_said(each) for each in thing]
    if is_dataclass(thing) and not isinstance(thing, type):
        given = {each.name: getattr(thing, each.name) for each in fields(thing)}
        own = {each.name: _said(given[each.name]) for each in fields(thing) if given[each.name] != each.default}
        return {"": type(thing).__name__, **own}
    return thing
