"""`sluice undo`: what was done by mistake is taken back, all of it, once, and nothing else."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import Result

from shared.restrictions import Action
from shared.signals.times import stamp
from shared.stores import PolicyTable
from shared.stores.records import unpack_actions
from tests.integration.cli_fixtures import Stage, deployed_stage
from tests.integration.undo_fixtures import VERSION, decide, enforce, identity, limited, made, orders, restrict
from tests.support.cli import sluice

pytestmark = pytest.mark.integration

RUNAWAY = ("undo", "--rule", "runaway", "--since", "2h", "--why", "it fires on everyone")


@pytest.fixture
def stage() -> Iterator[Stage]:
    with deployed_stage() as stage:
        yield stage


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def runaway(stage: Stage, now: datetime) -> Stage:
    """A rule has stopped three users' withdrawals since an hour ago; another rule, and a person, stopped one, too."""
    at = now - timedelta(hours=1)
    for number in (1, 2, 3):
        decide(stage, number, at, restrict(identity(number), f"user:u_{number}", "runaway", at))
    decide(stage, 4, at, restrict(identity(4), "user:u_1", "sound", at), rules=("sound",))
    details = {"capability": "withdraw", "limit": {"none": True}, "expires_at": stamp(now + timedelta(hours=9))}
    stage.ledger.apply(
        Action("restrict", "p1", "user:u_1", "person:ann", at, "a call", None, None, details), "command/1"
    )
    return stage


def told(*words: str) -> Any:
    result = sluice(*words, "--json", "--dry-run")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def job_of(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()[-1]


def test_a_dry_run_says_how_many_whom_and_what_would_remain(runaway: Stage) -> None:
    """By capability, with those whose causes stay; nothing is ordered."""
    page = told(*RUNAWAY)
    assert (page["decisions"], page["actions"]) == (3, 3)
    assert page["entities"] == {f"user:u_{number}": 1 for number in (1, 2, 3)}
    assert page["capabilities"] == {
        "withdraw": {"placed": 3, "freed": 2, "limited": 0, "changed": 0, "stays": 1, "over": 0}
    }
    assert page["remains_because_of"] == {"rule:sound": 1, "person:ann": 1}
    assert orders(runaway) == []
    assert sluice(*RUNAWAY, "--dry-run").exit_code == 0
    assert orders(runaway) == []


def test_what_the_rule_did_is_taken_back_and_other_causes_stay(runaway: Stage, now: datetime) -> None:
    """One order for each decision, under the caller's name; the rule's causes are gone and no other."""
    job = job_of(sluice(*RUNAWAY, "--yes"))
    enforce(runaway)
    assert [record["decision_id"] for record in orders(runaway)] == [f"undo/{job}/1/{identity(n)}" for n in (1, 2, 3)]
    assert limited(runaway, "user:u_1", now) == {"withdraw": {"rule:sound", "person:ann"}}
    assert limited(runaway, "user:u_2", now) == limited(runaway, "user:u_3", now) == {}
    assert {action.source.partition(":")[0] for record in orders(runaway) for action in unpack_actions(record)} == {
        "person"
    }


def test_the_undo_is_undone_by_its_job(runaway: Stage, now: datetime) -> None:
    """Everything counts again; undone once more, it does not; each is a round of the same job."""
    since = stamp(now - timedelta(hours=2))
    words = ("undo", "--rule", "runaway", "--since", since, "--why", "it fires on everyone", "--yes")
    job = job_of(sluice(*words))
    enforce(runaway)
    assert job_of(sluice("undo", "--job", job, "--again", "--why", "it was right", "--yes")) == job
    enforce(runaway)
    assert all("rule:runaway" in limited(runaway, f"user:u_{n}", now)["withdraw"] for n in (1, 2, 3))
    assert job_of(sluice(*words)) == job
    enforce(runaway)
    assert limited(runaway, "user:u_2", now) == {}
    assert [record["decision_id"].split("/")[2] for record in orders(runaway)] == ["1"] * 3 + ["2"] * 3 + ["3"] * 3


def test_the_same_undo_again_orders_nothing_new(runaway: Stage, now: datetime) -> None:
    """Until there is something new that the rule did meanwhile: then that."""
    since = stamp(now - timedelta(hours=2))
    words = ("undo", "--rule", "runaway", "--since", since, "--why", "it fires on everyone", "--yes")
    job = job_of(sluice(*words))
    again = sluice(*words)
    assert job_of(again) == job
    assert "3 were ordered before" in again.stderr
    assert len(orders(runaway)) == 3

    decide(runaway, 5, now, restrict(identity(5), "user:u_5", "runaway", now))
    assert job_of(sluice(*words)) == job
    assert [record["about_decision"] for record in orders(runaway)] == [identity(n) for n in (1, 2, 3, 5)]


def test_who_undid_what_and_why_is_in_the_history(runaway: Stage) -> None:
    """The undo, and the undo of it, with how many."""
    job = job_of(sluice(*RUNAWAY, "--yes"))
    sluice("undo", "--job", job, "--again", "--why", "it was right", "--yes")
    page = sluice("changes", "--json")
    changes = [json.loads(line) for line in page.stdout.splitlines()]
    assert [(each["kind"], each["why"]) for each in changes] == [
        ("undo again", "it was right"),
        ("undo", "it fires on everyone"),
    ]
    assert "3 actions of 3 decisions on 3 entities" in changes[1]["what"]
    assert job in changes[1]["what"]


def test_without_a_yes_nothing_is_undone(runaway: Stage) -> None:
    """It is shown, and asked for."""
    assert sluice(*RUNAWAY, given="n\n").exit_code == 2
    assert orders(runaway) == []
    assert PolicyTable(runaway.client("dynamodb"), runaway.outputs["PolicyTable"]).pointer().version == 0
    assert sluice(*RUNAWAY, given="y\n").exit_code == 0
    assert len(orders(runaway)) == 3


def test_what_cannot_be_taken_back_is_told(stage: Stage, now: datetime) -> None:
    """Commands that were given once, things that were denied, reviews and parked actions stay as they are."""
    decision_id, at = identity(1), now - timedelta(minutes=5)
    actions = [
        restrict(decision_id, "user:u_1", "runaway", at),
        made(
            "friction",
            decision_id,
            "user:u_1",
            "runaway",
            at,
            ask="step_up",
            expires_at=stamp(now + timedelta(hours=1)),
        ),
        made("command", decision_id, "user:u_1", "runaway", at, command="revoke_sessions"),
        made("review", decision_id, "user:u_1", "runaway", at),
    ]
    decide(stage, 1, at, *actions, disposition="deny")
    page = told(*RUNAWAY)
    assert (page["actions"], page["friction"], page["reviews"]) == (2, {"step_up": 1}, 1)
    assert page["cannot_be_taken_back"] == {"commands": {"revoke_sessions": 1}, "told_to_services": {"deny": 1}}
    text = sluice(*RUNAWAY, "--dry-run").stdout
    assert "revoke_sessions, given 1 times" in text
    assert "1 things told to services as deny" in text


def test_what_a_release_rule_let_go_is_held_again(stage: Stage, now: datetime) -> None:
    """It is shown on whom, then in force as far as its own time runs; released once more when the undo is undone."""
    begun, at = now - timedelta(hours=3), now - timedelta(minutes=5)
    for number, lasts in ((1, 9), (2, 2)):
        ends = stamp(begun + timedelta(hours=lasts))
        held = made(
            "restrict",
            identity(number),
            f"user:u_{number}",
            "sound",
            begun,
            capability="withdraw",
            limit={"none": True},
            expires_at=ends,
            until=["documents"],
        )
        stage.ledger.apply(held, identity(number))
        release = made(
            "release",
            identity(number + 2),
            f"user:u_{number}",
            "runaway",
            at,
            scope="",
            selector={"until": "documents"},
        )
        stage.ledger.apply(release, identity(number + 2))
        decide(stage, number + 2, at, release)
    assert limited(stage, "user:u_1", now) == {}

    page = told(*RUNAWAY)
    assert (page["actions"], page["releases"]) == (2, {"documents": 2})
    assert page["capabilities"]["withdraw"]["limited"] == 1
    assert "documents (2): what waited for it waits again" in sluice(*RUNAWAY, "--dry-run").stdout

    job = job_of(sluice(*RUNAWAY, "--yes"))
    enforce(stage)
    assert limited(stage, "user:u_1", now) == {"withdraw": {"rule:sound"}}
    assert limited(stage, "user:u_2", now) == {}
    sluice("undo", "--job", job, "--again", "--why", "it was right", "--yes")
    enforce(stage)
    assert limited(stage, "user:u_1", now) == {}


def test_a_demand_for_friction_is_withdrawn(stage: Stage, now: datetime) -> None:
    """It is open no more; and it is open again when the undo is undone."""
    at, ends = now - timedelta(minutes=5), stamp(now + timedelta(hours=1))
    ask = made("friction", identity(1), "user:u_1", "runaway", at, ask="step_up", expires_at=ends, remember_hours=24)
    decide(stage, 1, at, ask)
    job = job_of(sluice(*RUNAWAY, "--yes"))
    enforce(stage)
    assert stage.ledger.account("user:u_1").open_demands(now) == ()
    sluice("undo", "--job", job, "--again", "--why", "it was right", "--yes")
    enforce(stage)
    assert [demand.ask for demand in stage.ledger.account("user:u_1").open_demands(now)] == ["step_up"]


def test_linked_restrictions_go_with_their_source(stage: Stage, now: datetime) -> None:
    """And come back with it; what else limits the linked user stays."""
    at = now - timedelta(minutes=5)
    source = restrict(identity(1), "user:u_1", "runaway", at)
    via = {"entity": "user:u_1", "action_id": source.action_id, "through": "device:d"}
    linked = restrict(identity(1), "user:u_2", "runaway", at, via=via)
    decide(stage, 1, at, source, linked)
    decide(stage, 2, at, restrict(identity(2), "user:u_2", "sound", at), rules=("sound",))
    job = job_of(sluice("undo", "--decision", identity(1), "--why", "not them", "--yes"))
    enforce(stage)
    assert limited(stage, "user:u_1", now) == {}
    assert limited(stage, "user:u_2", now) == {"withdraw": {"rule:sound"}}
    sluice("undo", "--job", job, "--again", "--why", "them after all", "--yes")
    enforce(stage)
    assert limited(stage, "user:u_2", now) == {"withdraw": {"rule:sound", "rule:runaway"}}


def test_what_is_about_one_order_is_undone_for_that_order(stage: Stage, now: datetime) -> None:
    """The page of the order is released, others stay."""
    at = now - timedelta(minutes=5)
    decide(stage, 1, at, restrict(identity(1), "user:u_1", "runaway", at, scope="order:1"))
    decide(stage, 2, at, restrict(identity(2), "user:u_1", "sound", at, scope="order:2"), rules=("sound",))
    assert told(*RUNAWAY)["capabilities"]["withdraw"]["freed"] == 1
    job_of(sluice(*RUNAWAY, "--yes"))
    enforce(stage)
    assert limited(stage, "user:u_1", now, "order:1") == {}
    assert limited(stage, "user:u_1", now, "order:2") == {"withdraw": {"rule:sound"}}


def test_a_version_of_a_rule_is_undone_alone(stage: Stage, now: datetime) -> None:
    """What the rule did before it was edited stays."""
    at = now - timedelta(minutes=5)
    decide(stage, 1, at, restrict(identity(1), "user:u_1", "runaway", at))
    decide(stage, 2, at, restrict(identity(2), "user:u_2", "runaway", at, version="00000000"))
    page = told("undo", "--rule", f"runaway@{VERSION}", "--since", "2h")
    assert page["entities"] == {"user:u_1": 1}


def test_a_policy_is_undone_without_what_people_decided_under_it(stage: Stage, now: datetime) -> None:
    """All its rules' actions, by its digest or as much of that as people copy; other policies' stay."""
    at = now - timedelta(minutes=5)
    decide(stage, 1, at, restrict(identity(1), "user:u_1", "runaway", at), policy="a" * 32)
    decide(stage, 2, at, restrict(identity(2), "user:u_2", "other", at), rules=("other",), policy="a" * 32)
    decide(stage, 3, at, restrict(identity(3), "user:u_3", "other", at), rules=("other",), policy="b" * 32)
    said = Action("clear", "c", "user:u_1", "person:review", at, "", "phishing", None, {"until": stamp(now)})
    decide(stage, 4, at, said, policy="a" * 32)
    assert told("undo", "--policy", "a" * 12, "--since", "1h")["entities"] == {"user:u_1": 1, "user:u_2": 1}


def test_one_entity_is_undone_whoever_the_decisions_were_about(runaway: Stage, now: datetime) -> None:
    """What rules did to it, of which others' decisions may be the cause; a person's word stays."""
    job = job_of(sluice("undo", "--entity", "user:u_1", "--since", "2h", "--why", "a journalist called", "--yes"))
    enforce(runaway)
    assert limited(runaway, "user:u_1", now) == {"withdraw": {"person:ann"}}
    assert limited(runaway, "user:u_2", now) == {"withdraw": {"rule:runaway"}}
    sluice("undo", "--job", job, "--again", "--why", "it was them", "--yes")
    enforce(runaway)
    assert limited(runaway, "user:u_1", now) == {"withdraw": {"person:ann", "rule:runaway", "rule:sound"}}


def test_what_was_parked_stays_parked_unless_its_decision_is_undone(stage: Stage, now: datetime) -> None:
    """A rule's parked actions had no effect; of one decision, even what a person let through is taken back."""
    at = now - timedelta(minutes=5)
    held = restrict(identity(1), "user:u_1", "runaway", at)
    park = made(
        "park", identity(1), "user:u_1", "runaway", at, action=held.to_json(), why="over budget", rule="runaway"
    )
    decide(stage, 1, at, restrict(identity(1), "user:u_2", "runaway", at), park)
    page = told(*RUNAWAY)
    assert (page["actions"], page["parked"]) == (1, 1)
    person = {"parked": park.action_id, "verdict": "release"}
    stage.ledger.apply(Action("unpark", "un", "user:u_1", "person:ann", now, "", None, None, person), "command/2")
    assert limited(stage, "user:u_1", now) == {"withdraw": {"rule:runaway"}}

    result = sluice("undo", "--entity", "user:u_1", "--since", "1h", "--why", "x", "--yes")
    assert (result.exit_code, "nothing of entity user:u_1" in result.stderr) == (1, True)
    job_of(sluice("undo", "--decision", identity(1), "--why", "not them", "--yes"))
    enforce(stage)
    assert limited(stage, "user:u_1", now) == limited(stage, "user:u_2", now) == {}


def test_an_appeal_that_was_wrongly_overturned_is_undone_by_its_decision(runaway: Stage, now: datetime) -> None:
    """The restriction that it took back counts again."""
    done = restrict(identity(2), "user:u_2", "runaway", now - timedelta(hours=1))
    verdict = {"scope": "", "verdict": {"action_id": done.action_id, "void": True}}
    taken = Action("release", "t", "user:u_2", "person:appeal", now, "", "payment_fraud", None, verdict)
    decide(runaway, 9, now, taken, rules=())
    assert limited(runaway, "user:u_2", now) == {}
    job_of(sluice("undo", "--decision", identity(9), "--why", "wrong account", "--yes"))
    enforce(runaway)
    assert limited(runaway, "user:u_2", now) == {"withdraw": {"rule:runaway"}}


REFUSED = [
    (("--why", "x"), 2, "say what to undo, by one of"),
    (("--rule", "a", "--decision", "b", "--why", "x"), 2, "say what to undo, by one of"),
    (("--rule", "runaway", "--why", "x"), 2, "say from when on"),
    (("--rule", "runaway", "--since", "yesterday", "--why", "x"), 2, "is no moment"),
    (("--rule", "runaway", "--since", "2026-11-22T10:00:00", "--why", "x"), 2, "offset from UTC"),
    (("--rule", "runaway", "--since", "1h", "--until", "2h", "--why", "x"), 2, "is not before"),
    (("--rule", "runaway", "--since", "2h", "--why", " "), 2, "needs a reason"),
    (("--rule", "nobody", "--since", "2h", "--why", "x"), 1, "nothing of rule nobody"),
    (("--decision", "d", "--since", "2h", "--why", "x"), 2, "one moment"),
    (("--decision", "d", "--why", "x"), 1, "nothing of decision d"),
    (("--policy", "a1b2", "--since", "2h", "--why", "x"), 2, "too little of a digest"),
    (("--entity", "u_1", "--since", "2h", "--why", "x"), 2, "kind:id"),
    (("--job", "0123", "--why", "x"), 1, "there is no job 0123"),
    (("--job", "0123", "--rule", "a", "--why", "x"), 2, "give --job alone"),
    (("--rule", "runaway", "--since", "2h", "--again", "--why", "x"), 1, "nobody has undone rule runaway"),
]


def test_an_undo_that_makes_no_sense_is_refused(stage: Stage) -> None:
    """It says why, and orders nothing."""
    for words, code, said in REFUSED:
        result = sluice("undo", *words, "--yes")
        assert (result.exit_code, said in result.stderr) == (code, True), (words, result.stderr)
    assert orders(stage) == []


def test_orders_are_rate_limited(runaway: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each second's worth it waits for the rest of that second."""
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    job_of(sluice(*RUNAWAY, "--per-second", "1", "--yes"))
    assert len(waits) == 2
    assert all(0 < each <= 1 for each in waits)
