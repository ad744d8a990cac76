"""`sluice restrictions`: what is in force, why and until when, and what people decide, on its way to the ledger."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from shared.restrictions import Action
from shared.restrictions.statements import UNSTATED, Facts, statement_of
from shared.signals.times import stamp
from tests.integration.cli_fixtures import NOON, STOPPED, Stage, deployed_stage
from tests.support.cli import lines, sluice

pytestmark = pytest.mark.integration

USER = "user:u_1"
AN_HOUR_LATER = ("--at", "2026-11-20T13:00:00Z")
PLACE = (
    "restrictions",
    "place",
    USER,
    "--capability",
    "withdraw",
    "--to",
    "none",
    "--for",
    "72h",
    "--reason",
    "hijacked",
)
RELEASE = ("restrictions", "release", USER, "--capability", "withdraw", "--reason", "we called back")
CLEAR = ("restrictions", "clear", USER, "--abuse", "payment_fraud", "--reason", "a hotel")


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


def in_force(entity: str = USER, *words: str) -> dict[str, Any]:
    """By scope and capability, the limit that is shown."""
    shown = json.loads(sluice("restrictions", "show", entity, *words, "--json").stdout)
    return {f"{each['scope']} {each['capability']}".strip(): each["limit"] for each in shown["in_force"]}


def asked(stage: Stage) -> Action:
    """The one action that people ordered."""
    (record,) = stage.commands()
    (action,) = record["actions"]
    assert (record["subject"], record["outbox"]) == (action["entity"], "1 to publish")
    return Action.from_json(action)


def test_what_is_in_force_is_shown_with_its_causes(stage: Stage) -> None:
    """Each limited capability says until when it is, and each cause its source, reason and decision."""
    stage.restrict(USER, "withdraw", source="rule:x", at=NOON)
    result = sluice("restrictions", "show", USER, *AN_HOUR_LATER)
    assert result.exit_code == 0
    assert "withdraw stopped, until 2026-11-21 12:00:00 UTC, for another 23 h" in result.stdout
    assert "by rule x" in result.stdout
    assert "It looked odd." in result.stdout
    assert "decision d1" in result.stdout


def test_five_causes_are_told_apart_at_a_glance(stage: Stage) -> None:
    """What holds now, what is left when the hardest cause ends, and of each cause who, until when, and what ends it."""
    entity = "user:u_5"
    reserve = {"reserve_share": 30, "reserve_days": 10}
    stage.restrict(entity, "receive_payout", source="rule:ring", at=NOON, hours=96, limit=reserve, abuse="seller_fraud")
    stage.restrict(
        entity, "receive_payout", source="rule:takeover", at=NOON, until=["step_up", "review"], version="1a2b3c4d"
    )
    stage.restrict(
        entity,
        "receive_payout",
        source="rule:disputes",
        at=NOON,
        hours=12,
        on_expiry="person",
        holds_until=stamp(NOON + timedelta(days=2)),
    )
    via = {"entity": "user:u_9", "action_id": "f" * 32, "through": "device_accounts"}
    stage.restrict(
        entity, "receive_payout", source="rule:linked", at=NOON, hours=20, limit={"delay_hours": 24}, via=via
    )
    stage.restrict(entity, "receive_payout", source="person:ann", at=NOON, hours=30, limit={"share": 50})
    page = sluice("restrictions", "show", entity, "--at", "2026-11-21T01:00:00Z").stdout
    assert "receive_payout stopped, until 2026-11-22 12:00:00 UTC" in page
    assert "then 30 % of each held back for 10 days, until 2026-11-24 12:00:00" in page
    assert (
        "stopped, waits for a person since 2026-11-21 00:00:00, until 2026-11-22 12:00:00 at most, by rule disputes"
        in page
    )
    assert "stopped, until 2026-11-21 12:00:00, by rule takeover@1a2b3c4d" in page
    assert "released before by a step-up or a review" in page
    assert "linked to user:u_9 through device_accounts" in page
    assert "limited to 50 %, until 2026-11-21 18:00:00, by person ann" in page
    assert "(seller_fraud)" in page
    assert len([line for line in page.splitlines() if line.strip()[:2] in ("1.", "2.", "3.", "4.", "5.")]) == 5


def test_what_law_ends_before_its_time_is_shown_and_told_with_its_true_end(stage: Stage) -> None:
    """Of holds that follow each other: since when money is held, and when that ends, on the page and in the letter."""
    law = {"longest_hold_until": stamp(NOON + timedelta(hours=30))}
    stage.restrict(USER, "withdraw", source="rule:x", at=NOON, **law)
    later = Action("restrict", "a" * 32, USER, "rule:y", NOON + timedelta(hours=20), "", "policy")
    law = {"longest_hold_until": stamp(later.occurred_at + timedelta(hours=30))}
    later.details.update({"capability": "withdraw", "limit": STOPPED, "expires_at": stamp(NOON + timedelta(days=2))})
    later.details.update({**law, "statement": statement_of(later, Facts("It looked odd."), UNSTATED)})
    stage.ledger.apply(later, "d2")

    page = sluice("restrictions", "show", USER, "--at", "2026-11-21T09:00:00Z").stdout
    letter = sluice("restrictions", "statement", USER).stdout
    ended = sluice("restrictions", "show", USER, "--at", "2026-11-21T19:00:00Z").stdout

    assert "1. stopped, until 2026-11-21 18:00:00, by rule y (policy)" in page
    assert "rules hold this since 2026-11-20 12:00:00, and no person decided" in page
    assert "Until 21 November 2026, 18:00 UTC at most." in letter
    assert "ended by law 2026-11-21 18:00:00" in ended


def test_what_has_expired_is_not_in_force(stage: Stage) -> None:
    """Past its expiry a restriction is shown as ended, and the exit code says that nothing is in force."""
    stage.restrict(USER, "withdraw", source="rule:x", at=NOON)
    result = sluice("restrictions", "show", USER, "--at", "2026-11-21T12:00:00Z")
    assert result.exit_code == 1
    assert "not in force at 2026-11-21 12:00:00" in result.stdout
    assert "ended 2026-11-21 12:00:00" in result.stdout
    assert "nothing is in force" in result.stderr


def test_an_unknown_entity_has_nothing_in_force(stage: Stage) -> None:
    """An entity that the ledger does not know is not limited."""
    result = sluice("restrictions", "show", "user:nobody")
    assert (result.exit_code, result.stdout) == (1, "")


def test_a_single_order_is_limited_apart(stage: Stage) -> None:
    """What is about one order is told as such, and asked for by its name."""
    stage.restrict(USER, "receive_payout", source="rule:x", at=NOON, scope="order:o_1")
    stage.restrict(USER, "receive_payout", source="rule:x", at=NOON, scope="order:o_2")
    stage.restrict(USER, "withdraw", source="rule:y", at=NOON)
    page = sluice("restrictions", "show", USER, *AN_HOUR_LATER).stdout
    assert f"{USER}, order:o_1 only: receive_payout stopped" in page
    assert set(in_force(USER, *AN_HOUR_LATER, "--only", "order:o_2")) == {"withdraw", "order:o_2 receive_payout"}


def test_of_thousands_of_orders_some_are_told(stage: Stage) -> None:
    """A seller with many limited orders gets a page that people can read; for pipes there is all of it."""
    for number in range(25):
        stage.restrict(USER, "receive_payout", source="rule:x", at=NOON, scope=f"order:o_{number:02}")
    page = sluice("restrictions", "show", USER, *AN_HOUR_LATER).stdout
    assert page.count("only: receive_payout") == 20
    assert "and 5 more orders and listings" in page
    assert len(in_force(USER, *AN_HOUR_LATER)) == 25


def test_friction_and_clearances_are_shown(stage: Stage) -> None:
    """What a user is asked for, and of what people cleared them, stands beside what limits them."""
    ledger = stage.ledger
    asks = {"ask": "step_up", "expires_at": stamp(NOON + timedelta(hours=2))}
    ledger.apply(Action("friction", "f1", USER, "rule:x", NOON, "", details=asks), "d1")
    failed = {"ask": "step_up", "outcome": "failed"}
    ledger.apply(Action("answer", "f2", USER, "feedback:stepup", NOON + timedelta(hours=2), "", details=failed), "d3")
    ends = {"until": stamp(NOON + timedelta(days=30))}
    ledger.apply(Action("clear", "c1", USER, "person:ann", NOON, "a hotel", "payment_fraud", details=ends), "d2")
    page = sluice("restrictions", "show", USER, *AN_HOUR_LATER).stdout
    assert "asked for step_up at 2026-11-20 12:00:00 UTC, until 2026-11-20 14:00:00" in page
    assert "step_up failed" not in page
    assert "cleared of payment_fraud until 2026-12-20 12:00:00 UTC, by person ann: a hotel" in page
    later = sluice("restrictions", "show", USER, "--at", "2026-11-20T15:00:00Z").stdout
    assert "step_up failed at 2026-11-20 14:00:00 UTC" in later
    assert "asked for step_up" not in later


def test_restrictions_as_one_document(stage: Stage) -> None:
    """For pipes there is one document with what is in force, how it goes on, and the ledger's pages."""
    placed = stage.restrict(USER, "withdraw", source="rule:x", at=NOON)
    shown = json.loads(sluice("restrictions", "show", USER, *AN_HOUR_LATER, "--json").stdout)
    (standing,) = shown["in_force"]
    assert (standing["capability"], standing["causes"]) == ("withdraw", [placed.action_id])
    assert standing["steps"] == [{"limit": {"none": True}, "until": "2026-11-21T12:00:00.000Z"}]
    assert [each["action_id"] for each in shown["pages"][""]["causes"]] == [placed.action_id]


def test_a_person_restricts(stage: Stage) -> None:
    """What a person places is recorded under the caller's name, with a statement, and is in force once applied."""
    result = sluice(*PLACE, "--abuse", "account_takeover", "--until", "step_up,review", "--yes")
    action = asked(stage)
    caller = boto3.client("sts").get_caller_identity()["Arn"].rpartition("/")[2]
    assert result.stdout.strip() == stage.commands()[0]["decision_id"]
    assert (action.kind, action.source, action.abuse) == ("restrict", f"person:{caller}", "account_takeover")
    assert action.details["until"] == ["step_up", "review"]
    assert action.details["statement"]["notice"]["automated"] is False
    assert "hijacked" not in json.dumps(action.details["statement"])
    stage.enforced()
    assert in_force() == {"withdraw": {"none": True}}


def test_a_person_restricts_one_order_in_part(stage: Stage) -> None:
    """Limits are written as in a policy, and may be about one order."""
    words = ("--capability", "receive_payout", "--to", "{reserve: 30%, days: 30}", "--only", "order:o_1")
    assert sluice(*PLACE, *words, "--tell", "Some buyers complained.", "--yes").exit_code == 0
    assert "Some buyers complained." in asked(stage).details["statement"]["notice"]["facts"]
    stage.enforced()
    assert in_force() == {"order:o_1 receive_payout": {"reserve_share": 30, "reserve_days": 30}}


def test_a_person_is_told_what_stands_already(restricted: Stage) -> None:
    """Whoever restricts what is restricted sees by whom, and whether it changes anything."""
    harder = sluice(*PLACE, given="n\n")
    assert "withdraw already stopped, until" in harder.stderr
    assert "changes nothing" not in harder.stderr
    assert "changes nothing" in sluice(*PLACE, "--for", "60m", given="n\n").stderr
    assert restricted.commands() == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--capability", "fly"), "there is no capability 'fly'; there are log_in"),
        (("--to", "-5%"), "`-5%` does not fit `to`"),
        (("--to", "150%"), "`150%` does not fit `to`"),
        (("--to", "25%"), "withdraw cannot be left in part"),
        (("--to", "{delay: 24h"), "this is not YAML"),
        (("--to", ""), "does not fit `to`"),
        (("--for", "-1h"), "no span of time"),
        (("--for", "0h"), "no span of time"),
        (("--for", "9999-01-01T00:00:00Z"), "no span of time"),
        (("--for", "366d"), "365d at most"),
        (("--abuse", "theft"), "there is no kind of abuse 'theft'; there are"),
        (("--only", "card:c_1"), "is no order and no listing"),
        (("--only", "order:o_1"), "withdraw cannot be limited for order:o_1 only"),
        (("--until", "step_up,soon"), "there is no condition 'soon'; there are step_up"),
        (("--reason", " "), "needs a reason"),
    ],
)
def test_a_restriction_that_makes_no_sense_is_refused(stage: Stage, words: tuple[str, ...], said: str) -> None:
    """What cannot be placed is named, with what can be, and nothing is recorded."""
    result = sluice(*PLACE, *words, "--yes")
    assert result.exit_code == 2
    assert said in result.stderr
    assert stage.commands() == []


@pytest.mark.parametrize(
    ("entity", "said"),
    [("ip:203.0.113.7", "honest people share it"), ("card:c_1", "card:c_1 has no capability withdraw; it has buy")],
)
def test_what_no_service_could_keep_to_is_refused(stage: Stage, entity: str, said: str) -> None:
    """People restrict what rules can restrict: the kinds of entity that have the capability."""
    result = sluice("restrictions", "place", entity, *PLACE[3:], "--yes")
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_release_is_recorded_as_a_command(restricted: Stage) -> None:
    """A release goes into the outbox under the caller's name, and applied it ends what everyone had placed."""
    result = sluice(*RELEASE, "--yes")
    action = asked(restricted)
    caller = boto3.client("sts").get_caller_identity()["Arn"].rpartition("/")[2]
    assert result.stdout.strip() == restricted.commands()[0]["decision_id"]
    assert (action.kind, action.source, action.reason) == ("release", f"person:{caller}", "we called back")
    restricted.enforced()
    assert in_force() == {}


def test_a_release_by_source_leaves_the_others(restricted: Stage) -> None:
    """With a source only what it placed ends; the other cause stays in force."""
    sluice(*RELEASE, "--source", "rule:x", "--yes")
    restricted.enforced()
    page = sluice("restrictions", "show", USER).stdout
    assert "1. stopped, until" in page
    assert "by rule y" in page
    assert ", released: by rule x" in page


def test_one_cause_is_released_by_its_id(stage: Stage) -> None:
    """Of several causes that one source placed, one can be released alone."""
    now = datetime.now(UTC)
    first = stage.restrict(USER, "withdraw", source="rule:x", at=now - timedelta(hours=2), scope="order:o_1")
    second = stage.restrict(USER, "withdraw", source="rule:x", at=now - timedelta(hours=1), scope="order:o_2")
    result = sluice("restrictions", "release", USER, "--cause", second.action_id, "--reason", "a fine order", "--yes")
    assert result.exit_code == 0, result.stderr
    stage.enforced()
    assert set(in_force()) == {"order:o_1 withdraw"}
    assert first.action_id != second.action_id


def test_a_release_reaches_the_orders(stage: Stage) -> None:
    """What is released of an entity is released of its orders, too; with --only, of that one alone."""
    now = datetime.now(UTC) - timedelta(hours=1)
    for order in ("order:o_1", "order:o_2", "order:o_3"):
        stage.restrict(USER, "withdraw", source="rule:x", at=now, scope=order)
    sluice(*RELEASE, "--only", "order:o_2", "--yes")
    stage.enforced()
    assert set(in_force()) == {"order:o_1 withdraw", "order:o_3 withdraw"}
    sluice(*RELEASE, "--yes")
    stage.enforced()
    assert in_force() == {}


def test_a_release_is_asked_for(restricted: Stage) -> None:
    """Without --yes a release shows what it ends and asks; any answer but yes releases nothing."""
    result = sluice(*RELEASE, given="n\n")
    assert result.exit_code == 2
    assert "withdraw stopped, until" in result.stderr
    assert restricted.commands() == []
    assert sluice(*RELEASE, given="y\n").exit_code == 0
    assert len(restricted.commands()) == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--capability", "fly"), 2, "receive_payout"),
        (("--reason", " "), 2, "needs a reason"),
        (("--source", "rule:z"), 1, "there is withdraw by rule:x (cause"),
        (("--capability", "buy"), 1, "nothing in force for user:u_1 is of capability buy; there is withdraw by rule:x"),
        (("--cause", "a" * 32), 2, "not both"),
    ],
)
def test_a_release_that_makes_no_sense_is_refused(
    restricted: Stage, words: tuple[str, ...], code: int, said: str
) -> None:
    """A release of nothing, or without a reason, records nothing and says why."""
    result = sluice(*RELEASE, *words, "--yes")
    assert result.exit_code == code
    assert said in result.stderr
    assert restricted.commands() == []


def test_a_release_says_which(restricted: Stage) -> None:
    """Everything at once is released only by saying so."""
    result = sluice("restrictions", "release", USER, "--reason", "all fine", "--yes")
    assert result.exit_code == 2
    assert "say which" in result.stderr


def test_a_cause_that_never_was_cannot_be_released(restricted: Stage) -> None:
    """Whoever names a cause that never was, or is gone, is told so, and what there is instead."""
    by_cause = ("restrictions", "release", USER, "--reason", "fine", "--yes", "--cause")
    result = sluice(*by_cause, "0" * 32)
    assert result.exit_code == 1
    assert f"{USER} never had a cause {'0' * 32}; there is withdraw by rule:x (cause " in result.stderr
    cause = json.loads(sluice("restrictions", "show", USER, "--json").stdout)["in_force"][0]["causes"][0]
    assert sluice(*by_cause, cause).exit_code == 0
    restricted.enforced()
    again = sluice(*by_cause, cause)
    assert again.exit_code == 1
    assert f"the cause {cause} is not in force any more: `sluice audit {USER}` says what became of it" in again.stderr
    assert len(restricted.commands()) == 1


def test_two_people_release_at_once(restricted: Stage) -> None:
    """The second of two releases of the same changes nothing, and both are in the history."""
    first, second = (sluice(*RELEASE, "--yes") for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0)
    restricted.enforced()
    assert in_force() == {}
    told = [each for each in lines(sluice("audit", USER, "--json")) if each["action"]["kind"] == "release"]
    assert sorted(each["changed"] for each in told) == [False, True]


def test_a_clearance_ends_what_rules_placed_for_it(stage: Stage) -> None:
    """Rules' restrictions of that abuse kind end, what people or other kinds placed stays."""
    now = datetime.now(UTC) - timedelta(hours=1)
    stage.restrict(USER, "buy", source="rule:x", at=now, abuse="payment_fraud")
    stage.restrict(USER, "list", source="person:ann", at=now, abuse="payment_fraud")
    stage.restrict(USER, "withdraw", source="rule:y", at=now, abuse="account_takeover")
    result = sluice(*CLEAR, "--for", "30d", "--yes")
    assert result.stderr.count("ends: ") == 1
    stage.enforced()
    assert set(in_force()) == {"list", "withdraw"}
    assert "cleared of payment_fraud until" in sluice("restrictions", "show", USER).stdout


def test_a_clearance_is_taken_back(stage: Stage) -> None:
    """Once it is taken back rules may act again; what was never cleared cannot be taken back."""
    nothing = sluice(*CLEAR, "--take-back", "--yes")
    assert nothing.exit_code == 1
    assert "there is nothing to take back" in nothing.stderr
    sluice(*CLEAR, "--for", "30d", "--yes")
    stage.enforced()
    assert sluice(*CLEAR, "--take-back", "--yes").exit_code == 0
    stage.enforced()
    assert "cleared of" not in sluice("restrictions", "show", USER).stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say for how long"),
        (("--for", "30d", "--take-back"), "say for how long"),
        (("--for", "400d"), "365d at most"),
        (("--for", "30d", "--abuse", "theft"), "there is no kind of abuse 'theft'"),
        (("--for", "30d", "--reason", ""), "needs a reason"),
    ],
)
def test_a_clearance_that_makes_no_sense_is_refused(stage: Stage, words: tuple[str, ...], said: str) -> None:
    """Nothing is cleared for nobody knows how long, or without a reason."""
    result = sluice(*CLEAR, *words, "--yes")
    assert result.exit_code == 2
    assert said in result.stderr
    assert stage.commands() == []


def test_a_statement_tells_what_the_user_was_told(stage: Stage) -> None:
    """By whom it meets, by its action or by its decision, as a letter, and for pipes with what law asks to be kept."""
    command = sluice(*PLACE, "--tell", "Somebody else used your account.", "--yes").stdout.strip()
    stage.enforced()
    action_id = asked(stage).action_id
    letter = sluice("restrictions", "statement", USER)
    assert letter.exit_code == 0
    assert "withdrawals are not possible" in letter.stdout
    assert "Why: Somebody else used your account." in letter.stdout
    assert "by a person, on" in letter.stdout
    assert "To reach a person: " in letter.stdout
    for about in ((USER, "--action", action_id), (command,)):
        (told,) = lines(sluice("restrictions", "statement", *about, "--json"))
        assert (told["action_id"], told["entity"]) == (action_id, USER)
        assert set(told["record"]) > {"notice_due", "appeal_until", "jurisdiction"}


def test_no_statement_is_said_to_be_none(stage: Stage) -> None:
    """Who was never restricted was told nothing; a decision that is none is named."""
    assert sluice("restrictions", "statement", USER).exit_code == 1
    unknown = sluice("restrictions", "statement", "0" * 32)
    assert unknown.exit_code == 2
    assert "there is no decision" in unknown.stderr


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
    assert "release withdraw" in page
    assert "person" in page
    assert "we called back" in page
