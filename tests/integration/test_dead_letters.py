"""Dead letters, through the command: listed, shown whole, redriven without acting, and never lost."""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import pytest
from moto.awslambda_simple.models import lambda_simple_backends

from shared.signals import InvalidSignal, Problem, parse
from shared.stores import Refused
from tests.integration.cli_fixtures import NAME, NOON, STREAM_ARN, Stage, deployed_stage
from tests.support.cli import lines, sluice

pytestmark = pytest.mark.integration

SIGNAL = {
    "specversion": "1.0",
    "id": "1",
    "source": "logins",
    "type": "login.suceeded.v1",
    "time": "2026-11-20T11:59:00Z",
    "subject": "user:u_1",
    "data": {"amount": 1.10},
}
QUEUE_ARN = f"arn:aws:sqs:us-east-1:123456789012:{NAME}-signals"
ENFORCE = f"arn:aws:lambda:us-east-1:123456789012:function:{NAME}-enforce:$LATEST"


@pytest.fixture
def stage() -> Iterator[Stage]:
    with deployed_stage() as stage:
        yield stage


def refuse(stage: Stage, payload: bytes, position: str = f"{STREAM_ARN} shardId-0:7") -> str:
    """A refused signal, as an evaluation keeps it; its id."""
    verdict = InvalidSignal("unknown_type", Problem("type", "is not a signal of Sluice"))
    refused = Refused(payload, position, NOON, verdict)
    stage.invalid.keep(refused)
    return refused.key


def give_up(stage: Stage, info: str, *records: Any, function: str = "function") -> str:
    """A batch that Lambda gave up on, as its on-failure destination writes it; its id."""
    document = {
        "requestContext": {
            "functionArn": function,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 4,
        },
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        info: {"batchSize": len(records), "streamArn": STREAM_ARN},
        "payload": json.dumps({"Records": records}),
    }
    return stage.keep_object("aws/lambda/uuid/shardId-0/2026/11/20/2026-11-20T12.00.00-x", document)


def kinesis_record(payload: bytes) -> dict[str, Any]:
    data = {"partitionKey": "old", "sequenceNumber": "7", "data": b64encode(payload).decode()}
    return {"kinesis": data, "eventSourceARN": STREAM_ARN, "eventID": "shardId-0:7"}


def text(document: Any) -> bytes:
    return json.dumps(document).encode()


def test_no_letters(stage: Stage) -> None:
    """Without dead letters the list is empty and says so by its exit code."""
    result = sluice("deadletters", "list")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no dead letters" in result.stderr


def test_all_three_kinds_are_listed(stage: Stage) -> None:
    """Refused signals, given-up batches and dead-letter queues stand in one list, each with its reason and origin."""
    invalid = refuse(stage, text(SIGNAL))
    given_up = give_up(stage, "KinesisBatchInfo", kinesis_record(text(SIGNAL)))
    message = stage.send("signals-dlq", json.dumps(SIGNAL))
    undelivered = stage.send("act-withdraw-dlq", "{}", ERROR_CODE="NO_PERMISSIONS", ERROR_MESSAGE="denied")
    found = {each["id"]: each for each in lines(sluice("deadletters", "list", "--json"))}
    assert found[invalid]["reason"] == "unknown_type: type: is not a signal of Sluice"
    assert found[invalid]["from"] == found[given_up]["from"] == f"stream/{NAME}-signals"
    assert "RetryAttemptsExhausted after 4 tries" in found[given_up]["reason"]
    assert found[f"sqs/{NAME}-signals-dlq/{message}"]["from"] == f"{NAME}-signals-dlq"
    assert "NO_PERMISSIONS denied" in found[f"sqs/{NAME}-act-withdraw-dlq/{undelivered}"]["reason"]
    assert len(found) == 4


def test_looking_takes_nothing(stage: Stage) -> None:
    """Messages of a dead-letter queue can be seen again at once after they were listed and shown."""
    letter = f"sqs/{NAME}-signals-dlq/{stage.send('signals-dlq', 'body')}"
    assert sluice("deadletters", "list", "--kind", "queue").exit_code == 0
    assert "body" in sluice("deadletters", "show", letter).stdout
    assert stage.in_queue("signals-dlq") == ["body"]


def test_a_long_queue_is_listed_whole(stage: Stage) -> None:
    """More messages than one call receives are all listed, each once."""
    sent = {stage.send("signals-dlq", str(number)) for number in range(25)}
    found = [each["id"].rpartition("/")[2] for each in lines(sluice("deadletters", "list", "--json"))]
    assert sorted(found) == sorted(sent)


def test_a_letter_is_shown_whole(stage: Stage) -> None:
    """A refused signal is shown with its position and its payload, and nothing in it moves the terminal's cursor."""
    letter = refuse(stage, b"{nope \x1b[2J")
    result = sluice("deadletters", "show", letter)
    assert f"{STREAM_ARN} shardId-0:7" in result.stdout
    assert r"{nope \x1b[2J" in result.stdout
    assert sluice("deadletters", "show", "invalid/nothing.json").exit_code == 1


def test_bytes_that_are_no_text_are_kept_and_shown(stage: Stage) -> None:
    """A payload that is no UTF-8 is kept in base64, shown as well as it can be, and stays when redriven."""
    letter = refuse(stage, b"\xff\xfe\x00nope")
    assert "nope" in sluice("deadletters", "show", letter).stdout
    assert sluice("deadletters", "redrive", letter).exit_code == 1
    assert stage.objects() == [letter]


def test_a_refused_signal_goes_back_marked_to_observe(stage: Stage) -> None:
    """Redriving puts the signal on its stream under its subject, marked, and keeps the letter under redriven/."""
    letter = refuse(stage, text(SIGNAL))
    assert sluice("deadletters", "redrive", letter).exit_code == 0
    ((key, data),) = stage.on_the_stream()
    assert key == "user:u_1"
    assert json.loads(data) == SIGNAL | {"sluiceredrive": "observe"}
    assert stage.objects() == [f"redriven/{letter}"]


def test_the_pointer_goes_with_its_letter(stage: Stage) -> None:
    """The queue that pages people loses the pointer to a redriven signal, and keeps the others."""
    letter, other = refuse(stage, text(SIGNAL)), refuse(stage, b"{nope")
    sluice("deadletters", "redrive", letter)
    assert [json.loads(body)["key"] for body in stage.in_queue("invalid-signals")] == [other]


def test_a_redriven_signal_acts_only_when_told(stage: Stage) -> None:
    """With --act the mark says so, whatever mark an earlier redrive left."""
    letter = refuse(stage, text({"sluiceredrive": "observe", **SIGNAL}))
    assert sluice("deadletters", "redrive", letter, "--act").exit_code == 0
    assert json.loads(stage.on_the_stream()[0][1]) == SIGNAL | {"sluiceredrive": "act"}


def test_redriving_keeps_the_content(stage: Stage) -> None:
    """A signal that is redriven keeps its content, to the last number."""
    event = json.loads(sluice("signals", "example", "payment.attempted").stdout)
    payload = text(event).replace(b'"category"', b'"odd": 1e400, "caf\\u00e9": 1.100, "category"')
    sluice("deadletters", "redrive", refuse(stage, payload))
    redriven = parse(stage.on_the_stream()[0][1], NOON)
    assert redriven.digest == parse(payload, NOON).digest
    assert redriven.observe_only


@pytest.mark.parametrize("payload", [b"{nope", b"[1]", b"", b'{"a": 1, "a": 2}', b'{"a": NaN}', b"[" * 200_000])
def test_what_is_no_json_object_stays(stage: Stage, payload: bytes) -> None:
    """What cannot be marked is refused with words and stays where it is."""
    letter = refuse(stage, payload)
    result = sluice("deadletters", "redrive", letter)
    assert result.exit_code == 1
    assert "not a JSON object" in result.stderr
    assert (stage.objects(), stage.on_the_stream()) == ([letter], [])


def test_a_dry_run_moves_nothing(stage: Stage) -> None:
    """A dry run says what would go where and leaves everything."""
    letter = refuse(stage, text(SIGNAL))
    result = sluice("deadletters", "redrive", "--kind", "invalid", "--dry-run")
    assert f"1 to the stream {NAME}-signals, marked observe, not moved" in result.stdout
    assert (stage.objects(), stage.on_the_stream()) == ([letter], [])
    assert len(stage.in_queue("invalid-signals")) == 1


def test_a_signal_of_a_queue_goes_back_to_it(stage: Stage) -> None:
    """A refused signal that came by the queue returns to the queue."""
    assert sluice("deadletters", "redrive", refuse(stage, text(SIGNAL), f"{QUEUE_ARN} m-1")).exit_code == 0
    assert json.loads(stage.in_queue("signals")[0]) == SIGNAL | {"sluiceredrive": "observe"}


def test_a_dead_letter_queue_gives_back_to_its_queue(stage: Stage) -> None:
    """A message of a dead-letter queue goes back, marked, to the queue that gave it up, and leaves its place."""
    letter = f"sqs/{NAME}-feedback-dlq/{stage.send('feedback-dlq', json.dumps(SIGNAL))}"
    assert sluice("deadletters", "redrive", letter).exit_code == 0
    assert json.loads(stage.in_queue("feedback")[0])["sluiceredrive"] == "observe"
    assert stage.in_queue("feedback-dlq") == []


def test_actions_are_given_again_only_when_told(stage: Stage) -> None:
    """A message of a queue of actions acts by its nature: without --act it stays, with it it goes back as it came."""
    stage.send("act-withdraw-dlq", '{"detail": {}}')
    refused = sluice("deadletters", "redrive", "--kind", "queue")
    assert refused.exit_code == 1
    assert "--act" in refused.stderr
    assert stage.in_queue("act-withdraw-dlq") == ['{"detail": {}}']
    assert sluice("deadletters", "redrive", "--kind", "queue", "--act").exit_code == 0
    assert stage.in_queue("act-withdraw") == ['{"detail": {}}']


def test_what_has_no_queue_to_go_back_to_stays(stage: Stage) -> None:
    """A dead-letter queue that no queue feeds cannot be redriven, and the message says what to do."""
    stage.send("log-dlq", "{}")
    result = sluice("deadletters", "redrive", "--kind", "queue", "--act")
    assert result.exit_code == 1
    assert "replay the bus's archive" in result.stderr


def test_a_given_up_batch_goes_back_whole(stage: Stage) -> None:
    """Every record of a batch returns; one that is no signal goes as it is, as evaluation refuses it by itself."""
    letter = give_up(stage, "KinesisBatchInfo", kinesis_record(text(SIGNAL)), kinesis_record(b"{nope"))
    assert sluice("deadletters", "redrive", letter).exit_code == 0
    (first, second) = stage.on_the_stream()
    assert (first[0], json.loads(first[1])["sluiceredrive"]) == ("user:u_1", "observe")
    assert second == ("old", b"{nope")
    assert stage.objects() == [f"redriven/{letter}"]


def test_a_batch_of_the_outbox_acts_only_when_told(stage: Stage) -> None:
    """Records of the table's stream are actions: without --act they stay."""
    letter = give_up(stage, "DDBStreamBatchInfo", {"dynamodb": {"NewImage": {}}}, function=ENFORCE)
    result = sluice("deadletters", "redrive", letter)
    assert result.exit_code == 1
    assert f"actions for the function {NAME}-enforce" in result.stderr
    assert stage.objects() == [letter]


def test_a_function_that_cannot_be_called_keeps_the_letter(stage: Stage) -> None:
    """When the function that a batch of the outbox must be given to is not there, the letter stays."""
    letter = give_up(stage, "DDBStreamBatchInfo", {"dynamodb": {"NewImage": {}}}, function=ENFORCE)
    result = sluice("deadletters", "redrive", letter, "--act")
    assert result.exit_code == 2
    assert "AWS refused Invoke" in result.stderr
    assert stage.objects() == [letter]


@pytest.mark.parametrize(
    ("answer", "code", "lies_in"),
    [({"batchItemFailures": []}, 0, "redriven/"), ({"batchItemFailures": [{"itemIdentifier": "7"}]}, 1, "")],
)
def test_a_batch_of_the_outbox_is_given_to_its_function(answer: dict[str, Any], code: int, lies_in: str) -> None:
    """With --act the function is called with the records; the letter leaves only when it took all of them."""
    with deployed_stage(with_functions=True) as stage:
        lambda_simple_backends["123456789012"]["us-east-1"].lambda_simple_results_queue.append(json.dumps(answer))
        letter = give_up(stage, "DDBStreamBatchInfo", {"dynamodb": {"NewImage": {}}}, function=ENFORCE)
        assert sluice("deadletters", "redrive", letter, "--act").exit_code == code
        assert stage.objects() == [lies_in + letter]


def test_a_letter_without_its_records_stays(stage: Stage) -> None:
    """A batch of which only the place is known cannot be redriven, and the message says where to look."""
    letter = stage.keep_object("aws/lambda/x", {"requestContext": {}, "KinesisBatchInfo": {}})
    result = sluice("deadletters", "redrive", letter)
    assert result.exit_code == 1
    assert "look at the stream itself" in result.stderr
    assert sluice("deadletters", "show", letter).exit_code == 0


def test_a_put_that_fails_keeps_the_letter(stage: Stage) -> None:
    """When the stream does not take the signal, the letter stays and one sentence says why."""
    letter = refuse(stage, text(SIGNAL))
    stage.client("kinesis").delete_stream(StreamName=stage.outputs["SignalsStream"])
    result = sluice("deadletters", "redrive", letter)
    assert result.exit_code == 2
    assert "AWS refused PutRecord: ResourceNotFoundException" in result.stderr
    assert stage.objects() == [letter]


def test_ids_and_kind_exclude_each_other(stage: Stage) -> None:
    """Redriving needs to be told what, in one way."""
    assert sluice("deadletters", "redrive").exit_code == 2
    assert sluice("deadletters", "redrive", "x", "--kind", "queue").exit_code == 2
    assert sluice("deadletters", "redrive", "x").exit_code == 1
