"""The stand-in for Lambda's stream pollers, against throw-away handlers."""

import base64
import json
import re
import textwrap
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from infra.local.cloud import LocalCloud
from infra.local.filters import FilterError

pytestmark = pytest.mark.integration

Open = Callable[..., AbstractContextManager[LocalCloud]]

# Prints the data of each record it is called with, and fails as a whole at "poison".
FAILS_AT_POISON = """
    import base64, json

    def handler(event, context):
        batch = [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]
        print(json.dumps(batch))
        if "poison" in batch:
            raise ValueError("poison")
        return {"batchItemFailures": []}
"""
# Prints likewise, and names the first record that is "poison" and everything after it as failed.
REPORTS_POISON = """
    import base64, json

    def handler(event, context):
        batch = [base64.b64decode(record["kinesis"]["data"]).decode() for record in event["Records"]]
        print(json.dumps(batch))
        numbers = [record["kinesis"]["sequenceNumber"] for record in event["Records"]]
        failed = numbers[batch.index("poison"):] if "poison" in batch else []
        return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
"""
PRINTS_RECORDS = """
    import json

    def handler(event, context):
        for record in event["Records"]:
            print(json.dumps(record))
"""


@pytest.fixture
def open_cloud(tmp_path: Path) -> Open:
    """Opens a local cloud with one stream, one table and one handler, mapped as asked."""

    @contextmanager
    def opened(handler: str, *, source: str = "Stream", shards: int = 1, **mapping: Any) -> Iterator[LocalCloud]:
        module = f"throwaway_{uuid.uuid4().hex}"
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(handler), encoding="utf-8")
        attribute = "Arn" if source == "Stream" else "StreamArn"
        template = {
            "Resources": {
                "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "stream", "ShardCount": shards}},
                "Table": {
                    "Type": "AWS::DynamoDB::Table",
                    "Properties": {
                        "TableName": "table",
                        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                        "BillingMode": "PAY_PER_REQUEST",
                        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
                    },
                },
                "Letters": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "letters"}},
                "Pointers": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "pointers"}},
                "Role": {"Type": "AWS::IAM::Role", "Properties": {}},
                "Function": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {
                        "FunctionName": "function",
                        "Handler": f"{module}.handler",
                        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    },
                },
                "Mapping": {
                    "Type": "AWS::Lambda::EventSourceMapping",
                    "Properties": {
                        "FunctionName": {"Ref": "Function"},
                        "EventSourceArn": {"Fn::GetAtt": [source, attribute]},
                        "StartingPosition": "TRIM_HORIZON",
                        "MaximumRetryAttempts": 2,
                        "DestinationConfig": {"OnFailure": {"Destination": {"Fn::GetAtt": ["Letters", "Arn"]}}},
                        **mapping,
                    },
                },
            }
        }
        with LocalCloud("test", template=template, code=tmp_path, state=tmp_path / "state") as cloud:
            yield cloud

    return opened


def put(cloud: LocalCloud, *data: str, key: str = "user") -> None:
    cloud.client("kinesis").put_records(
        StreamName="stream", Records=[{"Data": each.encode(), "PartitionKey": key} for each in data]
    )


def printed(cloud: LocalCloud) -> list[Any]:
    """What the handler printed as JSON, line by line."""
    lines = (cloud.logs / "function.log").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.startswith(('["', "{"))]


def letters(cloud: LocalCloud) -> list[tuple[str, dict[str, Any]]]:
    s3 = cloud.client("s3")
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="letters").get("Contents", [])]
    return [(key, json.loads(s3.get_object(Bucket="letters", Key=key)["Body"].read())) for key in keys]


def data_of(letter: dict[str, Any]) -> list[str]:
    return [base64.b64decode(record["kinesis"]["data"]).decode() for record in json.loads(letter["payload"])["Records"]]


def test_bisect_isolates_one_poison_record(open_cloud: Open) -> None:
    """With bisect, all records but the poison are handled, in order, and the poison alone goes to the destination."""
    sent = ["a", "b", "c", "poison", "d", "e", "f", "g"]
    with open_cloud(FAILS_AT_POISON, BisectBatchOnFunctionError=True) as cloud:
        put(cloud, *sent)
        cloud.run_until_idle()
        handled = [each for batch in printed(cloud) if "poison" not in batch for each in batch]
        assert handled == ["a", "b", "c", "d", "e", "f", "g"]
        assert [data_of(letter) for _, letter in letters(cloud)] == [["poison"]]
        assert cloud.stats["function"].splits == 3
        assert cloud.stats["function"].retries == 2


def test_retries_are_bounded_without_bisect(open_cloud: Open) -> None:
    """Without bisect, a failing batch is tried as often as the mapping says, and then goes to S3 whole."""
    with open_cloud(FAILS_AT_POISON, BatchSize=3) as cloud:
        put(cloud, "a", "poison", "b", "c")
        cloud.run_until_idle()
        assert printed(cloud) == [["a", "poison", "b"]] * 3 + [["c"]]
        assert [data_of(letter) for _, letter in letters(cloud)] == [["a", "poison", "b"]]


def test_partial_failures_checkpoint_at_the_lowest_failed_record(open_cloud: Open) -> None:
    """What came before the lowest reported record is done; everything from it on is tried again."""
    with open_cloud(
        REPORTS_POISON, FunctionResponseTypes=["ReportBatchItemFailures"], BisectBatchOnFunctionError=True
    ) as cloud:
        put(cloud, "a", "b", "poison", "c")
        cloud.run_until_idle()
        assert printed(cloud) == [["a", "b", "poison", "c"], ["poison", "c"], *[["poison"]] * 3, ["c"]]
        assert [data_of(letter) for _, letter in letters(cloud)] == [["poison"]]


def test_letters_have_the_form_that_lambda_documents(open_cloud: Open) -> None:
    """The object's key and body are those of Lambda's on-failure destination for Kinesis."""
    with open_cloud(FAILS_AT_POISON, MaximumRetryAttempts=0) as cloud:
        put(cloud, "poison", "a")
        cloud.run_until_idle()
        ((key, letter),) = letters(cloud)
    assert re.fullmatch(
        r"aws/lambda/[0-9a-f-]{36}/shardId-000000000000/\d{4}/\d\d/\d\d/\d{4}-\d\d-\d\dT\d\d\.\d\d\.\d\d-[0-9a-f-]{36}",
        key,
    )
    assert letter["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert letter["requestContext"]["approximateInvokeCount"] == 1
    assert letter["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"}
    info = letter["KinesisBatchInfo"]
    assert (info["shardId"], info["startSequenceNumber"], info["endSequenceNumber"], info["batchSize"]) == (
        "shardId-000000000000",
        "1",
        "2",
        2,
    )
    assert info["streamArn"] == "arn:aws:kinesis:us-east-1:123456789012:stream/stream"


def test_a_queue_destination_gets_a_pointer_without_the_records(open_cloud: Open) -> None:
    """An SQS destination is told where the records are, as it could not hold them."""
    destination = {"OnFailure": {"Destination": {"Fn::GetAtt": ["Pointers", "Arn"]}}}
    with open_cloud(FAILS_AT_POISON, MaximumRetryAttempts=0, DestinationConfig=destination) as cloud:
        put(cloud, "poison")
        cloud.run_until_idle()
        sqs = cloud.client("sqs")
        (message,) = sqs.receive_message(QueueUrl=sqs.get_queue_url(QueueName="pointers")["QueueUrl"])["Messages"]
    pointer = json.loads(message["Body"])
    assert pointer["KinesisBatchInfo"]["batchSize"] == 1
    assert "payload" not in pointer


def test_records_past_their_age_are_not_tried(open_cloud: Open) -> None:
    """A record older than the mapping allows goes to the destination without an invocation."""
    with open_cloud(FAILS_AT_POISON, MaximumRecordAgeInSeconds=0) as cloud:
        put(cloud, "a")
        cloud.run_until_idle()
        ((_, letter),) = letters(cloud)
        assert letter["requestContext"]["condition"] == "RecordAgeExceeded"
        assert cloud.stats["function"].invocations == 0


def test_each_shard_keeps_its_order(open_cloud: Open) -> None:
    """Records of one key arrive in the order in which they were put, however many shards and batches there are."""
    with open_cloud(FAILS_AT_POISON, shards=4, BatchSize=3) as cloud:
        for number in range(10):
            for key in ("ann", "bob", "cleo", "dan"):
                put(cloud, f"{key} {number}", key=key)
        cloud.run_until_idle()
        handled = [each for batch in printed(cloud) for each in batch]
    for key in ("ann", "bob", "cleo", "dan"):
        assert [each for each in handled if each.startswith(key)] == [f"{key} {number}" for number in range(10)]


@pytest.mark.parametrize(
    "response",
    ["'done'", "{'batchItemFailures': [{'itemIdentifier': ''}]}", "{'batchItemFailures': [{'sequence': '1'}]}", "[1]"],
)
def test_an_invalid_response_fails_the_whole_batch(open_cloud: Open, response: str) -> None:
    """A response that is no partial-batch response, or names an unknown record, counts as a failure of the batch."""
    handler = f"""
    def handler(event, context):
        return {response}
    """
    with open_cloud(handler, FunctionResponseTypes=["ReportBatchItemFailures"], MaximumRetryAttempts=0) as cloud:
        put(cloud, "a", "b")
        cloud.run_until_idle()
        assert [data_of(letter) for _, letter in letters(cloud)] == [["a", "b"]]
        assert "batchItemFailures" in str(cloud.stats["function"].last_error)


def test_table_records_are_filtered_and_have_lambdas_shape(open_cloud: Open) -> None:
    """Only records that match the filter are delivered, with binary values as base64 strings."""
    pattern = {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"outbox": {"S": [{"exists": True}]}}}}
    filters = {"Filters": [{"Pattern": json.dumps(pattern)}]}
    with open_cloud(PRINTS_RECORDS, source="Table", FilterCriteria=filters) as cloud:
        dynamodb = cloud.client("dynamodb")
        dynamodb.put_item(TableName="table", Item={"id": {"S": "quiet"}})
        dynamodb.put_item(
            TableName="table",
            Item={"id": {"S": "loud"}, "outbox": {"S": "act"}, "raw": {"B": b"\x00\xff"}, "many": {"BS": [b"\x01"]}},
        )
        cloud.run_until_idle()
        (record,) = printed(cloud)
        assert cloud.stats["function"].filtered == 1
    assert record["eventSource"] == "aws:dynamodb"
    assert record["dynamodb"]["Keys"] == {"id": {"S": "loud"}}
    assert record["dynamodb"]["NewImage"] == {
        "id": {"S": "loud"},
        "outbox": {"S": "act"},
        "raw": {"B": "AP8="},
        "many": {"BS": ["AQ=="]},
    }


def test_table_letters_carry_the_whole_records(open_cloud: Open) -> None:
    """A batch of a table's stream that is given up goes to S3 with its DDBStreamBatchInfo and its records."""
    handler = """
    def handler(event, context):
        raise ValueError
    """
    with open_cloud(handler, source="Table", MaximumRetryAttempts=0) as cloud:
        cloud.client("dynamodb").put_item(TableName="table", Item={"id": {"S": "one"}})
        cloud.run_until_idle()
        ((_, letter),) = letters(cloud)
    assert letter["DDBStreamBatchInfo"]["batchSize"] == 1
    assert json.loads(letter["payload"])["Records"][0]["dynamodb"]["NewImage"] == {"id": {"S": "one"}}


def test_a_filter_that_asks_exists_of_a_branch_is_refused(open_cloud: Open) -> None:
    """`exists` on an attribute instead of its typed value never matches in Lambda, so that it is an error here."""
    filters = {"Filters": [{"Pattern": json.dumps({"dynamodb": {"NewImage": {"outbox": [{"exists": True}]}}})}]}
    with open_cloud(PRINTS_RECORDS, source="Table", FilterCriteria=filters) as cloud:
        cloud.client("dynamodb").put_item(TableName="table", Item={"id": {"S": "a"}, "outbox": {"S": "act"}})
        with pytest.raises(FilterError, match=r"dynamodb\.NewImage\.outbox\.S"):
            cloud.run_until_idle()


def test_kinesis_records_have_lambdas_shape(open_cloud: Open) -> None:
    """A Kinesis record arrives with base64 data, its position, its arrival in seconds, and its source."""
    with open_cloud(PRINTS_RECORDS) as cloud:
        put(cloud, "hello")
        cloud.run_until_idle()
        (record,) = printed(cloud)
    assert base64.b64decode(record["kinesis"]["data"]) == b"hello"
    assert record["kinesis"]["partitionKey"] == "user"
    assert isinstance(record["kinesis"]["approximateArrivalTimestamp"], float)
    assert record["eventID"] == "shardId-000000000000:1"
    assert record["eventSourceARN"] == "arn:aws:kinesis:us-east-1:123456789012:stream/stream"
