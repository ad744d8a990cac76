"""The decisions table: immutable records, the first write wins."""

from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from shared.decisions import KEPT, PLAIN_KEPT, Decision, judge, recorded
from shared.features import Plan, Timelines
from shared.stores import StoreUnavailable
from tests.support.aws import PSEUDONYMS, World
from tests.support.faults import Lost, Refused, Unprocessed, on
from tests.support.signals import event, signal
from tests.support.two_policies import first

pytestmark = pytest.mark.integration


def decision(signal_id: str, at: float = 0) -> Decision:
    plan = Plan(first().features.values())
    judged = signal(event("payment.attempted", signal_id, at))
    return judge(judged, Timelines(plan, {}, 500), plan, first(), PSEUDONYMS)


def test_a_recorded_decision_is_found_with_what_a_retry_needs(cloud: World) -> None:
    """`existing` answers with the digest and the entries that were recorded, and leaves out what is not there."""
    log = cloud.decision_log()
    made = decision("p1")
    standing = log.record(made, first())

    found = log.existing([made.particulars.decision_id, "0" * 32, made.particulars.decision_id])

    assert found == {made.particulars.decision_id: standing}
    assert standing.entries == made.entries
    assert standing.digest == made.particulars.digest


def test_the_first_write_wins(cloud: World) -> None:
    """A second decision about the same signal writes nothing, and answers with the first one's record."""
    log = cloud.decision_log()
    standing = log.record(decision("p1"), first())
    before = cloud.items("decisions")

    assert log.record(decision("p1", at=5), first()) == standing
    assert cloud.items("decisions") == before


def test_a_write_whose_answer_was_lost_stands_when_it_is_repeated(cloud: World) -> None:
    """The repeated write finds its own record, and answers with it."""
    cloud.wire.strike = on("PutItem", Lost(), times=1)
    log = cloud.decision_log()
    with pytest.raises(Exception, match="timeout"):
        log.record(decision("p1"), first())

    assert log.record(decision("p1"), first()) == recorded(cloud.items("decisions")[0])


def test_a_record_expires_when_the_setting_says(cloud: World) -> None:
    """The TTL counts from the arrival, so that a retry writes the same; a plain allow is kept for less long."""
    plain = decision("p1")
    judged = replace(plain, disposition="deny", particulars=replace(plain.particulars, decision_id="f" * 32))
    for made in (plain, judged):
        cloud.decision_log().record(made, first())

    ends = {item["decision_id"]: item["expires_at"] for item in cloud.items("decisions")}
    arrival = plain.particulars.received_at
    assert ends == {
        plain.particulars.decision_id: (arrival + PLAIN_KEPT).timestamp(),
        "f" * 32: (arrival + KEPT).timestamp(),
    }


def test_a_refusal_by_the_service_is_no_verdict_about_the_record(cloud: World) -> None:
    """A throttled write raises: it does not read as "someone else wrote first"."""
    cloud.wire.strike = on("PutItem", Refused())

    with pytest.raises(ClientError, match="ProvisionedThroughputExceeded"):
        cloud.decision_log().record(decision("p1"), first())


def test_a_changed_resend_is_noted_beside_the_record(cloud: World) -> None:
    """The flag names the record and the digest of the other content; noting it twice changes nothing."""
    log = cloud.decision_log()
    standing = log.record(decision("p1"), first())
    resent = signal(event("payment.attempted", "p1", 9))

    log.flag_changed(standing, resent)
    before = cloud.items("decisions")
    log.flag_changed(standing, resent)

    assert cloud.items("decisions") == before
    (flag,) = (item for item in before if item["kind"] == "content_change")
    assert flag["decision_id"] == f"{standing.decision_id}/changed/{resent.digest}"
    assert flag["of"] == standing.decision_id
    assert "outbox" not in flag


def test_keys_left_unprocessed_are_asked_for_again(cloud: World) -> None:
    """A read that the service cuts short goes on until everything has been read, a hundred keys a call."""
    log = cloud.decision_log()
    ids = [log.record(decision(f"p{number}"), first()).decision_id for number in range(120)]
    cloud.wire.calm()
    cloud.wire.strike = on("BatchGetItem", Unprocessed(left=30), times=2)

    found = log.existing(ids)

    assert found.keys() == set(ids)
    assert len(cloud.wire.calls) == 3


def test_a_table_that_processes_no_key_at_all_is_unavailable(cloud: World) -> None:
    """The read does not go round in circles: it raises, and names the table."""
    cloud.wire.strike = on("BatchGetItem", Unprocessed(left=2))

    with pytest.raises(StoreUnavailable, match="-decisions processed none of 2 keys"):
        cloud.decision_log().existing(["0" * 32, "1" * 32])


def test_a_command_that_is_written_again_is_one_command(cloud: World) -> None:
    """A person's command is a record of its own with an outbox; a retry of a write that was done is harmless."""
    log = cloud.decision_log()
    command = {"decision_id": "command/1", "kind": "command", "outbox": "1 to publish", "actions": "[]"}
    command["time"] = "2026-11-20T12:00:00.000Z"
    log.command(command)
    log.command(command)

    (item,) = cloud.items("decisions")
    assert (item["kind"], item["outbox"]) == ("command", "1 to publish")


def test_only_records_that_ask_for_action_are_in_the_outbox(cloud: World) -> None:
    """A decision without actions carries no `outbox`, and no index key of an outcome either."""
    made = decision("p1")
    quiet = replace(made, actions=(), particulars=replace(made.particulars, decision_id="f" * 32))
    cloud.decision_log().record(quiet, first())
    cloud.decision_log().record(made, first())

    (record,) = cloud.outbox()
    assert record["dynamodb"]["Keys"]["decision_id"]["S"] == made.particulars.decision_id
    assert "outcome_day" not in next(item for item in cloud.items("decisions") if item["decision_id"] == "f" * 32)
