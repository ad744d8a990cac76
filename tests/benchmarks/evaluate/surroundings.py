"""What stands around the functions, as the synthesised template has it, and as the usual way gets by with."""

from collections.abc import Iterator, Mapping
from typing import Any

from tests.benchmarks.evaluate import prices
from tests.benchmarks.evaluate.bill import SECONDS, Surroundings

Template = Mapping[str, Any]
_METRICS = 30
"""Names that our functions count under, times the functions that do."""
_MAPPING_METRICS = 6
"""Counts that Lambda keeps of one event source mapping."""
_KEY_KEPT = 300
"""Seconds for which a service goes on with a data key before it asks KMS again."""
_POLLERS, _LONG_POLL = 5, 20
"""Lambda's pollers of a queue that is empty, and the seconds that each of them waits."""


def of_template(template: Template) -> Surroundings:
    """Everything that the stack has, in use or not: all keys are taken to be used all the time."""
    (stream,) = _all(template, "AWS::Kinesis::Stream")
    (archive,) = _all(template, "AWS::Events::Archive")
    (log,) = (group for group in _all(template, "AWS::Logs::LogGroup") if _is_log_of_events(group))
    tables = _all(template, "AWS::DynamoDB::Table")
    return Surroundings(
        stream["RetentionPeriodHours"] / 24,
        log["RetentionInDays"],
        archive["RetentionDays"],
        recovery=all(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] for table in tables),
        fixed=list(_fixed(template, keyed=1 + len(tables))),
        classes={table["TableName"]: table["TableClass"] for table in tables if "TableClass" in table},
    )


def of_usual(template: Template) -> Surroundings:
    """The same stream, and its own few metrics: no recovery, archive, keys or alarms, and tables as they come."""
    (stream,) = _all(template, "AWS::Kinesis::Stream")
    ours = of_template(template)
    fixed = [("CloudWatch: metrics", 5 * prices.METRIC_MONTH.dollars)]
    return Surroundings(
        stream["RetentionPeriodHours"] / 24,
        ours.log_days,
        archive_days=0,
        recovery=False,
        fixed=fixed,
    )


def _fixed(template: Template, keyed: int) -> Iterator[tuple[str, float]]:
    mappings = _all(template, "AWS::Lambda::EventSourceMapping")
    queues = _all(template, "AWS::SQS::Queue")
    keyed += sum("KmsMasterKeyId" in queue for queue in queues)
    # Two principals use each: who writes and who reads.
    requests = keyed * 2 * SECONDS / _KEY_KEPT
    polled = sum("StartingPosition" not in mapping for mapping in mappings)
    polls = polled * _POLLERS * SECONDS / _LONG_POLL
    metrics = _METRICS + _MAPPING_METRICS * len(mappings)
    yield "CloudWatch: metrics", metrics * prices.METRIC_MONTH.dollars
    yield "CloudWatch: alarms", len(_all(template, "AWS::CloudWatch::Alarm")) * prices.ALARM_MONTH.dollars
    yield "CloudWatch: dashboard", len(_all(template, "AWS::CloudWatch::Dashboard")) * prices.DASHBOARD_MONTH.dollars
    yield (
        "KMS: key and its uses",
        (len(_all(template, "AWS::KMS::Key")) * prices.KEY_MONTH.dollars + requests * prices.KEY_REQUEST.dollars),
    )
    yield "Secrets Manager", len(_all(template, "AWS::SecretsManager::Secret")) * prices.SECRET_MONTH.dollars
    yield "SQS: Lambda asks empty queues", polls * prices.QUEUE_REQUEST.dollars
    # Dead letters and policies: next to nothing, but it is there.
    yield "S3: a GB of policies and dead letters", prices.BUCKET_GB_MONTH.dollars


def _is_log_of_events(group: Mapping[str, Any]) -> bool:
    return str(group.get("LogGroupName", "")).startswith("/aws/events/")


def _all(template: Template, kind: str) -> list[Mapping[str, Any]]:
    return [each.get("Properties", {}) for each in template["Resources"].values() if each["Type"] == kind]
