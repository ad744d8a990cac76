"""`sluice policy explain` and `diff` on recorded decisions: by the policy that made them, from what was kept."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.decisions import Decision, Particulars, conclude, to_record
from shared.policy import Policy, Rule, load, shipped
from shared.signals import Pseudonyms, entities_of, parse
from shared.signals.times import stamp
from shared.stores import ListEntry, TableLists
from tests.integration.cli_fixtures import Stage, deployed_stage
from tests.support.cli import sluice

pytestmark = pytest.mark.integration

RULE = "card_testing_device"
POLICY = """
rules:
  new_card:
    abuse: payment_fraud
    on: payment.attempted
    when: card_is_new
    then: [challenge]
    mode: {mode}
    reason: "a new card"
    user_reason: "Please confirm."
    owner: tests
    tests: {{fires: {{card_is_new: true}}, holds: {{card_is_new: false}}}}
"""


@pytest.fixture
def stage() -> Iterator[Stage]:
    with deployed_stage() as stage:
        yield stage


def decided(policy: Policy, rule: Rule, **values: Any) -> Decision:
    """A decision of now in which the rule saw these values."""
    now = datetime.now(UTC).replace(microsecond=0)
    example = json.loads(sluice("signals", "example", rule.on[0]).stdout)
    signal = parse(json.dumps({**example, "time": stamp(now)}).encode(), now)
    program = policy.program(signal.name)
    case = next(case for case in rule.tests if case.fires)
    seen = {**case.values, **case.features, **case.facts, **values}
    judgement = program.judge(seen)
    particulars = Particulars.of(signal, entities_of(signal, Pseudonyms(b"k" * 32)))
    return conclude(replace(particulars, received_at=now), judgement, program.inputs(seen, judgement.facts), policy)


def put(stage: Stage, **values: Any) -> str:
    decision = decided(shipped(), shipped().rules[RULE], **values)
    stage.put(to_record(decision))
    return decision.particulars.decision_id


def test_a_decision_is_explained(stage: Stage) -> None:
    """A recorded decision is explained by the policy that made it, with what would have flipped the rule."""
    name = put(stage, device_refused_cards_7d=1)
    result = sluice("policy", "explain", name, "--rule", RULE)
    assert result.exit_code == 0, result.stderr
    assert f"{RULE} on payment.attempted: does not fire" in result.stdout
    assert "device_refused_cards_7d = 1" in result.stdout
    assert "It would fire if device_refused_cards_7d were" in result.stdout


def test_without_a_rule_those_that_fired_are_explained(stage: Stage) -> None:
    """Without --rule each rule that fired is explained; where none did, that is said."""
    name = put(stage)
    told = json.loads(sluice("policy", "explain", name, "--json").stdout)
    assert RULE in {each["rule"] for each in told}
    assert all(each["fired"] for each in told)
    assert sluice("policy", "explain", "0" * 32).exit_code == 1


def test_decisions_of_which_the_plain_ones_are_gone_are_not_compared(tmp_path: Path) -> None:
    """What is left of half a year ago met somebody: it would say that each change concerns everybody."""
    (tmp_path / "rules.yaml").write_text(POLICY.format(mode="live"), encoding="utf-8")
    result = sluice("policy", "diff", "shipped", str(tmp_path), "--decisions", "151d")
    assert result.exit_code == 2
    assert "--decisions 151d is too long" in result.stderr


def test_recorded_decisions_are_judged_by_two_policies(stage: Stage, tmp_path: Path) -> None:
    """A difference between policies is shown on what was decided: how many outcomes change, with examples."""
    for mode in ("live", "shadow"):
        (tmp_path / mode).mkdir()
        (tmp_path / mode / "policy.yaml").write_text(POLICY.format(mode=mode), encoding="utf-8")
    policy = load(tmp_path / "live")
    decision = decided(policy, policy.rules["new_card"])
    stage.put(to_record(decision))
    result = sluice("policy", "diff", str(tmp_path / "live"), str(tmp_path / "shadow"), "--decisions", "24h")
    assert result.exit_code == 0, result.stderr
    assert "rule new_card changed" in result.stdout
    assert "mode: live → shadow" in result.stdout
    assert "1 of 1 outcomes change" in result.stdout
    assert decision.particulars.decision_id in result.stdout


def test_a_rule_that_comes_in_shadow_is_counted(stage: Stage, tmp_path: Path) -> None:
    """No outcome changes for it, so on how many it would fire is told beside; a span without decisions says so."""
    for folder, mode in (("before", "off"), ("after", "shadow")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "policy.yaml").write_text(POLICY.format(mode=mode), encoding="utf-8")
    both = str(tmp_path / "before"), str(tmp_path / "after")
    assert "no decisions within the last 24h" in sluice("policy", "diff", *both, "--decisions", "24h").stderr
    policy = load(tmp_path / "after")
    stage.put(to_record(decided(policy, policy.rules["new_card"])))
    told = json.loads(sluice("policy", "diff", *both, "--decisions", "24h", "--json").stdout)
    assert (told["judged"], told["changed"], told["held_back"]) == (1, 0, {"new_card": 1})
    assert "new_card fires on 1 more" in sluice("policy", "diff", *both, "--decisions", "24h").stdout


def test_lists_in_the_table_have_the_values_of_the_stage(stage: Stage, tmp_path: Path) -> None:
    """A rule that begins to read a list is judged by what is in it now: nothing else is known of it."""
    listed = "lists: {watched: {table: true, owner: tests}}"
    for folder, part in (("before", "amount > 1.00 USD"), ("after", "currency(amount) in lists.watched")):
        (tmp_path / folder).mkdir()
        text = POLICY.format(mode="live").replace("when: card_is_new", f"when: card_is_new and {part}")
        fact = "amount: 9.00 USD" if folder == "before" else f"{part}: true"
        text = text.replace("fires: {card_is_new: true", f"fires: {{card_is_new: true, {fact}")
        (tmp_path / folder / "policy.yaml").write_text(f"{listed * (folder == 'after')}\n{text}", encoding="utf-8")
    before = load(tmp_path / "before")
    stage.put(to_record(decided(before, before.rules["new_card"])))
    asked = ("policy", "diff", str(tmp_path / "before"), str(tmp_path / "after"), "--decisions", "24h", "--json")
    for value, changed in (("EUR", 1), ("USD", 0)):
        entry = ListEntry(value, "ann", "seen", datetime.now(UTC))
        TableLists(stage.client("dynamodb"), stage.outputs["PolicyTable"]).add("watched", [entry])
        told = json.loads(sluice(*asked).stdout)
        assert (told["unknown"], told["changed"]) == (0, changed)


def test_a_policy_that_is_not_there(stage: Stage) -> None:
    """A digest that nobody published, and a folder that is none, are told in one sentence."""
    assert "cannot be read" in sluice("policy", "diff", "shipped", "0" * 32).stderr
    assert "name a policy's folder" in sluice("policy", "diff", "shipped", "nowhere").stderr
