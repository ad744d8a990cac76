"""`sluice decisions`: found by subject, outcome and day, and told with everything that led to them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.cli import decision_view
from shared.cli.wording import done
from shared.decisions import Decision, Linked, Particulars, Verdict, conclude, outcome_key, recorded, to_record
from shared.policy import Policy, Rule, shipped
from shared.restrictions import Restrict
from shared.signals import Pseudonyms, Signal, entities_of, parse
from shared.signals.times import stamp
from tests.integration.cli_fixtures import NOON, Stage, deployed_stage
from tests.support.cli import lines, sluice

pytestmark = pytest.mark.integration

MARCH = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with deployed_stage() as stage:
        yield stage


def put(stage: Stage, number: int, at: datetime, outcome: str = "deny", subject: str = "user:u_1") -> str:
    """A decision as far as lists show it; its id."""
    made = {
        "decision_id": f"{number:032x}",
        "kind": "decision",
        "signal_type": "payment.attempted",
        "subject": subject,
        "time": stamp(at),
        "disposition": outcome if outcome in ("deny", "pend") else "allow",
        "rules": [f"rule_{number}"],
    }
    if outcome != "allow":
        made["outcome_day"] = outcome_key(outcome, made["time"][:10], number)
    stage.put(made)
    return str(made["decision_id"])


def an_example(signal_name: str) -> Signal:
    return parse(sluice("signals", "example", signal_name).stdout.encode(), NOON)


def a_fired_decision(policy: Policy, rule: Rule | None = None) -> tuple[Decision, Signal]:
    """A decision in which a rule, or else the first live one, fires, by the test that stands beside it."""
    rule = rule or next(rule for rule in policy.rules.values() if rule.mode == "live")
    case = next(case for case in rule.tests if case.fires)
    program = policy.program(case.signal)
    values = {**case.values, **case.features, **case.facts}
    judgement = program.judge(values)
    signal = an_example(case.signal)
    particulars = Particulars.of(signal, entities_of(signal, Pseudonyms(b"k" * 32)))
    return conclude(
        replace(particulars, received_at=signal.time), judgement, program.inputs(values, judgement.facts), policy
    ), signal


def test_recent_decisions_are_listed_by_default(stage: Stage) -> None:
    """Without options these are the last day's decisions of every outcome but plain allow, newest first."""
    now = datetime.now(UTC)
    for number, outcome in enumerate(("deny", "restrict", "allow", "friction")):
        put(stage, number, now - timedelta(hours=number), outcome)
    put(stage, 9, now - timedelta(hours=30))
    found = lines(sluice("decisions", "list", "--json"))
    assert [each["outcome"] for each in found] == ["deny", "restrict", "friction"]


def test_a_decision_tells_who_is_linked_through_what(stage: Stage) -> None:
    """A number of accounts on one device is told with the device, what such a link means, and the accounts."""
    decision, _ = a_fired_decision(shipped())
    link = Linked("neighbours", "device:d_1", 0.8, ("user:u_3", "user:u_2"))
    stage.put(to_record(replace(decision, links=(link,))))
    told = sluice("decisions", "show", decision.particulars.decision_id).stdout
    assert "neighbours through device:d_1 (80 %): user:u_3, user:u_2" in " ".join(told.split())


def test_a_decision_tells_its_limits_statements_and_guardrails(stage: Stage) -> None:
    """What was asked for with its limit, what whoever is restricted was told, and what guardrails made of it."""
    rule = next(
        rule
        for rule in shipped().rules.values()
        if rule.mode == "live" and any(isinstance(effect, Restrict) for effect in rule.effects)
    )
    decision, _ = a_fired_decision(shipped(), rule)
    verdict = Verdict(rule.name, 0, "brake", 1, "friction", "12 of 20 hits met known-good entities", True, "")
    stage.put(to_record(replace(decision, guarded=(verdict,))))
    told = " ".join(sluice("decisions", "show", decision.particulars.decision_id).stdout.split())
    restricted = next(action for action in decision.actions if action.kind == "restrict")
    assert done(restricted) in told
    assert f"Told to {restricted.entity}: {restricted.details['statement']['notice']['restriction']}" in told
    assert f"guardrails {verdict.in_words}" in told


def test_the_limit_is_said(stage: Stage) -> None:
    """A list that was cut says so beside the table."""
    for number in range(4):
        put(stage, number, MARCH + timedelta(minutes=number))
    result = sluice("decisions", "list", "--day", "2026-03-02", "--limit", "3")
    assert f"{0:032x}" not in result.stdout
    assert f"{3:032x}" in result.stdout
    assert "the newest 3" in result.stderr


def test_replayed_history_is_found_without_its_day(stage: Stage) -> None:
    """When the last day has none, the days that have some are listed, newest first, and said beside the list."""
    older, newer = put(stage, 1, MARCH), put(stage, 2, MARCH + timedelta(days=2))
    result = sluice("decisions", "list", "--outcome", "deny", "--json")
    assert [each["decision_id"] for each in lines(result)] == [newer, older]
    assert "2026-03-02 to 2026-03-04" in result.stderr


def test_a_subject_shows_its_allows(stage: Stage) -> None:
    """A subject's list has its plain allows, and with an outcome only that outcome."""
    put(stage, 1, MARCH, "allow")
    put(stage, 2, MARCH, "restrict")
    put(stage, 3, MARCH, "restrict", subject="user:u_2")
    assert len(lines(sluice("decisions", "list", "--subject", "user:u_1", "--json"))) == 2
    (one,) = lines(sluice("decisions", "list", "--subject", "user:u_1", "--outcome", "restrict", "--json"))
    assert one["decision_id"] == f"{2:032x}"


def test_an_empty_period_says_which_days_have_some(stage: Stage) -> None:
    """Whoever asks for the last hours of replayed history learns of which days there are decisions."""
    put(stage, 1, MARCH)
    result = sluice("decisions", "list", "--outcome", "deny", "--last", "24h")
    assert result.exit_code == 1
    assert "there are others, of 2026-03-02 to 2026-03-02" in result.stderr


def test_nothing_found(stage: Stage) -> None:
    """An empty answer is an exit code for scripts and a sentence for people."""
    result = sluice("decisions", "list", "--last", "7d")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no such decisions" in result.stderr
    assert sluice("decisions", "show", "abc").exit_code == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("list", "--day", "yesterday"), "like 2026-11-22"),
        (("list", "--last", "day"), "90m, 24h or 7d"),
        (("list", "--day", "2026-03-02", "--last", "24h"), "exclude each other"),
        (("show",), "either"),
        (("show", "x", "--signal", "a", "b"), "either"),
    ],
)
def test_wrong_options_are_told(stage: Stage, words: tuple[str, ...], said: str) -> None:
    """A wrong option is a usage error with a way out."""
    result = sluice("decisions", *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_decision_is_told_with_its_reasons(stage: Stage) -> None:
    """Showing a decision says what, who and why, and explains each condition of the rules that fired."""
    policy = shipped()
    decision, signal = a_fired_decision(policy)
    stage.decisions.record(decision, policy)
    shown = json.loads(sluice("decisions", "show", signal.decision_id, "--json").stdout)
    (first, *_) = shown["fired"]
    rule = policy.rules[first["rule"]]
    assert first["reason"] == policy.program(signal.name).reason(rule, decision.inputs)
    assert {each["text"] for each in first["conditions"]}
    assert any(each["value"] is True for each in first["conditions"])
    page = sluice("decisions", "show", signal.decision_id).stdout
    assert f"{signal.name} about {signal.subject}: {decision.disposition}" in page
    assert first["reason"] in page
    assert all(each["text"] in page for each in first["conditions"])
    assert policy.digest in page


def test_a_decision_is_found_by_its_signal(stage: Stage) -> None:
    """The source and id of a signal lead to its decision."""
    decision, signal = a_fired_decision(shipped())
    stage.decisions.record(decision, shipped())
    result = sluice("decisions", "show", "--signal", signal.source, signal.id)
    assert signal.decision_id in result.stdout


def test_another_policy_is_not_guessed_from(stage: Stage) -> None:
    """A decision under a policy that is not here is shown with what its rules read, and not explained."""
    decision, signal = a_fired_decision(shipped())
    stage.decisions.record(replace(decision, policy="0" * 32), shipped())
    shown = json.loads(sluice("decisions", "show", signal.decision_id, "--json").stdout)
    assert "conditions" not in shown["fired"][0]
    assert "0" * 32 in shown["unexplained"]
    assert "Not explained" in sluice("decisions", "show", signal.decision_id).stdout


def test_changed_content_is_shown_with_the_decision(stage: Stage) -> None:
    """That the signal came again with other content stands beside its decision."""
    decision, signal = a_fired_decision(shipped())
    record = to_record(decision)
    stage.put(record)
    stage.decisions.flag_changed(recorded(record), replace(signal, digest="f" * 32))
    shown = json.loads(sluice("decisions", "show", signal.decision_id, "--json").stdout)
    assert [each["digest"] for each in shown["content_changes"]] == ["f" * 32]
    assert "came again with other content" in sluice("decisions", "show", signal.decision_id).stdout


def test_a_label_is_told_in_words(stage: Stage) -> None:
    """The record of a feedback signal says whom it labels, as what, and how sure that is."""
    decision, signal = a_fired_decision(shipped())
    label = {"entity": "user:u_1", "abuse": "phishing", "abusive": True, "source": "review", "confidence": 0.95}
    stage.decisions.record(decision, shipped(), label)
    assert (
        "user:u_1 is phishing, says review (confidence 0.95)" in sluice("decisions", "show", signal.decision_id).stdout
    )


def test_the_document_holds_what_the_record_packs(stage: Stage) -> None:
    """For pipes the record's packed parts are unpacked, and what only Sluice reads is left out."""
    decision, _ = a_fired_decision(shipped())
    document = decision_view.described(to_record(decision), [])
    assert document["capsule"]["entities"] == dict(decision.particulars.entities)
    assert [each["action_id"] for each in document["actions"]] == [each.action_id for each in decision.actions]
    assert "outbox" not in document
