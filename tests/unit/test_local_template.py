"""What `localise` changes of a template, and what it refuses."""

import json
from typing import Any

import pytest

from infra.local.template import TemplateError, localise, secrets_to_create

pytestmark = pytest.mark.unit


def template(**resources: dict[str, Any]) -> dict[str, Any]:
    return {"Resources": resources}


FUNCTION = {
    "Type": "AWS::Lambda::Function",
    "Properties": {"FunctionName": "judge", "Handler": "a.b", "Role": {"Fn::GetAtt": ["Role", "Arn"]}, "Code": {}},
}
MAPPING = {
    "Type": "AWS::Lambda::EventSourceMapping",
    "Properties": {"FunctionName": {"Ref": "Function"}, "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]}},
}
QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q"}}
ROLE = {"Type": "AWS::IAM::Role", "Properties": {}}


def test_mappings_and_functions_become_outputs() -> None:
    """Mappings and what they call leave the resources, and their references are left for moto to resolve."""
    local = localise(template(Function=FUNCTION, Mapping=MAPPING, Queue=QUEUE, Role=ROLE), {})
    assert list(local["Resources"]) == ["Queue"]
    assert local["Outputs"]["LocalMappingMapping"]["Value"] == {
        "Fn::ToJsonString": {"FunctionName": "judge", "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]}}
    }
    assert local["Outputs"]["LocalFunctionFunction"]["Value"] == {
        "Fn::ToJsonString": {"FunctionName": "judge", "Handler": "a.b"}
    }


def test_a_function_that_nothing_calls_is_no_output() -> None:
    """CDK's own helper functions, which no mapping names, are left out."""
    assert localise(template(Function=FUNCTION, Role=ROLE), {})["Outputs"] == {}


def test_a_mapping_to_something_else_than_a_function_is_refused() -> None:
    """A mapping whose target is not a function of the template is named."""
    elsewhere = {**MAPPING, "Properties": {**MAPPING["Properties"], "FunctionName": "arn:aws:lambda:…"}}
    with pytest.raises(TemplateError, match="mapping Mapping calls"):
        localise(template(Mapping=elsewhere, Queue=QUEUE), {})


def test_a_reference_to_a_bus_becomes_its_name() -> None:
    """Wherever the template refers to the bus, moto gets the bus's name."""
    bus = {"Type": "AWS::Events::EventBus", "Properties": {"Name": "sluice-dev"}}
    rule = {"Type": "AWS::Events::Rule", "Properties": {"EventBusName": {"Ref": "Bus"}, "EventPattern": {}}}
    local = localise(template(Bus=bus, Rule=rule), {})
    assert local["Resources"]["Rule"]["Properties"]["EventBusName"] == "sluice-dev"


def test_an_archives_pattern_becomes_a_string() -> None:
    """moto takes an archive's pattern as a JSON string only."""
    archive = {"Type": "AWS::Events::Archive", "Properties": {"EventPattern": {"source": ["sluice"]}}}
    local = localise(template(Archive=archive), {})
    assert json.loads(local["Resources"]["Archive"]["Properties"]["EventPattern"]) == {"source": ["sluice"]}


def test_a_reference_to_a_secret_becomes_its_arn() -> None:
    """Secrets are created elsewhere; `Ref` and the attribute `Id` stand for the ARN that came of it."""
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"Name": "key"}}
    function = {
        **FUNCTION,
        "Properties": {**FUNCTION["Properties"], "Environment": {"Variables": {"SECRET": {"Ref": "Secret"}}}},
    }
    given = template(Function=function, Mapping=MAPPING, Queue=QUEUE, Role=ROLE, Secret=secret)
    assert [each.logical_id for each in secrets_to_create(given)] == ["Secret"]
    local = localise(given, {"Secret": "arn:the-secret"})
    described = local["Outputs"]["LocalFunctionFunction"]["Value"]["Fn::ToJsonString"]
    assert described["Environment"] == {"Variables": {"SECRET": "arn:the-secret"}}


def test_references_and_dependencies_on_what_is_left_out_do_not_dangle() -> None:
    """A resource that stays names nothing that moto has never heard of."""
    key = {"Type": "AWS::KMS::Key", "Properties": {}}
    queue = {
        **QUEUE,
        "Properties": {"KmsMasterKeyId": {"Fn::GetAtt": ["Key", "Arn"]}},
        "DependsOn": ["Key", "Other"],
    }
    local = localise(template(Key=key, Queue=queue, Other=QUEUE), {})
    assert local["Resources"]["Queue"]["Properties"]["KmsMasterKeyId"].startswith("arn:aws:local:")
    assert local["Resources"]["Queue"]["DependsOn"] == ["Other"]


def test_an_unknown_type_is_refused() -> None:
    """A type that is neither kept nor left out on purpose is an error that says where to decide."""
    with pytest.raises(TemplateError, match=r"AWS::Pipes::Pipe \(Pipe\).*infra/local/template\.py"):
        localise(template(Pipe={"Type": "AWS::Pipes::Pipe"}), {})


SCHEDULE = {
    "Type": "AWS::Events::Rule",
    "Properties": {
        "ScheduleExpression": "rate(1 minute)",
        "Targets": [{"Arn": {"Fn::GetAtt": ["Function", "Arn"]}, "DeadLetterConfig": {"Arn": "arn:…"}}],
    },
}


def test_a_schedule_becomes_an_output_beside_the_function_that_it_calls() -> None:
    """moto would call nothing: the local cloud does."""
    local = localise(template(Function=FUNCTION, Rule=SCHEDULE, Role=ROLE), {})
    assert local["Resources"] == {}
    assert list(local["Outputs"]) == ["LocalScheduleRule", "LocalFunctionFunction"]
    called = local["Outputs"]["LocalScheduleRule"]["Value"]["Fn::ToJsonString"]["Targets"][0]["Arn"]
    assert called.endswith(":function:judge")


def test_a_schedule_of_something_else_than_a_function_is_refused() -> None:
    """It would be delivered nowhere here."""
    elsewhere = {"Type": "AWS::Events::Rule", "Properties": {**SCHEDULE["Properties"], "Targets": [{"Arn": "arn:q"}]}}
    with pytest.raises(TemplateError, match="schedule Rule calls"):
        localise(template(Rule=elsewhere), {})


def test_the_given_template_is_not_changed() -> None:
    """`localise` works on a copy."""
    given = template(Function=FUNCTION, Mapping=MAPPING, Queue=QUEUE, Role=ROLE)
    before = json.dumps(given)
    localise(given, {})
    assert json.dumps(given) == before
