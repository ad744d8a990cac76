"""`sluice parked`: what guardrails held back is let through or dropped by people, one by one or in bulk."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.restrictions import Action, action_id_of
from shared.signals.times import stamp
from tests.integration.cli_fixtures import STOPPED, Stage, deployed_stage
from tests.support.cli import lines, sluice

pytestmark = pytest.mark.integration

WHY = ("--why", "looked at it")


@pytest.fixture
def stage() -> Iterator[Stage]:
    with deployed_stage() as stage:
        yield stage


def park(stage: Stage, number: int, *, rule: str = "ring", why: str = "budget payout_holds_day", ago: float = 1) -> str:
    """What a rule asked for so many hours ago and a guardrail held back; its id."""
    at = datetime.now(UTC) - timedelta(hours=ago)
    held = {"capability": "withdraw", "limit": STOPPED, "expires_at": stamp(at + timedelta(days=3))}
    action = Action(
        "restrict", f"{number:032x}", f"user:u_{number}", f"rule:{rule}", at, "It looked odd.", details=held
    )
    park_id = action_id_of(action.action_id, "park")
    details = {"action": action.to_json(), "why": why, "rule": rule}
    stage.ledger.apply(Action("park", park_id, action.entity, action.source, at, why, details=details), f"d{number}")
    return park_id


def parked(*words: str) -> list[dict[str, Any]]:
    return list(lines(sluice("parked", "list", "--json", *words)))


def limits(number: int) -> list[str]:
    """What is in force for a user."""
    shown = json.loads(sluice("restrictions", "show", f"user:u_{number}", "--json").stdout)
    return [each["capability"] for each in shown["in_force"]]


def test_what_is_parked_is_listed(stage: Stage) -> None:
    """Each with what it would do to whom, which rule wants it, why not yet, and until when it waits."""
    assert sluice("parked", "list").exit_code == 1
    park_id = park(stage, 1)
    (told,) = parked()
    assert (told["parked"], told["rule"], told["why"]) == (park_id, "ring", "budget payout_holds_day")
    assert told["action"]["entity"] == "user:u_1"
    page = sluice("parked", "list").stdout
    assert "withdraw stopped, until" in page
    assert "budget payout_holds_day" in page


def test_what_would_limit_nothing_any_more_is_said_before_it_is_let_through(stage: Stage) -> None:
    """A release, or a step-up that was passed since, is about what waits as well."""
    released, other = park(stage, 1), park(stage, 2)
    details = {"scope": "", "selector": {"capability": "withdraw"}}
    release = Action("release", "r1", "user:u_1", "person:ann", datetime.now(UTC), "looked at it", details=details)
    stage.ledger.apply(release, "d9")
    said = "withdraw was released or cleared since: letting this through limits nothing"

    result = sluice("parked", "release", released, other, "--why", "a real ring", "--dry-run")

    assert [line.partition(": ")[0] for line in result.stderr.splitlines() if said in line] == ["user:u_1"]
    assert said not in sluice("parked", "void", released, "--why", "settled", "--dry-run").stderr


def test_parked_actions_are_chosen_by_rule_reason_and_time(stage: Stage) -> None:
    """By any of these, or several; the limit is said where there is more."""
    park(stage, 1)
    park(stage, 2, rule="runaway", why="known good for payment_fraud")
    park(stage, 3, rule="runaway", ago=5)
    moment = stamp(datetime.now(UTC) - timedelta(hours=3))

    def users(*words: str) -> set[str]:
        return {each["action"]["entity"] for each in parked(*words)}

    assert users("--rule", "runaway") == {"user:u_2", "user:u_3"}
    assert users("--reason", "Known good") == {"user:u_2"}
    assert users("--since", "3h") == {"user:u_1", "user:u_2"}
    assert users("--until", moment) == {"user:u_3"}
    assert users("--rule", "runaway", "--since", moment) == {"user:u_2"}
    assert "1 of them; see more with --limit" in sluice("parked", "list", "--limit", "1").stderr


def test_one_is_let_through(stage: Stage) -> None:
    """What is released happens as if it had just been decided, once, and is no longer parked."""
    park_id = park(stage, 1)
    park(stage, 2)
    result = sluice("parked", "release", park_id, *WHY, "--yes")
    assert result.exit_code == 0
    assert "withdraw stopped, until" in result.stderr
    (record,) = stage.commands()
    assert result.stdout.split() == [record["decision_id"]]
    stage.enforced()
    assert (limits(1), limits(2)) == (["withdraw"], [])
    assert [each["action"]["entity"] for each in parked()] == ["user:u_2"]


def test_many_are_dropped_at_once(stage: Stage) -> None:
    """What is voided never happens; whoever agrees was told how many of which rule and why."""
    for number in range(12):
        park(stage, number, rule="runaway")
    park(stage, 99)
    result = sluice("parked", "void", "--rule", "runaway", *WHY, given="y\n")
    assert result.exit_code == 0
    assert "to void: 12 actions, about 12 entities" in result.stderr
    assert "12 of rule runaway: budget payout_holds_day" in result.stderr
    assert "and 2 more" in result.stderr
    stage.enforced()
    assert limits(3) == []
    assert [each["action"]["entity"] for each in parked()] == ["user:u_99"]


def test_a_dry_run_changes_nothing(stage: Stage) -> None:
    """It tells what it would do, and neither does --yes make it so nor does a no."""
    park(stage, 1)
    dry = sluice("parked", "release", "--since", "7d", *WHY, "--dry-run", "--yes")
    assert (dry.exit_code, dry.stdout) == (0, "")
    assert "to release: 1 action, about 1 entity" in dry.stderr
    assert sluice("parked", "release", "--since", "7d", *WHY, given="n\n").exit_code == 2
    assert stage.commands() == []


def test_of_two_people_the_first_decides(stage: Stage) -> None:
    """One lets it through while the other drops it: what was recorded first stands, and is not undone by the second."""
    park_id = park(stage, 1)
    sluice("parked", "release", park_id, *WHY, "--yes")
    sluice("parked", "void", park_id, *WHY, "--yes")
    stage.enforced()
    assert limits(1) == ["withdraw"]
    late = sluice("parked", "void", park_id, *WHY, "--yes")
    assert late.exit_code == 1
    assert f"{park_id} (user:u_1) is released already" in late.stderr


def test_what_waited_too_long_is_no_longer_open(stage: Stage) -> None:
    """What would have ended meanwhile is not listed, and cannot be let through."""
    park_id = park(stage, 1, ago=73)
    assert parked() == []
    result = sluice("parked", "release", park_id, *WHY, "--yes")
    assert result.exit_code == 1
    assert "is ended already" in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "say which: ids, or --rule"),
        (("0" * 32,), 1, "nothing was parked under this id"),
        (("nonsense",), 2, "'nonsense' is no id of something parked"),
        (("0" * 32, "--rule", "ring"), 2, "not both"),
        (("--rule", "another"), 1, "nothing such is parked"),
        (("--since", "yesterday"), 2, "is no moment"),
        (("--rule", "ring", "--why", " "), 2, "needs a reason"),
    ],
)
@pytest.mark.parametrize("command", ["release", "void"])
def test_what_makes_no_sense_is_refused(
    stage: Stage, command: str, words: tuple[str, ...], code: int, said: str
) -> None:
    """Nothing is let through or dropped where it is not clear what, or why."""
    park(stage, 1)
    result = sluice("parked", command, *WHY, *words, "--yes")
    assert result.exit_code == code
    assert said in result.stderr
    assert stage.commands() == []
