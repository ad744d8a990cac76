"""What the synthesised template says of the functions' surroundings, so that the stub is what would be deployed."""

from collections.abc import Mapping
from typing import Any

from tests.stub.table import Schema

Template = Mapping[str, Any]
STAGE = "dev"
ACCOUNT = "123456789012"
REGION = "us-east-1"


def schemas(template: Template) -> list[Schema]:
    """Every table's keys and indexes."""
    return [Schema.of(properties) for properties in _all(template, "AWS::DynamoDB::Table").values()]


def environment(template: Template, function: str, endpoint: str) -> dict[str, str]:
    """What Lambda would give to the function of the template, with every AWS service at `endpoint`."""
    functions = _all(template, "AWS::Lambda::Function").values()
    handler = f"functions.{function}.handler.handler"
    (properties,) = [each for each in functions if each["Handler"] == handler]
    variables = properties["Environment"]["Variables"]
    return {
        "AWS_ACCESS_KEY_ID": "stub",
        "AWS_SECRET_ACCESS_KEY": "stub",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_LAMBDA_FUNCTION_NAME": properties["FunctionName"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(properties["MemorySize"]),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "_HANDLER": handler,
        **{name: _resolved(template, value, endpoint) for name, value in variables.items()},
    }


def _all(template: Template, kind: str) -> dict[str, Mapping[str, Any]]:
    return {
        name: resource.get("Properties", {})
        for name, resource in template["Resources"].items()
        if resource["Type"] == kind
    }


def _resolved(template: Template, value: Any, endpoint: str) -> str:
    """A variable's value; a reference becomes the physical name, as CloudFormation makes it of each kind."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and "Ref" in value:
        logical = value["Ref"]
        resource = template["Resources"][logical]
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::SQS::Queue":
                return f"{endpoint}/{ACCOUNT}/{properties['QueueName']}"
            case "AWS::S3::Bucket":
                return str(properties.get("BucketName", logical.lower()))
            case "AWS::DynamoDB::Table":
                return str(properties["TableName"])
            case _:
                return str(properties["Name"])
    raise ValueError(f"the stub cannot resolve {value!r}")
