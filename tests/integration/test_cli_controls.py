"""What `sluice status`, `changes` and `start` tell of guardrails, and of what waits for a person."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.decisions import Stop, Trip, outcome_key
from shared.decisions.guarding import Key
from shared.policy import dump_inputs, load_documents, shipped
from shared.restrictions import Action
from shared.signals.times import stamp
from shared.stores import PolicySources, PolicyTable
from shared.stores.guards import Guards
from tests.integration.cli_fixtures import STOPPED, Stage, deployed_stage
from tests.support.aws import a_change
from tests.support.cli import lines, sluice

pytestmark = pytest.mark.integration

WHY = ("--why", "a test asks for it")


@pytest.fixture
def stage() -> Iterator[Stage]:
    with deployed_stage() as stage:
        yield stage


def acted(stage: Stage, rule: str, times: int, *, days_ago: int) -> None:
    """A rule denied so often, within one minute, about an hour before this time of that day."""
    at = stamp(datetime.now(UTC) - timedelta(days=days_ago, hours=1))
    for number in range(times):
        stage.put(
            {
                "decision_id": f"{rule}-{days_ago}-{number}",
                "kind": "decision",
                "signal_type": "payment.attempted",
                "subject": "user:u_1",
                "time": at,
                "disposition": "deny",
                "rules": [rule],
                "policy": shipped().digest,
                "outcome_day": outcome_key("deny", at[:10], number),
            }
        )


def told(stage: Stage) -> dict[str, Any]:
    """What status tells of controls, for pipes."""
    controls: dict[str, Any] = json.loads(sluice("status", "--json").stdout)["controls"]
    return controls


def test_rules_whose_pace_changed_most_are_told(stage: Stage) -> None:
    """Against the same 24 hours of last week, up or down; little counts are no movement."""
    for rule, before, now in (("calm", 8, 9), ("louder", 2, 30), ("gone", 20, 0), ("rare", 0, 2)):
        acted(stage, rule, before, days_ago=7)
        acted(stage, rule, now, days_ago=0)
    assert [(each["rule"], each["before"], each["now"]) for each in told(stage)["movers"]] == [
        ("gone", 20, 0),
        ("louder", 2, 30),
    ]
    assert "gone 20 → 0, louder 2 → 30" in sluice("status").stdout


def test_without_a_week_behind_it_nothing_has_moved(stage: Stage) -> None:
    """A stage that is younger than a week has nothing to compare with."""
    acted(stage, "new", 30, days_ago=0)
    assert told(stage)["movers"] == []


def counted(stage: Stage, **numbers: int) -> None:
    """Guardrails have counted this in the running hour; budgets in the next one, too, should it begin meanwhile."""
    guards, now = Guards(stage.client("dynamodb"), stage.outputs["PolicyTable"]), datetime.now(UTC)
    amounts = {name.replace("__", ":"): number for name, number in numbers.items()}
    guards.add(stamp(now)[:13], amounts, {})
    if spent := {name: number for name, number in amounts.items() if name.startswith("b:")}:
        guards.add(stamp(now + timedelta(hours=1))[:13], spent, {})


BUDGETED = """
guardrails:
  brake: {known_good: 10%, least: 5}
  budgets:
    busy_hour: {rule: busy_card, per: hour, count: 100}
features:
  attempts_1h: {count: payment.attempted, by: card, window: 1h}
rules:
  busy_card:
    abuse: payment_fraud
    on: payment.attempted
    when: attempts_1h >= 3
    then: [challenge]
    mode: live
    reason: "{attempts_1h} attempts on this card"
    user_reason: "Please confirm that it is you."
    owner: payments-risk
    tests:
      fires: {attempts_1h: 9}
      holds: {attempts_1h: 0}
"""


@pytest.fixture
def budgeted(stage: Stage) -> Stage:
    """A policy with a budget is in force."""
    digest = load_documents({"policy.yaml": BUDGETED}).digest
    PolicySources(stage.client("s3"), stage.outputs["PolicyBucket"]).keep(digest, {"policy.yaml": BUDGETED})
    table, change = policy_table(stage), a_change("publish", digest, datetime.now(UTC))
    table.move(table.pointer(), table.pointer().moved_to(digest, change), change)
    return stage


def policy_table(stage: Stage) -> PolicyTable:
    return PolicyTable(stage.client("dynamodb"), stage.outputs["PolicyTable"])


def test_harm_to_known_good_is_told(budgeted: Stage) -> None:
    """Of each rule's hits how many met known good entities; over what a brake would bear it is looked at."""
    counted(budgeted, **{"h__busy_card@1a2b3c4d": 40, "g__busy_card@1a2b3c4d": 3})
    result = sluice("status")
    assert "busy_card 3 of 40 hits (7.5 %)" in result.stdout
    assert result.exit_code == 0
    counted(budgeted, **{"g__busy_card@1a2b3c4d": 2})
    result = sluice("status")
    assert result.exit_code == 1
    assert "Look at: busy_card 5 of 40 hits (12.5 %), who are known good." in result.stdout


def test_budgets_are_told_with_their_use(budgeted: Stage) -> None:
    """How much of the running hour's budget is used; when it is nearly spent it is looked at."""
    counted(budgeted, b__busy_hour=40)
    assert "busy_hour 40 of 100 this hour" in sluice("status").stdout
    counted(budgeted, b__busy_hour=55)
    result = sluice("status")
    assert result.exit_code == 1
    assert "the budget busy_hour 95 of 100 this hour is nearly spent" in result.stdout


def brake(stage: Stage, rule: str, at: datetime) -> None:
    """A guardrail has braked a rule."""
    hour, version = stamp(at)[:13], "1a2b3c4d"
    stop = Stop("shadow", hour, "12 of 20 known good")
    trip = Trip("brake", rule, version, 1, Key(hour, f"{rule}@{version}"), stop, stamp(at))
    Guards(stage.client("dynamodb"), stage.outputs["PolicyTable"]).tell(trip)


def test_a_braked_rule_is_told_and_started_again(budgeted: Stage) -> None:
    """Status and changes say that and why it is braked; `start` releases the brake, and the history says who did."""
    brake(budgeted, "busy_card", datetime.now(UTC))
    shown = sluice("status")
    assert shown.exit_code == 1
    assert "busy_card is braked: shadow since" in shown.stdout
    (change,) = [each for each in lines(sluice("changes", "--last", "2h", "--json")) if each["kind"] == "tripped"]
    assert (change["by"], change["why"]) == ("guardrail", "12 of 20 known good")
    result = sluice("start", "busy_card", *WHY)
    assert (result.exit_code, "its brake is released" in result.stderr) == (0, True)
    assert "is braked" not in sluice("status").stdout
    assert lines(sluice("changes", "--json"))[0]["kind"] == "start"
    assert sluice("start", "busy_card", *WHY).exit_code == 1


def scored(stage: Stage, number: int, version: str, ago: timedelta) -> str:
    """A rule acted on a score that this version of a model gave; when."""
    at = stamp(datetime.now(UTC) - ago)
    stage.put(
        {
            "decision_id": f"{number:032x}",
            "kind": "decision",
            "signal_type": "score.computed",
            "subject": "listing:l_1",
            "time": at,
            "disposition": "allow",
            "rules": ["sure_of_listing"],
            "capsule": json.dumps({"inputs": dump_inputs({"model": "listing-text", "model_version": version})}),
            "outcome_day": outcome_key("restrict", at[:10], number),
        }
    )
    return at


def test_new_versions_of_models_are_among_the_changes(stage: Stage) -> None:
    """A version on which rules act for the first time is told with when that began; one of last week is not."""
    known = [("7", 30.0), ("7", 1.0), ("8", 0.5)]
    for number, (version, hours) in enumerate(known):
        scored(stage, number, version, timedelta(hours=hours))
    first = scored(stage, len(known), "8", timedelta(minutes=45))
    (told,) = lines(sluice("changes", "--last", "2h", "--json"))
    assert (told["kind"], told["what"], told["at"]) == ("model", "listing-text 8", first)


def test_what_is_parked_is_looked_at(stage: Stage) -> None:
    """Status counts what waits to be let through or dropped, by rule."""
    held = {"capability": "withdraw", "limit": STOPPED, "expires_at": stamp(datetime.now(UTC) + timedelta(days=3))}
    for number in range(2):
        at = datetime.now(UTC) - timedelta(minutes=number + 1)
        inner = Action("restrict", f"{number:032x}", "user:u_1", "rule:ring", at, "", details=held)
        details = {"action": inner.to_json(), "why": "budget", "rule": "ring"}
        stage.ledger.apply(Action("park", f"{number + 9:032x}", "user:u_1", "rule:ring", at, "", details=details), "d1")
    result = sluice("status")
    assert result.exit_code == 1
    assert "Look at: 2 actions are parked (sluice parked list)." in result.stdout
    assert told(stage)["parked"] == {"ring": 2}


def test_holds_that_wait_for_a_person_are_looked_at(stage: Stage) -> None:
    """A hold past its expiry that needs a person is told until somebody has decided, or it has ended."""
    begun = datetime.now(UTC) - timedelta(hours=30)
    more = {"on_expiry": "person", "holds_until": stamp(begun + timedelta(days=30))}
    stage.restrict("user:u_1", "withdraw", source="rule:x", at=begun, **more)
    later = begun + timedelta(minutes=1)
    stage.restrict("user:u_2", "withdraw", source="rule:x", at=later, scope="order:o_1", **more)
    stage.restrict("user:u_3", "withdraw", source="rule:x", at=begun, hours=48, **more)
    result = sluice("status")
    assert result.exit_code == 1
    assert "2 restrictions wait for a person, such as user:u_1: withdraw since" in result.stdout
    assert "user:u_2, order:o_1 only: withdraw since" in result.stdout
    sluice("restrictions", "release", "user:u_1", "--capability", "withdraw", "--reason", "all fine", "--yes")
    stage.enforced()
    assert [each.partition(",")[0] for each in told(stage)["waiting"]] == ["user:u_2"]
