"""The handlers as they are, under Lambda's real runtime client, with nothing but their own variables."""

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.local.synthesis import synthesised_template
from tests.benchmarks.template import STAGE, environment
from tests.benchmarks.traffic import Sent, example, kinesis_event, sqs_event
from tests.runtime_api import ROOT, Outcome, RuntimeApi, function_process
from tests.stub.services import Stub, running

pytest.importorskip("awslambdaric", reason="Lambda's runtime client runs on Linux only")
pytestmark = pytest.mark.integration

NOTHING_FAILED: dict[str, list[dict[str, str]]] = {"batchItemFailures": []}
BROKEN = Sent("broken", "user:u_1", b'{"not": "a signal"}', example("login.failed").received_at)


@pytest.fixture(scope="module")
def aws() -> Iterator[Stub]:
    with running() as stub:
        yield stub


def variables(function: str, aws: Stub) -> dict[str, str]:
    return environment(synthesised_template(STAGE), function, aws.endpoint)


def outcomes(environment: Mapping[str, str], *events: dict[str, Any], folder: Path = ROOT) -> list[Outcome]:
    """What one process of the function says about events, in turn."""
    with RuntimeApi() as api, function_process(api, environment, folder=folder):
        return [api.outcome(event) for event in events]


def recorded(aws: Stub, signal: Sent) -> list[dict[str, Any]]:
    """The decision records about a signal that the table's stream has."""
    signal_id = json.loads(signal.payload)["id"]
    images = [change["dynamodb"]["NewImage"] for change in aws.changes(0)]
    return [image for image in images if image.get("signal_id") == {"S": signal_id}]


def test_evaluate_stream_answers(aws: Stub) -> None:
    """evaluate_stream judges a Kinesis batch, keeps what is broken aside, and asks for nothing again."""
    signals = [example("payment.attempted", 1), example("login.succeeded", 1)]
    (answer,) = outcomes(variables("evaluate_stream", aws), kinesis_event([signals[0], BROKEN, signals[1]]))
    assert (answer.kind, answer.body) == ("response", NOTHING_FAILED)
    assert [len(recorded(aws, signal)) for signal in signals] == [1, 1]
    assert aws.counts()["PutObject"]["calls"] == 1


def test_a_warm_process_answers_again(aws: Stub) -> None:
    """The second batch of a process is answered like the first, and the same signal has one record still."""
    event = kinesis_event([example("message.sent", 1)])
    first, second = outcomes(variables("evaluate_stream", aws), event, event)
    assert first.body == second.body == NOTHING_FAILED
    assert len(recorded(aws, example("message.sent", 1))) == 1


def test_evaluate_queue_answers(aws: Stub) -> None:
    """evaluate_queue judges an SQS batch."""
    signal = example("listing.submitted", 1)
    (answer,) = outcomes(variables("evaluate_queue", aws), sqs_event([signal], "sluice-dev-signals"))
    assert (answer.kind, answer.body) == ("response", NOTHING_FAILED)
    assert len(recorded(aws, signal)) == 1


def test_record_feedback_answers(aws: Stub) -> None:
    """record_feedback records a dispute with its label."""
    signal = example("dispute.opened", 1)
    (answer,) = outcomes(variables("record_feedback", aws), sqs_event([signal], "sluice-dev-feedback"))
    assert (answer.kind, answer.body) == ("response", NOTHING_FAILED)
    assert ["label" in record for record in recorded(aws, signal)] == [True]


def test_enforce_answers(aws: Stub) -> None:
    """enforce publishes what a gating decision asks for."""
    signal = example("payout.requested", 1)
    outcomes(variables("evaluate_stream", aws), kinesis_event([signal]))
    asking = [change for change in aws.changes(0) if "outbox" in change["dynamodb"]["NewImage"]]
    for change in asking:
        change["dynamodb"]["ApproximateCreationDateTime"] = time.time()  # what waited for long would be stale
    aws.start_afresh()
    (answer,) = outcomes(variables("enforce", aws), {"Records": asking})
    assert (answer.kind, answer.body) == ("response", NOTHING_FAILED)
    assert aws.counts()["PutEvents"]["calls"] >= 1


def test_a_service_that_cannot_be_read_fails_the_batch(aws: Stub) -> None:
    """When a table cannot even be read, the invocation fails in the service's words, and Lambda gives it again."""
    event = kinesis_event([example("login.failed", 1)])
    (answer,) = outcomes(variables("evaluate_stream", aws) | {"SLUICE_DECISIONS_TABLE": "no-such-table"}, event)
    assert answer.kind == "error"
    assert "no-such-table" in answer.body["errorMessage"]


@pytest.mark.parametrize("function", ["evaluate_stream", "evaluate_queue", "record_feedback", "enforce"])
def test_a_missing_variable_is_named(aws: Stub, function: str) -> None:
    """A function without one of its variables says which one is not set."""
    environment = variables(function, aws)
    del environment["SLUICE_LEDGER_TABLE"]
    (answer,) = outcomes(environment, {"Records": []})
    assert answer.kind in ("error", "init_error")
    assert answer.body["errorType"] == "SettingsError"
    assert "SLUICE_LEDGER_TABLE: is not set" in answer.body["errorMessage"]


def test_a_broken_policy_is_shown(aws: Stub, tmp_path: Path) -> None:
    """A policy with a syntax error stops the function, with file, line and column."""
    for package in ("functions", "shared"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "shared" / "policies" / "broken.yaml").write_text(
        "rules:\n  broken:\n    abuse: phishing\n    on: message.sent\n    when: first_contact andd has_link\n"
    )
    (answer,) = outcomes(variables("evaluate_stream", aws), {"Records": []}, folder=tmp_path)
    assert answer.kind in ("error", "init_error")
    assert answer.body["errorType"] == "PolicyError"
    assert "broken.yaml:5:" in answer.body["errorMessage"]
