"""`sluice audit`: who or what changed what an entity may do, from a history to which things are only added."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.cli_fixtures import Stage, deployed_stage
from tests.support.cli import lines, sluice

pytestmark = pytest.mark.integration

USER = "user:u_1"


@pytest.fixture
def stage() -> Iterator[Stage]:
    with deployed_stage() as stage:
        yield stage


def test_who_changed_what_when_and_why(stage: Stage) -> None:
    """Rules with their version and people by name, the newest first, with what each did and why."""
    now = datetime.now(UTC)
    stage.restrict(USER, "withdraw", source="rule:x", at=now - timedelta(hours=2), version="1a2b3c4d")
    sluice("restrictions", "release", USER, "--capability", "withdraw", "--reason", "we called back", "--yes")
    stage.enforced()
    told = lines(sluice("audit", USER, "--json"))
    assert [(each["action"]["kind"], each["changed"]) for each in told] == [("release", True), ("restrict", True)]
    assert told[0]["decision_id"] == stage.commands()[0]["decision_id"]
    page = " ".join(sluice("audit", USER).stdout.split())
    assert "rule x@1a2b3c4d withdraw stopped, until" in page
    assert "release withdraw we called back" in page


def test_what_changed_nothing_is_told_so(stage: Stage) -> None:
    """A weaker restriction under a stronger one is in the history, and marked as without effect."""
    now = datetime.now(UTC)
    stage.restrict(USER, "withdraw", source="rule:x", at=now - timedelta(hours=2), hours=48)
    stage.restrict(USER, "withdraw", source="rule:y", at=now - timedelta(hours=1), limit={"delay_hours": 2})
    assert [each["changed"] for each in lines(sluice("audit", USER, "--json"))] == [False, True]
    assert sluice("audit", USER).stdout.count("changed nothing") == 1


def test_the_past_can_be_cut_short(stage: Stage) -> None:
    """By time and by number; what is left out is said."""
    now = datetime.now(UTC)
    for hours in (1, 2, 50):
        stage.restrict(USER, "withdraw", source="rule:x", at=now - timedelta(hours=hours))
    assert len(lines(sluice("audit", USER, "--last", "24h", "--json"))) == 2
    short = sluice("audit", USER, "--limit", "1")
    assert "1 of 3; see more with --limit" in short.stderr


def test_an_entity_without_a_past(stage: Stage) -> None:
    """Of whom nothing was ever changed nothing is told; what is no entity is refused."""
    unknown = sluice("audit", "user:nobody")
    assert unknown.exit_code == 1
    assert "nothing was ever changed about user:nobody" in unknown.stderr
    assert sluice("audit", "nobody").exit_code == 2


def test_what_a_link_brought_and_took_is_told(stage: Stage) -> None:
    """Who was restricted through a link is released with whom it came from, and the history of both says so."""
    now = datetime.now(UTC)
    source = stage.restrict("user:u_9", "withdraw", source="rule:x", at=now - timedelta(hours=2))
    via = {"entity": "user:u_9", "action_id": source.action_id, "through": "device:d_1"}
    stage.restrict(USER, "withdraw", source="rule:x", at=now - timedelta(hours=2), limit={"delay_hours": 24}, via=via)
    sluice("restrictions", "release", "user:u_9", "--capability", "withdraw", "--reason", "a family", "--yes")
    stage.enforced()
    assert sluice("restrictions", "show", USER).exit_code == 1
    freed, placed = lines(sluice("audit", USER, "--json"))
    assert (freed["action"]["kind"], freed["action"]["reason"], freed["changed"]) == ("release", "a family", True)
    assert placed["action"]["details"]["via"]["entity"] == "user:u_9"
    page = " ".join(sluice("audit", USER).stdout.split())
    assert "as linked to user:u_9" in page
    assert "as what it is linked to" in page
