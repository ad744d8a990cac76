"""Dollars for a million signals: what was measured, and what the template has running whether anything comes or not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil

from tests.benchmarks.evaluate import prices
from tests.benchmarks.evaluate.endpoint import PACE, Stored, Units
from tests.benchmarks.evaluate.prices import GB, MILLION, TableClass
from tests.benchmarks.evaluate.work import Work

HOURS, DAYS = 730, 30.4
"""Of a month."""
SECONDS = HOURS * 3600
SIGNALS_A_SECOND = 100
"""The traffic over which what stands by the month is spread."""

_PLATFORM_LINES = 450
"""Bytes that Lambda itself logs about an invocation: START, END and REPORT."""
_EVENT_ENVELOPE = 250
"""Bytes that EventBridge puts around what it was sent."""


@dataclass(frozen=True)
class Measured:
    """One side's run: its functions' work and memory (MB), the bytes of a signal, and of each table the units that it
    took in all, and what it keeps of a signal. `lasting` are those of the `events` of a signal that the log of events
    takes, and the archive, `lasting_bytes` their bytes."""

    signals: int
    work: Mapping[str, Work]
    memory: Mapping[str, int]
    signal_bytes: float
    events: float
    lasting: float
    lasting_bytes: float
    units: Mapping[str, Units]
    stored: Mapping[str, Stored]


@dataclass(frozen=True)
class Line:
    """One line of the bill, in dollars for a million signals. `kept` says that it is for storage."""

    what: str
    dollars: float
    kept: bool = False


@dataclass(frozen=True)
class Surroundings:
    """What stands around the functions: days that the stream, logs and archive keep; monthly fixed things by price;
    the class of each table that has another than the standard one."""

    stream_days: float
    log_days: float
    archive_days: float
    recovery: bool
    fixed: Sequence[tuple[str, float]]
    classes: Mapping[str, str] = field(default_factory=dict)

    def class_of(self, table: str) -> TableClass:
        return prices.TABLE_CLASSES[self.classes.get(table, "STANDARD")]


def bill(measured: Measured, around: Surroundings, signals_a_second: float = SIGNALS_A_SECOND) -> list[Line]:
    """Line by line."""
    month = signals_a_second * SECONDS
    lines = [
        *_stream(measured, around, month),
        *_functions(measured),
        *_tables(measured, around),
        *_events(measured, around),
        *_logs(measured, around),
    ]
    lines += [Line(what, dollars / month * MILLION) for what, dollars in around.fixed]
    return [line for line in lines if line.dollars]


def total(lines: Iterable[Line], *, kept: bool = True) -> float:
    """Of all lines, or of those that are not for storage."""
    return sum(line.dollars for line in lines if kept or not line.kept)


def _stream(measured: Measured, around: Surroundings, month: float) -> list[Line]:
    gb = MILLION * ceil(measured.signal_bytes / 1024) * 1024 / GB
    extended = gb * max(0.0, around.stream_days - 1) / DAYS * prices.STREAM_GB_MONTH_EXTENDED.dollars
    moved = gb * (prices.STREAM_GB_IN.dollars + prices.STREAM_GB_OUT.dollars)
    hours = prices.STREAM_HOUR.dollars * HOURS / month * MILLION
    return [
        Line("Kinesis: data in and out, the stream's hours", moved + hours),
        Line("Kinesis: kept", extended, kept=True),
    ]


def _functions(measured: Measured) -> list[Line]:
    seconds = sum(_billed(work) * measured.memory[name] / 1024 for name, work in measured.work.items())
    requests = sum(work.invocations for work in measured.work.values())
    dollars = seconds * prices.LAMBDA_GB_SECOND.dollars + requests * prices.LAMBDA_REQUEST.dollars
    return [Line("Lambda", dollars / measured.signals * MILLION)]


def _billed(work: Work) -> float:
    """Seconds that Lambda would bill: what the clock shows beyond CPU and calls one by one is this machine's doing."""
    return min(work.wall, work.cpu + work.total.calls * PACE)


def _tables(measured: Measured, around: Surroundings) -> list[Line]:
    writes = sum(each.writes * around.class_of(name).write_unit.dollars for name, each in measured.units.items())
    reads = sum(each.reads * around.class_of(name).read_unit.dollars for name, each in measured.units.items())
    kept = {
        name: _gb_months(each.table + each.indexes) * around.class_of(name).gb_month.dollars
        for name, each in measured.stored.items()
    }
    decisions = sum(dollars for name, dollars in kept.items() if name.endswith("decisions"))
    recovered = sum(_gb_months(each.table) for each in measured.stored.values()) if around.recovery else 0.0
    return [
        Line("DynamoDB: writes", writes / measured.signals * MILLION),
        Line("DynamoDB: reads", reads / measured.signals * MILLION),
        Line("DynamoDB: decisions kept", decisions * MILLION, kept=True),
        Line("DynamoDB: all else kept", (sum(kept.values()) - decisions) * MILLION, kept=True),
        Line(
            "DynamoDB: point-in-time recovery of what is kept",
            recovered * MILLION * prices.RECOVERY_GB_MONTH.dollars,
            kept=True,
        ),
    ]


def _gb_months(byte_seconds: float) -> float:
    return byte_seconds / GB / SECONDS


def _events(measured: Measured, around: Surroundings) -> list[Line]:
    events = measured.events * MILLION
    logged = (measured.lasting_bytes + measured.lasting * _EVENT_ENVELOPE) * MILLION / GB
    archived = logged * bool(around.archive_days)
    return [
        Line("EventBridge: events", events * prices.BUS_EVENT.dollars),
        Line("SQS: events to their queues", events * prices.QUEUE_REQUEST.dollars),
        Line("EventBridge: archiving", archived * prices.ARCHIVE_GB.dollars),
        Line(
            "EventBridge: archive kept",
            archived * around.archive_days / DAYS * prices.ARCHIVE_GB_MONTH.dollars,
            kept=True,
        ),
        Line("CloudWatch: the log of events", logged * prices.LOG_GB.dollars),
        Line(
            "CloudWatch: the log of events kept",
            logged * around.log_days / DAYS * prices.LOG_GB_MONTH.dollars,
            kept=True,
        ),
    ]


def _logs(measured: Measured, around: Surroundings) -> list[Line]:
    logged = sum(work.logged + work.invocations * _PLATFORM_LINES for work in measured.work.values())
    gb = logged / measured.signals * MILLION / GB
    return [
        Line("CloudWatch: functions' logs", gb * prices.LOG_GB.dollars),
        Line("CloudWatch: functions' logs kept", gb * around.log_days / DAYS * prices.LOG_GB_MONTH.dollars, kept=True),
    ]
