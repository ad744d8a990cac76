"""The handlers, called as Lambda calls them, on the policy that ships."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from shared.runtime import roots
from shared.runtime.settings import SettingsError
from tests.support.aws import World
from tests.support.signals import event, kinesis_record, sqs_record

pytestmark = pytest.mark.integration

Handlers = Callable[[str], Callable[[dict[str, Any]], dict[str, Any]]]
LOGIN = event("login.succeeded", "l1")
PAYMENT = event("payment.attempted", "p1", 5)
DISPUTE = event("dispute.opened", "c1", 9)


def emitted(capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    """The metrics that the invocation put out, by name."""
    found = {}
    for line in capsys.readouterr().out.splitlines():
        document = json.loads(line)
        for directive in document.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == "Sluice"
            found |= {metric["Name"]: document[metric["Name"]][0] for metric in directive["Metrics"]}
    return found


def test_a_stream_batch_is_judged_and_acknowledged(
    handler: Handlers, cloud: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Records in, decisions in the table, no failures in the answer, and the counts as metrics."""
    answer = handler("evaluate_stream")({"Records": [kinesis_record(1, LOGIN), kinesis_record(2, PAYMENT)]})

    assert answer == {"batchItemFailures": []}
    assert {item["signal_id"] for item in cloud.items("decisions")} == {"l1", "p1"}
    metrics = emitted(capsys)
    assert metrics["SignalsJudged"] == 2
    assert metrics["InvalidSignals"] == 0 if "InvalidSignals" in metrics else True


@pytest.mark.parametrize("name", ["evaluate_queue", "record_feedback"])
def test_a_queue_batch_is_judged_and_acknowledged(handler: Handlers, cloud: World, name: str) -> None:
    """Messages in, decisions in the table, no failures in the answer."""
    answer = handler(name)({"Records": [sqs_record(1, PAYMENT), sqs_record(2, DISPUTE)]})

    assert answer == {"batchItemFailures": []}
    assert {item["signal_id"] for item in cloud.items("decisions")} == {"p1", "c1"}


def test_a_decision_leaves_through_enforce(handler: Handlers, cloud: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The record that `evaluate_stream` inserted is what `enforce` publishes."""
    handler("evaluate_stream")({"Records": [kinesis_record(1, PAYMENT)]})
    capsys.readouterr()
    bus = listen(cloud)

    answer = handler("enforce")({"Records": cloud.outbox()})

    assert answer == {"batchItemFailures": []}
    (made,) = (each["detail"] for each in cloud.messages(bus) if each["detail-type"] == "DecisionMade")
    assert made["data"]["signal_id"] == "p1"
    assert emitted(capsys)["ActionsPublished"] >= 1


@pytest.mark.parametrize("name", ["evaluate_stream", "evaluate_queue", "record_feedback", "enforce"])
def test_an_empty_batch_is_acknowledged(handler: Handlers, name: str) -> None:
    """Nothing came: nothing fails."""
    assert handler(name)({"Records": []}) == {"batchItemFailures": []}


def test_failures_are_named_as_the_service_wants_them(handler: Handlers, cloud: World) -> None:
    """SQS hears each failed message, Kinesis the lowest failed sequence number; then all is well again."""
    queue = {"Records": [sqs_record(1, LOGIN), sqs_record(2, b"no signal"), sqs_record(3, b"none either")]}
    stream = {"Records": [kinesis_record(1, LOGIN), kinesis_record(2, b"no signal"), kinesis_record(3, PAYMENT)]}
    handler("evaluate_queue")({"Records": []})
    cloud.aws.calm["s3"].delete_bucket(Bucket=cloud.bucket)

    failed = handler("evaluate_queue")(queue)
    assert failed == {"batchItemFailures": [{"itemIdentifier": "message-2"}, {"itemIdentifier": "message-3"}]}
    assert handler("evaluate_stream")(stream) == {"batchItemFailures": [{"itemIdentifier": "2"}]}

    cloud.aws.calm["s3"].create_bucket(Bucket=cloud.bucket)
    assert handler("evaluate_stream")(stream) == {"batchItemFailures": []}
    assert len(cloud.state().decisions) == 2
    assert len(cloud.kept()) == 1


@pytest.mark.parametrize("name", ["evaluate_stream", "evaluate_queue", "record_feedback", "enforce"])
def test_a_function_without_its_settings_does_not_start_and_names_them_all(
    handler: Handlers, cloud: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Every missing variable is in the message, and the batch is not acknowledged."""
    for variable in cloud.environment:
        monkeypatch.delenv(variable)
    needed = {"SLUICE_STAGE", "SLUICE_LEDGER_TABLE"}
    needed |= {"SLUICE_BUS"} if name == "enforce" else {"SLUICE_DECISIONS_TABLE", "SLUICE_IDENTITY_SECRET"}

    with pytest.raises(SettingsError) as error:
        handler(name)({"Records": []})

    assert needed <= {finding.split(":")[0] for finding in str(error.value).split("; ")}


def test_a_setting_that_is_wrong_is_named_with_what_it_is(handler: Handlers, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says which variable, what is allowed, and what was found."""
    monkeypatch.setenv("SLUICE_WRITERS", "many")

    with pytest.raises(SettingsError, match=r"SLUICE_WRITERS: .*integer.*'many'"):
        handler("evaluate_stream")({"Records": []})


def test_a_function_that_cannot_start_starts_when_its_settings_are_mended(
    handler: Handlers, cloud: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed start is not remembered."""
    monkeypatch.delenv("SLUICE_BUS")
    enforce = handler("enforce")
    with pytest.raises(SettingsError):
        enforce({"Records": []})

    monkeypatch.setenv("SLUICE_BUS", cloud.bus)

    assert enforce({"Records": []}) == {"batchItemFailures": []}


def test_what_a_function_needs_is_built_once_per_process(handler: Handlers) -> None:
    """The second event finds the clients and the policy of the first."""
    handler("evaluate_stream")({"Records": []})
    built = roots.evaluation()
    handler("evaluate_stream")({"Records": []})

    assert roots.evaluation() is built


def test_a_function_that_cannot_work_does_not_start_on_lambda(
    handler: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Lambda starts the process, loading the handler builds what it needs, and fails where that is not there."""
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    monkeypatch.delenv("SLUICE_BUS")

    with pytest.raises(SettingsError, match="SLUICE_BUS: is not set"):
        handler("enforce")


def listen(cloud: World) -> str:
    """A queue that everything on the bus comes to."""
    events: Mapping[str, Any] = {"source": ["sluice"]}
    queue = cloud.aws.calm["sqs"].create_queue(QueueName=f"{cloud.name}-all")["QueueUrl"]
    cloud.aws.calm["events"].put_rule(Name="all", EventBusName=cloud.bus, EventPattern=json.dumps(events))
    target = {"Id": "queue", "Arn": f"arn:aws:sqs:us-east-1:123456789012:{cloud.name}-all"}
    cloud.aws.calm["events"].put_targets(Rule="all", EventBusName=cloud.bus, Targets=[target])
    return str(queue)
