"""Schedules on the local cloud: time passes when it is told to, and what is due is called as the service would."""

import json
import textwrap
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra.local.cloud import LocalCloud

pytestmark = pytest.mark.integration

Build = Callable[..., LocalCloud]
PRINTS_TIMES = """
    def handler(event, context):
        print(event["time"])
"""


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 11, 20, hour, minute, second, tzinfo=UTC)


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Builds a local cloud with one function that a schedule calls."""

    def built(handler: str, expression: str = "rate(1 minute)") -> LocalCloud:
        (tmp_path / "throwaway_scheduled.py").write_text(textwrap.dedent(handler), encoding="utf-8")
        function = {"FunctionName": "function", "Handler": "throwaway_scheduled.handler", "Timeout": 3}
        target = {"Id": "Target", "Arn": {"Fn::GetAtt": ["Function", "Arn"]}}
        template = {
            "Resources": {
                "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
                "Rule": {
                    "Type": "AWS::Events::Rule",
                    "Properties": {"Name": "every", "ScheduleExpression": expression, "Targets": [target]},
                },
            }
        }
        return LocalCloud("test", template=template, code=tmp_path, state=tmp_path / "state")

    return built


def printed(cloud: LocalCloud) -> list[str]:
    return (cloud.logs / "function.log").read_text(encoding="utf-8").split()


def test_time_stands_still_until_it_is_let_pass(build: Build) -> None:
    """Rounds alone call nothing: a replay asks nobody, and a test is as fast as its work."""
    with build(PRINTS_TIMES) as cloud:
        cloud.run_until_idle()
        assert printed(cloud) == []


def test_time_that_passes_calls_at_each_whole_hour_and_at_its_end(build: Build) -> None:
    """The whole hours are when schedules look back the furthest."""
    with build(PRINTS_TIMES) as cloud:
        cloud.pass_time(at(9, 20), at(12, 5, 30))
        hours = ["2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z", "2026-11-20T12:00:00Z", "2026-11-20T12:05:30Z"]
        assert printed(cloud) == hours
        assert cloud.stats["function"].invocations == 4


def test_what_was_called_less_than_its_period_ago_is_not_due(build: Build) -> None:
    """As with the service, which calls once a period; time that is let pass again calls again."""
    with build(PRINTS_TIMES, "rate(5 minutes)") as cloud:
        for moment in (at(9, 1), at(9, 5), at(9, 6), at(9, 1)):
            cloud.pass_time(moment, moment)
        assert [time[11:16] for time in printed(cloud)] == ["09:01", "09:06", "09:01"]


def test_a_call_that_fails_is_counted_and_not_repeated(build: Build) -> None:
    """The next one comes at its own time."""
    fails = """
    def handler(event, context):
        raise ValueError("no luck")
    """
    with build(fails) as cloud:
        cloud.pass_time(at(9), at(9))
        assert cloud.stats["function"].failures == 1
        assert cloud.stats["function"].last_error == "ValueError: no luck"
        cloud.pass_time(at(9, 1), at(9, 1))
        assert cloud.stats["function"].invocations == 2


def test_a_cloud_that_is_up_for_good_goes_by_the_real_time(build: Build) -> None:
    """The function is called with the moment at hand; Ctrl-C inside it gets through."""
    once = """
    def handler(event, context):
        print(event["time"])
        raise KeyboardInterrupt
    """
    with build(once) as cloud:
        with pytest.raises(KeyboardInterrupt):
            cloud.run_forever()
        (called,) = printed(cloud)
    assert datetime.fromisoformat(called).tzinfo is UTC


def test_an_event_is_as_the_service_hands_it_over(build: Build) -> None:
    """With everything by which a function could tell a schedule from another event."""
    whole = """
    import json

    def handler(event, context):
        print(json.dumps(event).replace(" ", ""))
    """
    with build(whole) as cloud:
        cloud.pass_time(at(9), at(9))
        event: dict[str, Any] = json.loads(printed(cloud)[0])
    assert (event["source"], event["detail-type"], event["detail"]) == ("aws.events", "ScheduledEvent", {})
    assert event["resources"] == [f"arn:aws:events:{event['region']}:{event['account']}:rule/every"]
