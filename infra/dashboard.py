"""The one page to look at first: is it working?"""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.functions import SluiceFunction
from infra.metrics import counted, measured
from infra.settings import Settings

# What an attacker, another hand or a producer's delay takes from the memory. No page: decisions know what they miss.
_GAPS = (
    "IncompleteFeatures",
    "OverflowedTiles",
    "FullTiles",
    "UnreadableTiles",
    "UnwritableTiles",
    "TooLateToRemember",
)
_HELD_BACK = ("GuardrailsTripped", "RulesBraked", "KnownGoodSpared", "ActionsParked", "StaleDropped")
_ENDED = (
    "ExpiriesCommanded",
    "HoldsWaitingForPerson",
    "DemandsAbandoned",
    "ExpiriesLate",
    "ExpiriesPutOff",
    "UnreadablePages",
)


def dashboard(  # noqa: PLR0913 - what stands on it
    scope: Construct,
    settings: Settings,
    *,
    functions: Sequence[SluiceFunction],
    judging: Sequence[SluiceFunction],
    expiring: SluiceFunction,
    waiting: Sequence[sqs.Queue],
    given_up: Sequence[sqs.Queue],
) -> None:
    """Lag, errors, time taken; what waits, was given up on, or was held back; what ended; what is missing."""

    def counts(sources: Sequence[SluiceFunction], names: Sequence[str]) -> list[cloudwatch.IMetric]:
        return [
            counted(settings, source, name).with_(label=f"{source.name} {name}") for source in sources for name in names
        ]

    graphs: dict[str, list[cloudwatch.IMetric]] = {
        "Lag of the streams": [measured(source, "IteratorAge", "Maximum") for source in functions],
        "Invocations": [measured(source, "Invocations", "Sum") for source in functions],
        "Errors and throttles": [
            measured(source, metric, "Sum") for source in functions for metric in ("Errors", "Throttles")
        ],
        "Duration, 99th percentile": [measured(source, "Duration", "p99") for source in functions],
        "Oldest message": [
            queue.metric_approximate_age_of_oldest_message(statistic="Maximum", label=queue.node.id)
            for queue in waiting
        ],
        "Dead letters": [
            queue.metric_approximate_number_of_messages_visible(statistic="Maximum", label=queue.node.id)
            for queue in given_up
        ],
        "Held back": counts(judging, _HELD_BACK),
        "What ended": counts([expiring], _ENDED),
        "Memory with gaps": counts(judging, _GAPS),
    }
    widgets = [cloudwatch.GraphWidget(title=title, left=left, width=12) for title, left in graphs.items()]
    cloudwatch.Dashboard(
        scope,
        "Dashboard",
        dashboard_name=f"sluice-{settings.stage}",
        default_interval=Duration.hours(3),
        widgets=[widgets[row : row + 2] for row in range(0, len(widgets), 2)],
    )
