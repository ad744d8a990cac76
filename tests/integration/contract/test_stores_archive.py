"""The decisions as people find them: by id, by subject, by outcome and day."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.decisions import outcome_key
from shared.signals.times import stamp
from shared.stores import DecisionArchive, Period
from shared.stores.attributes import to_item
from tests.support.aws import NOON

pytestmark = pytest.mark.integration


def record(number: int, at: datetime, outcome: str = "deny", subject: str = "user:u_1", **more: Any) -> dict[str, Any]:
    """A decision's record, as far as lists show it; its shard follows from its number."""
    made = {
        "decision_id": f"{number:032x}",
        "kind": "decision",
        "signal_type": "payment.attempted",
        "subject": subject,
        "time": stamp(at),
        "disposition": outcome if outcome in ("deny", "pend") else "allow",
        "rules": ["card_testing"],
    }
    if outcome != "allow":
        made["outcome_day"] = outcome_key(outcome, made["time"][:10], number)
    return made | more


def archive_of(decisions: Any) -> DecisionArchive:
    return DecisionArchive(decisions.client, decisions.table)


def put(decisions: Any, *records: dict[str, Any]) -> None:
    for each in records:
        decisions.put(to_item(each))


def ids(found: Iterator[dict[str, Any]]) -> list[int]:
    return [int(each["decision_id"], 16) for each in found]


def test_a_record_is_got_whole(decisions: Any) -> None:
    """A decision is found by its id with every attribute, and an unknown id finds nothing."""
    put(decisions, record(1, NOON, capsule="{}"))
    archive = archive_of(decisions)
    assert archive.get(f"{1:032x}") == record(1, NOON, capsule="{}")
    assert archive.get("nothing") is None


def test_a_subject_lists_newest_first(decisions: Any) -> None:
    """A subject's decisions come newest first, plain allows included, and nobody else's."""
    put(decisions, *(record(n, NOON + timedelta(minutes=n), "allow" if n % 2 else "deny") for n in range(5)))
    put(decisions, record(99, NOON, subject="user:u_2"))
    assert ids(archive_of(decisions).about("user:u_1")) == [4, 3, 2, 1, 0]


def test_a_subject_lists_only_decisions(decisions: Any) -> None:
    """Commands and notes of changed content about a subject are no decisions."""
    put(
        decisions,
        record(1, NOON),
        {"decision_id": "command/1", "kind": "command", "subject": "user:u_1", "time": stamp(NOON)},
        {"decision_id": f"{1:032x}/changed/x", "kind": "content_change", "subject": "user:u_1", "time": stamp(NOON)},
    )
    assert ids(archive_of(decisions).about("user:u_1")) == [1]


def test_a_period_holds_its_start_and_not_its_end(decisions: Any) -> None:
    """A period takes what happened at its first moment and leaves what happened at its last."""
    put(decisions, *(record(n, NOON + timedelta(hours=n)) for n in range(4)))
    period = Period(NOON + timedelta(hours=1), NOON + timedelta(hours=3))
    assert ids(archive_of(decisions).about("user:u_1", period)) == [2, 1]
    assert ids(archive_of(decisions).with_outcome(["deny"], period)) == [2, 1]


def test_an_outcome_is_gathered_over_all_shards(decisions: Any) -> None:
    """Decisions of one outcome come in order of time, whatever shard and day they lie in."""
    put(decisions, *(record(n, NOON + timedelta(hours=3 * n)) for n in range(12)))
    period = Period(NOON, NOON + timedelta(days=2))
    assert ids(archive_of(decisions).with_outcome(["deny"], period)) == list(range(11, -1, -1))


def test_outcomes_are_told_apart_and_merged(decisions: Any) -> None:
    """Each found decision says its outcome, and several outcomes come in one order of time."""
    for number, outcome in enumerate(("deny", "restrict", "pend", "allow")):
        put(decisions, record(number, NOON + timedelta(minutes=number), outcome))
    period = Period(NOON, NOON + timedelta(days=1))
    found = list(archive_of(decisions).with_outcome(["deny", "restrict"], period))
    assert [each["outcome"] for each in found] == ["restrict", "deny"]


def test_an_outcome_of_one_subject(decisions: Any) -> None:
    """An outcome's list can be narrowed to a subject."""
    put(decisions, record(1, NOON), record(2, NOON, subject="user:u_2"))
    period = Period(NOON, NOON + timedelta(days=1))
    assert ids(archive_of(decisions).with_outcome(["deny"], period, "user:u_2")) == [2]


def test_long_lists_come_page_by_page(decisions: Any) -> None:
    """More decisions than one page holds are all found."""
    put(decisions, *(record(4 * n, NOON + timedelta(seconds=n)) for n in range(130)))
    assert len(ids(archive_of(decisions).about("user:u_1"))) == 130
    period = Period(NOON, NOON + timedelta(days=1))
    assert len(ids(archive_of(decisions).with_outcome(["deny"], period))) == 130


def test_changed_content_is_found_from_the_decision(decisions: Any) -> None:
    """A decision's notes of changed content are its own."""
    note = {"kind": "content_change", "subject": "user:u_1", "time": stamp(NOON)}
    put(
        decisions,
        record(1, NOON),
        {**note, "decision_id": f"{1:032x}/changed/x"},
        {**note, "decision_id": "2/changed/x"},
    )
    found = archive_of(decisions).content_changes(record(1, NOON))
    assert [each["decision_id"] for each in found] == [f"{1:032x}/changed/x"]


def test_a_sample_has_so_many_of_each_signal(decisions: Any) -> None:
    """Whole records of the signals that are asked for, none of which crowds out another; from one page, if so told."""
    put(decisions, *(record(n, NOON, capsule="{}") for n in range(5)), record(5, NOON, signal_type="message.sent"))
    put(decisions, record(6, NOON, signal_type="login.failed"), record(7, NOON - timedelta(days=1)))
    period = Period(NOON, NOON + timedelta(days=1))
    found = archive_of(decisions).sample(["message.sent", "payment.attempted", "payout.requested"], period, 3, 1)
    assert {signal: len(some) for signal, some in found.items()} == {
        "message.sent": 1,
        "payment.attempted": 3,
        "payout.requested": 0,
    }
    assert {each["capsule"] for each in found["payment.attempted"]} == {"{}"}
    assert archive_of(decisions).sample(["message.sent"], period, 3, 0) == {"message.sent": []}


def test_the_days_that_have_decisions_can_be_sampled(decisions: Any) -> None:
    """Days with anything but plain allows are seen without knowing them beforehand."""
    put(decisions, record(1, NOON), record(2, NOON + timedelta(days=3)), record(3, NOON + timedelta(days=5), "allow"))
    assert archive_of(decisions).sampled_days() == ["2026-11-20", "2026-11-23"]


def test_whole_records_of_some_signals_are_read_in_one_go(decisions: Any) -> None:
    """Of the signals that are named, within the period, plain allows included; of none, nothing."""
    put(
        decisions,
        record(1, NOON, "allow"),
        record(2, NOON, signal_type="login.failed"),
        record(3, NOON, signal_type="message.sent"),
        record(4, NOON + timedelta(hours=1)),
    )
    archive, period = archive_of(decisions), Period(NOON, NOON + timedelta(hours=1))
    assert sorted(ids(archive.whole(["payment.attempted", "login.failed"], period))) == [1, 2]
    assert ids(archive.whole([], period)) == []
