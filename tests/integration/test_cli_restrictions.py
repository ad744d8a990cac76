"""`sluice restrictions`: what is in force, why and until when, and a person's release on its way to the ledger."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from shared.restrictions import Action, applied
from shared.stores.attributes import from_item
from tests.integration.cli_fixtures import NOON, Stage, deployed_stage, sluice

pytestmark = pytest.mark.integration

USER = "user:u_1"
RELEASE = ("restrictions", "release", USER, "--capability", "withdraw", "--reason", "we called back")


@pytest.fixture
def stage() -> Iterator[Stage]:
    with deployed_stage() as stage:
        yield stage


@pytest.fixture
def restricted(stage: Stage) -> Stage:
    """Two rules have stopped a user's withdrawals since an hour ago."""
    now = datetime.now(UTC)
    for rule in ("rule:x", "rule:y"):
        stage.restrict(USER, "withdraw", source=rule, at=now - timedelta(hours=1))
    return stage


def command(stage: Stage, decision_id: str) -> dict[str, Any]:
    """A command's record, with its actions unpacked."""
    key = {"decision_id": {"S": decision_id}}
    item = stage.client("dynamodb").get_item(TableName=stage.outputs["DecisionsTable"], Key=key)["Item"]
    record = from_item(item)
    return {**record, "actions": json.loads(record["actions"])}


def commands(stage: Stage) -> int:
    return int(stage.client("dynamodb").scan(TableName=stage.outputs["DecisionsTable"])["Count"])


def test_what_is_in_force_is_shown_with_its_causes(stage: Stage) -> None:
    """Each limited capability says until when it is, and each cause its source, reason and decision."""
    stage.restrict(USER, "withdraw", source="rule:x", at=NOON)
    result = sluice("restrictions", "show", USER, "--at", "2026-11-20T13:00:00Z")
    assert result.exit_code == 0
    assert "withdraw stopped until 2026-11-21 12:00:00 UTC, for another 23 h" in result.stdout
    assert "by rule:x" in result.stdout
    assert "It looked odd." in result.stdout
    assert "decision d1" in result.stdout


def test_what_has_expired_is_not_in_force(stage: Stage) -> None:
    """Past its expiry a restriction is shown as ended, and the exit code says that nothing is in force."""
    stage.restrict(USER, "withdraw", source="rule:x", at=NOON)
    result = sluice("restrictions", "show", USER, "--at", "2026-11-21T12:00:00Z")
    assert result.exit_code == 1
    assert "not in force at 2026-11-21 12:00:00" in result.stdout
    assert "nothing is in force" in result.stderr


def test_an_unknown_entity_has_nothing_in_force(stage: Stage) -> None:
    """An entity that the ledger does not know is not limited."""
    result = sluice("restrictions", "show", "user:nobody")
    assert (result.exit_code, result.stdout) == (1, "")


def test_restrictions_as_one_document(stage: Stage) -> None:
    """For pipes there is one document with what is in force and every cause and release."""
    placed = stage.restrict(USER, "withdraw", source="rule:x", at=NOON)
    stage.ledger.apply(
        Action("release", "r1", USER, "person:ann", NOON, "ok", details={"capability": "buy", "released": "*"}), "c1"
    )
    shown = json.loads(sluice("restrictions", "show", USER, "--at", "2026-11-20T13:00:00Z", "--json").stdout)
    assert [(each["capability"], each["causes"]) for each in shown["in_force"]] == [("withdraw", [placed.action_id])]
    assert shown["releases"] == [{"source": "*", "capability": "buy", "at": "2026-11-20T12:00:00.000Z"}]


def test_a_release_is_recorded_as_a_command(restricted: Stage) -> None:
    """A release goes into the outbox under the caller's name, and applied it ends what everyone had placed."""
    result = sluice(*RELEASE, "--yes")
    record = command(restricted, result.stdout.strip())
    (data,) = record["actions"]
    action = Action.from_json(data)
    caller = boto3.client("sts").get_caller_identity()["Arn"].rpartition("/")[2]
    assert (record["kind"], record["subject"], record["outbox"]) == ("command", USER, "1 to publish")
    assert (action.kind, action.source, action.reason) == ("release", f"person:{caller}", "we called back")
    account = applied(restricted.ledger.account(USER), action, record["decision_id"])
    assert account.in_force(datetime.now(UTC)) == ()


def test_one_cause_is_released_alone(restricted: Stage) -> None:
    """With a source only what it placed ends; the other cause stays in force."""
    record = command(restricted, sluice(*RELEASE, "--source", "rule:x", "--yes").stdout.strip())
    action = Action.from_json(record["actions"][0])
    (standing,) = applied(restricted.ledger.account(USER), action, "c").in_force(datetime.now(UTC))
    assert [cause.source for cause in standing.causes] == ["rule:y"]


def test_a_release_is_asked_for(restricted: Stage) -> None:
    """Without --yes a release shows what it ends and asks; any answer but yes releases nothing."""
    result = sluice(*RELEASE, given="n\n")
    assert result.exit_code == 2
    assert "withdraw stopped until" in result.stderr
    assert commands(restricted) == 0
    assert sluice(*RELEASE, given="y\n").exit_code == 0
    assert commands(restricted) == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--capability", "fly"), 2, "receive_payout"),
        (("--reason", " "), 2, "needs a reason"),
        (("--source", "rule:z"), 1, "there is rule:x, rule:y"),
        (("--capability", "buy"), 1, "nothing limits buy"),
    ],
)
def test_a_release_that_makes_no_sense_is_refused(
    restricted: Stage, words: tuple[str, ...], code: int, said: str
) -> None:
    """A release of nothing, or without a reason, records nothing and says why."""
    result = sluice(*RELEASE, *words, "--yes")
    assert result.exit_code == code
    assert said in result.stderr
    assert commands(restricted) == 0


@pytest.mark.parametrize("entity", ["u_1", "user:", "User:u_1", "user:u 1"])
def test_what_is_no_entity_is_refused(stage: Stage, entity: str) -> None:
    """An entity is written as kind:id."""
    result = sluice("restrictions", "show", entity)
    assert result.exit_code == 2
    assert "kind:id" in result.stderr


def test_a_command_can_be_shown(restricted: Stage) -> None:
    """What a release printed can be asked about like a decision."""
    decision_id = sluice(*RELEASE, "--yes").stdout.strip()
    page = sluice("decisions", "show", decision_id).stdout
    assert "withdraw, as placed by *" in page
    assert "person:" in page
