"""A condition, tried out on what was decided before: how often it would have fired, on whom, and beside which rules."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from shared.policy.conditions.tree import names
from shared.policy.loading import load_documents
from shared.policy.model import Rule
from shared.policy.policy import Policy
from shared.policy.problems import PolicyError, Problem, Source
from shared.policy.program import Program
from shared.signals import CATALOGUE

TRIED = "tried_out"
"""The name of the rule that has the condition; nobody else's, as rules are named by people."""
_DOCUMENT = "\0trial.yaml"
_HEAD = f"rules:\n  {TRIED}:\n    when: |2-\n"
_INDENT = " " * 6
_TAIL = """
    abuse: policy
    on: {signal}
    then: [{{review: {{of: {actor}}}}}]
    reason: tried out
    owner: whoever tries it
"""


class Seen(NamedTuple):
    """A recorded decision: `rules` are those that fired, held back or not; `inputs` what was known."""

    decision_id: str
    time: str
    subject: str
    disposition: str
    rules: tuple[str, ...]
    inputs: Mapping[str, Any]


@dataclass
class Trial:
    """What came of it.

    `missing` counts, among the decisions that it could not tell about, the values they lack, and `unlike` those that
    lack none: what they have cannot be compared, such as an amount in another currency.
    """

    looked_at: int = 0
    hits: list[Seen] = field(default_factory=list)
    unknown: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    unlike: int = 0

    @property
    def subjects(self) -> tuple[str, ...]:
        """Everyone it would have fired on, each once."""
        return tuple(dict.fromkeys(hit.subject for hit in self.hits))

    @property
    def overlap(self) -> Counter[str]:
        """The rules that fired on the same signals, and how often."""
        return Counter(rule for hit in self.hits for rule in hit.rules)

    @property
    def alone(self) -> int:
        """The hits on which no other rule fired."""
        return sum(not hit.rules for hit in self.hits)


def with_condition(texts: Mapping[str, str], condition: str, signal: str) -> Policy:
    """The policy with one more rule, `TRIED`. Raises `PolicyError`, whose places are in the condition."""
    lines = "".join(f"{_INDENT}{line}\n" for line in condition.splitlines() or [""])
    tail = _TAIL.format(signal=signal, actor=CATALOGUE[signal].actor)
    try:
        return load_documents({**texts, _DOCUMENT: _HEAD + lines + tail})
    except PolicyError as error:
        raise PolicyError(_placed(problem, condition) for problem in error.problems) from None


def _placed(problem: Problem, condition: str) -> Problem:
    span = problem.span
    if span.source.name != _DOCUMENT:
        return problem
    line, column = span.line - _HEAD.count("\n"), span.column - len(_INDENT)
    inside = 1 <= line <= len(condition.splitlines()) and column >= 1
    place = (line, column, span.width) if inside else (1, 1, 1)
    source = Source("your condition", condition)
    return replace(problem, span=replace(span, source=source, line=place[0], column=place[1], width=place[2]))


def tried(policy: Policy, rule: Rule, signal: str, decisions: Iterable[Seen]) -> Trial:
    """What the rule says about each decision, from what was recorded of it."""
    program = Program(signal, [rule], policy.uses.get(signal, {}), policy.value_lists)
    reads = [name.name for name in names(rule.conditions[signal])]
    trial = Trial()
    for seen in decisions:
        trial.looked_at += 1
        judgement = program.judge(seen.inputs)
        if judgement.fired:
            trial.hits.append(seen)
        elif judgement.broken:
            trial.broken.update(judgement.broken.values())
        elif judgement.unknown:
            trial.unknown += 1
            lacks = [name for name in reads if seen.inputs.get(name) is None]
            trial.missing.update(lacks)
            trial.unlike += not lacks
    return trial
