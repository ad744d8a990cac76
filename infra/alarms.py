"""When to wake someone, where the alarm goes, and the one page to look at then."""

from collections.abc import Sequence
from datetime import timedelta

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.functions import SluiceFunction
from infra.queues import QueuePair
from infra.settings import Settings

_FIVE_MINUTES = Duration.minutes(5)
_ONE_MINUTE = Duration.minutes(1)
# What an attacker, another hand or a producer's delay takes from the memory. No page: decisions know what they miss.
_GAPS = ("IncompleteFeatures", "FullTiles", "UnreadableTiles", "UnwritableTiles", "TooLateToRemember")


class Alarms(Construct):
    """All alarms tell one topic, which on-call's paging tool subscribes to."""

    def __init__(self, scope: Construct, settings: Settings, key: kms.Key) -> None:
        super().__init__(scope, "Alarms")
        self._settings = settings
        self._limits = settings.thresholds
        self.topic = sns.Topic(self, "Topic", topic_name=settings.name("alarms"), master_key=key, enforce_ssl=True)
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sns:Publish"],
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        self._tell = actions.SnsAction(self.topic)

    def watch_function(self, source: SluiceFunction) -> None:
        """Errors and throttles: people wait, or will."""
        self._alarm(
            f"{source.name}-errors",
            source.function.metric_errors(period=_FIVE_MINUTES, statistic="Sum"),
            self._limits.errors_in_5_minutes,
            f"{source.name} fails: its batches are tried again, and then become dead letters. Look at its log.",
        )
        self._alarm(
            f"{source.name}-throttles",
            source.function.metric_throttles(period=_FIVE_MINUTES, statistic="Sum"),
            self._limits.throttles_in_5_minutes,
            f"{source.name} is refused concurrency: raise the account's limit, or find who uses it up.",
        )

    def watch_policy(self, source: SluiceFunction) -> None:
        """What was published is not what decides."""
        self._alarm(
            f"{source.name}-policy",
            self._counted(source, "PolicyNotLoaded"),
            1,
            f"{source.name} cannot load the policy that was published and goes on with the last good one. "
            "`sluice status` says why; publish a mended one, or roll back.",
        )

    def watch_stream(self, source: SluiceFunction, mapping: lambda_.EventSourceMapping) -> None:
        """Lag, records given up on, and the one way to lose a record: giving up on it and failing to put it away."""
        self._alarm(
            f"{source.name}-lag",
            source.function.metric("IteratorAge", period=_ONE_MINUTE, statistic="Maximum"),
            _milliseconds(self._limits.iterator_age),
            f"{source.name} falls behind its stream: more arrives than it handles, or a batch keeps failing.",
            minutes=3,
        )
        self._alarm(
            f"{source.name}-gave-up",
            _mapping_metric(mapping, "OnFailureDestinationDeliveredEventCount"),
            self._limits.dead_letters,
            f"{source.name} gave up on records; they lie whole under aws/lambda/ in the bucket of dead letters.",
        )
        self._alarm(
            f"{source.name}-lost",
            source.function.metric("DestinationDeliveryFailures", period=_FIVE_MINUTES, statistic="Sum"),
            self._limits.dead_letters,
            f"{source.name} gave up on records and could not store them: they are on the stream until it forgets them.",
        )

    def watch_pair(self, thing: str, pair: QueuePair, age: timedelta) -> None:
        """A queue that nobody reads, and a queue whose messages nobody can handle."""
        self._alarm(
            f"{thing}-age",
            pair.queue.metric_approximate_age_of_oldest_message(period=_ONE_MINUTE, statistic="Maximum"),
            int(age.total_seconds()),
            f"Messages wait in {self._settings.name(thing)}: its consumer is down or too slow.",
            minutes=3,
        )
        self.watch_depth(f"{thing}-dlq", pair.dead_letters, self._limits.dead_letters)

    def watch_rule(self, thing: str, bus: events.EventBus) -> None:
        """The one way to lose an action: not delivered, and not a dead letter either."""
        self._alarm(
            f"{thing}-lost",
            cloudwatch.Metric(
                namespace="AWS/Events",
                metric_name="InvocationsFailedToBeSentToDlq",
                dimensions_map={
                    "EventBusName": bus.event_bus_name,
                    "RuleName": self._settings.name(thing),
                },
                period=_FIVE_MINUTES,
                statistic="Sum",
            ),
            self._limits.dead_letters,
            f"{self._settings.name(thing)} delivers neither to its queue nor to its dead letters: replay the archive.",
        )

    def watch_depth(self, thing: str, queue: sqs.Queue, threshold: int) -> None:
        """A queue that should be empty."""
        self._alarm(
            f"{thing}-depth",
            queue.metric_approximate_number_of_messages_visible(period=_ONE_MINUTE, statistic="Maximum"),
            threshold,
            f"{self._settings.name(thing)} fills up. Look with `sluice deadletters list`, mend, then redrive.",
        )

    def dashboard(
        self,
        functions: Sequence[SluiceFunction],
        judging: Sequence[SluiceFunction],
        waiting: Sequence[sqs.Queue],
        given_up: Sequence[sqs.Queue],
    ) -> None:
        """Is it working: lag, errors, time taken, what waits, what was given up on, how much memory is missing."""
        graphs = {
            "Lag of the streams": [_of(source, "IteratorAge", "Maximum") for source in functions],
            "Invocations": [_of(source, "Invocations", "Sum") for source in functions],
            "Errors and throttles": [
                _of(source, metric, "Sum") for source in functions for metric in ("Errors", "Throttles")
            ],
            "Duration, 99th percentile": [_of(source, "Duration", "p99") for source in functions],
            "Oldest message": [
                queue.metric_approximate_age_of_oldest_message(statistic="Maximum", label=queue.node.id)
                for queue in waiting
            ],
            "Dead letters": [
                queue.metric_approximate_number_of_messages_visible(statistic="Maximum", label=queue.node.id)
                for queue in given_up
            ],
            "Memory with gaps": [
                self._counted(source, metric).with_(label=f"{source.name} {metric}")
                for source in judging
                for metric in _GAPS
            ],
        }
        widgets = [cloudwatch.GraphWidget(title=title, left=left, width=12) for title, left in graphs.items()]
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=f"sluice-{self._settings.stage}",
            default_interval=Duration.hours(3),
            widgets=[widgets[row : row + 2] for row in range(0, len(widgets), 2)],
        )

    def _counted(self, source: SluiceFunction, name: str) -> cloudwatch.Metric:
        """What a function counts of its own work."""
        return cloudwatch.Metric(
            namespace="Sluice",
            metric_name=name,
            dimensions_map={"service": self._settings.name(source.name.replace("_", "-"))},
            period=_FIVE_MINUTES,
            statistic="Sum",
        )

    def _alarm(
        self, thing: str, metric: cloudwatch.IMetric, threshold: int, description: str, *, minutes: int = 1
    ) -> None:
        cloudwatch.Alarm(
            self,
            thing,
            alarm_name=self._settings.name(thing),
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            evaluation_periods=minutes,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            # No traffic, no data, no trouble.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        ).add_alarm_action(self._tell)


def _milliseconds(span: timedelta) -> int:
    return int(span / timedelta(milliseconds=1))


def _mapping_metric(mapping: lambda_.EventSourceMapping, name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/Lambda",
        metric_name=name,
        dimensions_map={"EventSourceMappingUUID": mapping.event_source_mapping_id},
        period=_FIVE_MINUTES,
        statistic="Sum",
    )


def _of(source: SluiceFunction, metric: str, statistic: str) -> cloudwatch.Metric:
    return source.function.metric(metric, statistic=statistic, label=f"{source.name} {metric}", period=_FIVE_MINUTES)
