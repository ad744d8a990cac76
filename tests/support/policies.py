"""Small policies and conditions for tests of the policy language."""

from collections.abc import Mapping
from typing import Any

from shared.policy import Policy, Problem, load_documents
from shared.policy.program import Program

RULE = """
rules:
  the_rule:
    abuse: policy
    on: {signal}
    when: {condition}
    then: [{{review: {{of: {actor}}}}}]
    reason: "because"
    owner: tests
"""
ACTORS = {
    "message.sent": "sender",
    "payment.attempted": "buyer",
    "listing.submitted": "seller",
    "account.created": "user",
    "login.succeeded": "user",
    "score.computed": "scored",
}


def policy_with(condition: str, signal: str = "payment.attempted", more: str = "") -> Policy:
    """A policy of one rule with the condition, beside the sections in `more`; it need not be one that makes sense."""
    block = ">-\n      " + condition.replace("\n", "\n      ")
    return load_documents(
        {"more.yaml": more, "rule.yaml": RULE.format(signal=signal, condition=block, actor=ACTORS[signal])},
        published=True,
    )


def program_with(condition: str, signal: str = "payment.attempted", more: str = "") -> Program:
    """The compiled program of one rule."""
    return policy_with(condition, signal, more).program(signal)


def truth(
    condition: str,
    values: Mapping[str, Any] | None = None,
    *,
    signal: str = "payment.attempted",
    features: Mapping[str, Any] | None = None,
    more: str = "",
) -> bool | None:
    """What one condition comes to."""
    program = program_with(condition, signal, more)
    judgement = program.judge({**(values or {}), **(features or {})})
    assert not judgement.broken, judgement.broken
    return None if judgement.unknown else bool(judgement.fired)


def assert_placed(problem: Problem) -> None:
    """The problem says what, and shows where: inside of its file."""
    lines = problem.span.source.text.split("\n")
    assert problem.what
    assert str(problem).count("\n") >= 2
    assert 1 <= problem.span.line <= len(lines)
    assert 1 <= problem.span.column <= len(lines[problem.span.line - 1]) + 1
    assert problem.span.width >= 1
