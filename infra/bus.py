"""Actions on their way out: the bus, a queue for each kind of action, an archive, and a log for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import ArnFormat, Aws, RemovalPolicy, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.queues import Handling, QueuePair, dead_letter_queue, duration, queue_pair
from infra.settings import Settings
from shared.restrictions import CAPABILITIES, COMMANDS

SOURCE = "sluice"
RESTRICTIONS = ("RestrictionPlaced", "RestrictionChanged", "RestrictionReleased")
_EVENTBRIDGE = "events.amazonaws.com"


@dataclass(frozen=True)
class Route:
    """Which events go to the queue `sluice-<stage>-<thing>`."""

    thing: str
    detail_types: Sequence[str]
    data: Mapping[str, Any]

    @property
    def pattern(self) -> dict[str, Any]:
        """The rule's event pattern."""
        detail = {"detail": {"data": dict(self.data)}} if self.data else {}
        return {"source": [SOURCE], "detail-type": list(self.detail_types), **detail}


ROUTES = (
    *(Route(f"act-{capability}", RESTRICTIONS, {"capability": [capability]}) for capability in CAPABILITIES),
    *(Route(f"act-{command}", ("CommandIssued",), {"command": [command]}) for command in COMMANDS),
    Route("friction", ("FrictionRequired", "FrictionWithdrawn"), {}),
    Route("reviews", ("ReviewRequested",), {}),
    Route("decisions", ("DecisionMade",), {}),
    # For whoever tells people: a chat room, a ticket. Both come with what `sluice parked` and `sluice status` show.
    Route("parked", ("ActionParked",), {}),
    Route("guardrails", ("GuardrailTripped",), {}),
)

LASTING = {
    "source": [SOURCE],
    "$or": [
        {"detail-type": [{"anything-but": ["DecisionMade"]}]},
        {"detail": {"data": {"disposition": [{"anything-but": ["allow"]}]}}},
    ],
}
"""Everything but the word that a thing may pass. That is nearly all there is, tells its service nothing once the thing
has passed, and can be published again from the decisions table (`sluice actions republish`)."""


class ActionBus(Construct):
    """`enforce` puts events on it; services take them from their queues, each with its own dead letters."""

    def __init__(self, scope: Construct, settings: Settings, key: kms.Key) -> None:
        super().__init__(scope, "Bus")
        self._settings = settings
        self.bus = events.EventBus(
            self, "Events", event_bus_name=f"sluice-{settings.stage}", description="What Sluice tells the marketplace"
        )
        events.CfnArchive(
            self,
            "Archive",
            archive_name=f"sluice-{settings.stage}",
            description="For replaying actions to a service that lost them",
            source_arn=self.bus.event_bus_arn,
            event_pattern=LASTING,
            retention_days=duration(settings.archive_retention).to_days(),
        )
        self.queues: dict[str, QueuePair] = {route.thing: self._route(route, key) for route in ROUTES}
        self.unlogged = dead_letter_queue(self, "log-dlq", settings, key)
        self.action_log = self._log()

    def _route(self, route: Route, key: kms.Key) -> QueuePair:
        handling = Handling(visibility=self._settings.action_visibility, receives=self._settings.action_receives)
        pair = queue_pair(self, route.thing, self._settings, handling, key)
        rule = self._rule(route.thing, route.pattern, pair.queue.queue_arn, pair.dead_letters)
        self._let_deliver(rule, pair.queue)
        return pair

    def _log(self) -> logs.LogGroup:
        """What is `LASTING`, in order of arrival, for people (EventBridge asks for this prefix)."""
        group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/events/sluice-{self._settings.stage}",
            retention=logs.RetentionDays[self._settings.log_retention],
            removal_policy=RemovalPolicy.RETAIN if self._settings.retain else RemovalPolicy.DESTROY,
        )
        # CDK's own target for log groups brings a custom resource with a Lambda to write this one policy.
        group.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                principals=[iam.ServicePrincipal(_EVENTBRIDGE), iam.ServicePrincipal("delivery.logs.amazonaws.com")],
                resources=[group.log_group_arn],
            )
        )
        name_only = Stack.of(self).format_arn(
            service="logs",
            resource="log-group",
            resource_name=group.log_group_name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        self._rule("log", LASTING, name_only, self.unlogged)
        return group

    def _rule(self, thing: str, pattern: Mapping[str, Any], target: str, undelivered: sqs.Queue) -> events.CfnRule:
        """What EventBridge cannot deliver lies with what the consumer could not handle, and names its rule."""
        rule = events.CfnRule(
            self,
            f"To-{thing}",
            name=self._settings.name(thing),
            event_bus_name=self.bus.event_bus_name,
            event_pattern=dict(pattern),
            targets=[
                events.CfnRule.TargetProperty(
                    id="Target",
                    arn=target,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=undelivered.queue_arn),
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=int(self._settings.delivery_max_age.total_seconds()),
                        maximum_retry_attempts=self._settings.delivery_retries,
                    ),
                )
            ],
        )
        self._let_deliver(rule, undelivered)
        return rule

    @staticmethod
    def _let_deliver(rule: events.CfnRule, queue: sqs.Queue) -> None:
        queue.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage"],
                principals=[iam.ServicePrincipal(_EVENTBRIDGE)],
                resources=[queue.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
            )
        )


def messages_key(scope: Construct, settings: Settings) -> kms.Key:
    """The key of whatever an AWS service writes to: their principals can be granted no AWS-managed key."""
    key = kms.Key(
        scope,
        "MessagesKey",
        alias=f"alias/{settings.name('messages')}",
        description="Actions and alarms, as EventBridge and CloudWatch hand them over",
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.RETAIN if settings.retain else RemovalPolicy.DESTROY,
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            principals=[iam.ServicePrincipal(_EVENTBRIDGE)],
            resources=["*"],  # in a key's own policy this means the key
            conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
        )
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            resources=["*"],
        )
    )
    return key
