"""The metrics that alarms watch and the dashboard shows."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.functions import SluiceFunction
from infra.settings import Settings

FIVE_MINUTES = Duration.minutes(5)


def counted(settings: Settings, source: SluiceFunction, name: str) -> cloudwatch.Metric:
    """What a function counts of its own work."""
    return cloudwatch.Metric(
        namespace="Sluice",
        metric_name=name,
        dimensions_map={"service": settings.name(hyphened(source.name))},
        period=FIVE_MINUTES,
        statistic="Sum",
    )


def measured(source: SluiceFunction, metric: str, statistic: str) -> cloudwatch.Metric:
    """What Lambda measures of a function."""
    return source.function.metric(metric, statistic=statistic, label=f"{source.name} {metric}", period=FIVE_MINUTES)


def hyphened(name: str) -> str:
    """`expire-restrictions` of `expire_restrictions`: names in AWS have no underscores here."""
    return name.replace("_", "-")
