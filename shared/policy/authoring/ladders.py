"""Ladders in words, as the rules that climb them read them."""

from shared.policy.authoring.words import effect_in_words
from shared.policy.conditions.literals import written_duration
from shared.policy.conditions.tree import source_of
from shared.policy.model import Rule, Step
from shared.policy.policy import Policy
from shared.policy.sections.definitions import conjuncts


def rungs_in_words(rule: Rule, policy: Policy) -> tuple[str, ...]:
    """Each rung of the rule's ladder: `when disputes_30d >= 5, restrict seller: list to none for 7d, if a person …`."""
    return tuple(_rung(rule, step, policy) for step in rule.ladder)


def _rung(rule: Rule, step: Step, policy: Policy) -> str:
    told = []
    if step.rule:
        aside = policy.asides[step.rule]
        own = dict.fromkeys(
            source_of(part)
            for signal, tree in aside.conditions.items()
            for part in conjuncts(tree)
            if part not in set(conjuncts(rule.conditions[signal]))
        )
        told.append(f"when {' and '.join(own)}")
    told += map(effect_in_words, step.effects)
    told += [f"if a person agrees within {written_duration(step.person)}"] if step.person else []
    return ", ".join(told)
