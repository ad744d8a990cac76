"""The bill of the benchmark of handlers."""

from dataclasses import replace
from typing import Any

import pytest

from tests.benchmarks.evaluate import prices
from tests.benchmarks.evaluate.bill import DAYS, SECONDS, Line, Measured, Surroundings, bill, total
from tests.benchmarks.evaluate.endpoint import KEPT_FOR_EVER, Stored, Units, stored
from tests.benchmarks.evaluate.prices import GB
from tests.benchmarks.evaluate.surroundings import of_template, of_usual
from tests.benchmarks.evaluate.work import Usage, Work
from tests.stub.tables import Schema
from tests.stub.units import Index

pytestmark = pytest.mark.unit

MONTH_RATE = 1_000_000 / SECONDS
"""Signals a second that make a million in a month."""
WORK = Work(
    invocations=1,
    records=10,
    cpu=1.0,
    wall=2.0,
    logged=GB // 1000,
    usage={"PutItem": Usage(10, 0, 30), "Get": Usage(2, 5)},
)
UNITS = {"x-decisions": Units(reads=5, writes=10), "x-tiles": Units(writes=20)}
MEASURED = Measured(10, {"f": WORK}, {"f": 512}, 900, 1.5, 0.0, 0.0, UNITS, {"x-decisions": Stored(0.0)})
BARE = Surroundings(1, 30, 0, recovery=False, fixed=[])
RARE = {"x-decisions": "STANDARD_INFREQUENT_ACCESS"}


def lines(measured: Measured = MEASURED, around: Surroundings = BARE) -> dict[str, float]:
    return {line.what: line.dollars for line in bill(measured, around, MONTH_RATE)}


def test_units_cost_what_the_list_says() -> None:
    """Three units written and half a unit read for each signal."""
    assert lines()["DynamoDB: writes"] == pytest.approx(3 * 0.625)
    assert lines()["DynamoDB: reads"] == pytest.approx(0.5 * 0.125)


@pytest.mark.parametrize(("wall", "billed"), [(0.9, 0.9), (2.0, 1.0 + 12 * 0.005)])
def test_functions_cost_their_time_by_their_memory(wall: float, billed: float) -> None:
    """Half a GB for as long as it ran, though not for what a busy machine adds to that; and a tenth of a request."""
    found = lines(replace(MEASURED, work={"f": replace(WORK, wall=wall)}))
    assert found["Lambda"] == pytest.approx(billed / 10 * 0.5 * 13.3334 + 0.1 * 0.2)


def test_the_stream_counts_whole_kilobytes() -> None:
    """A signal of 900 bytes is billed as one of 1,024, and one of 1,025 as two."""
    hours = prices.STREAM_HOUR.dollars * 730
    moved = [
        lines(replace(MEASURED, signal_bytes=size))["Kinesis: data in and out, the stream's hours"] - hours
        for size in (900, 1024, 1025)
    ]
    assert moved[0] == moved[1] == pytest.approx(moved[2] / 2)


def test_what_stands_by_the_month_is_spread_over_the_traffic() -> None:
    """At twice the signals a second, each signal bears half of what is paid by the month."""
    around = replace(BARE, fixed=[("alarms", 7.0)])
    slow, quick = (bill(MEASURED, around, rate) for rate in (MONTH_RATE, 2 * MONTH_RATE))
    assert next(line.dollars for line in slow if line.what == "alarms") == pytest.approx(7)
    assert next(line.dollars for line in quick if line.what == "alarms") == pytest.approx(3.5)


def test_a_table_of_the_class_for_rare_access_has_prices_of_its_own() -> None:
    """Its units cost a quarter more, a GB less than half; the other tables and recovery cost what they do."""
    kept = replace(MEASURED, stored={name: Stored(1024.0 * SECONDS) for name in UNITS})
    gb_months = 1_000_000 * 1024 / GB
    found = lines(kept, replace(BARE, recovery=True, classes=RARE))
    assert found["DynamoDB: writes"] == pytest.approx((2 + 1.25) * 0.625)
    assert found["DynamoDB: reads"] == pytest.approx(0.5 * 1.25 * 0.125)
    assert found["DynamoDB: decisions kept"] == pytest.approx(gb_months * 0.10)
    assert found["DynamoDB: all else kept"] == pytest.approx(gb_months * 0.25)
    assert found["DynamoDB: point-in-time recovery of what is kept"] == pytest.approx(2 * gb_months * 0.20)


def test_what_is_kept_costs_until_it_expires() -> None:
    """A KB in the table and another in its indexes, for two months: recovery is paid for the table alone."""
    kept = replace(MEASURED, stored={"x-decisions": Stored(1024.0 * 2 * SECONDS, 1024.0 * 2 * SECONDS)})
    gb_months = 1_000_000 * 1024 * 2 / GB
    found = lines(kept, replace(BARE, recovery=True))
    assert found["DynamoDB: decisions kept"] == pytest.approx(2 * gb_months * 0.25)
    assert found["DynamoDB: point-in-time recovery of what is kept"] == pytest.approx(gb_months * 0.20)


def test_storage_can_be_left_aside() -> None:
    """The total with what is kept, and without."""
    some = [Line("asked", 2.0), Line("kept", 3.0, kept=True)]
    assert (total(some), total(some, kept=False)) == (5.0, 2.0)


def test_events_that_last_are_logged_and_archived_where_the_template_says_so() -> None:
    """Of 1.5 events of a signal, of 1,000 bytes each with their envelope, a third is worth it."""
    gb = 0.5e6 * 1000 / GB
    found = lines(replace(MEASURED, lasting=0.5, lasting_bytes=375), replace(BARE, archive_days=DAYS))
    assert found["EventBridge: archiving"] == pytest.approx(gb * 0.10)
    assert found["EventBridge: archive kept"] == pytest.approx(gb * 0.023)
    assert found["CloudWatch: the log of events"] == pytest.approx(gb * 0.50)
    assert "CloudWatch: the log of events" not in lines()


def test_items_are_kept_until_their_end() -> None:
    """Each byte counts for as long as its item lives, with the service's hundred, in the table and in its index."""
    schema = Schema("t", ("id",), (Index("by_day", ("day",), frozenset({"id", "day"})),))
    items: list[Any] = [
        {"id": {"S": "a"}, "expires_at": {"N": "1010"}},  # 2 + 1, and 10 + 3 for the number
        {"id": {"S": "b"}, "day": {"S": "d"}, "expiration": {"N": "990"}},  # has ended already
        {"id": {"S": "c"}, "day": {"S": "d"}},  # 3 + 4; nothing ends it
    ]
    size = {"ends": 3 + 10 + 3 + 100, "never": 7 + 100, "entry": 7 + 100}
    assert stored(schema, items, at=1000.0) == Stored(
        size["ends"] * 10.0 + size["never"] * KEPT_FOR_EVER, size["entry"] * KEPT_FOR_EVER
    )


def test_the_template_says_what_is_paid_by_the_month() -> None:
    """Keys, alarms and queues are counted in it; the usual way has its stream and little else."""
    template = {
        "Resources": {
            "s": {"Type": "AWS::Kinesis::Stream", "Properties": {"RetentionPeriodHours": 48}},
            "a": {"Type": "AWS::Events::Archive", "Properties": {"RetentionDays": 9}},
            "l": {
                "Type": "AWS::Logs::LogGroup",
                "Properties": {"LogGroupName": "/aws/events/x", "RetentionInDays": 14},
            },
            "t": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "TableName": "x-decisions",
                    "TableClass": "STANDARD_INFREQUENT_ACCESS",
                    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                },
            },
            "k": {"Type": "AWS::KMS::Key"},
            **{f"alarm{number}": {"Type": "AWS::CloudWatch::Alarm"} for number in range(20)},
        }
    }
    around, usual = of_template(template), of_usual(template)
    fixed = dict(around.fixed)
    assert (around.stream_days, around.log_days, around.archive_days, around.recovery) == (2, 14, 9, True)
    assert (around.classes, usual.classes) == (RARE, {})
    assert fixed["CloudWatch: alarms"] == pytest.approx(2)
    assert fixed["KMS: key and its uses"] > 1
    assert (usual.stream_days, usual.archive_days, usual.recovery) == (2, 0, False)
    assert sum(dollars for _, dollars in usual.fixed) < sum(fixed.values())
