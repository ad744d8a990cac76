"""What runs by the clock: EventBridge calls a function, and the event says which moment it is about."""

from datetime import timedelta

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.functions import SluiceFunction
from infra.queues import dead_letter_queue, duration
from infra.settings import Settings

_EVENTBRIDGE = "events.amazonaws.com"
# The next call does all that this one should have: a call that could not be made soon is not worth making.
_PATIENCE = timedelta(minutes=10)


class Schedule(Construct):
    """A function called every `period` (whole minutes). Rules with schedules exist on the default bus alone."""

    def __init__(
        self, scope: Construct, settings: Settings, called: SluiceFunction, period: timedelta, key: kms.Key
    ) -> None:
        super().__init__(scope, f"Every-{called.name}")
        self.uncalled: sqs.Queue = dead_letter_queue(self, f"{called.name.replace('_', '-')}-dlq", settings, key)
        self.rule_name = settings.name(called.name.replace("_", "-"))
        self.rule = events.CfnRule(
            self,
            "Rule",
            name=self.rule_name,
            description=f"Calls {called.name}",
            schedule_expression=events.Schedule.rate(duration(period)).expression_string,
            targets=[
                events.CfnRule.TargetProperty(
                    id="Target",
                    arn=called.function.function_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=self.uncalled.queue_arn),
                    retry_policy=events.CfnRule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=int(_PATIENCE.total_seconds()), maximum_retry_attempts=2
                    ),
                )
            ],
        )
        self.uncalled.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage"],
                principals=[iam.ServicePrincipal(_EVENTBRIDGE)],
                resources=[self.uncalled.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": self.rule.attr_arn}},
            )
        )
        lambda_.CfnPermission(
            self,
            "MayCall",
            action="lambda:InvokeFunction",
            function_name=called.function.function_arn,
            principal=_EVENTBRIDGE,
            source_arn=self.rule.attr_arn,
        )
        # Lambda itself would try a failed call twice more, for up to six hours, beside those of the next minutes.
        called.function.configure_async_invoke(
            retry_attempts=0, max_event_age=Duration.minutes(_PATIENCE // timedelta(minutes=1))
        )
