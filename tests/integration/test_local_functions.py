"""The stand-in for Lambda's queue poller and runtime, and the local cloud's server, against throw-away handlers."""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.local.cloud import LocalCloud
from infra.local.connection import LocalCloudNotUpError, connect
from infra.local.emulator import AlreadyUpError, PortTakenError
from infra.local.mappings import MappingError

pytestmark = pytest.mark.integration

Build = Callable[..., LocalCloud]

PRINTS_BODIES = """
    import json

    def handler(event, context):
        print(json.dumps([record["body"] for record in event["Records"]]))
"""
REPORTS_POISON = """
    import json

    def handler(event, context):
        print(json.dumps(sorted(record["body"] for record in event["Records"])))
        failed = [record["messageId"] for record in event["Records"] if record["body"] == "poison"]
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
"""


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Builds, but does not start, a local cloud with one queue, its dead-letter queue, and one handler."""

    def built(
        handler: str,
        *,
        timeout: int = 3,
        environment: dict[str, str] | None = None,
        queue: dict[str, Any] | None = None,
        **mapping: Any,
    ) -> LocalCloud:
        module = f"throwaway_{uuid.uuid4().hex}"
        (tmp_path / f"{module}.py").write_text(textwrap.dedent(handler), encoding="utf-8")
        redrive = {"RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}, "maxReceiveCount": 2}}
        template = {
            "Resources": {
                "Dead": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "dead"}},
                "Queue": {
                    "Type": "AWS::SQS::Queue",
                    "Properties": {
                        "QueueName": "queue",
                        "VisibilityTimeout": 600,
                        **(redrive if queue is None else queue),
                    },
                },
                "Function": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {
                        "FunctionName": "function",
                        "Handler": f"{module}.handler",
                        "Timeout": timeout,
                        "MemorySize": 512,
                        "Environment": {"Variables": environment or {}},
                    },
                },
                "Mapping": {
                    "Type": "AWS::Lambda::EventSourceMapping",
                    "Properties": {
                        "FunctionName": {"Ref": "Function"},
                        "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
                        "FunctionResponseTypes": ["ReportBatchItemFailures"],
                        **mapping,
                    },
                },
            },
            "Outputs": {"QueueUrl": {"Value": {"Ref": "Queue"}}, "DeadUrl": {"Value": {"Ref": "Dead"}}},
        }
        return LocalCloud("test", template=template, code=tmp_path, state=tmp_path / "state")

    return built


def send(cloud: LocalCloud, *bodies: str) -> None:
    for body in bodies:
        cloud.client("sqs").send_message(QueueUrl=cloud.outputs["QueueUrl"], MessageBody=body)


def received(cloud: LocalCloud, output: str) -> list[str]:
    reply = cloud.client("sqs").receive_message(
        QueueUrl=cloud.outputs[output], MaxNumberOfMessages=10, VisibilityTimeout=0, WaitTimeSeconds=0
    )
    return [message["Body"] for message in reply.get("Messages", [])]


def printed(cloud: LocalCloud) -> list[Any]:
    lines = (cloud.logs / "function.log").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.startswith(('["', "{"))]


def test_only_the_failed_messages_come_again_and_end_in_the_dead_letter_queue(build: Build) -> None:
    """What succeeded is deleted; what failed comes again until its receives are used up, then it is a dead letter."""
    with build(REPORTS_POISON) as cloud:
        send(cloud, "a", "poison", "b")
        cloud.run_until_idle()
        assert printed(cloud) == [["a", "b", "poison"], ["poison"]]
        assert received(cloud, "DeadUrl") == ["poison"]
        assert cloud.stats["function"].partial_failures == 2


def test_a_failed_invocation_brings_back_the_whole_batch(build: Build) -> None:
    """An exception fails each message of the batch, and its reason is kept in the stats and in the function's log."""
    handler = """
    def handler(event, context):
        raise ValueError("no luck")
    """
    with build(handler) as cloud:
        send(cloud, "a", "b")
        cloud.run_until_idle()
        assert sorted(received(cloud, "DeadUrl")) == ["a", "b"]
        assert cloud.stats["function"].failures == 2
        assert cloud.stats["function"].last_error == "ValueError: no luck"
        assert "Traceback" in (cloud.logs / "function.log").read_text(encoding="utf-8")


def test_batches_of_more_than_ten_messages_are_put_together(build: Build) -> None:
    """A batch size above what one receive gives is filled with several, and deleted whole."""
    with build(PRINTS_BODIES, BatchSize=25) as cloud:
        send(cloud, *(str(number) for number in range(30)))
        cloud.run_until_idle()
        assert [len(batch) for batch in printed(cloud)] == [25, 5]
        assert received(cloud, "QueueUrl") == []


def test_filtered_messages_are_deleted(build: Build) -> None:
    """A message that no filter wants is gone without an invocation."""
    filters = {"Filters": [{"Pattern": json.dumps({"body": {"kind": ["wanted"]}})}]}
    with build(PRINTS_BODIES, FilterCriteria=filters) as cloud:
        send(cloud, '{"kind": "wanted"}', '{"kind": "other"}', "not JSON")
        cloud.run_until_idle()
        assert printed(cloud) == [['{"kind": "wanted"}']]
        assert received(cloud, "QueueUrl") == []
        assert cloud.stats["function"].filtered == 2


def test_messages_have_lambdas_shape(build: Build) -> None:
    """A message arrives with its system attributes as strings and its message attributes in Lambda's spelling."""
    handler = """
    import json

    def handler(event, context):
        print(json.dumps(event["Records"][0]))
    """
    with build(handler) as cloud:
        cloud.client("sqs").send_message(
            QueueUrl=cloud.outputs["QueueUrl"],
            MessageBody="hello",
            MessageAttributes={"kind": {"DataType": "String", "StringValue": "greeting"}},
        )
        cloud.run_until_idle()
        (record,) = printed(cloud)
    assert record["body"] == "hello"
    assert record["attributes"]["SentTimestamp"].isdigit()
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["messageAttributes"]["kind"]["stringValue"] == "greeting"
    assert record["eventSourceARN"] == "arn:aws:sqs:us-east-1:123456789012:queue"


def test_a_queue_without_dead_letters_is_refused(build: Build) -> None:
    """A queue whose poison would come for ever does not start, and the environment is as before."""
    before = dict(os.environ)
    with pytest.raises(MappingError, match="RedrivePolicy"), build(PRINTS_BODIES, queue={}):
        pass
    assert dict(os.environ) == before


def test_a_function_sees_the_templates_environment_alone(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler sees the template's variables and Lambda's own, nothing of ours, and what it sets does not stay."""
    handler = """
    import json, os

    AT_IMPORT = os.environ["SETTING"]

    def handler(event, context):
        print(json.dumps({"at_import": AT_IMPORT, **os.environ}))
        os.environ["LEFT_BEHIND"] = "yes"
    """
    monkeypatch.setenv("OURS", "secret")
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    before = dict(os.environ)
    with build(handler, environment={"SETTING": "from the template"}) as cloud:
        send(cloud, "a")
        cloud.run_until_idle()
        (seen,) = printed(cloud)
    assert seen["at_import"] == seen["SETTING"] == "from the template"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "function"
    assert not {"OURS", "AWS_PROFILE", "PYTEST_CURRENT_TEST"} & set(seen)
    assert dict(os.environ) == before


def test_what_code_remembers_belongs_to_its_function(build: Build, tmp_path: Path) -> None:
    """Modules, also those that the handler imports, stay between invocations, and nobody else sees them."""
    helper = f"helper_{uuid.uuid4().hex}"
    (tmp_path / f"{helper}.py").write_text("calls = []", encoding="utf-8")
    handler = f"""
    import json
    from {helper} import calls

    def handler(event, context):
        calls.append(1)
        print(json.dumps({{"calls": len(calls)}}))
    """
    for _ in range(2):
        with build(handler, BatchSize=1) as cloud:
            send(cloud, "a", "b")
            cloud.run_until_idle()
            assert printed(cloud) == [{"calls": 1}, {"calls": 2}]
        assert helper not in sys.modules


def test_a_function_that_sleeps_past_its_time_out_is_ended(build: Build) -> None:
    """A time-out fails the batch, even if the handler catches exceptions, and the next call imports it afresh."""
    handler = """
    import json, time

    calls = []

    def handler(event, context):
        calls.append(1)
        print(json.dumps({"calls": len(calls), "left": context.get_remaining_time_in_millis()}))
        try:
            time.sleep(60)
        except Exception:
            pass
    """
    with build(handler, timeout=1) as cloud:
        send(cloud, "a")
        cloud.run_until_idle()
        assert [each["calls"] for each in printed(cloud)] == [1, 1]
        assert all(0 < each["left"] <= 1000 for each in printed(cloud))
        assert cloud.stats["function"].last_error == "function timed out after 1 seconds"
        assert received(cloud, "DeadUrl") == ["a"]


def test_someone_elses_timer_survives_an_invocation(build: Build) -> None:
    """A timer that was running before an invocation, such as a test runner's, still runs after it."""
    before = signal.getsignal(signal.SIGALRM)
    left_before, _ = signal.getitimer(signal.ITIMER_REAL)
    if not left_before:
        signal.setitimer(signal.ITIMER_REAL, 500)
    try:
        with build(PRINTS_BODIES) as cloud:
            send(cloud, "a")
            cloud.run_until_idle()
        left, _ = signal.getitimer(signal.ITIMER_REAL)
        assert left > 3  # the function's own time-out
        assert signal.getsignal(signal.SIGALRM) is before
    finally:
        if not left_before:
            signal.setitimer(signal.ITIMER_REAL, 0)


def test_a_handler_that_cannot_be_imported_fails_its_batches(build: Build) -> None:
    """A failing import is a failed invocation with its reason, and is tried again at the next one."""
    with build("raise RuntimeError('SLUICE_BUS is not set')") as cloud:
        send(cloud, "a")
        cloud.run_until_idle()
        assert cloud.stats["function"].failures == 2
        assert cloud.stats["function"].last_error == "RuntimeError: SLUICE_BUS is not set"


def test_an_interrupt_ends_everything_cleanly(build: Build, tmp_path: Path) -> None:
    """Ctrl-C inside a handler gets through; the environment, boto3 and the state file are as before."""
    handler = """
    def handler(event, context):
        raise KeyboardInterrupt
    """
    before = dict(os.environ)
    state = tmp_path / "state" / "local.json"
    with build(handler) as cloud:
        cloud.serve(0)
        assert state.exists()
        send(cloud, "a")
        with pytest.raises(KeyboardInterrupt):
            cloud.run_forever()
    assert dict(os.environ) == before
    assert not state.exists()
    with pytest.raises(LocalCloudNotUpError, match="sluice local up"):
        connect(state)


def test_another_process_shares_the_state_over_http(build: Build, tmp_path: Path) -> None:
    """What another process sends over HTTP reaches the handlers here, and it sees what was sent in process."""
    script = """
import boto3, sys
from pathlib import Path
from infra.local.connection import connect
connection = connect(Path(sys.argv[1]))
sqs = boto3.client("sqs", **connection.client_arguments())
sqs.send_message(QueueUrl=connection.outputs["QueueUrl"], MessageBody="from outside")
print(sqs.receive_message(QueueUrl=connection.outputs["DeadUrl"])["Messages"][0]["Body"])
assert "moto" not in sys.modules
"""
    with build(PRINTS_BODIES) as cloud:
        cloud.client("sqs").send_message(QueueUrl=cloud.outputs["DeadUrl"], MessageBody="from inside")
        endpoint = cloud.serve(0)
        assert endpoint.startswith("http://127.0.0.1:")
        done = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / "state" / "local.json")],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stdout == "from inside\n"
        cloud.run_until_idle()
        assert printed(cloud) == [["from outside"]]


def test_a_long_poll_over_http_does_not_stop_the_others(build: Build) -> None:
    """While one client waits for a message, another's message gets in, and the first one gets it."""
    with build(PRINTS_BODIES) as cloud:
        endpoint = cloud.serve(0)
        session = boto3.Session()
        outside = session.client("sqs", endpoint_url=endpoint, region_name="us-east-1")
        got: list[str] = []

        def wait() -> None:
            reply = outside.receive_message(QueueUrl=cloud.outputs["DeadUrl"], WaitTimeSeconds=20)
            got.extend(message["Body"] for message in reply["Messages"])

        waiting = threading.Thread(target=wait)
        waiting.start()
        cloud.client("sqs").send_message(QueueUrl=cloud.outputs["DeadUrl"], MessageBody="at last")
        waiting.join(timeout=30)
        outside.close()
    assert got == ["at last"]


def test_a_taken_port_and_a_second_cloud_are_told(build: Build) -> None:
    """A port that is in use, and a folder from which a cloud is served already, are refused with what to do."""
    with build(PRINTS_BODIES) as cloud, socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortTakenError, match="choose another port"):
            cloud.serve(taken.getsockname()[1])
        cloud.serve(0)
        with pytest.raises(AlreadyUpError, match="stop it first"):
            cloud.serve(0)


def test_one_process_has_one_local_cloud(build: Build) -> None:
    """A second cloud in a process would share the AWS of the first, so it is refused, and the first goes on."""
    with build(PRINTS_BODIES) as cloud:
        with pytest.raises(AlreadyUpError, match="close it first"), build(PRINTS_BODIES):
            pass
        send(cloud, "a")
        cloud.run_until_idle()
        assert printed(cloud) == [["a"]]
