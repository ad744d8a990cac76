"""`sluice policy publish` and what goes with it: in force as a whole or not at all, and never without a why."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.cli.observing import LEAST
from shared.decisions import Particulars, conclude, outcome_key, series_read, to_record
from shared.decisions.beginnings import HEARD, SETTLED
from shared.policy import load_documents, shipped
from shared.signals import Pseudonyms, entities_of, parse
from shared.signals.times import stamp
from shared.stores import ListEntry, Pointer, PolicySources, PolicyTable, TableLists
from shared.stores.written import Asked
from tests.integration.cli_fixtures import Stage, deployed_stage
from tests.support.aws import a_change
from tests.support.cli import lines, sluice
from tests.support.faults import Meanwhile, on
from tests.support.wired import wired

pytestmark = pytest.mark.integration

CALM = """
features:
  attempts_1h: {count: payment.attempted, by: card, window: WINDOW}
lists:
  watched: {table: true, owner: payments-risk, about: cards that somebody named}
  fixed: {values: [card:x, card:y], owner: payments-risk, about: cards of our own tests}
rules:
  busy_card:
    abuse: payment_fraud
    on: payment.attempted
    when: attempts_1h >= LIMIT or card in lists.watched or card in lists.fixed
    then: [challenge]
    mode: live
    reason: "{attempts_1h} attempts on this card"
    user_reason: "Please confirm that it is you."
    owner: payments-risk
    tests:
      fires: {attempts_1h: 9, card in lists.watched: false, card in lists.fixed: false}
      holds: {attempts_1h: 0, card in lists.watched: false, card in lists.fixed: false}
"""
WHY = ("--why", "a test asks for it")


@pytest.fixture
def stage() -> Iterator[Stage]:
    with deployed_stage() as stage:
        yield stage


def texts(limit: int = 3, window: str = "1h") -> str:
    return CALM.replace("LIMIT", str(limit)).replace("WINDOW", window)


def digest(limit: int = 3, window: str = "1h") -> str:
    return load_documents({"rules.yaml": texts(limit, window)}).digest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "policy"
    path.mkdir()
    (path / "rules.yaml").write_text(texts(), encoding="utf-8")
    return path


def rewritten(folder: Path, limit: int = 3, window: str = "1h") -> str:
    """The folder's policy, changed; its path."""
    (folder / "rules.yaml").write_text(texts(limit, window), encoding="utf-8")
    return str(folder)


def pointer(stage: Stage) -> Pointer:
    return PolicyTable(stage.client("dynamodb"), stage.outputs["PolicyTable"]).pointer()


def test_a_published_policy_is_what_the_pointer_names(stage: Stage, folder: Path) -> None:
    """With its source kept, and who, when and why."""
    result = sluice("policy", "publish", str(folder), *WHY)
    assert (result.exit_code, result.stdout) == (0, f"{digest()}\n")
    now = pointer(stage)
    assert (now.version, now.digest, now.before) == (1, digest(), ("shipped",))
    assert now.published["why"] == "a test asks for it"
    assert now.published["by"]
    sources = PolicySources(stage.client("s3"), stage.outputs["PolicyBucket"])
    assert sources.documents(digest()) == {"rules.yaml": texts()}


def test_what_fails_its_check_is_not_published(stage: Stage, folder: Path) -> None:
    """Every problem is printed with its place, and nothing is kept or moved."""
    broken = texts().replace("card in lists.watched or", "crad in lists.watched or")
    (folder / "rules.yaml").write_text(broken, encoding="utf-8")
    result = sluice("policy", "publish", str(folder), *WHY)
    assert result.exit_code == 1
    assert "did you mean `card`?" in result.stderr
    assert pointer(stage) == Pointer()
    assert "Contents" not in stage.client("s3").list_objects_v2(Bucket=stage.outputs["PolicyBucket"])


def test_what_fails_its_tests_is_not_published(stage: Stage, folder: Path) -> None:
    """A test beside a rule that does not come out is a problem of the policy."""
    result = sluice("policy", "publish", rewritten(folder, limit=10), *WHY)
    assert result.exit_code == 1
    assert "busy_card" in result.stderr
    assert pointer(stage) == Pointer()


def test_a_live_rule_that_denies_needs_tests_that_notice_slips(stage: Stage, folder: Path) -> None:
    """Those that a challenge gets by without are refused."""
    (folder / "rules.yaml").write_text(texts().replace("[challenge]", "[deny]"), encoding="utf-8")
    result = sluice("policy", "publish", str(folder), *WHY)
    assert result.exit_code == 1
    assert "nothing was published" in result.stderr
    assert pointer(stage) == Pointer()


@pytest.mark.parametrize(("days", "code"), [(13, 0), (16, 1)])
def test_an_emergency_rule_ends_within_two_weeks(stage: Stage, folder: Path, days: int, code: int) -> None:
    """What is needed for longer gets the tests of an ordinary rule."""
    ends = (datetime.now(UTC) + timedelta(days=days)).date()
    urgent = texts().replace("    mode: live\n", f"    mode: live\n    emergency: true\n    expires: {ends}\n")
    (folder / "rules.yaml").write_text(urgent, encoding="utf-8")
    result = sluice("policy", "publish", str(folder), *WHY)
    assert result.exit_code == code, result.stderr
    assert ("ends in more than 14 days" in result.stderr) == bool(code)


def test_a_dry_run_tells_and_changes_nothing(stage: Stage, folder: Path) -> None:
    """What is new, and which features would begin with an empty memory."""
    result = sluice("policy", "publish", str(folder), *WHY, "--dry-run")
    assert result.exit_code == 0
    assert "rule busy_card added" in result.stderr
    assert "a dry run: nothing was changed" in result.stderr
    assert pointer(stage) == Pointer()
    assert "Contents" not in stage.client("s3").list_objects_v2(Bucket=stage.outputs["PolicyBucket"])


def test_publishing_without_a_why_is_refused(stage: Stage, folder: Path) -> None:
    """A blank is no reason."""
    assert sluice("policy", "publish", str(folder)).exit_code == 2
    assert sluice("policy", "publish", str(folder), "--why", " ").exit_code == 2
    assert pointer(stage) == Pointer()


def test_publishing_what_is_in_force_changes_nothing(stage: Stage, folder: Path) -> None:
    """There is nothing to record."""
    sluice("policy", "publish", str(folder), *WHY)
    assert sluice("policy", "publish", str(folder), *WHY).exit_code == 1
    assert pointer(stage).version == 1


def attempted(stage: Stage, number: int) -> None:
    """So many decisions about payments, one in ten of them on a busy card, as functions record them."""
    now = datetime.now(UTC).replace(microsecond=0)
    example = json.loads(sluice("signals", "example", "payment.attempted").stdout)
    program = load_documents({"rules.yaml": texts()}).program("payment.attempted")
    for n in range(number):
        signal = parse(json.dumps({**example, "id": f"p{n}", "time": stamp(now)}).encode(), now)
        entities = entities_of(signal, Pseudonyms(b"k" * 32))
        particulars = replace(Particulars.of(signal, entities), received_at=now)
        inputs = program.inputs({"attempts_1h": 3 if n % 10 == 0 else 1}, {})
        stage.put(to_record(conclude(particulars, program.judge(inputs), inputs, shipped())))


def frequencies(stage: Stage) -> Any:
    """What functions load with the policy."""
    return PolicySources(stage.client("s3"), stage.outputs["PolicyBucket"]).policy(digest()).frequencies


@pytest.mark.parametrize("options", [(), ("--share", "10%")])
def test_what_was_decided_arranges_what_is_published(stage: Stage, folder: Path, options: tuple[str, ...]) -> None:
    """How often each condition holds is kept beside the source, with the values that lists have in this stage."""
    attempted(stage, LEAST)
    assert sluice("policy", "publish", str(folder), *WHY, *options).exit_code == 0
    assert frequencies(stage) == {
        "payment.attempted": {"attempts_1h >= 3": 0.1, "card in lists.watched": 0.0, "card in lists.fixed": 0.0}
    }


def test_a_few_decisions_arrange_nothing(stage: Stage, folder: Path) -> None:
    """Guesses are better than what few would say."""
    attempted(stage, LEAST - 1)
    assert sluice("policy", "publish", str(folder), *WHY).exit_code == 0
    assert frequencies(stage) == {}


def test_decisions_that_cannot_be_read_keep_nothing_from_being_published(stage: Stage, folder: Path) -> None:
    """Whoever publishes may not be allowed to read them."""
    stage.client("dynamodb").delete_table(TableName=stage.outputs["DecisionsTable"])
    result = sluice("policy", "publish", str(folder), *WHY)
    assert (result.exit_code, pointer(stage).digest) == (0, digest())
    assert "how often conditions hold is guessed" in result.stderr


def test_a_policy_is_staged_raised_and_promoted(stage: Stage, folder: Path) -> None:
    """First to a share, then to more, then to everyone; who it judges already stays."""
    assert sluice("policy", "publish", str(folder), *WHY, "--share", "10%").exit_code == 0
    now = pointer(stage)
    assert (now.digest, now.staged, now.share) == ("shipped", digest(), 0.1)
    assert sluice("policy", "promote", *WHY, "--share", "5%").exit_code == 2
    assert sluice("policy", "promote", *WHY, "--share", "50%").exit_code == 0
    assert pointer(stage).share == 0.5
    assert sluice("policy", "promote", *WHY).exit_code == 0
    now = pointer(stage)
    assert (now.digest, now.staged, now.share, now.before) == (digest(), None, 0.0, ("shipped",))
    assert sluice("policy", "promote", *WHY).exit_code == 1


@pytest.mark.parametrize("share", ["10", "100%", "-1%", "nan%", "x%", "0.001%", "0.015%"])
def test_a_share_is_a_percentage_of_less_than_everyone(stage: Stage, folder: Path, share: str) -> None:
    """Anything else is a usage error, and so is what is finer than shares are drawn."""
    assert sluice("policy", "publish", str(folder), *WHY, "--share", share).exit_code == 2
    assert pointer(stage) == Pointer()


def test_the_finest_share_is_kept_as_it_is(stage: Stage, folder: Path) -> None:
    """A hundredth of a percent, and what floating point cannot write exactly."""
    for share, kept in (("0.01%", 0.0001), ("33.33%", 0.3333)):
        assert sluice("policy", "publish", str(folder), *WHY, "--share", share).exit_code == 0
        assert pointer(stage).share == kept
    assert "stage for 0.01 %" in sluice("policy", "history").stdout


def test_rollback_goes_back_step_by_step(stage: Stage, folder: Path) -> None:
    """To the one before, and the one before that, down to what ships; or to any that was ever published."""
    first, second = digest(), digest(4)
    sluice("policy", "publish", str(folder), *WHY)
    sluice("policy", "publish", rewritten(folder, 4), *WHY)
    for wanted in (first, "shipped"):
        assert sluice("policy", "rollback", *WHY).stdout == f"{wanted}\n"
        assert pointer(stage).digest == wanted
    assert sluice("policy", "rollback", *WHY).exit_code == 1
    assert sluice("policy", "rollback", second, *WHY).exit_code == 0
    assert (pointer(stage).digest, pointer(stage).before) == (second, ("shipped",))
    assert sluice("policy", "rollback", "0" * 32, *WHY).exit_code == 2
    assert pointer(stage).digest == second


def test_rollback_of_a_staged_policy_takes_its_share(stage: Stage, folder: Path) -> None:
    """What everyone else is judged by does not change."""
    sluice("policy", "publish", str(folder), *WHY, "--share", "10%")
    assert sluice("policy", "rollback", *WHY).stdout == "shipped\n"
    assert (pointer(stage).digest, pointer(stage).staged) == ("shipped", None)


def test_the_policy_before_keeps_its_memory(stage: Stage, folder: Path) -> None:
    """A window that moves a feature to other tiles: the old ones go on being written, so that it can come back."""
    sluice("policy", "publish", str(folder), *WHY)
    sluice("policy", "publish", rewritten(folder, window="7d"), *WHY)
    assert pointer(stage).also == ("payment.attempted#card#1h",)
    sluice("policy", "rollback", *WHY)
    assert pointer(stage).also == ("payment.attempted#card#7d",)


def test_a_new_series_begins_when_everybody_writes_it(stage: Stage, folder: Path) -> None:
    """A quarter of an hour after it was published, and as much later as a clock may be ahead; who publishes is told."""
    before = datetime.now(UTC)
    result = sluice("policy", "publish", str(folder), *WHY)
    (begins,) = pointer(stage).began.values()
    assert SETTLED <= begins - before < SETTLED + timedelta(minutes=4)
    assert pointer(stage).began == {"payment.attempted#card#1h": begins}
    until = (begins + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M UTC")
    assert f"do not see their whole past yet, and count at least what they see: attempts_1h until {until}" in (
        result.stderr
    )


def test_what_goes_on_being_written_keeps_its_beginning(stage: Stage, folder: Path) -> None:
    """Through another version, a window that moves it to other tiles, and the way back; a gap begins it again."""
    sluice("policy", "publish", str(folder), *WHY)
    short = pointer(stage).began["payment.attempted#card#1h"]
    sluice("policy", "publish", rewritten(folder, limit=4), *WHY)
    assert pointer(stage).began == {"payment.attempted#card#1h": short}

    sluice("policy", "publish", rewritten(folder, window="7d"), *WHY)
    assert pointer(stage).began["payment.attempted#card#1h"] == short
    sluice("policy", "rollback", *WHY)
    assert pointer(stage).began["payment.attempted#card#1h"] == short

    sluice("policy", "publish", rewritten(folder, window="3h"), *WHY)
    sluice("policy", "publish", rewritten(folder, window="90d"), *WHY)
    sluice("policy", "publish", rewritten(folder, window="89d"), *WHY)
    assert "payment.attempted#card#1h" not in pointer(stage).also
    sluice("policy", "publish", rewritten(folder), *WHY)
    assert pointer(stage).began["payment.attempted#card#1h"] > short


def test_what_functions_asked_for_keeps_its_beginning(stage: Stage) -> None:
    """They write it, whatever lies beside the command: what they always wrote has none, and what a deploy brought."""
    series = dict.fromkeys(sorted(map(str, series_read([shipped()]))))
    (first, *_), began = series, datetime(2026, 11, 1, tzinfo=UTC)
    asked = Asked({**series, first: began}, datetime.now(UTC) + timedelta(days=7))
    assert PolicyTable(stage.client("dynamodb"), stage.outputs["PolicyTable"]).series.first(asked)
    sluice("policy", "publish", *WHY)
    assert pointer(stage).began == {first: began}
    assert pointer(stage).series == series
    assert pointer(stage).also == ()


def test_what_no_function_asked_for_begins_when_it_is_published(stage: Stage) -> None:
    """The policy beside the command may be newer than the deployed one, or edited: that tells of no memory."""
    result = sluice("policy", "publish", *WHY)
    assert pointer(stage).began.keys() == set(map(str, series_read([shipped()])))
    assert "do not see their whole past yet" in result.stderr


def test_what_functions_asked_for_goes_on_when_something_else_is_published(stage: Stage, folder: Path) -> None:
    """Whatever their build is: so that it can come back."""
    asked = Asked({"payment.attempted#card#30d": None}, datetime.now(UTC) + timedelta(days=7))
    assert PolicyTable(stage.client("dynamodb"), stage.outputs["PolicyTable"]).series.first(asked)
    sluice("policy", "publish", str(folder), *WHY)
    assert pointer(stage).also == ("payment.attempted#card#30d",)


def test_series_of_another_version_end_as_others_do(stage: Stage, folder: Path) -> None:
    """This one cannot tell what they are about; the version that can goes on writing them until all have heard."""
    table, name = PolicyTable(stage.client("dynamodb"), stage.outputs["PolicyTable"]), "gone.signal#card#1d"
    began = datetime(2026, 11, 1, tzinfo=UTC)
    table.move(
        table.pointer(),
        replace(table.pointer(), series={name: None}, began={name: began}, published={"by": "ann"}),
        a_change("publish", "it"),
    )
    before = datetime.now(UTC)
    sluice("policy", "publish", str(folder), *WHY, "--share", "10%")
    assert pointer(stage).began[name] == began
    until = pointer(stage).series[name]
    assert until
    assert HEARD <= until - before < HEARD + timedelta(minutes=4)


def test_a_policy_that_does_not_load_here_keeps_its_memory(stage: Stage, folder: Path) -> None:
    """What it reads nobody can tell: all that is written goes on, when another is staged beside it or follows it."""
    sluice("policy", "publish", str(folder), *WHY)
    stage.client("s3").put_object(Bucket=stage.outputs["PolicyBucket"], Key=f"policies/{digest()}.json", Body=b"{")
    sluice("policy", "publish", rewritten(folder, window="30d"), *WHY, "--share", "10%")
    assert pointer(stage).series == {"payment.attempted#card#1h": None, "payment.attempted#card#30d": None}
    sluice("policy", "publish", rewritten(folder, window="90d"), *WHY)
    assert "payment.attempted#card#1h" in pointer(stage).also


def test_a_staged_policy_begins_its_memory_and_is_promoted_with_it(stage: Stage, folder: Path) -> None:
    """With 0 % it judges nobody, and its series count from when it was staged; taken back, they end."""
    sluice("policy", "publish", str(folder), *WHY, "--share", "0%")
    began = pointer(stage).began
    assert began.keys() == {"payment.attempted#card#1h"}
    sluice("policy", "promote", *WHY)
    assert pointer(stage).began == began

    sluice("policy", "publish", rewritten(folder, window="30d"), *WHY, "--share", "0%")
    staged = pointer(stage).began["payment.attempted#card#30d"]
    sluice("policy", "rollback", *WHY)
    sluice("policy", "publish", rewritten(folder, window="30d"), *WHY, "--share", "0%")
    assert pointer(stage).began["payment.attempted#card#30d"] > staged


def test_of_two_at_once_one_is_told(stage: Stage, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the other did, and that nothing was changed."""
    table = PolicyTable(stage.client("dynamodb"), stage.outputs["PolicyTable"])
    stopped = Meanwhile(lambda _: table.stop("x", a_change("stop", "x", datetime.now(UTC))))
    wired(monkeypatch).strike = on("TransactWriteItems", stopped, times=1)
    result = sluice("policy", "publish", str(folder), *WHY)
    assert result.exit_code == 2
    assert "somebody else was quicker; the newest change is stop x by ann" in result.stderr
    assert pointer(stage).digest == "shipped"


def test_history_and_changes_tell_who_what_when_why(stage: Stage, folder: Path) -> None:
    """History of policies alone, changes of everything, the newest first."""
    assert sluice("policy", "history").exit_code == 1
    assert sluice("changes").exit_code == 1
    sluice("policy", "publish", str(folder), *WHY)
    sluice("stop", "busy_card", "--why", "denies honest buyers")
    sluice("policy", "rollback", "--why", "too strict")
    told = lines(sluice("policy", "history", "--json"))
    assert [(each["kind"], each["why"]) for each in told] == [
        ("rollback", "too strict"),
        ("publish", "a test asks for it"),
    ]
    assert [each["kind"] for each in lines(sluice("changes", "--last", "2h", "--json"))] == [
        "rollback",
        "stop",
        "publish",
    ]
    assert "denies honest buyers" in sluice("changes").stdout
    assert digest() in sluice("policy", "history").stdout


def test_deployed_code_is_among_the_changes(stage: Stage) -> None:
    """Each function's newest, by what Lambda knows of it."""
    role = stage.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    for name in ("sluice-dev-evaluate-stream", "another"):
        stage.client("lambda").create_function(
            FunctionName=name, Runtime="python3.13", Role=role, Handler="h.h", Code={"ZipFile": b"zip"}
        )
    (told,) = lines(sluice("changes", "--json"))
    assert told["kind"] == "deploy"
    assert told["what"].startswith("sluice-dev-evaluate-stream, code ")


def test_list_values_are_added_shown_and_removed(stage: Stage, folder: Path, tmp_path: Path) -> None:
    """From the command line and from a file; each change moves the pointer's version of the list."""
    sluice("policy", "publish", str(folder), *WHY)
    file = tmp_path / "cards.txt"
    file.write_text("# of a report\ncard:b\n\ncard:c\n", encoding="utf-8")
    result = sluice("lists", "add", "watched", "card:a", "--file", str(file), "--for", "7d", *WHY)
    assert (result.exit_code, pointer(stage).lists) == (0, {"watched": 1})
    shown = lines(sluice("lists", "show", "watched", "--json"))
    assert [each["value"] for each in shown] == ["card:a", "card:b", "card:c"]
    assert {each["why"] for each in shown} == {"a test asks for it"}
    assert sluice("lists", "remove", "watched", "card:b", "card:z", *WHY).exit_code == 0
    assert pointer(stage).lists == {"watched": 2}
    assert "card:b" not in sluice("lists", "show", "watched").stdout
    assert sluice("lists", "remove", "watched", "card:z", *WHY).exit_code == 1
    assert "add card:a, card:b, card:c to watched" in sluice("changes").stdout


def test_history_has_no_personal_data_of_lists(stage: Stage, folder: Path) -> None:
    """The entry goes when the value is removed, the history stays: of what may be an address it has the number."""
    sluice("policy", "publish", str(folder), *WHY)
    for value in ("jane@example.com", "ip:198.51.100.7", "198.51.100.7"):
        assert sluice("lists", "add", "watched", value, *WHY).exit_code == 0
    assert sluice("lists", "remove", "watched", "jane@example.com", *WHY).exit_code == 0
    told = sluice("changes").stdout
    assert ("add 1 value to watched" in told, "remove 1 value from watched" in told) == (True, True)
    assert ("jane" in told, "198.51" in told) == (False, False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["wached", "card:a"], "did you mean `watched`?"),
        (["fixed", "card:a"], "a part of the policy"),
        (["watched"], "name values"),
        (["watched", "a\x00b"], "cannot be in a list"),
        (["watched", ""], "cannot be in a list"),
        (["watched", "--file", "nowhere.txt"], "cannot be read"),
    ],
)
def test_values_that_do_not_fit_are_refused(stage: Stage, folder: Path, words: list[str], said: str) -> None:
    """An unknown list, one that is a part of the policy, no values, odd ones."""
    sluice("policy", "publish", str(folder), *WHY)
    result = sluice("lists", "add", *words, *WHY)
    assert result.exit_code == 2
    assert said in result.stderr
    assert pointer(stage).version == 1


def test_ended_values_are_not_shown(stage: Stage) -> None:
    """Whether or not the table has forgotten them yet."""
    now = datetime.now(UTC)
    lists = TableLists(stage.client("dynamodb"), stage.outputs["PolicyTable"])
    lists.add("watched", [ListEntry("card:a", "ann", "seen", now, now - timedelta(minutes=1))])
    assert sluice("lists", "show", "watched").exit_code == 1


def test_status_tells_what_is_in_force_and_what_keeps_it_from_that(stage: Stage, folder: Path) -> None:
    """Since when, by whom and why, the staged share, stopped rules, and functions that could not load it."""
    assert "nobody has published" in sluice("status").stdout
    sluice("policy", "publish", str(folder), *WHY)
    sluice("policy", "publish", rewritten(folder, 4), *WHY, "--share", "10%")
    sluice("stop", "busy_card", "--why", "denies honest buyers")
    result = sluice("status")
    assert result.exit_code == 0, result.stdout
    assert f"{digest()}, since 2" in result.stdout
    assert f"{digest(4)} staged for 10 % of entities" in result.stdout
    assert "denies honest buyers" in result.stdout

    table = PolicyTable(stage.client("dynamodb"), stage.outputs["PolicyTable"])
    table.note("sluice-dev-evaluate-stream", digest(4), "it is damaged")
    table.note("sluice-dev-evaluate-queue", digest(4), "")
    table.note("sluice-dev-evaluate-queue", "an older one", "it is damaged")
    result = sluice("status", "--json")
    assert result.exit_code == 1
    (concern,) = json.loads(result.stdout)["concerns"]
    assert concern.startswith("sluice-dev-evaluate-stream")
    assert "it is damaged" in concern


def test_status_warns_before_code_is_deployed_that_cannot_load_the_policy(stage: Stage, folder: Path) -> None:
    """The functions may still have it; a newer version of the code would not."""
    sluice("policy", "publish", str(folder), *WHY)
    stage.client("s3").put_object(Bucket=stage.outputs["PolicyBucket"], Key=f"policies/{digest()}.json", Body=b"{")
    result = sluice("status")
    assert result.exit_code == 1
    assert f"cannot load the policy {digest()[:12]}, so do not deploy it" in result.stdout


def test_status_knows_decisions_of_what_was_in_force_until_now(stage: Stage, folder: Path) -> None:
    """A policy that was taken back may have made the newest decisions; one that never was in force may not."""
    sluice("policy", "publish", str(folder), *WHY, "--share", "10%")
    sluice("policy", "rollback", *WHY)
    for number, (ago, policy) in enumerate([(1, digest()), (1, shipped().digest)]):
        made = stamp(datetime.now(UTC) - timedelta(minutes=ago))
        stage.put(decided(number, made, policy))
    assert "another policy" not in sluice("status").stdout
    stage.put(decided(9, stamp(datetime.now(UTC) + timedelta(minutes=4)), digest()))
    assert "another policy" in sluice("status").stdout


def decided(number: int, made: str, policy: str) -> dict[str, Any]:
    """A record of a denial, as far as `status` reads it."""
    return {
        "decision_id": f"{number:032x}",
        "kind": "decision",
        "signal_type": "payment.attempted",
        "subject": "user:u_1",
        "time": made,
        "disposition": "deny",
        "rules": ["busy_card"],
        "policy": policy,
        "outcome_day": outcome_key("deny", made[:10], number),
    }


def test_rules_that_are_new_or_edited_are_young_from_when_they_come(stage: Stage, folder: Path) -> None:
    """Published, staged or promoted; a rule that says the same goes on being as old as it was."""
    assert sluice("policy", "publish", str(folder), *WHY).exit_code == 0
    first = pointer(stage).young
    assert {name.partition("@")[0] for name in first} == {"busy_card"}

    assert sluice("policy", "publish", rewritten(folder, limit=2), "--share", "10%", *WHY).exit_code == 0
    staged = pointer(stage).young
    assert staged.items() > first.items()
    assert len(staged) == 2

    assert sluice("policy", "promote", *WHY).exit_code == 0
    assert pointer(stage).young == staged
