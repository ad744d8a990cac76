"""The synthesised template on the local cloud: it deploys, and everything in it is wired to where it should be."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.local.cloud import LocalCloud
from infra.local.synthesis import synthesised_template

pytestmark = pytest.mark.e2e

# Stands in for all functions: this is about the wiring, not about what they decide.
ECHO = """
import json, os

def handler(event, context):
    records = event.get("Records", [])
    sources = [record["eventSourceARN"].split(":", 5)[5].split("/stream/")[0] for record in records]
    print(json.dumps({"sources": sources, "time": event.get("time"), "environment": dict(os.environ)}))
    return {"batchItemFailures": []}
"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    folder = tmp_path_factory.mktemp("echo")
    (folder / "echo.py").write_text(ECHO, encoding="utf-8")
    template = copy.deepcopy(synthesised_template("dev"))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Lambda::Function":
            resource["Properties"]["Handler"] = "echo.handler"
    with LocalCloud("dev", template=template, code=folder, state=folder / "state") as up:
        yield up


def echoed(cloud: LocalCloud, function: str) -> list[dict[str, Any]]:
    log = cloud.logs / f"sluice-dev-{function}.log"
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def test_the_stack_names_everything_that_others_look_for(cloud: LocalCloud) -> None:
    """Each output that the command line and the replay need is there, and names something that exists."""
    outputs = cloud.outputs
    cloud.client("kinesis").describe_stream_summary(StreamName=outputs["SignalsStream"])
    for queue in ("Signals", "SignalsDlq", "Feedback", "FeedbackDlq", "InvalidSignals"):
        name = f"{queue}QueueUrl" if f"{queue}QueueUrl" in outputs else f"{queue}Url"
        cloud.client("sqs").get_queue_attributes(QueueUrl=outputs[name])
    for table in ("DecisionsTable", "TimelinesTable", "LedgerTable", "PolicyTable"):
        cloud.client("dynamodb").describe_table(TableName=outputs[table])
    for bucket in ("DeadLettersBucket", "PolicyBucket"):
        cloud.client("s3").head_bucket(Bucket=outputs[bucket])
    cloud.client("events").describe_event_bus(Name=outputs["BusName"])
    groups = cloud.client("logs").describe_log_groups(logGroupNamePrefix=outputs["ActionLogGroup"])["logGroups"]
    assert [group["logGroupName"] for group in groups] == [outputs["ActionLogGroup"]]


def test_each_source_reaches_its_function_and_nothing_else_does(cloud: LocalCloud) -> None:
    """A signal on the stream or the queue, feedback, and a decision that asks for action each find their function."""
    sqs, dynamodb = cloud.client("sqs"), cloud.client("dynamodb")
    cloud.client("kinesis").put_record(StreamName=cloud.outputs["SignalsStream"], Data=b"{}", PartitionKey="user:1")
    sqs.send_message(QueueUrl=cloud.outputs["SignalsQueueUrl"], MessageBody="{}")
    sqs.send_message(QueueUrl=cloud.outputs["FeedbackQueueUrl"], MessageBody="{}")
    quiet = {"decision_id": {"S": "quiet"}, "subject": {"S": "user:1"}, "time": {"S": "2026-11-20T00:00:00Z"}}
    dynamodb.put_item(TableName=cloud.outputs["DecisionsTable"], Item=quiet)
    loud = {**quiet, "decision_id": {"S": "loud"}, "outbox": {"S": "act"}}
    dynamodb.put_item(TableName=cloud.outputs["DecisionsTable"], Item=loud)
    cloud.run_until_idle()
    sources = {
        function: [source for call in echoed(cloud, function) for source in call["sources"]]
        for function in ("evaluate-stream", "evaluate-queue", "record-feedback", "enforce")
    }
    assert sources == {
        "evaluate-stream": ["stream/sluice-dev-signals"],
        "evaluate-queue": ["sluice-dev-signals"],
        "record-feedback": ["sluice-dev-feedback"],
        "enforce": ["table/sluice-dev-decisions"],
    }


def test_the_schedule_reaches_its_function_with_the_moment_that_it_is_about(cloud: LocalCloud) -> None:
    """What ends is looked for by the template's own schedule, as of the time that was let pass."""
    moment = datetime(2026, 11, 20, 12, 30, 15, tzinfo=UTC)
    cloud.pass_time(moment, moment)
    (call,) = echoed(cloud, "expire-restrictions")
    assert call["time"] == "2026-11-20T12:30:15Z"
    assert call["environment"]["SLUICE_LEDGER_TABLE"] == cloud.outputs["LedgerTable"]
    assert call["environment"]["SLUICE_DECISIONS_TABLE"] == cloud.outputs["DecisionsTable"]
    assert call["environment"]["SLUICE_FEEDBACK_QUEUE_URL"] == cloud.outputs["FeedbackQueueUrl"]


def test_the_functions_environment_names_what_was_deployed(cloud: LocalCloud) -> None:
    """What a function is told in its environment is what the stack's outputs say, and its secret can be read."""
    cloud.client("sqs").send_message(QueueUrl=cloud.outputs["SignalsQueueUrl"], MessageBody="{}")
    cloud.run_until_idle()
    environment = echoed(cloud, "evaluate-queue")[-1]["environment"]
    assert environment["SLUICE_STAGE"] == "dev"
    for variable, output in {
        "DECISIONS_TABLE": "DecisionsTable",
        "TIMELINES_TABLE": "TimelinesTable",
        "LEDGER_TABLE": "LedgerTable",
        "DEAD_LETTERS_BUCKET": "DeadLettersBucket",
        "INVALID_QUEUE_URL": "InvalidSignalsQueueUrl",
        "POLICY_TABLE": "PolicyTable",
        "POLICY_BUCKET": "PolicyBucket",
    }.items():
        assert environment[f"SLUICE_{variable}"] == cloud.outputs[output]
    secret = cloud.client("secretsmanager").get_secret_value(SecretId=environment["SLUICE_IDENTITY_SECRET"])
    assert len(json.loads(secret["SecretString"])["key"]) == 64


def test_an_action_reaches_the_queue_of_its_capability_and_the_log(cloud: LocalCloud) -> None:
    """An event on the bus is delivered to its capability's queue alone, and written to the catch-all log."""
    detail = {"metadata": {"action_id": "a1"}, "data": {"capability": "withdraw"}}
    entry = {
        "EventBusName": cloud.outputs["BusName"],
        "Source": "sluice",
        "DetailType": "RestrictionPlaced",
        "Detail": json.dumps(detail),
    }
    assert cloud.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
    sqs = cloud.client("sqs")
    depths = {
        url.rpartition("/")[2]: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])[
            "Attributes"
        ]["ApproximateNumberOfMessages"]
        for url in sqs.list_queues()["QueueUrls"]
    }
    assert {name for name, depth in depths.items() if depth != "0"} == {"sluice-dev-act-withdraw"}
    logged = cloud.client("logs").filter_log_events(logGroupName=cloud.outputs["ActionLogGroup"])["events"]
    assert [json.loads(event["message"])["detail"] for event in logged] == [detail]
