"""Schedules as the local cloud reads them from the template."""

from datetime import timedelta
from typing import Any

import pytest

from infra.local.schedules import ScheduledRule, ScheduleError

pytestmark = pytest.mark.unit

ARN = "arn:aws:lambda:us-east-1:123456789012:function:expire"


def rule(expression: str, *arns: str) -> dict[str, Any]:
    return {"Name": "every", "ScheduleExpression": expression, "Targets": [{"Arn": arn} for arn in arns or (ARN,)]}


@pytest.mark.parametrize(
    ("expression", "period"),
    [
        ("rate(1 minute)", timedelta(minutes=1)),
        ("rate(5 minutes)", timedelta(minutes=5)),
        ("rate(1 hour)", timedelta(hours=1)),
        ("rate(2 days)", timedelta(days=2)),
    ],
)
def test_a_rate_is_a_period(expression: str, period: timedelta) -> None:
    """In each of EventBridge's units."""
    assert ScheduledRule.from_template("Rule", rule(expression)) == ScheduledRule("every", "expire", period)


@pytest.mark.parametrize("expression", ["cron(0 12 * * ? *)", "rate(1 week)", "at(2026-11-22T10:00:00)"])
def test_any_other_expression_is_refused(expression: str) -> None:
    """Rather than never called, or called at another time."""
    with pytest.raises(ScheduleError, match=r"Rule is called at .* knows rate"):
        ScheduledRule.from_template("Rule", rule(expression))


@pytest.mark.parametrize("arns", [("arn:aws:sqs:us-east-1:123456789012:q",), (ARN, ARN)])
def test_a_schedule_that_calls_anything_but_one_function_is_refused(arns: tuple[str, ...]) -> None:
    """A queue would never hear of it."""
    with pytest.raises(ScheduleError, match="must call one function"):
        ScheduledRule.from_template("Rule", rule("rate(1 minute)", *arns))
