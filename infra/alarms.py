"""When to wake someone, where the alarm goes, and what to do then: a runbook for each."""

import re
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
from infra.metrics import FIVE_MINUTES, counted, hyphened
from infra.queues import QueuePair
from infra.schedules import Schedule
from infra.settings import Settings

_ONE_MINUTE = Duration.minutes(1)
RUNBOOKS = "infra/runbooks"


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
            source.function.metric_errors(period=FIVE_MINUTES, statistic="Sum"),
            self._limits.errors_in_5_minutes,
            f"{source.name} fails: what it works on is tried again, and then put aside.",
            "errors",
        )
        self._alarm(
            f"{source.name}-throttles",
            source.function.metric_throttles(period=FIVE_MINUTES, statistic="Sum"),
            self._limits.throttles_in_5_minutes,
            f"{source.name} is refused concurrency: raise the account's limit, or find who uses it up.",
            "throttles",
        )

    def watch_policy(self, source: SluiceFunction) -> None:
        """What was published is not what decides."""
        self._alarm(
            f"{source.name}-policy",
            counted(self._settings, source, "PolicyNotLoaded"),
            1,
            f"{source.name} cannot load the policy that was published and goes on with the last good one.",
            "policy-not-loaded",
        )

    def watch_guardrails(self, source: SluiceFunction) -> None:
        """Rules do harm, or would have: what holds them back tells people, who decide."""
        limits = self._limits
        for metric, threshold, runbook, what in (
            ("BrakesTripped", 1, "brakes", "a rule hits too many known good entities; it is one tier milder now"),
            (
                "YoungRulesToShadow",
                1,
                "brakes",
                "a new or edited rule does not do what it promised; it is in shadow now",
            ),
            ("BudgetsExhausted", 1, "budgets", "a budget is used up; what goes beyond it is milder, or parked"),
            ("ActionsParked", limits.parked_in_5_minutes, "parked", "many actions wait for a person"),
            ("GuardsUnreachable", 1, "guards-unreachable", "budgets cannot be asked; all that is hard became a review"),
            ("StaleDropped", limits.stale_in_5_minutes, "stale", "decisions come too late to act"),
        ):
            self._alarm(
                f"{source.name}-{_dashed(metric)}",
                counted(self._settings, source, metric),
                threshold,
                f"{source.name}: {what}.",
                runbook,
            )

    def watch_enforcement(self, source: SluiceFunction) -> None:
        """Actions that were decided and do not leave."""
        self._alarm(
            f"{source.name}-stale-dropped",
            counted(self._settings, source, "StaleDropped"),
            self._limits.stale_in_5_minutes,
            f"{source.name}: actions come too late to be taken.",
            "stale",
        )
        self._alarm(
            f"{source.name}-oversize-events",
            counted(self._settings, source, "OversizeEvents"),
            1,
            f"{source.name} has an event that is too large for the bus; nobody was told of that action.",
            "oversize-events",
        )

    def watch_expiry(self, source: SluiceFunction, schedule: Schedule) -> None:
        """Holds that only a person ends; and, as nothing waits for the schedule, that it runs at all."""
        self._alarm(
            "holds-waiting-for-person",
            counted(self._settings, source, "HoldsWaitingForPerson"),
            1,
            "A hold came to its end and a person must say what becomes of it; until then it goes on.",
            "holds-waiting",
        )
        self._alarm(
            f"{source.name}-late",
            counted(self._settings, source, "ExpiriesLate"),
            1,
            f"{source.name} told services more than an hour late that something has ended.",
            "expiry",
        )
        self._alarm(
            f"{source.name}-stands-still",
            source.function.metric_invocations(period=FIVE_MINUTES, statistic="Sum"),
            1,
            f"{source.name} is not called: what ends is not in force any more, but services are not told.",
            "expiry",
            minutes=3,
            silent=True,
        )
        self.watch_depth(f"{hyphened(source.name)}-dlq", schedule.uncalled, self._limits.dead_letters, "expiry")

    def watch_stream(self, source: SluiceFunction, mapping: lambda_.EventSourceMapping) -> None:
        """Lag, records given up on, and the one way to lose a record: giving up on it and failing to put it away."""
        self._alarm(
            f"{source.name}-lag",
            source.function.metric("IteratorAge", period=_ONE_MINUTE, statistic="Maximum"),
            _milliseconds(self._limits.iterator_age),
            f"{source.name} falls behind its stream: more arrives than it handles, or a batch keeps failing.",
            "lag",
            minutes=3,
        )
        self._alarm(
            f"{source.name}-gave-up",
            _mapping_metric(mapping, "OnFailureDestinationDeliveredEventCount"),
            self._limits.dead_letters,
            f"{source.name} gave up on records; they lie whole under aws/lambda/ in the bucket of dead letters.",
            "dead-letters",
        )
        self._alarm(
            f"{source.name}-lost",
            source.function.metric("DestinationDeliveryFailures", period=FIVE_MINUTES, statistic="Sum"),
            self._limits.dead_letters,
            f"{source.name} gave up on records and could not store them: they are on the stream until it forgets them.",
            "lost",
        )

    def watch_pair(self, thing: str, pair: QueuePair, age: timedelta) -> None:
        """A queue that nobody reads, and a queue whose messages nobody can handle."""
        self._alarm(
            f"{thing}-age",
            pair.queue.metric_approximate_age_of_oldest_message(period=_ONE_MINUTE, statistic="Maximum"),
            int(age.total_seconds()),
            f"Messages wait in {self._settings.name(thing)}: its consumer is down or too slow.",
            "messages-wait",
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
                period=FIVE_MINUTES,
                statistic="Sum",
            ),
            self._limits.dead_letters,
            f"{self._settings.name(thing)} delivers neither to its queue nor to its dead letters.",
            "lost",
        )

    def watch_depth(self, thing: str, queue: sqs.Queue, threshold: int, runbook: str = "dead-letters") -> None:
        """A queue that should be empty."""
        self._alarm(
            f"{thing}-depth",
            queue.metric_approximate_number_of_messages_visible(period=_ONE_MINUTE, statistic="Maximum"),
            threshold,
            f"{self._settings.name(thing)} fills up, and should be empty.",
            runbook,
        )

    def _alarm(  # noqa: PLR0913 - what an alarm is made of
        self,
        thing: str,
        metric: cloudwatch.IMetric,
        threshold: int,
        description: str,
        runbook: str,
        *,
        minutes: int = 1,
        silent: bool = False,
    ) -> None:
        """Goes off at the threshold, or, if `silent`, when the metric stays below it or says nothing."""
        cloudwatch.Alarm(
            self,
            thing,
            alarm_name=self._settings.name(thing),
            alarm_description=f"{description} Runbook: {RUNBOOKS}/{runbook}.md",
            metric=metric,
            threshold=threshold,
            evaluation_periods=minutes,
            comparison_operator=(
                cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
                if silent
                else cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
            ),
            # Elsewhere: no traffic, no data, no trouble.
            treat_missing_data=(
                cloudwatch.TreatMissingData.BREACHING if silent else cloudwatch.TreatMissingData.NOT_BREACHING
            ),
        ).add_alarm_action(self._tell)


def _dashed(metric: str) -> str:
    """`brakes-tripped` of `BrakesTripped`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", metric).lower()


def _milliseconds(span: timedelta) -> int:
    return int(span / timedelta(milliseconds=1))


def _mapping_metric(mapping: lambda_.EventSourceMapping, name: str) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/Lambda",
        metric_name=name,
        dimensions_map={"EventSourceMappingUUID": mapping.event_source_mapping_id},
        period=FIVE_MINUTES,
        statistic="Sum",
    )
