"""The stand-in for EventBridge's schedules: what the template says is called by the clock is called here.

What time it is, is for the local cloud to say: the real time when it is up for good, the time that a test or a show
lets pass otherwise. As the service does, it calls nothing twice to make up for what it missed.
"""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from infra.local.connection import ACCOUNT, REGION
from infra.local.functions import LocalFunction
from infra.local.stats import FunctionStats
from shared.signals.times import stamp

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")


class ScheduleError(Exception):
    """A schedule that the local cloud cannot honour; the message says why, and what to change."""


@dataclass(frozen=True)
class ScheduledRule:
    """What calls one function, how often."""

    name: str
    function: str
    period: timedelta

    @classmethod
    def from_template(cls, logical_id: str, properties: Mapping[str, Any]) -> Self:
        """From the CloudFormation properties, their references resolved."""
        expression, targets = properties["ScheduleExpression"], properties["Targets"]
        rate = _RATE.fullmatch(expression)
        if rate is None:
            raise ScheduleError(f"{logical_id} is called at {expression}: the local cloud knows rate(…) only")
        if len(targets) != 1 or ":function:" not in targets[0]["Arn"]:
            raise ScheduleError(f"{logical_id} must call one function: the local cloud delivers schedules nowhere else")
        period = timedelta(**{f"{rate[2]}s": int(rate[1])})
        return cls(properties.get("Name", logical_id), targets[0]["Arn"].split(":")[-1], period)


class Schedule:
    """Calls a rule's function."""

    def __init__(self, rule: ScheduledRule, function: LocalFunction, stats: FunctionStats) -> None:
        self._rule = rule
        self._function = function
        self._stats = stats
        self._called: datetime | None = None

    def call_if_due(self, now: datetime) -> bool:
        """Call the function unless its last call is less than a period ago; whether it was called."""
        if self._called is not None and timedelta(0) <= now - self._called < self._rule.period:
            return False
        self._called = now
        invocation = self._function.invoke(self._event(now))
        self._stats.invocations += 1
        if invocation.error is not None:
            self._stats.failures += 1
            self._stats.last_error = invocation.error
        return True

    def _event(self, now: datetime) -> dict[str, Any]:
        """As EventBridge hands it over: the time is the schedule's, in whole seconds."""
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": ACCOUNT,
            "time": f"{stamp(now)[:19]}Z",
            "region": REGION,
            "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{self._rule.name}"],
            "detail": {},
        }
