"""`sluice timelines backfill`: a past from a file."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path

import pytest

from shared.cli.backfilling import AT_ONCE
from shared.stores import PolicyTable
from tests.integration.cli_fixtures import Stage, deployed_stage
from tests.integration.timelines_fixtures import (
    CARD,
    ERASE,
    HOURS_AGO,
    USER,
    a_signal,
    decided,
    dying_after,
    event,
    items,
    logins,
    remembered,
    remembering,
    timelines_of,
    written,
)
from tests.support.cli import sluice
from tests.support.faults import Crash

pytestmark = pytest.mark.integration


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.chdir(tmp_path)
    with deployed_stage() as stage:
        yield stage


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


DEVICES = "login.succeeded#user>device#ever"


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
