"""`sluice timelines`: what is remembered, a past from a file, and the right to be forgotten."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient

from shared.cli.backfilling import AT_ONCE
from shared.decisions import judge
from shared.features import Plan, Timelines
from shared.policy import shipped
from shared.signals import InvalidSignal, Problem, Signal, parse
from shared.signals.times import stamp
from shared.stores import Change, PolicyTable, Refused, TimelineStore
from shared.stores.tiles import LACKING
from tests.integration.cli_fixtures import PSEUDONYMS, STREAM_ARN, Stage, deployed_stage, lines, sluice
from tests.support.faults import Crash

pytestmark = pytest.mark.integration

USER, CARD = "user:u_1", "card:card_0001"
HOURS_AGO = datetime.now(UTC) - timedelta(hours=5)
ERASE = ("timelines", "erase", USER, "--why", "request 7", "--yes")


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.chdir(tmp_path)
    with deployed_stage() as stage:
        yield stage


def event(number: int, *, at: datetime | None = None, buyer: str = "u_1", kind: str = "declined") -> dict[str, Any]:
    """A declined payment, some hours ago."""
    data = {
        "payment_id": f"p{number}",
        "order_id": f"o{number}",
        "buyer_id": buyer,
        "seller_id": "s_1",
        "card_fingerprint": "card_0001",
        "amount": {"minor": 100 + number, "currency": "EUR"},
        "decline_code": "do_not_honor",
        "ip": "203.0.113.7",
    }
    return {
        "specversion": "1.0",
        "id": f"{kind}-{number}",
        "source": "payments",
        "type": f"payment.{kind}.v1",
        "time": stamp(at or HOURS_AGO - timedelta(minutes=number % 60)),
        "subject": f"user:{buyer}",
        "data": data,
    }


def a_signal(number: int, **changed: Any) -> Signal:
    return parse(json.dumps(event(number, **changed)).encode(), datetime.now(UTC))


def timelines(stage: Stage) -> TimelineStore:
    return TimelineStore(stage.client("dynamodb"), stage.outputs["TimelinesTable"], 500, timedelta(days=7))


def decided(stage: Stage, signal: Signal) -> str:
    """A signal that has been decided upon and remembered; its decision's id."""
    policy = shipped()
    plan = Plan(policy.features.values())
    decision = judge(signal, Timelines(plan, {}, 500), plan, policy, PSEUDONYMS)
    stage.decisions.record(decision)
    for entry in decision.entries:
        timelines(stage).add({entry.key: [entry.element]})
    return decision.particulars.decision_id


def written(path: Path, *events: dict[str, Any] | str) -> Path:
    texts = [each if isinstance(each, str) else json.dumps(each) for each in events]
    content = "\n".join(texts).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def remembered(entity: str) -> list[dict[str, Any]]:
    return list(lines(sluice("timelines", "show", entity, "--json")))


def items(stage: Stage, output: str) -> list[dict[str, Any]]:
    return list(stage.client("dynamodb").scan(TableName=stage.outputs[output])["Items"])


@contextmanager
def dying_after(operations: str, carried_out: float) -> Iterator[list[str]]:
    """The process dies when it asks for one more of these operations; gives those that were carried out."""
    real, done = BaseClient._make_api_call, list[str]()

    def send(client: BaseClient, operation: str, request: Any) -> Any:
        if operation in operations.split():
            if len(done) >= carried_out:
                raise Crash(operation)
            done.append(operation)
        return real(client, operation, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", send)
        yield done


def test_nothing_is_remembered_of_a_stranger(stage: Stage) -> None:
    """Of an entity without timelines nothing is shown, and the exit code says so."""
    result = sluice("timelines", "show", "user:nobody")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nothing is remembered of user:nobody" in result.stderr


def test_tiles_are_shown_with_their_times(stage: Stage) -> None:
    """Each tile says how many signals it has, and from when to when."""
    decided(stage, a_signal(1))
    result = sluice("timelines", "show", CARD, "--series", "payment.declined")
    assert result.exit_code == 0
    assert "payment.declined#card#" in result.stdout
    assert f"{a_signal(1).time:%Y-%m-%d %H:%M}" in result.stdout


def test_what_is_remembered_for_pipes(stage: Stage) -> None:
    """For pipes there is a line for each signal, with the fields that timelines keep and no identifier in them."""
    decided(stage, a_signal(1))
    (found,) = [each for each in remembered(CARD) if each["tile"].startswith("payment.declined#card#")]
    assert found["fields"]["amount"] == {"minor": 101, "currency": "EUR"}
    assert found["fields"]["decline_code"] == "do_not_honor"
    assert "u_1" not in json.dumps(found)


def test_an_address_is_found_by_itself(stage: Stage) -> None:
    """People name an address as it is; it is stored under a pseudonym."""
    decided(stage, a_signal(1))
    assert remembered("ip:203.0.113.7")


@pytest.mark.parametrize("as_what", [(), ("--json",)], ids=["table", "json"])
@pytest.mark.parametrize(
    "item",
    [
        {"tile": {"S": "note"}, "by": {"S": "someone"}},
        {"tile": {"S": "summary"}, "by": {"S": "someone"}},
        {"tile": {"S": "gone.signal#user#1h#2026-11-22T10Z"}, "events": {"BS": [b"\x03" + bytes(50)]}},
        {"tile": {"S": "login.failed#user#1h#2026-11-22T10Z"}, "events": {"BS": [b"\x03" + b"\xff" * 58]}},
    ],
    ids=["no tile", "no family", "no signal", "no time"],
)
def test_what_another_hand_wrote_is_shown(stage: Stage, item: dict[str, Any], as_what: tuple[str, ...]) -> None:
    """Whatever somebody put among the tiles, they are shown, and what nobody can read is told."""
    item = {"entity": {"S": USER}, **item}
    stage.client("dynamodb").put_item(TableName=stage.outputs["TimelinesTable"], Item=item)
    result = sluice("timelines", "show", USER, *as_what)
    assert result.exit_code == 0
    assert "unreadable" in result.stdout or "1 that this version cannot read" in result.stdout


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("ip:2001:0DB8::0:1", PSEUDONYMS.name("ip", "2001:db8::1")),
        (PSEUDONYMS.name("ip", "203.0.113.7"), PSEUDONYMS.name("ip", "203.0.113.7")),
        ("unknown:alice@example.com", PSEUDONYMS.name("unknown", "alice@example.com")),
        (f"email_domain:{'A' * 189}", f"email_domain:{'a' * 189}"),
        ("user:U_1", "user:U_1"),
    ],
)
def test_an_entity_is_found_as_people_write_it(stage: Stage, asked: str, name: str) -> None:
    """Under its pseudonym, in its canonical form, however long it may be; ids are as the marketplace gave them."""
    item = {"entity": {"S": name}, "tile": {"S": "note"}, "events": {"BS": [b"x"]}}
    stage.client("dynamodb").put_item(TableName=stage.outputs["TimelinesTable"], Item=item)
    assert len(remembered(asked)) == 1


def test_what_is_no_entity_is_refused(stage: Stage) -> None:
    """A word without a kind is no entity, and the message says how one is written."""
    result = sluice("timelines", "show", "u_1")
    assert result.exit_code == 2
    assert "write it as kind:id" in result.stderr


def test_unreadable_bytes_are_told(stage: Stage) -> None:
    """What a newer layout, or somebody's hand, wrote is counted and shown as its bytes."""
    decided(stage, a_signal(1))
    key = next(key for key in timelines_of(stage, CARD) if key.startswith("payment.declined"))
    stage.client("dynamodb").update_item(
        TableName=stage.outputs["TimelinesTable"],
        Key={"entity": {"S": CARD}, "tile": {"S": key}},
        UpdateExpression="ADD #events :more",
        ExpressionAttributeNames={"#events": "events"},
        ExpressionAttributeValues={":more": {"BS": [b"\x09odd"]}},
    )
    assert "1 that this version cannot read" in sluice("timelines", "show", CARD).stdout
    assert {"tile": key, "unreadable": "096f6464"} in remembered(CARD)


def test_what_a_full_tile_lacks_is_told(stage: Stage) -> None:
    """Others were turned away before something was erased from it, and that shows."""
    item = {"tile": {"S": "login.failed#user#1h#2026-11-22T10Z"}, "events": {"BS": [LACKING]}}
    stage.client("dynamodb").put_item(TableName=stage.outputs["TimelinesTable"], Item={"entity": {"S": USER}, **item})
    shown = sluice("timelines", "show", USER).stdout
    assert "incomplete: it was full when something was erased" in shown
    assert "cannot read" not in shown


def timelines_of(stage: Stage, entity: str) -> list[str]:
    return [item["tile"]["S"] for item in items(stage, "TimelinesTable") if item["entity"]["S"] == entity]


@pytest.mark.parametrize("name", ["past.jsonl", "past.jsonl.gz"])
def test_a_file_gives_timelines_a_past(stage: Stage, tmp_path: Path, name: str) -> None:
    """The signals of a file are remembered as if Sluice had seen them, and nothing is decided."""
    result = sluice("timelines", "backfill", str(written(tmp_path / name, event(1), event(2))))
    assert result.exit_code == 0
    assert "2 signals are remembered" in result.stdout
    assert len([each for each in remembered(CARD) if each["tile"].startswith("payment.declined#card#")]) == 2
    assert items(stage, "DecisionsTable") == []


def test_a_past_twice_is_a_past_once(stage: Stage, tmp_path: Path) -> None:
    """What Sluice saw by itself, or was added before, changes nothing when it is added again."""
    decided(stage, a_signal(1))
    path = written(tmp_path / "past.jsonl", event(1))
    before = items(stage, "TimelinesTable")
    for _ in range(2):
        assert sluice("timelines", "backfill", str(path)).exit_code == 0
    assert sorted(map(str, items(stage, "TimelinesTable"))) == sorted(map(str, before))


def test_invalid_lines_are_told_and_the_others_added(stage: Stage, tmp_path: Path) -> None:
    """A line that is no signal is counted, and keeps no other from being remembered."""
    result = sluice("timelines", "backfill", str(written(tmp_path / "past.jsonl", event(1), "{nope", event(2))))
    assert result.exit_code == 1
    assert "2 signals are remembered" in result.stdout
    assert "1 lines are invalid" in result.stderr


def logins(number: int, *, device: str = "device_1") -> list[dict[str, Any]]:
    """One user's logins with one device, an hour after the other."""
    data = {"user_id": "u_1", "method": "password", "device_id": device, "ip": "203.0.113.7"}
    about = {"specversion": "1.0", "source": "logins", "type": "login.succeeded.v1", "subject": USER, "data": data}
    times = (HOURS_AGO - timedelta(hours=back) for back in range(number))
    return [{**about, "id": f"l{place}", "time": stamp(at)} for place, at in enumerate(times)]


DEVICES = "login.succeeded#user>device#ever"


def remembering(stage: Stage, series: str, began: datetime | None = None) -> None:
    """The stage's functions write these series, too; since then, if not always."""
    table = PolicyTable(stage.client("dynamodb"), stage.outputs["PolicyTable"])
    wanted = replace(table.pointer(), also=(series,), began={series: began} if began else {})
    table.move(table.pointer(), wanted, Change("publish", "it", "me", "a test", datetime.now(UTC)))


@pytest.mark.parametrize("runs", [1, 2])
def test_a_past_keeps_the_earliest_fact_of_each_value(stage: Stage, tmp_path: Path, runs: int) -> None:
    """However many signals of a file say the same of an entity, its summary does not fill up with them."""
    remembering(stage, DEVICES)
    events = logins(AT_ONCE + 20)
    for run in range(runs):
        path = written(tmp_path / f"past{run}.jsonl", *events[run:])
        assert sluice("timelines", "backfill", str(path)).exit_code == 0
    found = [each["time"] for each in remembered(USER) if each["tile"] == DEVICES]
    assert min(found) == events[-1]["time"]
    # One of each 500 that were added together, as a file may be in any order.
    assert len(found) <= 2


def complete_since(stage: Stage, series: str) -> datetime:
    return PolicyTable(stage.client("dynamodb"), stage.outputs["PolicyTable"]).pointer().began[series]


def test_a_series_is_complete_from_the_file_s_first_signal_on(stage: Stage, tmp_path: Path) -> None:
    """The file tells the past of its types of signal; it is said from when to when, if something is missing."""
    remembering(stage, DEVICES, began=datetime.now(UTC))
    events = logins(3)
    result = sluice("timelines", "backfill", str(written(tmp_path / "past.jsonl", *events, event(1))))
    assert complete_since(stage, DEVICES) == datetime.fromisoformat(events[-1]["time"])
    assert f"{DEVICES} is complete since" in result.stderr
    assert "nothing is known of what happened between" in result.stderr


def test_a_file_that_reaches_to_the_beginning_leaves_no_gap(stage: Stage, tmp_path: Path) -> None:
    """Then there is nothing to warn of."""
    remembering(stage, DEVICES, began=HOURS_AGO - timedelta(minutes=90))
    result = sluice("timelines", "backfill", str(written(tmp_path / "past.jsonl", *logins(3))))
    assert f"{DEVICES} is complete since" in result.stderr
    assert "nothing is known" not in result.stderr


def test_nothing_is_complete_while_lines_are_invalid(stage: Stage, tmp_path: Path) -> None:
    """What is missing might be what a feature asks for: mend the lines, or take them out, and run it again."""
    began = datetime.now(UTC).replace(microsecond=0)
    remembering(stage, DEVICES, began=began)
    result = sluice("timelines", "backfill", str(written(tmp_path / "past.jsonl", *logins(3), "{nope")))
    assert (result.exit_code, complete_since(stage, DEVICES)) == (1, began)
    assert "no series counts as complete" in result.stderr


def test_a_series_that_began_anew_meanwhile_is_added_anew(stage: Stage, tmp_path: Path) -> None:
    """It was not written for a while: the file begins again, and it is said what nobody knows."""
    remembering(stage, DEVICES, began=datetime.now(UTC) - timedelta(hours=1))
    with dying_after("UpdateItem", inf) as updates:
        sluice("timelines", "backfill", str(written(tmp_path / "short.jsonl", *logins(1))))
    path = written(tmp_path / "past.jsonl", *(logins(1) * AT_ONCE), *logins(3))
    with pytest.raises(Crash), dying_after("UpdateItem", len(updates)):
        sluice("timelines", "backfill", str(path))
    remembering(stage, DEVICES, began=datetime.now(UTC))
    result = sluice("timelines", "backfill", str(path))
    assert result.exit_code == 0
    assert "from its beginning" in result.stderr
    assert "nothing is known of what happened between" in result.stderr


def test_what_was_erased_is_not_remembered_again(stage: Stage, tmp_path: Path) -> None:
    """A file may still have the signals of somebody who was erased: their decisions say so."""
    decided(stage, a_signal(1))
    sluice(*ERASE)
    result = sluice("timelines", "backfill", str(written(tmp_path / "past.jsonl", event(1), event(2, buyer="u_2"))))
    assert result.exit_code == 0
    assert timelines_of(stage, USER) == []
    assert len([each for each in remembered(CARD) if each["tile"].startswith("payment.declined#card#")]) == 1
    assert "1 were erased" in result.stdout


def test_an_invalid_line_is_told_by_its_number(stage: Stage, tmp_path: Path) -> None:
    """Whoever mends the file finds the line."""
    result = sluice("timelines", "backfill", str(written(tmp_path / "past.jsonl", event(1), "", "{nope", event(2))))
    assert "line 3: not_json" in result.stderr


def test_a_missing_file_is_named(stage: Stage, tmp_path: Path) -> None:
    """A file that is not there is refused by its name."""
    result = sluice("timelines", "backfill", str(tmp_path / "none.jsonl"))
    assert result.exit_code == 2
    assert "none.jsonl cannot be read: No such file" in result.stderr


def test_what_is_older_than_any_window_is_left_out_of_tiles(stage: Stage, tmp_path: Path) -> None:
    """Tiles that nothing can read any more are not written, and counted."""
    old = event(1, at=datetime.now(UTC) - timedelta(days=700))
    result = sluice("timelines", "backfill", str(written(tmp_path / "past.jsonl", old)))
    assert "older than any window" in result.stdout
    assert [tile for tile in timelines_of(stage, CARD) if tile != "summary"] == []


def test_a_backfill_that_stops_goes_on(stage: Stage, tmp_path: Path) -> None:
    """After a crash the same command goes on where the last saved step ended, and adds the rest."""
    events = [event(number, buyer=f"u_{number % 3}", kind="attempted") for number in range(AT_ONCE + 5)]
    path = written(tmp_path / "past.jsonl", *events)
    with dying_after("UpdateItem", inf) as updates:
        sluice("timelines", "backfill", str(path))
    whole = items(stage, "TimelinesTable")
    for item in whole:
        key = {name: item[name] for name in ("entity", "tile")}
        stage.client("dynamodb").delete_item(TableName=stage.outputs["TimelinesTable"], Key=key)
    with pytest.raises(Crash), dying_after("UpdateItem", len(updates) - 1):
        sluice("timelines", "backfill", str(path))
    result = sluice("timelines", "backfill", str(path))
    assert result.exit_code == 0
    assert "going on after line 500" in result.stderr
    assert sorted(map(str, items(stage, "TimelinesTable"))) == sorted(map(str, whole))


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


def test_an_erased_decision_can_still_be_looked_at(stage: Stage) -> None:
    """It says what came of it, and when it was erased."""
    mine = decided(stage, a_signal(1))
    sluice(*ERASE)
    result = sluice("decisions", "show", mine)
    assert result.exit_code == 0
    assert "erased" in result.stdout


def test_an_erasure_and_a_hold_can_be_looked_at(stage: Stage) -> None:
    """By the id that was printed, and by whose hold it is: who, when and why."""
    decided(stage, a_signal(1))
    sluice("timelines", "hold", CARD, "--why", "court order 12")
    erasure_id = sluice(*ERASE).stdout.strip()
    for decision_id, why in ((erasure_id, "request 7"), (f"hold/{CARD}", "court order 12")):
        result = sluice("decisions", "show", decision_id)
        assert result.exit_code == 0
        assert why in result.stdout


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


def test_a_legal_hold_keeps_everything(stage: Stage) -> None:
    """Under a hold nothing is erased; it says who placed it and why, and can be lifted."""
    decided(stage, a_signal(1))
    assert sluice("timelines", "hold", USER, "--why", "court order 12").exit_code == 0
    refused = sluice(*ERASE)
    assert refused.exit_code == 2
    assert "court order 12" in refused.stderr
    assert sluice("timelines", "hold", USER, "--why", "another").exit_code == 2
    assert sluice("timelines", "unhold", USER).exit_code == 0
    assert sluice("timelines", "unhold", USER).exit_code == 1
    assert sluice(*ERASE).exit_code == 0


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
    decided(stage, a_signal(1))
    with pytest.raises(Crash), dying_after("UpdateItem PutItem DeleteItem", writes):
        sluice(*ERASE)
    kinds = {item["kind"]["S"] for item in items(stage, "DecisionsTable")}
    assert "erasure" in kinds or (kinds == {"decision"} and timelines_of(stage, USER))


def test_a_hold_that_comes_while_it_asks_keeps_everything(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the question and the answer somebody may have placed one."""
    decided(stage, a_signal(1))
    before = items(stage, "TimelinesTable")

    def answer(*_: object, **__: object) -> bool:
        sluice("timelines", "hold", USER, "--why", "court order 12")
        return True

    monkeypatch.setattr("typer.confirm", answer)
    result = sluice(*ERASE[:-1])
    assert (result.exit_code, items(stage, "TimelinesTable")) == (2, before)
    assert "court order 12" in result.stderr


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
