"""Records in the exact shapes in which Lambda hands them to functions."""

import base64
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from infra.local.connection import REGION

Record = dict[str, Any]


def kinesis_record(shard_id: str, source_arn: str, record: Mapping[str, Any]) -> Record:
    """From a record of `kinesis.get_records`."""
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record["PartitionKey"],
            "sequenceNumber": record["SequenceNumber"],
            "data": base64.b64encode(record["Data"]).decode("ascii"),
            "approximateArrivalTimestamp": round(record["ApproximateArrivalTimestamp"].timestamp(), 3),
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"{shard_id}:{record['SequenceNumber']}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::123456789012:role/local",
        "awsRegion": REGION,
        "eventSourceARN": source_arn,
    }


def dynamodb_record(source_arn: str, record: Mapping[str, Any]) -> Record:
    """From a record as moto keeps it; binary values become base64 strings, as in Lambda's JSON."""
    change = record["dynamodb"]
    images = {
        name: {attribute: _json_value(value) for attribute, value in change[name].items()}
        for name in ("Keys", "NewImage", "OldImage")
        if name in change
    }
    # Without a zone, as moto keeps it, it is in UTC; boto3 reads it with the zone of this machine.
    moment = change["ApproximateCreationDateTime"]
    created = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    return {
        "eventID": record["eventID"],
        "eventName": record["eventName"],
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": {**change, **images, "ApproximateCreationDateTime": float(created)},
        "eventSourceARN": source_arn,
    }


def sqs_record(source_arn: str, message: Mapping[str, Any]) -> Record:
    """From a message of `sqs.receive_message` with all its attributes."""
    attributes = {name: _message_attribute(value) for name, value in message.get("MessageAttributes", {}).items()}
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message["Attributes"]),
        "messageAttributes": attributes,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": source_arn,
        "awsRegion": REGION,
    }
    if attributes:
        record["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return record


def _message_attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    given = {"stringListValues": [], "binaryListValues": [], "dataType": value["DataType"]}
    if "BinaryValue" in value:
        return {"binaryValue": base64.b64encode(value["BinaryValue"]).decode("ascii"), **given}
    return {"stringValue": value["StringValue"], **given}


def _json_value(value: Mapping[str, Any]) -> dict[str, Any]:
    """One attribute value of DynamoDB, `{type: content}`, as JSON can carry it."""
    ((kind, content),) = value.items()
    match kind:
        case "B":
            return {kind: base64.b64encode(content).decode("ascii")}
        case "BS":
            return {kind: [base64.b64encode(each).decode("ascii") for each in content]}
        case "L":
            return {kind: [_json_value(each) for each in content]}
        case "M":
            return {kind: {name: _json_value(each) for name, each in content.items()}}
        case _:
            return {kind: content}
