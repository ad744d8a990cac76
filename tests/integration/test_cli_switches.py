"""`sluice stop` and `start`: one switch for a rule, a kind of abuse, a capability or everything, and for brakes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.policy import load_documents, shipped
from shared.stores import Pointer, PolicyTable
from tests.integration.cli_fixtures import Stage, deployed_stage
from tests.support.aws import a_change
from tests.support.cli import lines, sluice
from tests.support.faults import on
from tests.support.wired import Conflict, wired

pytestmark = pytest.mark.integration

WHY = ("--why", "a test asks for it")
POLICY = """
features:
  attempts_1h: {count: payment.attempted, by: card, window: 1h}
lists:
  watched: {table: true, owner: payments-risk, about: cards that somebody named}
rules:
  busy_card:
    abuse: payment_fraud
    on: payment.attempted
    when: attempts_1h >= LIMIT or card in lists.watched
    then: [challenge]
    mode: live
    reason: "{attempts_1h} attempts on this card"
    user_reason: "Please confirm that it is you."
    owner: payments-risk
    tests:
      fires: {attempts_1h: 9, card in lists.watched: false}
      holds: {attempts_1h: 0, card in lists.watched: false}
"""


@pytest.fixture
def stage() -> Iterator[Stage]:
    with deployed_stage() as stage:
        yield stage


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "policy"
    path.mkdir()
    return path


def publish(folder: Path, limit: int = 3) -> str:
    """Publishes a policy with one rule; what the command remarked."""
    (folder / "rules.yaml").write_text(POLICY.replace("LIMIT", str(limit)), encoding="utf-8")
    result = sluice("policy", "publish", str(folder), *WHY)
    assert result.exit_code == 0, result.stderr
    return result.stderr


def pointer(stage: Stage) -> Pointer:
    return PolicyTable(stage.client("dynamodb"), stage.outputs["PolicyTable"]).pointer()


@pytest.mark.parametrize(
    "words", [("stop", "busy_card"), ("start", "other_rule"), ("lists", "add", "watched", "card:a")]
)
def test_a_change_in_the_same_instant_is_told_in_words(
    stage: Stage, folder: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """Who changed what, that nothing happened, and what to do; given again, it is done."""
    publish(folder)
    table = PolicyTable(stage.client("dynamodb"), stage.outputs["PolicyTable"])
    table.stop("other_rule", a_change("stop", "other_rule", datetime.now(UTC)))
    before = pointer(stage)
    wired(monkeypatch).strike = on("TransactWriteItems", Conflict(), times=1)
    result = sluice(*words, *WHY)
    assert result.exit_code == 2
    assert "in the same instant; the newest change is stop other_rule by ann" in result.stderr
    assert "give the same command again" in result.stderr
    assert pointer(stage) == before
    assert sluice(*words, *WHY).exit_code == 0
    assert pointer(stage).version == before.version + 1


def test_a_rule_is_stopped_and_started(stage: Stage, folder: Path) -> None:
    """By name, with a why; a name that no policy in force has is refused with the nearest."""
    publish(folder)
    result = sluice("stop", "busy_crad", *WHY)
    assert result.exit_code == 2
    assert "did you mean `busy_card`?" in result.stderr
    assert sluice("stop", "busy_card", *WHY).exit_code == 0
    assert set(pointer(stage).stopped) == {"busy_card"}
    assert sluice("stop", "busy_card", *WHY).exit_code == 1
    assert "stays stopped" in publish(folder, 4)
    assert sluice("start", "busy_card", *WHY).exit_code == 0
    assert pointer(stage).stopped == {}
    assert sluice("start", "busy_card", *WHY).exit_code == 1


def test_a_shipped_rule_can_be_stopped_before_anybody_published(stage: Stage) -> None:
    """The switch does not wait for a pointer."""
    rule = next(iter(shipped().rules))
    assert sluice("stop", rule, *WHY).exit_code == 0
    assert (pointer(stage).digest, set(pointer(stage).stopped)) == ("shipped", {rule})


@pytest.mark.parametrize(
    ("words", "name", "said"),
    [
        (("--everything",), "*", "stopped everything"),
        (("--abuse", "phishing"), "abuse:phishing", "stopped all rules about phishing"),
        (("--capability", "withdraw"), "capability:withdraw", "stopped what limits withdraw"),
    ],
)
def test_more_than_a_rule_is_stopped_at_once(stage: Stage, words: tuple[str, ...], name: str, said: str) -> None:
    """A kind of abuse, a capability and everything have a switch each, which status shows until it is taken back."""
    result = sluice("stop", *words, *WHY)
    assert said in result.stderr
    assert f"`sluice start {' '.join(words)}`" in result.stderr
    assert set(pointer(stage).stopped) == {name}
    shown = sluice("status")
    assert shown.exit_code == 1
    assert f"{said.removeprefix('stopped ')} is stopped since" in " ".join(shown.stdout.split())
    assert sluice("start", *words, *WHY).exit_code == 0
    assert pointer(stage).stopped == {}


def test_a_switch_leaves_the_others(stage: Stage) -> None:
    """Who starts everything again is told what is still stopped by a switch of its own."""
    sluice("stop", "--everything", *WHY)
    sluice("stop", "--abuse", "phishing", *WHY)
    result = sluice("start", "--everything", *WHY)
    assert result.exit_code == 0
    assert "still stopped: all rules about phishing" in result.stderr
    assert set(pointer(stage).stopped) == {"abuse:phishing"}


def test_switches_are_in_the_history(stage: Stage) -> None:
    """Who stopped and started what, and why, is among the changes."""
    sluice("stop", "--everything", "--why", "half of all payments are denied")
    sluice("start", "--everything", "--why", "it was the bank")
    told = lines(sluice("changes", "--last", "2h", "--json"))
    assert [(each["kind"], each["what"], each["why"]) for each in told] == [
        ("start", "*", "it was the bank"),
        ("stop", "*", "half of all payments are denied"),
    ]
    assert "stop everything" in sluice("changes").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name one thing"),
        (("busy_card", "--everything"), "name one thing"),
        (("--abuse", "phishing", "--capability", "withdraw"), "name one thing"),
        (("--abuse", "fishing"), "there is no kind of abuse 'fishing'; there are"),
        (("--capability", "fly"), "there is no capability 'fly'; there are"),
        (("*",), "is no rule's name"),
        (("--everything", "--why", " "), "needs a reason"),
    ],
)
@pytest.mark.parametrize("command", ["stop", "start"])
def test_an_unclear_switch_is_refused(stage: Stage, command: str, words: tuple[str, ...], said: str) -> None:
    """Nothing is switched where it is not clear what, or why."""
    result = sluice(command, *WHY, *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert pointer(stage).version == 0


def test_a_rule_can_be_stopped_though_its_policy_does_not_load_here(stage: Stage, folder: Path) -> None:
    """An emergency is no time to insist on names."""
    publish(folder)
    digest = load_documents({"rules.yaml": POLICY.replace("LIMIT", "3")}).digest
    stage.client("s3").put_object(Bucket=stage.outputs["PolicyBucket"], Key=f"policies/{digest}.json", Body=b"{")
    result = sluice("stop", "whatever", *WHY)
    assert result.exit_code == 0
    assert "cannot be loaded here" in result.stderr


def test_a_rule_can_be_stopped_though_no_policy_can_be_read(stage: Stage, folder: Path) -> None:
    """Whoever stops a rule has enough trouble: what S3 does not give is not insisted on."""
    publish(folder)
    s3, bucket = stage.client("s3"), stage.outputs["PolicyBucket"]
    for kept in s3.list_object_versions(Bucket=bucket)["Versions"]:
        s3.delete_object(Bucket=bucket, Key=kept["Key"], VersionId=kept["VersionId"])
    s3.delete_bucket(Bucket=bucket)
    stopped = sluice("stop", "busy_card", *WHY)
    assert (stopped.exit_code, set(pointer(stage).stopped)) == (0, {"busy_card"})
    assert "NoSuchBucket" in stopped.stderr
