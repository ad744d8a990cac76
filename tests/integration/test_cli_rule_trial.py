"""`sluice rule try` and `sluice rule test`, on decisions that were recorded in earnest."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.decisions import Particulars, conclude, outcome_key, to_record
from shared.policy import load, load_documents, shipped_folder
from shared.signals import Pseudonyms, Signal, entities_of, parse
from shared.signals.amounts import Amount
from shared.signals.times import stamp
from shared.stores import ListEntry, TableLists
from tests.integration.cli_fixtures import Stage, deployed_stage
from tests.support.cli import sluice

pytestmark = pytest.mark.integration

NOW = datetime.now(UTC)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with deployed_stage() as stage:
        yield stage


def an_example(signal_name: str) -> Signal:
    return parse(sluice("signals", "example", signal_name).stdout.encode(), NOW)


def put(stage: Stage, number: int, values: Mapping[str, Any], subject: str = "user:u_1", days_ago: float = 0) -> str:
    """A payment, decided under the shipped policy from these values; its decision's id."""
    signal = an_example("payment.attempted")
    policy = load(shipped_folder())
    program = policy.program(signal.name)
    at = NOW - timedelta(days=days_ago, minutes=number)
    known = {"time": at, **dict.fromkeys((use.feature.name for use in program.features), 0), **values}
    judgement = program.judge(known)
    about = replace(
        Particulars.of(signal, entities_of(signal, Pseudonyms(b"k" * 32))),
        decision_id=f"{number:032x}",
        subject=subject,
        time=at,
        received_at=at,
    )
    stage.put(to_record(conclude(about, judgement, program.inputs(known, judgement.facts), policy)))
    return about.decision_id


def label(stage: Stage, number: int, subject: str, *, abusive: bool) -> None:
    """A reviewer's word about a subject."""
    stage.put(
        {
            "decision_id": f"{number:032x}",
            "kind": "decision",
            "signal_type": "review.completed",
            "subject": subject,
            "time": "2026-01-01T00:00:00.000Z",
            "disposition": "allow",
            "label": json.dumps({"abusive": abusive}),
        }
    )


def acted_on(days_ago: int) -> dict[str, Any]:
    """As much of a denied payment's record as the index by outcome shows."""
    at = stamp(NOW - timedelta(days=days_ago))
    outcome = outcome_key("deny", at[:10], 1)
    return {"decision_id": f"{7:032x}", "kind": "decision", "subject": "user:u_1", "time": at, "outcome_day": outcome}


def payment(cards: int, dollars: int = 20) -> dict[str, Any]:
    return {"buyer_refused_cards_7d": cards, "amount": Amount(dollars * 100, "USD"), "card_is_new": True}


def test_a_condition_is_tried_on_recorded_decisions(stage: Stage) -> None:
    """Hits, their share, whom they are about, who is known good, and which rules fired on the same are told."""
    for number, cards in enumerate((0, 0, 2, 6)):
        put(stage, number, payment(cards), f"user:u_{cards}")
    label(stage, 100, "user:u_2", abusive=False)
    label(stage, 101, "user:u_6", abusive=True)
    told = sluice("rule", "try", "buyer_refused_cards_7d >= 2", "--on", "payment.attempted", "--json")
    assert told.exit_code == 0, told.stderr
    found = json.loads(told.stdout)
    assert (found["looked_at"], found["hits"], found["subjects"]) == (4, 2, 2)
    assert found["known_good"] == {"good": 1, "judged": 2}
    assert found["overlap"] == {"card_testing_buyer": 1}
    assert found["alone"] == 1
    assert [example["subject"] for example in found["examples"]] == ["user:u_2", "user:u_6"]


def test_people_read_it_as_sentences(stage: Stage) -> None:
    """The page has the share, the examples and the values that the condition saw."""
    put(stage, 1, payment(3))
    page = sluice("rule", "try", "buyer_refused_cards_7d >= 2", "--on", "payment.attempted").stdout
    assert "1, 100.00% of those it could tell about" in page
    assert "buyer_refused_cards_7d = 3" in page
    assert "nobody has judged any of the 1 yet" in page


def test_what_was_not_recorded_is_counted_as_unknown(stage: Stage) -> None:
    """A decision that lacks a value that the condition needs is no miss, and the value is named."""
    put(stage, 1, {})
    told = sluice("rule", "try", 'ip_in(ip_address, "10.0.0.0/8")', "--on", "payment.attempted", "--json")
    found = json.loads(told.stdout)
    assert (found["hits"], found["unknown"], found["missing"]) == (0, 1, {"ip_address": 1})


def test_amounts_in_another_currency_are_told_apart_from_missing_values(stage: Stage) -> None:
    """They are unknown, too, and nothing is missing: the page says which it is."""
    put(stage, 1, payment(0))
    asked = ("rule", "try", "amount > 5.00 EUR", "--on", "payment.attempted")
    found = json.loads(sluice(*asked, "--json").stdout)
    assert (found["unknown"], found["missing"], found["not_comparable"]) == (1, {}, 1)
    assert "1 have all values: an amount in another currency" in sluice(*asked).stdout


def test_a_list_that_is_kept_in_the_table_has_the_values_of_the_table(stage: Stage, tmp_path: Path) -> None:
    """Those of the stage, less what has ended: without them nothing would ever be in the list."""
    (tmp_path / "lists.yaml").write_text("lists:\n  watched: {table: true, owner: payments-risk}\n")
    lists = TableLists(stage.client("dynamodb"), stage.outputs["PolicyTable"])
    ended = NOW - timedelta(minutes=1)
    lists.add("watched", [ListEntry("USD", "ann", "seen", NOW), ListEntry("EUR", "ann", "seen", NOW, ended)])
    for number, currency in enumerate(("USD", "EUR", "JPY")):
        put(stage, number, {**payment(0), "amount": Amount(5_000, currency)})
    asked = ("rule", "try", "currency(amount) in lists.watched", "--on", "payment.attempted")
    told = sluice(*asked, "--policy", str(tmp_path), "--json")
    assert told.exit_code == 0, told.stderr
    found = json.loads(told.stdout)
    assert (found["looked_at"], found["hits"], found["unknown"]) == (3, 1, 0)


def test_only_the_period_is_looked_at(stage: Stage) -> None:
    """--last bounds the event times; nothing within them is said as such."""
    put(stage, 1, payment(6), days_ago=3)
    asked = ("rule", "try", "buyer_refused_cards_7d >= 2", "--on", "payment.attempted")
    assert json.loads(sluice(*asked, "--last", "7d", "--json").stdout)["hits"] == 1
    nothing = sluice(*asked, "--last", "24h")
    assert (nothing.exit_code, "no decisions on payment.attempted" in nothing.stderr) == (1, True)


def test_where_there_are_older_decisions_that_is_said(stage: Stage) -> None:
    """After a replay of history the last 24 hours are empty: the message says how far back to ask."""
    stage.put(acted_on(days_ago=3) | {"signal_type": "payment.attempted"})
    told = sluice("rule", "try", "card_is_new", "--on", "payment.attempted")
    assert "within the last 4d" in told.stderr


def test_a_wrong_condition_is_shown_where_it_is_wrong(stage: Stage) -> None:
    """The message points into the condition as it was typed, and says what was meant."""
    told = sluice("rule", "try", "card_is_new and amuont > 5.00 USD", "--on", "payment.attempted")
    assert told.exit_code == 1
    assert "your condition:1:17: `amuont` is not" in told.stderr
    assert "did you mean `amount`?" in told.stderr


def test_a_wrong_signal_is_told(stage: Stage) -> None:
    """A signal that does not exist is refused before anything is read."""
    told = sluice("rule", "try", "true", "--on", "payment.attemted")
    assert (told.exit_code, "is no signal" in told.stderr) == (2, True)


def test_a_test_is_made_from_a_decision(stage: Stage) -> None:
    """Pasted beside the rule, the test loads and comes out as the decision did."""
    decision = put(stage, 7, payment(5))
    made = sluice("rule", "test", "card_testing_buyer", "--from", decision)
    assert made.exit_code == 0, made.stderr
    assert made.stdout.startswith("fires:\n  - {buyer_refused_cards_7d: 5")
    pasted = "".join(f"      {line}\n" for line in made.stdout.splitlines())
    policy = load_documents(
        {
            "rule.yaml": "features:\n"
            "  buyer_refused_cards_7d: {distinct: card, of: payment.declined, by: buyer, window: 7d}\n"
            "rules:\n  card_testing_buyer:\n    abuse: payment_fraud\n    on: payment.attempted\n"
            "    when: buyer_refused_cards_7d >= 4\n    then: [{review: {of: buyer}}]\n    reason: many\n"
            "    owner: me\n"
            "    tests:\n" + pasted.replace(", buyer_new_cards_7d: 0", "")
        }
    )
    assert policy.run_tests() == ()


def test_no_test_is_made_of_what_was_unknown(stage: Stage) -> None:
    """A rule that could not tell tests nothing; the value that it lacked is named."""
    decision = put(stage, 7, {"buyer_refused_cards_7d": None})
    refused = sluice("rule", "test", "card_testing_buyer", "--from", decision)
    assert (refused.exit_code, "buyer_refused_cards_7d" in refused.stderr) == (2, True)


def test_no_sample_is_taken_where_plain_allows_have_ended(stage: Stage) -> None:
    """Beyond their life only what somebody was met by is left: shares of that would mislead."""
    result = sluice("rule", "try", "amount > 500.00 USD", "--on", "payment.attempted", "--last", "151d")
    assert result.exit_code != 0
    assert "kept for 150 days" in result.stderr
