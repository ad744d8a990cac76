"""zen-engine (Rust): a few list expressions, as its expression language is quicker than its decision tables."""

from collections.abc import Sequence

import zen

from tests.benchmarks.policy.peers.expressions import Words, conditions, places
from tests.benchmarks.policy.peers.host import Event, Host
from tests.benchmarks.policy.rules import Rule

NAME = "zen-engine"


class Zen:
    """Compiled expressions; the context is converted for each."""

    def __init__(self, signal: str, rules: Sequence[Rule]) -> None:
        self._host = Host(signal, rules)
        lists = conditions(rules, self._host, Words("and", "or", "not "))
        self._lists = [zen.compile_expression(each) for each in lists]

    def judge(self, event: Event) -> list[int]:
        """The places of the rules that fire."""
        context = self._host.context(event)
        return places([each.evaluate(context) for each in self._lists])
