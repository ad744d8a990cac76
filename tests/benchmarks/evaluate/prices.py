"""List prices in dollars, us-east-1, without free tiers and discounts.

As they were publicly quoted in 2025 and gathered for this project in 2026, each with the page that names it. They are
a table to be kept, not a truth: look there before you budget.
"""

from typing import NamedTuple

MILLION = 1_000_000
GB = 1024**3


class Price(NamedTuple):
    """Dollars for one of what is counted, and where it says so."""

    dollars: float
    source: str


_DYNAMODB = "aws.amazon.com/dynamodb/pricing/on-demand"
_KINESIS = "aws.amazon.com/kinesis/data-streams/pricing"
_LAMBDA = "aws.amazon.com/lambda/pricing"
_EVENTBRIDGE = "aws.amazon.com/eventbridge/pricing"
_CLOUDWATCH = "aws.amazon.com/cloudwatch/pricing"


class TableClass(NamedTuple):
    """What a table of one class costs, its indexes among it: a unit written, a unit read, a GB that is kept."""

    write_unit: Price
    read_unit: Price
    gb_month: Price


STANDARD = TableClass(
    Price(0.625 / MILLION, _DYNAMODB),
    Price(0.125 / MILLION, _DYNAMODB),
    Price(0.25, _DYNAMODB),
)
TABLE_CLASSES = {
    "STANDARD": STANDARD,
    "STANDARD_INFREQUENT_ACCESS": TableClass(
        Price(1.25 * STANDARD.write_unit.dollars, _DYNAMODB),
        Price(1.25 * STANDARD.read_unit.dollars, _DYNAMODB),
        Price(0.10, _DYNAMODB),
    ),
}
"""By the name that CloudFormation has for them."""
RECOVERY_GB_MONTH = Price(0.20, _DYNAMODB)
"""Point-in-time recovery, by the size of the table, whatever its class. Lambda reads a table's stream for nothing."""

STREAM_HOUR = Price(0.04, _KINESIS)
STREAM_GB_IN = Price(0.08, _KINESIS)
STREAM_GB_OUT = Price(0.04, _KINESIS)
STREAM_GB_MONTH_EXTENDED = Price(0.10, _KINESIS)
"""On demand; each record counts as whole KB; retention beyond the first day."""

LAMBDA_GB_SECOND = Price(0.0000133334, _LAMBDA)
LAMBDA_REQUEST = Price(0.20 / MILLION, _LAMBDA)
"""On arm64."""

BUS_EVENT = Price(1.00 / MILLION, _EVENTBRIDGE)
ARCHIVE_GB = Price(0.10, _EVENTBRIDGE)
ARCHIVE_GB_MONTH = Price(0.023, _EVENTBRIDGE)

QUEUE_REQUEST = Price(0.40 / MILLION, "aws.amazon.com/sqs/pricing")

LOG_GB = Price(0.50, _CLOUDWATCH)
LOG_GB_MONTH = Price(0.03, _CLOUDWATCH)
METRIC_MONTH = Price(0.30, _CLOUDWATCH)
ALARM_MONTH = Price(0.10, _CLOUDWATCH)
DASHBOARD_MONTH = Price(3.00, _CLOUDWATCH)

KEY_MONTH = Price(1.00, "aws.amazon.com/kms/pricing")
KEY_REQUEST = Price(0.03 / 10_000, "aws.amazon.com/kms/pricing")
SECRET_MONTH = Price(0.40, "aws.amazon.com/secrets-manager/pricing")
BUCKET_GB_MONTH = Price(0.023, "aws.amazon.com/s3/pricing")
