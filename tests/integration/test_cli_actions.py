"""`sluice actions`: the contract of the bus, and publishing again."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.decisions.record import packed
from shared.restrictions import Action
from shared.restrictions.events import DATA
from shared.signals.times import stamp
from shared.stores.attributes import from_item
from tests.integration.cli_fixtures import NOON, Stage, deployed_stage
from tests.support.cli import sluice

pytestmark = pytest.mark.integration

PERIOD = ("--since", "2026-11-20T00:00:00Z", "--until", "2026-11-21T00:00:00Z")


@pytest.fixture
def stage() -> Iterator[Stage]:
    with deployed_stage() as stage:
        yield stage


@pytest.fixture
def recorded(stage: Stage) -> Stage:
    """A decision with a restriction that the ledger has, and one with a stale command that it never saw."""
    applied = stage.restrict("user:u_1", "buy", source="rule:x", at=NOON)
    command = Action("command", "c1", "user:u_2", "rule:x", NOON, "", None, NOON, {"command": "refund"})
    for number, actions in enumerate(([applied], [command])):
        stage.put(
            {
                "decision_id": f"{number}" * 32,
                "kind": "decision",
                "subject": actions[0].entity,
                "signal_id": f"s{number}",
                "time": stamp(NOON),
                "actions": packed([action.to_json() for action in actions]),
                "outbox": "1 to publish",
            }
        )
    return stage


def again(stage: Stage) -> list[dict[str, Any]]:
    items = stage.client("dynamodb").scan(TableName=stage.outputs["DecisionsTable"])["Items"]
    return [record for record in map(from_item, items) if record["kind"] == "republish"]


def test_the_schemas_are_those_of_the_contract(tmp_path: Path) -> None:
    """One by its name, all of them together, or a file for each; an unknown name is told what there is."""
    one = json.loads(sluice("actions", "schema", "DecisionMade").stdout)
    whole = json.loads(sluice("actions", "schema").stdout)
    sluice("actions", "schema", "--out", str(tmp_path))
    wrong = sluice("actions", "schema", "DecisionMad")

    assert one["$id"] == "urn:sluice:event:DecisionMade:1.1"
    assert whole.keys() == DATA.keys()
    assert {path.name.partition(".")[0] for path in tmp_path.iterdir()} == DATA.keys()
    assert wrong.exit_code == 2
    assert "RestrictionPlaced" in wrong.stderr


def test_a_dry_run_says_what_it_would_come_to_and_does_nothing(recorded: Stage) -> None:
    """How many records and actions, how many of them never reached the ledger, and how many are stale."""
    told = json.loads(sluice("actions", "republish", *PERIOD, "--dry-run", "--json").stdout)

    assert (told["records"], told["actions"], told["never applied"], told["stale, left out"]) == (2, 1, 0, 1)
    assert told["of kind"] == ["restrict (1)"]
    assert again(recorded) == []


def test_republishing_is_recorded_and_goes_on_where_it_stopped(recorded: Stage) -> None:
    """Who did it, of which record, under its own cause; the same run again adds nothing."""
    first = sluice("actions", "republish", *PERIOD, "--yes")
    (record,) = again(recorded)
    second = sluice("actions", "republish", *PERIOD, "--yes", "--run", first.stdout.split()[-1])

    assert (record["of"], record["signal_id"]) == ("0" * 32, "s0")
    assert record["by"].startswith("person:")
    assert "0 records are in the outbox again, 1 were before" in second.stderr
    assert len(again(recorded)) == 1


@pytest.mark.parametrize(
    ("words", "exit_code", "said"),
    [
        (("--since", "2026-11-21T00:00:00Z", "--until", "2026-11-20T00:00:00Z"), 2, "is not before"),
        (("--since", "yesterday"), 2, "is no moment"),
        (("--since", "2025-11-20T00:00:00Z", "--until", "2025-11-21T00:00:00Z"), 1, "nothing that can be published"),
    ],
)
def test_what_cannot_be_published_again_is_said(
    recorded: Stage, words: tuple[str, ...], exit_code: int, said: str
) -> None:
    """A period that ends before it begins, one that is none, and one in which nothing was recorded."""
    result = sluice("actions", "republish", *words, "--yes")

    assert result.exit_code == exit_code
    assert said in result.stderr
    assert again(recorded) == []
