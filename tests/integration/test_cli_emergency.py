"""`sluice emergency`: one line, two people, four hours."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from typer.testing import Result

from shared.decisions.record import packed
from shared.policy import Policy, dump_inputs, shipped
from shared.signals.amounts import Amount
from shared.signals.times import stamp
from shared.stores import Pointer, PolicySources, PolicyTable
from shared.stores.attributes import to_item
from shared.stores.policies import shipped_as
from tests.integration.cli_fixtures import Stage, deployed_stage
from tests.support.cli import lines, sluice

pytestmark = pytest.mark.integration

POLICY = """
rules:
  huge:
    abuse: payment_fraud
    on: payment.attempted
    when: amount >= 9999.00 USD
    then: [challenge]
    mode: live
    reason: "{amount} at once"
    user_reason: "Please confirm that it is you."
    owner: payments-risk
    tests:
      fires: {amount: 9999.00 USD}
      holds: {amount: 9998.99 USD}
"""
LINE = {
    "--abuse": "payment_fraud",
    "--on": "payment.attempted",
    "--when": "amount > 200.00 USD",
    "--then": "pend",
    "--fires": "amount: 350.00 USD",
    "--why": "a wave of gift cards since 10:20",
}
Person = Callable[[str], None]


@pytest.fixture
def stage() -> Iterator[Stage]:
    with deployed_stage() as stage:
        yield stage


@pytest.fixture
def person(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Whoever is named calls from now on, by credentials of their own."""
    del stage
    iam = boto3.client("iam")

    def calls(name: str) -> None:
        if not any(user["UserName"] == name for user in iam.list_users()["Users"]):
            iam.create_user(UserName=name)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])

    calls("ann")
    return calls


@pytest.fixture
def published(stage: Stage, person: Person, tmp_path: Path) -> Stage:
    """A policy is in force, and it is ann's turn."""
    (tmp_path / "rules.yaml").write_text(POLICY, encoding="utf-8")
    assert sluice("policy", "publish", str(tmp_path), "--why", "the first").exit_code == 0
    return stage


def propose(name: str = "gift_cards", *more: str, **other: str) -> Result:
    given = LINE | {f"--{option}": value for option, value in other.items()}
    return sluice("emergency", "propose", name, *(word for pair in given.items() for word in pair), *more)


def proposed(name: str = "gift_cards", *more: str, **other: str) -> str:
    result = propose(name, *more, **other)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()[-1]


def pointer(stage: Stage) -> Pointer:
    return PolicyTable(stage.client("dynamodb"), stage.outputs["PolicyTable"]).pointer()


def in_force(stage: Stage) -> Policy:
    return PolicySources(stage.client("s3"), stage.outputs["PolicyBucket"]).policy(pointer(stage).digest)


def payment(stage: Stage, number: int, minor: int, ago: timedelta) -> None:
    """A recorded decision about a payment."""
    inputs = dump_inputs({"amount": Amount(minor, "USD")})
    stage.put(
        {
            "decision_id": f"{number:032x}",
            "kind": "decision",
            "signal_type": "payment.attempted",
            "subject": f"user:u_{number}",
            "time": stamp(datetime.now(UTC) - ago),
            "disposition": "allow",
            "rules": [],
            "held_back": [],
            "capsule": packed({"entities": {"buyer": f"user:u_{number}"}, "inputs": inputs}),
        }
    )


def test_a_rule_that_two_people_want_is_in_force_for_four_hours(published: Stage, person: Person) -> None:
    """Beside everything that is in force already, live, with its end counted from the approval."""
    proposal = proposed("gift_cards", "--then", "friction: {of: buyer, ask: step_up}")
    assert "gift_cards" not in in_force(published).rules
    person("bob")
    before = datetime.now(UTC)
    result = sluice("emergency", "approve", proposal, "--yes")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == pointer(published).digest

    rules = in_force(published).rules
    assert rules.keys() == {"huge", "gift_cards"}
    rule = rules["gift_cards"]
    assert (rule.mode, rule.emergency, len(rule.effects)) == ("live", True, 2)
    assert rule.expires is not None
    assert timedelta(hours=4) - timedelta(seconds=1) <= rule.expires - before <= timedelta(hours=4, minutes=1)


def test_who_proposed_and_who_agreed_is_in_the_history(published: Stage, person: Person) -> None:
    """The proposal, and the publishing of it by somebody else, with why."""
    proposal = proposed()
    person("bob")
    sluice("emergency", "approve", proposal, "--yes")
    changes = lines(sluice("changes", "--json"))
    assert [(each["kind"], each["by"], each["why"]) for each in changes[:2]] == [
        ("publish", "bob", LINE["--why"]),
        ("emergency", "ann", LINE["--why"]),
    ]
    assert "with the emergency rule gift_cards, proposed by ann" in changes[0]["what"]
    assert len(lines(sluice("policy", "history", "--json"))) == 2


def test_nobody_agrees_with_themselves(published: Stage) -> None:
    """The one who proposed it is no second person."""
    proposal = proposed()
    result = sluice("emergency", "approve", proposal, "--yes")
    assert result.exit_code == 2
    assert "you proposed gift_cards yourself: it needs a second person" in result.stderr
    assert in_force(published).rules.keys() == {"huge"}


def test_the_last_hour_is_shown_before_anybody_agrees(published: Stage) -> None:
    """How many of the last hour's decisions it would have fired on; older ones do not count."""
    for number, (minor, minutes) in enumerate([(30_000, 5), (10_000, 10), (50_000, 30), (70_000, 90)], start=1):
        payment(published, number, minor, timedelta(minutes=minutes))
    result = propose()
    assert "3 decisions on payment.attempted" in result.stdout
    assert "2, 66.67% of those it could tell about" in result.stdout


def test_a_record_that_nobody_can_read_keeps_no_rule_from_being_proposed(published: Stage) -> None:
    """In an incident the rule counts: what it would have done is said to be unknown, and why."""
    payment(published, 1, 30_000, timedelta(minutes=5))
    published.put(
        {
            "decision_id": "d" * 32,
            "kind": "decision",
            "signal_type": "payment.attempted",
            "subject": "user:u_2",
            "time": stamp(datetime.now(UTC) - timedelta(minutes=1)),
            "capsule": b"packed with words that are gone",
        }
    )
    result = propose()
    assert result.exit_code == 0, result.output
    assert f"the record {'d' * 32} cannot be read" in result.stderr


def test_a_proposal_lapses_when_nobody_agrees_within_an_hour(published: Stage, person: Person) -> None:
    """What was shown is out of date by then."""
    proposal = proposed()
    long_ago = stamp(datetime.now(UTC) - timedelta(minutes=61))
    rewrite(published, proposal, at=long_ago)
    person("bob")
    result = sluice("emergency", "approve", proposal, "--yes")
    assert result.exit_code == 2
    assert "propose it again" in result.stderr
    assert in_force(published).rules.keys() == {"huge"}
    assert "nobody agreed in time" in sluice("emergency", "list").stdout


def rewrite(stage: Stage, proposal: str, **values: str) -> None:
    """The proposal as it would stand, had that happened at another time."""
    stage.client("dynamodb").update_item(
        TableName=stage.outputs["PolicyTable"],
        Key=to_item({"part": "emergency", "item": proposal}),
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
        ExpressionAttributeNames={f"#{name}": name for name in values},
        ExpressionAttributeValues=to_item({f":{name}": value for name, value in values.items()}),
    )


def test_an_approval_that_died_before_publishing_is_finished_by_anyone_else(published: Stage, person: Person) -> None:
    """The four hours count from the approval; the second time publishes, the third has nothing to do."""
    proposal = proposed()
    at = datetime.now(UTC) - timedelta(minutes=30)
    rewrite(published, proposal, approved_by="bob", approved_at=stamp(at))
    person("cyd")
    assert sluice("emergency", "approve", proposal, "--yes").exit_code == 0
    rule = in_force(published).rules["gift_cards"]
    assert rule.expires is not None
    assert stamp(rule.expires) == stamp(at + timedelta(hours=4))
    again = sluice("emergency", "approve", proposal, "--yes")
    assert again.exit_code == 1
    assert "in force already" in again.stderr


@pytest.mark.parametrize(
    ("other", "code", "said"),
    [
        ({"when": "amuont > 200.00 USD"}, 1, "did you mean `amount`?"),
        ({"then": "deny"}, 1, "cannot be taken back: `pend`"),
        ({"when": "amount > 200.00 USD\n    owner: me"}, 2, "--when is not one line"),
        ({"why": " "}, 2, "needs a reason"),
    ],
)
def test_a_rule_that_must_not_be_is_not_proposed(published: Stage, other: dict[str, str], code: int, said: str) -> None:
    """The usual messages say where and what to do; effects must be reversible, and end."""
    result = propose(**other)
    assert result.exit_code == code
    assert said in result.stderr
    assert sluice("emergency", "list").exit_code == 1
    assert pointer(published).version == 1


def test_a_name_that_is_taken_is_refused(published: Stage) -> None:
    """A rule in force is not replaced by a line."""
    result = propose("huge")
    assert result.exit_code == 2
    assert "there is a rule huge in force already" in result.stderr


def test_what_changed_since_the_proposal_is_kept(published: Stage, person: Person, tmp_path: Path) -> None:
    """The rule is added to what is in force when it is approved."""
    proposal = proposed()
    (tmp_path / "rules.yaml").write_text(POLICY.replace("9999.00", "8888.00").replace("9998.99", "8887.99"), "utf-8")
    assert sluice("policy", "publish", str(tmp_path), "--why", "lower").exit_code == 0
    person("bob")
    assert sluice("emergency", "approve", proposal, "--yes").exit_code == 0
    texts = PolicySources(published.client("s3"), published.outputs["PolicyBucket"]).documents(
        pointer(published).digest
    )
    assert "8888.00 USD" in texts["rules.yaml"]
    assert sorted(texts) == ["emergency/gift_cards.yaml", "rules.yaml"]


def test_a_rule_that_was_agreed_to_and_rolled_back_is_not_said_to_be_in_force(published: Stage, person: Person) -> None:
    """On call must not rely on what judges nobody."""
    del published
    proposal = proposed()
    person("bob")
    sluice("emergency", "approve", proposal, "--yes")
    assert sluice("policy", "rollback", "--why", "too much").exit_code == 0
    assert "agreed to, and not in force" in sluice("emergency", "list").stdout


def test_nobody_is_a_second_person_by_capital_letters(published: Stage, person: Person) -> None:
    """Identities are told apart by more than their case."""
    proposal = proposed()
    person("ANN")
    result = sluice("emergency", "approve", proposal, "--yes")
    assert result.exit_code == 2
    assert "second person" in result.stderr
    assert in_force(published).rules.keys() == {"huge"}


def test_an_emergency_rule_is_kept_on_somebodys_word(published: Stage, person: Person) -> None:
    """Until the time they give, fourteen days at most; its author's word is not enough."""
    proposal = proposed()
    person("bob")
    sluice("emergency", "approve", proposal, "--yes")
    until = datetime.now(UTC) + timedelta(days=2)
    keep = ("emergency", "keep", "gift_cards", "--why", "still going on", "--until")
    person("ann")
    refused = sluice(*keep, stamp(until))
    assert (refused.exit_code, "somebody else" in refused.stderr) == (2, True)
    person("bob")
    assert sluice(*keep, stamp(until)).exit_code == 0
    kept = in_force(published).rules["gift_cards"].expires
    assert kept is not None
    assert stamp(kept) == stamp(until)
    assert f"in force until {until:%Y-%m-%d %H:%M:%S}" in sluice("emergency", "list").stdout

    result = sluice(*keep, stamp(until + timedelta(days=20)))
    assert result.exit_code == 1
    assert "ends in more than 14 days" in result.stderr
    assert sluice(*keep, "2020-01-01T00:00:00Z").exit_code == 2
    assert sluice("emergency", "keep", "huge", "--why", "x", "--until", stamp(until)).exit_code == 1


def test_a_rule_that_has_ended_can_be_proposed_again(published: Stage, person: Person) -> None:
    """The new one takes its place."""
    first = proposed()
    rewrite(published, first, approved_by="bob", approved_at=stamp(datetime.now(UTC) - timedelta(hours=5)))
    person("cyd")
    result = sluice("emergency", "approve", first, "--yes")
    assert result.exit_code == 2
    assert "the rule ended" in result.stderr
    second = proposed(when="amount > 300.00 USD")
    person("bob")
    assert sluice("emergency", "approve", second, "--yes").exit_code == 0
    assert [each["state"].partition(" ")[0] for each in lines(sluice("emergency", "list", "--json"))] == ["in", "in"]


def test_without_a_yes_nothing_is_published(published: Stage, person: Person) -> None:
    """The whole rule is shown, and asked for."""
    proposal = proposed()
    person("bob")
    result = sluice("emergency", "approve", proposal, given="n\n")
    assert result.exit_code == 2
    assert "when: |2-\n      amount > 200.00 USD" in result.stderr
    assert in_force(published).rules.keys() == {"huge"}


def test_a_proposal_that_never_was_is_none(published: Stage) -> None:
    """It says where proposals are listed."""
    result = sluice("emergency", "approve", "0123abcd", "--yes")
    assert (result.exit_code, "sluice emergency list" in result.stderr) == (1, True)
    assert pointer(published).version == 1


def test_where_nobody_published_the_functions_must_judge_by_what_is_here(stage: Stage) -> None:
    """Else an emergency would publish whatever lies on somebody's disk."""
    result = propose()
    assert result.exit_code == 2
    assert "publish it" in result.stderr
    table = PolicyTable(stage.client("dynamodb"), stage.outputs["PolicyTable"])
    table.note("sluice-dev-evaluate-stream", shipped_as(shipped().digest), "")
    assert propose().exit_code == 0
