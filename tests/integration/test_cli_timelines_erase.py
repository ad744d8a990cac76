"""`sluice timelines erase`: the right to be forgotten."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.signals import InvalidSignal, Problem
from shared.stores import Refused
from tests.integration.cli_fixtures import STREAM_ARN, Stage, deployed_stage
from tests.integration.timelines_fixtures import (
    CARD,
    ERASE,
    USER,
    a_signal,
    decided,
    dying_after,
    event,
    items,
    remembered,
    timelines_of,
)
from tests.support.cli import sluice
from tests.support.faults import Crash

pytestmark = pytest.mark.integration


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.chdir(tmp_path)
    with deployed_stage() as stage:
        yield stage


def test_erasing_takes_everything_that_is_known(stage: Stage) -> None:
    """Timelines go, elements in others' timelines go, and what is personal in decisions goes."""
    mine, others = decided(stage, a_signal(1)), decided(stage, a_signal(2, buyer="u_2"))
    result = sluice(*ERASE)
    assert result.exit_code == 0
    assert timelines_of(stage, USER) == []
    events = {each["event"] for each in remembered(CARD)}
    assert events == {others[:16]}
    record = next(item for item in items(stage, "DecisionsTable") if item["decision_id"]["S"] == mine)
    assert record["kind"]["S"] == "erased"
    assert "u_1" not in json.dumps(record)
    assert sluice("decisions", "list", "--subject", USER).exit_code == 1


def test_the_signal_of_an_erased_decision_is_no_new_one(stage: Stage) -> None:
    """The id stays: the same signal again finds its decision, with nothing to remember."""
    mine = decided(stage, a_signal(1))
    sluice(*ERASE)
    (found,) = stage.decisions.existing([mine]).values()
    assert (found.decision_id, found.entries) == (mine, ())


def test_lost_words_keep_nobody_from_being_erased(stage: Stage) -> None:
    """What a capsule was packed with is asked for by whoever reads it, and erasing reads none."""
    decided(stage, a_signal(1))
    table = stage.outputs["DecisionsTable"]
    keys = [item["decision_id"] for item in stage.client("dynamodb").scan(TableName=table)["Items"]]
    (words,) = (key for key in keys if key["S"].startswith("words#"))
    stage.client("dynamodb").delete_item(TableName=table, Key={"decision_id": words})
    assert sluice(*ERASE).exit_code == 0
    assert {item["kind"]["S"] for item in items(stage, "DecisionsTable")} == {"erased", "erasure"}


def test_an_erased_decision_can_still_be_looked_at(stage: Stage) -> None:
    """It says what came of it, and when it was erased."""
    mine = decided(stage, a_signal(1))
    sluice(*ERASE)
    result = sluice("decisions", "show", mine)
    assert result.exit_code == 0
    assert "erased" in result.stdout


def test_a_decision_says_in_how_many_tiles_its_signal_is_remembered(stage: Stage) -> None:
    """For pipes and for people, a decision that remembers something can be shown."""
    mine = decided(stage, a_signal(1))
    (found,) = stage.decisions.existing([mine]).values()
    assert len(found.entries) > 1
    shown = json.loads(sluice("decisions", "show", mine, "--json").stdout)
    assert shown["remembered"] == len(found.entries)
    assert sluice("decisions", "show", mine).exit_code == 0


def test_refused_signals_that_name_it_go(stage: Stage) -> None:
    """A refused signal lies in the bucket whole: it is deleted with all its versions, others stay."""
    verdict = InvalidSignal("unknown_type", Problem("type", "is not a signal of Sluice"))
    stage.client("s3").put_bucket_versioning(
        Bucket=stage.outputs["DeadLettersBucket"], VersioningConfiguration={"Status": "Enabled"}
    )
    kept = []
    for number, buyer in enumerate(("u_1", "u_10")):
        payload = json.dumps(event(number, buyer=buyer)).encode()
        refused = Refused(payload, f"{STREAM_ARN} shardId-0:{number}", datetime.now(UTC), verdict)
        stage.invalid.keep(refused)
        kept.append(refused.key)
    assert sluice(*ERASE).exit_code == 0
    assert stage.objects() == [kept[1]]
    versions = stage.client("s3").list_object_versions(Bucket=stage.outputs["DeadLettersBucket"])
    assert [each["Key"] for each in versions["Versions"]] == [kept[1]]


def test_restrictions_stay_with_their_reasons(stage: Stage) -> None:
    """What is in force for an erased user stays in force, and the command says so before it asks."""
    decided(stage, a_signal(1))
    stage.restrict(USER, "withdraw", source="rule:x", at=datetime.now(UTC) - timedelta(hours=1))
    result = sluice(*ERASE)
    assert "withdraw is stopped until" in result.stderr
    assert "It looked odd." in result.stderr
    assert sluice("restrictions", "show", USER).exit_code == 0


def test_nobody_is_erased_without_being_asked(stage: Stage) -> None:
    """Without --yes it asks, and a no leaves everything."""
    decided(stage, a_signal(1))
    before = items(stage, "TimelinesTable")
    result = sluice(*ERASE[:-1], given="n\n")
    assert result.exit_code == 2
    assert items(stage, "TimelinesTable") == before


def test_an_erasure_is_recorded_without_a_name(stage: Stage) -> None:
    """It stays known that something was erased, by whom and why, and not whose it was."""
    decided(stage, a_signal(1))
    erasure_id = sluice(*ERASE).stdout.strip()
    record = next(item for item in items(stage, "DecisionsTable") if item["decision_id"]["S"] == erasure_id)
    assert record["why"]["S"] == "request 7"
    assert "u_1" not in json.dumps(record)


def test_an_erasure_without_a_reason_erases_nothing(stage: Stage) -> None:
    """A reason that says nothing is refused before anything is gone."""
    decided(stage, a_signal(1))
    before = items(stage, "DecisionsTable")
    assert sluice("timelines", "erase", USER, "--why", " ", "--yes").exit_code == 2
    assert items(stage, "DecisionsTable") == before


@pytest.mark.parametrize("writes", range(8))
def test_no_erasure_goes_without_a_note(stage: Stage, writes: int) -> None:
    """Wherever it stops, whatever is gone by then was noted."""
    for number in (1, 2):
        decided(stage, a_signal(number))
    with pytest.raises(Crash), dying_after("UpdateItem PutItem DeleteItem", writes):
        sluice(*ERASE)
    kinds = {item["kind"]["S"] for item in items(stage, "DecisionsTable")}
    assert "erasure" in kinds or (kinds == {"decision"} and timelines_of(stage, USER))


def test_an_erasure_passes_what_another_hand_edited(stage: Stage) -> None:
    """A tile of somebody else that is none any more is left and told; everything else is erased."""
    decided(stage, a_signal(1))
    tile = next(key for key in timelines_of(stage, CARD) if key != "summary")
    edited = {"entity": {"S": CARD}, "tile": {"S": tile}, "events": {"S": "odd"}}
    stage.client("dynamodb").put_item(TableName=stage.outputs["TimelinesTable"], Item=edited)
    result = sluice(*ERASE)
    assert result.exit_code == 0
    assert f"{tile} of {CARD}" in result.stderr
    assert edited in items(stage, "TimelinesTable")
    assert {item["kind"]["S"] for item in items(stage, "DecisionsTable")} == {"erased", "erasure"}


@pytest.mark.parametrize(
    ("key", "kept"),
    [
        ("invalid/deep", {"payload": "[" * 100_000}),
        ("invalid/odd", {"payload_base64": "?"}),
        ("aws/lambda/text", {"payload": "not json"}),
        ("aws/lambda/list", {"payload": {"Records": ["odd"]}}),
        ("aws/lambda/coded", {"payload": {"Records": [{"kinesis": {"data": "?", "partitionKey": "p"}}]}}),
    ],
)
def test_no_dead_letter_keeps_an_erasure_from_its_work(stage: Stage, key: str, kept: Any) -> None:
    """Whatever lies in the bucket is looked through as it is."""
    decided(stage, a_signal(1))
    stage.keep_object(key, kept)
    assert sluice(*ERASE).exit_code == 0
    assert timelines_of(stage, USER) == []


@pytest.mark.parametrize(
    "payload",
    [
        '{"data": {"user_id": 123}}',
        '{"data": {"user_id": "123", "user_id": "124"}}',
        '{"data": {"user_id": "123"',
        '{"data": {"user_id": "\\u0031\\u0032\\u0033"}}',
    ],
    ids=["number", "twice", "cut", "escaped"],
)
def test_a_refused_signal_is_found_however_it_was_written(stage: Stage, payload: str) -> None:
    """Refused are the odd ones: ids that are numbers, keys that stand twice, texts that break off."""
    mine = stage.keep_object("invalid/mine", {"payload": payload})
    others = stage.keep_object("invalid/others", {"payload": '{"data": {"user_id": 1234, "amount": 0.123}}'})
    assert stage.objects() == sorted([mine, others])
    assert sluice("timelines", "erase", "user:123", "--why", "request 8", "--yes").exit_code == 0
    assert stage.objects() == [others]


def test_nobody_is_found_to_erase(stage: Stage) -> None:
    """Of an entity that nothing is known of nothing is erased, and the exit code says so."""
    assert sluice(*ERASE).exit_code == 1


@pytest.mark.parametrize("writes", range(8))
def test_an_erasure_that_stops_is_finished_by_the_next(stage: Stage, writes: int) -> None:
    """Wherever it stops, the same command takes what is left."""
    for number in (1, 2):
        decided(stage, a_signal(number))
    with pytest.raises(Crash), dying_after("UpdateItem PutItem DeleteItem", writes):
        sluice(*ERASE)
    assert sluice(*ERASE).exit_code == 0
    assert timelines_of(stage, USER) == []
    assert "u_1" not in json.dumps(items(stage, "DecisionsTable"))
    assert sluice("timelines", "show", CARD).exit_code == 1
