"""The one stack of a stage: everything, wired together."""

from collections.abc import Mapping

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra import sources
from infra.alarms import Alarms
from infra.bus import ActionBus, messages_key
from infra.dashboard import dashboard
from infra.functions import Code, SluiceFunction, dependency_layer
from infra.history import PARKED, keep_history
from infra.ingest import Ingest
from infra.schedules import Schedule
from infra.settings import FunctionSize, Settings
from infra.storage import Storage


class SluiceStack(Stack):
    """`sluice-<stage>`; its outputs are how the command line and the local cloud find their way."""

    def __init__(self, scope: Construct, settings: Settings, code: Code) -> None:
        name = f"sluice-{settings.stage}"
        super().__init__(
            scope,
            name,
            stack_name=name,
            description="Sluice turns signals into decisions and decisions into controls",
            tags={"service": "sluice", "stage": settings.stage},
            termination_protection=settings.retain,
            # `cdk deploy` checks the bootstrap's version in any case; without the rule the template needs no parameter.
            synthesizer=DefaultStackSynthesizer(generate_bootstrap_version_rule=False),
        )
        self._settings = settings
        self._code = code
        self._layer = dependency_layer(self, settings, code.dependencies)
        self.storage = Storage(self, settings)
        self.ingest = Ingest(self, settings)
        key = messages_key(self, settings)
        self.actions = ActionBus(self, settings, key)
        self.evaluate_stream = self._evaluator("evaluate_stream", settings.evaluate)
        self.evaluate_queue = self._evaluator("evaluate_queue", settings.evaluate)
        self.record_feedback = self._evaluator("record_feedback", settings.feedback)
        self.enforce = self._enforcer()
        self.expire_restrictions = self._expirer()
        self.functions = (
            *(self.evaluate_stream, self.evaluate_queue, self.record_feedback),
            *(self.enforce, self.expire_restrictions),
        )
        keep_history(self.storage.ledger, self.enforce, self.functions)
        self.mappings = self._mappings()
        self.expiry = Schedule(self, settings, self.expire_restrictions, settings.expire_every, key)
        self._watch(key)
        self._outputs()

    def _evaluator(self, name: str, size: FunctionSize) -> SluiceFunction:
        """A function that judges or remembers: it reads and writes decisions and timelines, and reads the ledger."""
        storage, invalid = self.storage, self.ingest.invalid_signals
        made = self._function(
            name,
            size,
            {
                "DECISIONS_TABLE": storage.decisions.table_name,
                "TIMELINES_TABLE": storage.timelines.table_name,
                "LEDGER_TABLE": storage.ledger.table_name,
                "DEAD_LETTERS_BUCKET": storage.dead_letters.bucket_name,
                "INVALID_QUEUE_URL": invalid.queue_url,
                "IDENTITY_SECRET": storage.identity_key.secret_arn,
                "POLICY_TABLE": storage.policy.table_name,
                "POLICY_BUCKET": storage.policies.bucket_name,
            },
        )
        made.allow(["dynamodb:BatchGetItem", "dynamodb:PutItem"], storage.decisions.table_arn)
        made.allow(["dynamodb:BatchGetItem", "dynamodb:UpdateItem"], storage.timelines.table_arn)
        # How many of those that are linked to an entity are restricted; `enforce` stays the ledger's only writer.
        made.allow(["dynamodb:BatchGetItem"], storage.ledger.table_arn)
        made.allow(["s3:PutObject"], storage.dead_letters.arn_for_objects("invalid/*"))
        made.allow(["sqs:SendMessage"], invalid.queue_arn)
        made.allow(["secretsmanager:GetSecretValue"], storage.identity_key.secret_arn)
        made.allow(["dynamodb:GetItem", "dynamodb:Query"], storage.policy.table_arn)
        # It tells what it loaded and what it remembers, and counts what guardrails allow; least of all may it move the
        # pointer.
        notes = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["loaded", "series", "guard#*"]}}
        made.allow(["dynamodb:UpdateItem"], storage.policy.table_arn, under=notes)
        made.allow(["s3:GetObject"], storage.policies.arn_for_objects("policies/*"))
        # Else S3 does not say whether a policy is missing or forbidden.
        made.allow(["s3:ListBucket"], storage.policies.bucket_arn)
        return made

    def _enforcer(self) -> SluiceFunction:
        """The ledger's only writer. Its history is appended to, so nothing is ever deleted; see `keep_history`."""
        ledger, bus = self.storage.ledger, self.actions.bus
        made = self._function(
            "enforce", self._settings.enforce, {"LEDGER_TABLE": ledger.table_name, "BUS": bus.event_bus_name}
        )
        made.allow(["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem"], ledger.table_arn)
        parked = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [PARKED]}}
        made.allow(["dynamodb:UpdateItem"], ledger.table_arn, under=parked)
        made.allow(["events:PutEvents"], bus.event_bus_arn)
        return made

    def _expirer(self) -> SluiceFunction:
        """It finds in the ledger what ended, and says so through the outbox and the feedback queue like anyone else."""
        storage, feedback = self.storage, self.ingest.feedback.queue
        made = self._function(
            "expire_restrictions",
            self._settings.expire,
            {
                "DECISIONS_TABLE": storage.decisions.table_name,
                "LEDGER_TABLE": storage.ledger.table_name,
                "FEEDBACK_QUEUE_URL": feedback.queue_url,
            },
        )
        agenda = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["agenda#*"]}}
        made.allow(["dynamodb:Query"], storage.ledger.table_arn, under=agenda)
        made.allow(["dynamodb:BatchGetItem"], storage.ledger.table_arn)
        commands = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["expiry/*"]}}
        made.allow(["dynamodb:BatchGetItem", "dynamodb:PutItem"], storage.decisions.table_arn, under=commands)
        made.allow(["sqs:SendMessage"], feedback.queue_arn)
        return made

    def _function(self, name: str, size: FunctionSize, environment: Mapping[str, str]) -> SluiceFunction:
        return SluiceFunction(
            self,
            name,
            self._settings,
            size=size,
            code=self._code.functions[name],
            layer=self._layer,
            environment=environment,
        )

    def _mappings(self) -> dict[str, lambda_.EventSourceMapping]:
        settings, storage, ingest = self._settings, self.storage, self.ingest
        letters = storage.dead_letters
        return {
            "evaluate_stream": sources.from_kinesis(
                self.evaluate_stream, ingest.stream, settings.signals_stream, letters
            ),
            "evaluate_queue": sources.from_queue(
                self.evaluate_queue, "Signals", ingest.signals.queue, settings.signals_queue
            ),
            "record_feedback": sources.from_queue(
                self.record_feedback, "Feedback", ingest.feedback.queue, settings.feedback_queue
            ),
            "enforce": sources.from_table(
                self.enforce, storage.decisions, settings.outbox_stream, letters, only=sources.OUTBOX
            ),
        }

    def _watch(self, key: kms.Key) -> None:
        settings, ingest = self._settings, self.ingest
        limits = settings.thresholds
        alarms = Alarms(self, settings, key)
        for source in self.functions:
            alarms.watch_function(source)
        judging = (self.evaluate_stream, self.evaluate_queue, self.record_feedback)
        for source in judging:
            alarms.watch_policy(source)
            alarms.watch_guardrails(source)
        alarms.watch_enforcement(self.enforce)
        alarms.watch_expiry(self.expire_restrictions, self.expiry)
        for source in (self.evaluate_stream, self.enforce):
            alarms.watch_stream(source, self.mappings[source.name])
        alarms.watch_pair("signals", ingest.signals, limits.signals_age)
        alarms.watch_pair("feedback", ingest.feedback, limits.feedback_age)
        for thing, pair in self.actions.queues.items():
            alarms.watch_pair(thing, pair, limits.actions_age)
        for thing in (*self.actions.queues, "log"):
            alarms.watch_rule(thing, self.actions.bus)
        alarms.watch_depth("invalid-signals", ingest.invalid_signals, limits.invalid_signals, "invalid-signals")
        alarms.watch_depth("log-dlq", self.actions.unlogged, limits.dead_letters)
        pairs = (ingest.signals, ingest.feedback, *self.actions.queues.values())
        dashboard(
            alarms,
            settings,
            functions=self.functions,
            judging=judging,
            expiring=self.expire_restrictions,
            waiting=[pair.queue for pair in pairs],
            given_up=[
                *(ingest.invalid_signals, self.actions.unlogged, self.expiry.uncalled),
                *(pair.dead_letters for pair in pairs),
            ],
        )

    def _outputs(self) -> None:
        storage, ingest = self.storage, self.ingest
        for output, value in {
            "SignalsStream": ingest.stream.stream_name,
            "SignalsQueueUrl": ingest.signals.queue.queue_url,
            "SignalsDlqUrl": ingest.signals.dead_letters.queue_url,
            "FeedbackQueueUrl": ingest.feedback.queue.queue_url,
            "FeedbackDlqUrl": ingest.feedback.dead_letters.queue_url,
            "InvalidSignalsQueueUrl": ingest.invalid_signals.queue_url,
            "DecisionsTable": storage.decisions.table_name,
            "TimelinesTable": storage.timelines.table_name,
            "LedgerTable": storage.ledger.table_name,
            "PolicyTable": storage.policy.table_name,
            "PolicyBucket": storage.policies.bucket_name,
            "DeadLettersBucket": storage.dead_letters.bucket_name,
            "IdentitySecret": storage.identity_key.secret_arn,
            "BusName": self.actions.bus.event_bus_name,
            "ActionLogGroup": self.actions.action_log.log_group_name,
        }.items():
            CfnOutput(self, output, value=value)
