"""Rules as plain functions: `@rule` puts them on the list, and the handler goes through it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.evaluate.usual.models import PaymentEvent

Condition = Callable[[PaymentEvent, Mapping[str, int]], bool]
ORDER = ("allow", "challenge", "pend", "deny")


@dataclass(frozen=True)
class Rule:
    name: str
    condition: Condition
    live: bool
    decision: str
    actions: list[dict[str, Any]]


@dataclass(frozen=True)
class Verdict:
    decision: str
    fired: list[str]
    acting: list[Rule]


RULES: list[Rule] = []


def rule(*, live: bool, decision: str, actions: list[dict[str, Any]]) -> Callable[[Condition], Condition]:
    def register(condition: Condition) -> Condition:
        RULES.append(Rule(condition.__name__, condition, live, decision, actions))
        return condition

    return register


def judge(event: PaymentEvent, counters: Mapping[str, int]) -> Verdict:
    fired = [rule for rule in RULES if rule.condition(event, counters)]
    acting = [rule for rule in fired if rule.live]
    decision = max((rule.decision for rule in acting), key=ORDER.index, default="allow")
    return Verdict(decision, [rule.name for rule in fired], acting)
