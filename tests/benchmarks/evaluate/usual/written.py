"""The counters and rules that the authors of the usual way would have typed: Python source, from the same shapes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.benchmarks.evaluate.features import FEATURES, HOURS, SMALL, WRONG_CODE, Asked
from tests.benchmarks.evaluate.past import FIELDS
from tests.benchmarks.evaluate.rules import Ruled, read
from tests.benchmarks.evaluate.usual.counters import COUNTERS
from tests.benchmarks.evaluate.usual.rules import RULES
from tests.benchmarks.policy.events import lists
from tests.benchmarks.policy.literals import (
    Contains,
    Flag,
    Listed,
    Literal,
    Matches,
    Not,
    OneOf,
    Pair,
    Source,
    Threshold,
    Unlike,
    Weighted,
)

_HEAD = """\
from datetime import timedelta
from re import IGNORECASE, compile

from tests.benchmarks.evaluate.usual.counters import COUNTERS, Counter
from tests.benchmarks.evaluate.usual.rules import rule
"""
_WHERE = {
    "card_is_new": "payment.card_is_new",
    "gift_card": "payment.gift_card",
    WRONG_CODE: 'payment.code_check == "no_match"',
    SMALL: "payment.amount.minor < 500",
}
_ACTIONS: Mapping[str, dict[str, Any]] = {
    "restrict": {"type": "RestrictionPlaced", "capability": "buy", "hours": 24},
    "friction": {"type": "FrictionRequired", "ask": "step_up", "hours": 24},
    "review": {"type": "ReviewRequested"},
}


def install(ruled: Sequence[Ruled]) -> None:
    """Import the counters and rules, as it were: in place of any that were there."""
    COUNTERS.clear()
    RULES.clear()
    known = {name: frozenset(value.rpartition(":")[2] for value in values) for name, values in lists().items()}
    exec(compile(source(ruled), "the rules of the usual way", "exec"), {"lists": known})


def source(ruled: Sequence[Ruled]) -> str:
    """The module."""
    patterns: dict[str, str] = {}
    rules = [_rule(each, patterns) for each in ruled]
    counters = "".join(f"    {_counter(FEATURES[name])},\n" for name in read(ruled))
    compiled = "".join(f"{name} = compile({text!r}, IGNORECASE)\n" for text, name in patterns.items())
    return "\n\n".join([f"{_HEAD}\n{compiled}\nCOUNTERS += [\n{counters}]\n", *rules])


def _counter(asked: Asked) -> str:
    value = {"count": "1", "sum": "payment.amount.minor"}.get(asked.kind) or f"payment.{FIELDS[asked.of]}"
    where = f", lambda payment: {_WHERE[asked.where]}" if asked.where else ""
    entity = f'lambda payment: f"{asked.by}#{{payment.{FIELDS[asked.by]}}}"'
    window = f"timedelta(hours={HOURS[asked.window]})"
    return f"Counter({asked.name!r}, {entity}, {window}, lambda payment: {value}{where})"


def _rule(ruled: Ruled, patterns: dict[str, str]) -> str:
    ways = (" or ".join(_expression(literal, patterns) for literal in part) for part in ruled.rule.parts)
    condition = " and ".join(
        f"({way})" if len(part) > 1 else way for part, way in zip(ruled.rule.parts, ways, strict=True)
    )
    decision, *effects = ruled.effects
    actions = [_ACTIONS[effect.partition(":")[0]] for effect in effects]
    return f"""\
@rule(live={ruled.live}, decision={decision!r}, actions={actions!r})
def {ruled.rule.name}(event, counters):
    payment = event.data
    return {condition}
"""


def _expression(literal: Literal, patterns: dict[str, str]) -> str:  # noqa: C901, PLR0911  (one case for each kind)
    match literal:
        case Threshold(source, sign, bound):
            return f"{_number(source)} {sign} {bound}"
        case Pair(left, sign, right):
            return f"{_number(left)} {sign} {_number(right)}"
        case Weighted(terms, bound):
            return f"{' + '.join(_terms(terms))} >= {bound}"
        case Unlike(left, right):
            return f"{_field(left)} != {_field(right)}"
        case OneOf(name, among):
            return f"{_field(name)} == {among[0]!r}" if len(among) == 1 else f"{_field(name)} in {among!r}"
        case Flag(name):
            return _field(name)
        case Listed(name, list_name):
            return f"{_field(name)} in lists[{list_name!r}]"
        case Contains(name, part):
            return f"{part.lower()!r} in {_field(name)}.lower()"
        case Matches(name, pattern):
            known = patterns.setdefault(pattern.pattern, f"PATTERN_{len(patterns)}")
            return f"{known}.search({_field(name)}) is not None"
        case Not(negated):
            return f"not ({_expression(negated, patterns)})"
    raise TypeError(f"nobody has written {literal!r} in Python")


def _terms(terms: Sequence[tuple[int, Source]]) -> Iterator[str]:
    return (f"{weight} * {_number(source)}" if weight > 1 else _number(source) for weight, source in terms)


def _number(source: Source) -> str:
    if source.name in FEATURES:
        return f"counters[{source.name!r}]"
    if source.name == "time":
        return "event.time.hour"
    return "payment.amount.minor" if source.name == "amount" else _field(source.name)


def _field(name: str) -> str:
    return f"payment.{FIELDS.get(name, name)}"
