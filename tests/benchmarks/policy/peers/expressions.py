"""The rules in the words of C, which CEL and ZEN nearly share, as lists of conditions: one answer for each rule."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.benchmarks.policy.literals import Flag, Literal, Not, OneOf, Pair, Threshold, Unlike, Weighted
from tests.benchmarks.policy.peers.host import Host
from tests.benchmarks.policy.rules import Rule

A_LIST = 250
"""Rules in one expression: CEL takes at most 100,000 characters."""


class Words(NamedTuple):
    """How a language says it."""

    both: str
    either: str
    negation: str


def conditions(rules: Sequence[Rule], host: Host, words: Words) -> list[str]:
    """Lists of the rules' conditions, each list one expression."""
    texts = [_rule(rule, host, words) for rule in rules]
    return [f"[{', '.join(texts[start : start + A_LIST])}]" for start in range(0, len(texts), A_LIST)]


def places(answers: Sequence[Sequence[bool]]) -> list[int]:
    """The places of the rules that fire."""
    return list(_places(answers))


def _places(answers: Sequence[Sequence[bool]]) -> Iterator[int]:
    for number, some in enumerate(answers):
        if True in some:
            yield from (number * A_LIST + place for place, fires in enumerate(some) if fires)


def _rule(rule: Rule, host: Host, words: Words) -> str:
    ways = (f" {words.either} ".join(_literal(literal, host, words) for literal in part) for part in rule.parts)
    return f" {words.both} ".join(f"({way})" for way in ways)


def _literal(literal: Literal, host: Host, words: Words) -> str:  # noqa: PLR0911  (one return for each kind of literal)
    match literal:
        case Not(inner):
            return f"{words.negation}({_literal(inner, host, words)})"
        case Threshold(source, sign, bound):
            return f"{host.name_of(source)} {sign} {bound}"
        case Pair(left, sign, right):
            return f"{host.name_of(left)} {sign} {host.name_of(right)}"
        case Weighted(terms, bound):
            products = " + ".join(f"{weight} * {host.name_of(source)}" for weight, source in terms)
            return f"{products} >= {bound}"
        case Unlike(left, right):
            return f"{left} != {right}"
        case OneOf(field, (value,)):
            return f'{field} == "{value}"'
        case OneOf(field, among):
            values = ", ".join(f'"{value}"' for value in among)
            return f"{field} in [{values}]"
        case Flag(field):
            return field
        case _:
            return host.fact(literal)
