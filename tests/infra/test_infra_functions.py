"""Every function: its own role with no more than it needs, its own log, and exactly its settings."""

import json

import pytest

from infra import bundle
from shared.runtime.settings import EnforcementSettings, EvaluationSettings, ExpirySettings

pytestmark = [pytest.mark.infra, pytest.mark.xdist_group("template")]

SETTINGS = {
    "evaluate_stream": EvaluationSettings,
    "evaluate_queue": EvaluationSettings,
    "record_feedback": EvaluationSettings,
    "enforce": EnforcementSettings,
    "expire_restrictions": ExpirySettings,
}
JUDGING = ["evaluate_stream", "evaluate_queue", "record_feedback"]

# Each wildcard in a resource, by the end of its name, and why it may be there.
WILDCARDS = {
    "/invalid/*": "objects named by the digest of the signal",
    "/aws/lambda/*": "objects named by Lambda",
    "/stream/*": "streams named by their time",
    "/policies/*": "objects named by the digest of the policy",
}


@pytest.fixture(params=sorted(SETTINGS))
def function(request, template):
    """A function's name and its properties."""
    _, properties = template.named("Lambda::Function", "FunctionName", request.param.replace("_", "-"))
    return request.param, properties


def allowed(template, properties, effect="Allow"):
    """The pairs of an action and the resource that the function may do it on (a wildcard by its end alone)."""
    return {
        (action, resource if isinstance(resource, str) else _resource(template, resource))
        for statement in template.statements(template.referred(properties["Role"]))
        if statement["Effect"] == effect
        for action in template.listed(statement["Action"])
        for resource in template.listed(statement["Resource"])
    }


def _resource(template, resource):
    if "Fn::Join" in resource:
        first, end = resource["Fn::Join"][1]
        return f"{template.referred(first)}{end}"
    return template.referred(resource)


def test_the_template_has_exactly_the_functions_of_the_house(template):
    """There is a function for each folder, and no other (such as CDK's helpers)."""
    handlers = {function["Handler"] for function in template.all("Lambda::Function").values()}
    assert handlers == {f"functions.{name}.handler.handler" for name in SETTINGS}


def test_a_function_runs_on_arm_with_the_layer(template, function):
    """On the platform of the layer's wheels, and the minor version of the byte code."""
    _, properties = function
    assert properties["Runtime"] == f"python{bundle.RUNTIME_VERSION}"
    assert properties["Architectures"] == ["arm64"]
    layer = template.resource(template.referred(properties["Layers"][0]))["Properties"]
    assert layer["CompatibleRuntimes"] == [properties["Runtime"]]
    assert layer["CompatibleArchitectures"] == ["arm64"]


def test_a_function_has_its_own_role_and_no_managed_policy(template, function):
    """No role is shared, and none has a policy that AWS or somebody else may widen."""
    _, properties = function
    role = template.referred(properties["Role"])
    users = [one for one in template.all("Lambda::Function").values() if template.referred(one["Role"]) == role]
    assert len(users) == 1
    assert "ManagedPolicyArns" not in template.resource(role)["Properties"]


def test_a_function_logs_to_its_own_group_for_a_stated_time(template, function):
    """Logs end; and a function may write to no log but its own."""
    _, properties = function
    group = template.referred(properties["LoggingConfig"]["LogGroup"])
    logs = template.resource(group)["Properties"]
    assert logs["RetentionInDays"] > 0
    assert logs["LogGroupName"] == f"/aws/lambda/{properties['FunctionName']}"
    may_log = {resource for action, resource in allowed(template, properties) if action.startswith("logs:")}
    assert may_log == {group}


def test_a_function_is_given_exactly_the_settings_that_it_reads(function):
    """Every required setting is there, and none that the function does not know."""
    name, properties = function
    fields = SETTINGS[name].model_fields
    given = {
        key.removeprefix("SLUICE_").lower()
        for key in properties["Environment"]["Variables"]
        if key.startswith("SLUICE_")
    }
    assert given == {field for field, about in fields.items() if about.is_required()}


def test_a_function_logs_and_counts_under_its_own_name(function):
    """Metrics of two stages in one account do not add up: the function's name has the stage in it."""
    _, properties = function
    variables = properties["Environment"]["Variables"]
    assert variables["POWERTOOLS_SERVICE_NAME"] == properties["FunctionName"]
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "Sluice"


def test_no_policy_has_a_wildcard_action(template):
    """Every action that a role may do is spelled out."""
    for policy in template.all("IAM::Policy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            assert not [action for action in template.listed(statement["Action"]) if "*" in action]


def test_every_wildcard_resource_has_a_reason(template):
    """A role may do nothing on `*`, and on few wildcards, each for a reason."""
    for policy in template.all("IAM::Policy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            for resource in template.listed(statement["Resource"]):
                if "*" in json.dumps(resource):
                    assert resource["Fn::Join"][1][-1] in WILDCARDS


def test_every_policy_of_a_role_belongs_to_a_function(template):
    """There is no role that nothing uses."""
    used = {template.referred(function["Role"]) for function in template.all("Lambda::Function").values()}
    assert set(template.all("IAM::Role")) == used


@pytest.mark.parametrize("name", JUDGING)
def test_a_function_that_judges_may_do_what_it_does_and_nothing_else(template, name):
    """Decisions are read and put, timelines read and updated, invalid signals put aside; the ledger is only read."""
    _, properties = template.named("Lambda::Function", "FunctionName", name.replace("_", "-"))
    decisions, _ = template.named("DynamoDB::Table", "TableName", "decisions")
    timelines, _ = template.named("DynamoDB::Table", "TableName", "timelines")
    invalid, _ = template.named("SQS::Queue", "QueueName", "invalid-signals")
    ledger, _ = template.named("DynamoDB::Table", "TableName", "ledger")
    policy, _ = template.named("DynamoDB::Table", "TableName", "policy")
    bucket, policies = (
        template.referred(template.body["Outputs"][name]["Value"]) for name in ("DeadLettersBucket", "PolicyBucket")
    )
    (secret,) = template.all("SecretsManager::Secret")
    tables = {pair for pair in allowed(template, properties) if pair[0].startswith("dynamodb:")}
    assert tables == {
        ("dynamodb:BatchGetItem", decisions),
        ("dynamodb:PutItem", decisions),
        ("dynamodb:BatchGetItem", timelines),
        ("dynamodb:UpdateItem", timelines),
        ("dynamodb:BatchGetItem", ledger),
        ("dynamodb:GetItem", policy),
        ("dynamodb:Query", policy),
        ("dynamodb:UpdateItem", policy),
    }
    assert {
        ("s3:PutObject", f"{bucket}/invalid/*"),
        ("s3:GetObject", f"{policies}/policies/*"),
        ("s3:ListBucket", policies),
        ("sqs:SendMessage", invalid),
        ("secretsmanager:GetSecretValue", secret),
    } <= allowed(template, properties)
    assert not [action for action, _ in allowed(template, properties) if action.startswith("events:")]


@pytest.mark.parametrize("name", JUDGING)
def test_a_function_that_judges_may_note_and_count_and_not_move_the_pointer(template, name):
    """Of the policy table it may write what it loads, remembers and counts, and of the policies nothing."""
    _, properties = template.named("Lambda::Function", "FunctionName", name.replace("_", "-"))
    policy, _ = template.named("DynamoDB::Table", "TableName", "policy")
    writes = [
        statement
        for statement in template.statements(template.referred(properties["Role"]))
        if "dynamodb:UpdateItem" in template.listed(statement["Action"])
        and template.referred(statement["Resource"]) == policy
    ]
    assert [statement["Condition"] for statement in writes] == [
        {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["loaded", "series", "guard#*"]}}
    ]


def test_enforce_writes_the_ledger_and_the_bus_and_nothing_else(template):
    """Only `enforce` may publish; of the ledger's items it may change those alone that are parked."""
    _, properties = template.named("Lambda::Function", "FunctionName", "enforce")
    ledger, _ = template.named("DynamoDB::Table", "TableName", "ledger")
    decisions, _ = template.named("DynamoDB::Table", "TableName", "decisions")
    (bus,) = template.all("Events::EventBus")
    acts = {pair for pair in allowed(template, properties) if pair[0].startswith(("dynamodb:", "events:"))}
    assert acts == {
        ("dynamodb:GetItem", ledger),
        ("dynamodb:BatchGetItem", ledger),
        ("dynamodb:PutItem", ledger),
        ("dynamodb:UpdateItem", ledger),
        ("dynamodb:DescribeStream", decisions),
        ("dynamodb:GetRecords", decisions),
        ("dynamodb:GetShardIterator", decisions),
        ("dynamodb:ListStreams", f"{decisions}/stream/*"),
        ("events:PutEvents", bus),
    }
    assert conditions(template, properties, "dynamodb:UpdateItem") == [
        {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["parked#*"]}}
    ]


def test_what_ends_is_read_from_the_agenda_and_said_through_the_outbox_and_the_feedback_queue(template):
    """The schedule's function may put commands of its own kind and no decision, and touches neither ledger nor bus."""
    _, properties = template.named("Lambda::Function", "FunctionName", "expire-restrictions")
    ledger, _ = template.named("DynamoDB::Table", "TableName", "ledger")
    decisions, _ = template.named("DynamoDB::Table", "TableName", "decisions")
    feedback, _ = template.named("SQS::Queue", "QueueName", "feedback")
    acts = {pair for pair in allowed(template, properties) if not pair[0].startswith("logs:")}
    assert acts == {
        ("dynamodb:Query", ledger),
        ("dynamodb:BatchGetItem", ledger),
        ("dynamodb:BatchGetItem", decisions),
        ("dynamodb:PutItem", decisions),
        ("sqs:SendMessage", feedback),
    }
    for action, keys in (("dynamodb:PutItem", "expiry/*"), ("dynamodb:Query", "agenda#*")):
        assert conditions(template, properties, action) == [
            {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [keys]}}
        ]


def conditions(template, properties, action):
    """Under what a function may do an action, by statement."""
    return [
        statement.get("Condition")
        for statement in template.statements(template.referred(properties["Role"]))
        if statement["Effect"] == "Allow" and action in template.listed(statement["Action"])
    ]


def test_nothing_but_enforce_writes_the_ledger(template):
    """A restriction has one writer, so that its sequences have no gaps and no doubles."""
    ledger, _ = template.named("DynamoDB::Table", "TableName", "ledger")
    writers = {
        name
        for name in SETTINGS
        for action, resource in allowed(
            template, template.named("Lambda::Function", "FunctionName", name.replace("_", "-"))[1]
        )
        if resource == ledger and action not in ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
    }
    assert writers == {"enforce"}
