"""`sluice timelines show`: what is remembered of an entity."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.features import LACKING
from tests.integration.cli_fixtures import PSEUDONYMS, Stage, deployed_stage
from tests.integration.timelines_fixtures import CARD, USER, a_signal, decided, remembered, timelines_of
from tests.support.cli import sluice

pytestmark = pytest.mark.integration


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.chdir(tmp_path)
    with deployed_stage() as stage:
        yield stage


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


def test_what_full_tiles_turned_away_is_told(stage: Stage) -> None:
    """It is shown hour by hour, with the fields of its signals, and says what it is."""
    decided(stage, a_signal(1))
    (found,) = [each for each in remembered(CARD) if each["tile"].startswith("payment.declined#card#")]
    key = {"entity": {"S": CARD}, "tile": {"S": found["tile"]}}
    table, client = stage.outputs["TimelinesTable"], stage.client("dynamodb")
    events = client.get_item(TableName=table, Key=key)["Item"]["events"]
    overflow = "payment.declined#card#7d+1h#2026-11-22T10Z"
    client.put_item(TableName=table, Item={"entity": {"S": CARD}, "tile": {"S": overflow}, "events": events})
    assert "what full tiles of 7d turned away" in sluice("timelines", "show", CARD).stdout
    assert found | {"tile": overflow} in remembered(CARD)


def test_what_a_full_tile_lacks_is_told(stage: Stage) -> None:
    """Others were turned away before something was erased from it, and that shows."""
    item = {"tile": {"S": "login.failed#user#1h#2026-11-22T10Z"}, "events": {"BS": [LACKING]}}
    stage.client("dynamodb").put_item(TableName=stage.outputs["TimelinesTable"], Item={"entity": {"S": USER}, **item})
    shown = sluice("timelines", "show", USER).stdout
    assert "incomplete: it was full when something was erased" in shown
    assert "cannot read" not in shown
