"""datalogic-py (Rust): the rules as one JSONLogic expression that gives the numbers of those that fire."""

from collections.abc import Sequence
from typing import Any

from datalogic_py import Engine

from tests.benchmarks.policy.literals import Flag, Literal, Not, OneOf, Pair, Threshold, Unlike, Weighted
from tests.benchmarks.policy.peers.host import Event, Host
from tests.benchmarks.policy.rules import Rule

NAME = "datalogic-py"


class JsonLogic:
    """One compiled rule; the session keeps its memory between signals."""

    def __init__(self, signal: str, rules: Sequence[Rule]) -> None:
        self._host = Host(signal, rules)
        engine = Engine()
        conditions = [self._rule(rule) for rule in rules]
        self._rule_ = engine.compile({"merge": [{"if": [each, [n], []]} for n, each in enumerate(conditions)]})
        self._session = engine.session()

    def judge(self, event: Event) -> list[int]:
        """The places of the rules that fire."""
        fired: list[int] = self._session.evaluate(self._rule_, self._host.context(event))
        return fired

    def _rule(self, rule: Rule) -> Any:
        parts = [self._any([self._literal(literal) for literal in part]) for part in rule.parts]
        return {"and": parts} if len(parts) > 1 else parts[0]

    @staticmethod
    def _any(ways: list[Any]) -> Any:
        return {"or": ways} if len(ways) > 1 else ways[0]

    def _literal(self, literal: Literal) -> Any:  # noqa: PLR0911  (one return for each kind of literal)
        name = self._host.name_of
        match literal:
            case Not(inner):
                return {"!": [self._literal(inner)]}
            case Threshold(source, sign, bound):
                return {sign: [_var(name(source)), bound]}
            case Pair(left, sign, right):
                return {sign: [_var(name(left)), _var(name(right))]}
            case Weighted(terms, bound):
                products = [{"*": [weight, _var(name(source))]} for weight, source in terms]
                return {">=": [{"+": products}, bound]}
            case Unlike(left, right):
                return {"!==": [_var(left), _var(right)]}
            case OneOf(field, (value,)):
                return {"===": [_var(field), value]}
            case OneOf(field, among):
                return {"in": [_var(field), list(among)]}
            case Flag(field):
                return _var(field)
            case _:
                return _var(self._host.fact(literal))


def _var(name: str) -> dict[str, str]:
    return {"var": name}
