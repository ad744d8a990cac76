"""A test beside a rule, made from a decision: the values that the rule saw, as people write them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from shared.features.model import AtLeast
from shared.policy.authoring.words import case_text
from shared.policy.conditions.facts import Facts, hoisted
from shared.policy.conditions.tree import names
from shared.policy.model import Rule


class MadeCase(NamedTuple):
    """`text` is one line of YAML; `bounds` are the values that were only known to be at least so much."""

    text: str
    bounds: tuple[str, ...]


def case_from(rule: Rule, signal: str, inputs: Mapping[str, Any]) -> MadeCase:
    """The case under which the rule says what it said about these inputs.

    Every value that the condition reads is in it, `~` for what was unknown: a feature left out would be 0.
    """
    facts: Facts = {}
    tree = hoisted(rule.conditions[signal], facts)
    read = [name.name for name in names(tree)]
    told: dict[str, Any] = {"signal": signal} if len(rule.on) > 1 else {}
    bounds = tuple(name for name in read if isinstance(inputs.get(name), AtLeast))
    return MadeCase(case_text({**told, **{name: inputs.get(name) for name in read}}), bounds)
