"""cdk-nag's AwsSolutions and Serverless packs, and why we differ from them where we do."""

from collections.abc import Iterator

from aws_cdk import Acknowledgment, App, CfnResource, Stack, Validations
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks, ServerlessChecks
from constructs import Construct, IConstruct

from infra.functions import SluiceFunction
from infra.stack import SluiceStack


def check(app: App, stack: SluiceStack) -> None:
    """Makes `app.synth()` fail on any finding that has no reason."""
    for construct, rule, reason in _reasons(stack):
        Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), ServerlessChecks(app))


def _reasons(stack: SluiceStack) -> Iterator[tuple[IConstruct, str, str]]:
    bucket, decisions = stack.storage.dead_letters, stack.storage.decisions
    yield (
        bucket,
        "AwsSolutions-S1",
        (
            "Only our functions write to it and few people read it; CloudTrail's data events tell who did, and a "
            "bucket of access logs would be one more place with personal data"
        ),
    )
    yield (
        stack.storage.policies,
        "AwsSolutions-S1",
        "Who published what, when and why is in the policy table; its objects are versioned and never overwritten",
    )
    yield (
        stack.storage.identity_key,
        "AwsSolutions-SMG4",
        (
            "The key belongs to the version of the timelines' layout: under another key nobody's past would be found. "
            "A new key starts new series, which is a migration and not a schedule"
        ),
    )
    for queue in (stack.ingest.invalid_signals, stack.actions.unlogged, stack.expiry.uncalled):
        yield (
            queue,
            "AwsSolutions-SQS3",
            "It holds dead letters, though not those of a queue: people read it, no function",
        )
    for queue in _dead_letter_queues(stack):
        yield queue, "Serverless-SQSRedrivePolicy", "It is where messages end; an alarm watches its depth"
    for source in stack.functions:
        role = source.role
        yield source, "Serverless-LambdaDLQ", _failures(stack, source)
        yield (
            source,
            "Serverless-LambdaTracing",
            (
                "Without an SDK in the bundle a trace shows what the metrics show; the log and the actions carry ids "
                "that follow a signal across queues"
            ),
        )
        for rule in ("AwsSolutions-L1", "Serverless-LambdaLatestVersion"):
            yield source, rule, "Python 3.13 is supported until 2029, and is what the byte code is compiled for"
        yield (
            role,
            _wildcard(bucket, "/invalid/*"),
            "One object for each invalid signal, named by its digest, under this prefix alone",
        )
        yield (
            role,
            _wildcard(stack.storage.policies, "/policies/*"),
            "One object for each policy that was published, named by its digest, under this prefix alone",
        )
        yield (
            role,
            _wildcard(bucket, "/aws/lambda/*"),
            "Lambda itself names the objects that it puts there for a mapping that gave up on records",
        )
        yield (
            role,
            _wildcard(decisions, "/stream/*"),
            "Listing a table's streams is granted on all streams of that table, as their names are times",
        )
    yield (
        stack.expire_restrictions,
        "Serverless-LambdaAsyncFailureDestination",
        "A failed call carries nothing but its time, and the call of the next minute does all that it should have done",
    )
    for source in (stack.evaluate_queue, stack.record_feedback):
        yield (
            source,
            "Serverless-LambdaEventSourceMappingDestination",
            "For SQS it is the queue that has the dead letters, after the receives that its redrive policy allows",
        )


def _failures(stack: SluiceStack, source: SluiceFunction) -> str:
    if source is stack.expire_restrictions:
        return "A schedule calls it every minute: what it could not do, the next call does, and errors raise an alarm"
    return "Event source mappings invoke it, so failures go where its mapping says; nothing invokes it asynchronously"


def _dead_letter_queues(stack: SluiceStack) -> Iterator[sqs.Queue]:
    """Every queue that has no redrive policy of its own."""
    for construct in stack.node.find_all():
        if isinstance(construct, sqs.Queue) and construct.dead_letter_queue is None:
            yield construct


def _wildcard(resource: Construct, suffix: str) -> str:
    """cdk-nag's name for the finding that a policy allows `<resource's ARN><suffix>`."""
    child = resource.node.default_child
    if not isinstance(child, CfnResource):
        raise TypeError(f"{resource.node.path} stands for no single resource")
    return f"AwsSolutions-IAM5[Resource::<{Stack.of(resource).get_logical_id(child)}.Arn>{suffix}]"
