"""What Sluice remembers: four tables, two buckets, and the key that identifiers are hashed with."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.queues import duration
from infra.settings import Settings

# Enough for a list of decisions; the record itself is one GetItem away. Every index is written with every decision.
_LISTED = ["signal_type", "disposition", "subject", "time", "rules"]


class Storage(Construct):
    """`Table`, not `TableV2`: the latter becomes a GlobalTable, which neither one region nor a laptop has a use for."""

    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, "Storage")
        self._settings = settings
        self._removal = RemovalPolicy.RETAIN if settings.retain else RemovalPolicy.DESTROY
        # Written once, read again by few, kept for months: storage is more than half of what it costs. Of this class it
        # is 60 % cheaper, and units are a quarter dearer. The other tables are read and written with every signal.
        self.decisions = self._table(
            "decisions",
            "decision_id",
            stream=dynamodb.StreamViewType.NEW_IMAGE,
            table_class=dynamodb.TableClass.STANDARD_INFREQUENT_ACCESS,
        )
        self._index("by_subject", "subject")
        self._index("by_outcome", "outcome_day")
        self.timelines = self._table("timelines", "entity", "tile")
        self.ledger = self._table("ledger", "entity", "item")
        self.policy = self._table("policy", "part", "item")
        self.dead_letters = self._dead_letters()
        self.policies = self._policies()
        self.identity_key = secretsmanager.Secret(
            self,
            "IdentityKey",
            secret_name=settings.name("identity-key"),
            description="Keys the hashes by which Sluice stores and compares personal identifiers",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template="{}",  # noqa: S106 - the document into which the key is generated
                generate_string_key="key",
                password_length=64,
                exclude_punctuation=True,
            ),
            removal_policy=self._removal,
        )

    def _table(
        self,
        thing: str,
        partition: str,
        sort: str | None = None,
        *,
        stream: dynamodb.StreamViewType | None = None,
        table_class: dynamodb.TableClass = dynamodb.TableClass.STANDARD,
    ) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            thing.capitalize(),
            table_name=self._settings.name(thing),
            partition_key=_string(partition),
            sort_key=_string(sort) if sort else None,
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="expires_at",
            stream=stream,
            table_class=table_class,
            deletion_protection=self._settings.retain,
            removal_policy=self._removal,
        )

    def _index(self, name: str, partition: str) -> None:
        self.decisions.add_global_secondary_index(
            index_name=name,
            partition_key=_string(partition),
            sort_key=_string("time"),
            projection_type=dynamodb.ProjectionType.INCLUDE,
            # The table's and the index's own keys are projected in any case, and DynamoDB refuses them here.
            non_key_attributes=[attribute for attribute in _LISTED if attribute not in (partition, "time")],
        )

    def _dead_letters(self) -> s3.Bucket:
        """Named by CloudFormation, as such names are global. In dev, empty it before the stack is deleted."""
        return self._bucket(
            "DeadLetters",
            s3.LifecycleRule(
                expiration=duration(self._settings.dead_letter_objects_kept),
                noncurrent_version_expiration=Duration.days(7),
                abort_incomplete_multipart_upload_after=Duration.days(1),
            ),
        )

    def _policies(self) -> s3.Bucket:
        """Nothing in it ends: a policy is kept as long as any decision that names it, and it is small."""
        return self._bucket("Policies", s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(1)))

    def _bucket(self, thing: str, forgets: s3.LifecycleRule) -> s3.Bucket:
        return s3.Bucket(
            self,
            thing,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=True,
            lifecycle_rules=[forgets],
            removal_policy=self._removal,
        )


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
