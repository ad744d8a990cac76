"""The synthesised template made palatable to moto, and nothing else about it changed.

Every resource type is either kept, left out for a stated reason, or refused: what is deployed is what was tried, so a
type that nobody thought about must not vanish silently.
"""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.connection import ACCOUNT, REGION

Template = dict[str, Any]

KEPT = frozenset(
    {
        "AWS::DynamoDB::Table",
        "AWS::Events::Archive",
        "AWS::Events::EventBus",
        "AWS::Events::Rule",
        "AWS::Kinesis::Stream",
        "AWS::Logs::LogGroup",
        "AWS::S3::Bucket",
        "AWS::SQS::Queue",
        "AWS::SSM::Parameter",
    }
)
# Type, or prefix of types, and why the laptop does without.
LEFT_OUT = {
    "AWS::CDK::Metadata": "says nothing about behaviour",
    "AWS::CloudWatch::": "moto's alarms never change state",
    "AWS::IAM::": "moto does not check permissions",
    "AWS::KMS::": "moto does not encrypt",
    "AWS::Lambda::EventInvokeConfig": "about asynchronous calls, as of schedules: here each is made once, and at once",
    "AWS::Lambda::EventSourceMapping": "honoured by infra.local.pollers; moto's own would run no code",
    "AWS::Lambda::Function": "run in process by infra.local.functions",
    "AWS::Lambda::LayerVersion": "dependencies come from the environment that runs this",
    "AWS::Lambda::Permission": "moto does not check permissions",
    "AWS::Logs::ResourcePolicy": "moto does not check permissions",
    "AWS::S3::BucketPolicy": "moto does not check permissions",
    "AWS::SNS::": "alarms' topics, and moto's alarms never change state",
    "AWS::SQS::QueuePolicy": "moto does not check permissions",
    "AWS::SecretsManager::": "created through the API: moto's CloudFormation does not know secrets",
    "Custom::": "deployment helpers",
}
MAPPING_PREFIX = "LocalMapping"
FUNCTION_PREFIX = "LocalFunction"
SCHEDULE_PREFIX = "LocalSchedule"


class TemplateError(Exception):
    """The template has something that the local cloud would run otherwise than AWS; the message names the resource."""


@dataclass(frozen=True)
class SecretToCreate:
    """A secret of the template: its CloudFormation properties, by which `infra.local.cloud` creates it."""

    logical_id: str
    properties: Mapping[str, Any]


def secrets_to_create(template: Template) -> list[SecretToCreate]:
    """The template's secrets, which moto's CloudFormation cannot create."""
    return [
        SecretToCreate(logical_id, resource.get("Properties", {}))
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == "AWS::SecretsManager::Secret"
    ]


def localise(template: Template, secret_arns: Mapping[str, str]) -> Template:
    """A copy of the template that moto deploys. `secret_arns` says, by logical id, what a `Ref` to a secret gives.

    Event source mappings, schedules, and the functions that they call, become outputs of `Fn::ToJsonString`, named with
    MAPPING_PREFIX, SCHEDULE_PREFIX and FUNCTION_PREFIX before the logical id, so that moto resolves their references.
    """
    local = copy.deepcopy(template)
    local.pop("Rules", None)  # CDK's check of the bootstrap version of a real account
    local.get("Parameters", {}).pop("BootstrapVersion", None)
    resources: dict[str, dict[str, Any]] = local["Resources"]
    outputs: dict[str, Any] = local.setdefault("Outputs", {})
    for output in outputs.values():
        output.pop("Export", None)

    mappings = {
        logical_id: resource["Properties"]
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::Lambda::EventSourceMapping"
    }
    for logical_id, properties in mappings.items():
        outputs[MAPPING_PREFIX + logical_id] = {"Value": {"Fn::ToJsonString": properties}}
    schedules = {
        logical_id: resource["Properties"] for logical_id, resource in resources.items() if _is_schedule(resource)
    }
    for logical_id, properties in schedules.items():
        outputs[SCHEDULE_PREFIX + logical_id] = {"Value": {"Fn::ToJsonString": properties}}
    for logical_id in _called_functions(mappings, schedules, resources):
        described = {"FunctionName": logical_id, **resources[logical_id]["Properties"]}
        kept = ("FunctionName", "Handler", "Timeout", "MemorySize", "Environment")
        outputs[FUNCTION_PREFIX + logical_id] = {
            "Value": {"Fn::ToJsonString": {name: described[name] for name in kept if name in described}}
        }

    stand_ins = _stand_ins(resources, secret_arns)
    local["Resources"] = {
        logical_id: _without_lost_dependencies(_for_moto(resource), resources)
        for logical_id, resource in resources.items()
        if _is_kept(logical_id, resource["Type"]) and logical_id not in schedules
    }
    localised: Template = _with_stand_ins(local, stand_ins)
    return localised


def _called_functions(
    mappings: Mapping[str, Any], schedules: Mapping[str, Any], resources: Mapping[str, Any]
) -> list[str]:
    callers = [
        *((f"event source mapping {caller}", properties["FunctionName"]) for caller, properties in mappings.items()),
        *((f"schedule {caller}", each["Arn"]) for caller, rule in schedules.items() for each in rule["Targets"]),
    ]
    called: dict[str, None] = {}
    for caller, target in callers:
        function_id = _referenced(target)
        if resources.get(function_id, {}).get("Type") != "AWS::Lambda::Function":
            raise TemplateError(
                f"{caller} calls {json.dumps(target)}, "
                "which is not a function of this template: the local cloud calls functions only"
            )
        called[function_id] = None
    return list(called)


def _is_schedule(resource: Mapping[str, Any]) -> bool:
    """Rules that go by the clock are ticked by `infra.local.schedules`: moto calls no Lambda from a rule."""
    return resource["Type"] == "AWS::Events::Rule" and "ScheduleExpression" in resource.get("Properties", {})


def _referenced(value: Any) -> str:
    """The logical id that a `Ref` or `Fn::GetAtt` names; an empty string for anything else."""
    match value:
        case {"Ref": str(logical_id)} | {"Fn::GetAtt": [str(logical_id), *_]}:
            return logical_id
        case _:
            return ""


def _is_kept(logical_id: str, resource_type: str) -> bool:
    if resource_type in KEPT:
        return True
    if any(resource_type.startswith(left_out) for left_out in LEFT_OUT):
        return False
    raise TemplateError(
        f"the local cloud does not know {resource_type} ({logical_id}): "
        "name it in KEPT or, with the reason, in LEFT_OUT of infra/local/template.py"
    )


def _for_moto(resource: dict[str, Any]) -> dict[str, Any]:
    properties = resource.get("Properties", {})
    if resource["Type"] == "AWS::Events::Archive" and isinstance(properties.get("EventPattern"), dict):
        return {**resource, "Properties": {**properties, "EventPattern": json.dumps(properties["EventPattern"])}}
    return resource


def _without_lost_dependencies(resource: dict[str, Any], resources: Mapping[str, Any]) -> dict[str, Any]:
    wanted = resource.get("DependsOn", [])
    kept = [name for name in ([wanted] if isinstance(wanted, str) else wanted) if resources[name]["Type"] in KEPT]
    return {
        **{key: value for key, value in resource.items() if key != "DependsOn"},
        **({"DependsOn": kept} if kept else {}),
    }


def _stand_ins(resources: Mapping[str, Any], secret_arns: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """For each resource that moto does not resolve by itself: what `Ref` (as "Ref") and each attribute give."""
    stand_ins = {}
    for logical_id, resource in resources.items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Events::EventBus":  # moto's Ref to a bus is not its name
            stand_ins[logical_id] = {"Ref": properties["Name"]}
        elif resource["Type"] == "AWS::SecretsManager::Secret":
            stand_ins[logical_id] = {"Ref": secret_arns[logical_id], "Id": secret_arns[logical_id]}
        elif resource["Type"] == "AWS::Lambda::Function":
            name = properties.get("FunctionName", logical_id)
            stand_ins[logical_id] = {"Ref": name, "Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"}
        elif resource["Type"] not in KEPT:
            stand_ins[logical_id] = {"Ref": logical_id, "Arn": f"arn:aws:local:{REGION}:{ACCOUNT}:{logical_id}"}
    return stand_ins


def _with_stand_ins(node: Any, stand_ins: Mapping[str, Mapping[str, str]]) -> Any:
    match node:
        case {"Ref": str(logical_id)} if logical_id in stand_ins:
            return stand_ins[logical_id]["Ref"]
        case {"Fn::GetAtt": [str(logical_id), str(attribute)]} if attribute in stand_ins.get(logical_id, {}):
            return stand_ins[logical_id][attribute]
        case dict():
            return {key: _with_stand_ins(value, stand_ins) for key, value in node.items()}
        case list():
            return [_with_stand_ins(value, stand_ins) for value in node]
        case _:
            return node
