"""The words of capsules: they stand in the decisions table before any record that was packed with them."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.decisions import Decision, judge
from shared.features import Plan, Timelines
from shared.policy import Policy
from shared.stores import DecisionArchive
from shared.stores.attributes import from_item
from shared.stores.packing import UnreadableRecordError
from tests.support.aws import PSEUDONYMS, World
from tests.support.faults import Crash, CrashAfter, Lost, Refused, on
from tests.support.signals import event, signal
from tests.support.two_policies import first, second

pytestmark = pytest.mark.integration


def decision(signal_id: str, policy: Policy, name: str = "payment.attempted") -> Decision:
    plan = Plan(policy.features.values())
    return judge(signal(event(name, signal_id)), Timelines(plan, {}, 500), plan, policy, PSEUDONYMS)


def record(cloud: World, log: Any, signal_id: str, policy: Policy, name: str = "payment.attempted") -> str:
    """The id of a decision that is recorded now."""
    made = decision(signal_id, policy, name)
    decision_id: str = log.record(made, policy).decision_id
    return decision_id


def archive(cloud: World) -> DecisionArchive:
    return DecisionArchive(cloud.aws.calm["dynamodb"], cloud.table("decisions"))


def words(cloud: World) -> list[dict[str, Any]]:
    """The items of words, as they are."""
    items = cloud.aws.calm["dynamodb"].scan(TableName=cloud.table("decisions"))["Items"]
    return [item for item in map(from_item, items) if item["kind"] == "words"]


def put_by(cloud: World) -> list[str]:
    """What was put, in order, by the kind of item."""
    puts = [call.body["Item"]["kind"]["S"] for call in cloud.wire.calls if call.operation == "PutItem"]
    cloud.wire.calm()
    return puts


def test_words_are_put_once_before_the_first_record_that_needs_them(cloud: World) -> None:
    """Once a process for each policy and type of signal; another process finds what stands, and writes no other."""
    log = cloud.decision_log()
    cloud.wire.calm()
    record(cloud, log, "p1", first())
    record(cloud, log, "p2", first())
    assert put_by(cloud) == ["words", "decision", "decision"]
    record(cloud, log, "p3", second())
    record(cloud, log, "l1", first(), "login.succeeded")
    assert put_by(cloud) == ["words", "decision"] * 2
    before = words(cloud)
    record(cloud, cloud.decision_log(), "p4", first())
    assert put_by(cloud) == ["words", "decision"]
    assert (words(cloud), len(before)) == (before, 3)


def test_words_are_by_the_name_of_their_content_and_never_end(cloud: World) -> None:
    """No life, no subject, no outbox: they are what the policy asks, and nothing of the signal."""
    record(cloud, cloud.decision_log(), "p1", first())
    (item,) = words(cloud)
    assert item.keys() == {"decision_id", "kind", "words"}
    assert "card_buyers_1d" in item["words"]
    assert not [value for value in ("u_1042", "shop", "p1") if value in item["words"]]


def test_records_of_several_policies_are_read_whole(cloud: World) -> None:
    """One at a time and as a whole table, by somebody who has written none of them."""
    log = cloud.decision_log()
    made = {name: decision(name, policy) for name, policy in (("p1", first()), ("p2", second()))}
    for name, policy in (("p1", first()), ("p2", second())):
        log.record(made[name], policy)
    for each in made.values():
        found = archive(cloud).get(each.particulars.decision_id)
        assert found is not None
        assert json.loads(found["capsule"])["entities"] == dict(each.particulars.entities)


def test_a_crash_between_words_and_record_harms_nothing(cloud: World) -> None:
    """The words stand, nobody needs them yet, and the next process records as if nothing had been."""
    cloud.wire.strike = on("PutItem", CrashAfter(), times=1)
    with pytest.raises(Crash):
        record(cloud, cloud.decision_log(), "p1", first())
    assert (len(words(cloud)), cloud.items("decisions")) == (1, [])

    cloud.wire.calm()
    decision_id = record(cloud, cloud.decision_log(), "p1", first())
    assert archive(cloud).get(decision_id) == cloud.items("decisions")[0]


@pytest.mark.parametrize("fault", [Refused(), Lost()], ids=["throttled", "lost"])
def test_words_that_may_not_stand_keep_their_record_from_being_written(cloud: World, fault: Any) -> None:
    """The signal fails and comes again, by the same process, to the same record."""
    log = cloud.decision_log()
    cloud.wire.strike = on("PutItem", fault, times=1)
    with pytest.raises((ClientError, Exception), match=r"ProvisionedThroughputExceeded|timeout"):
        record(cloud, log, "p1", first())
    assert cloud.items("decisions") == []

    cloud.wire.calm()
    decision_id = record(cloud, log, "p1", first())
    assert put_by(cloud) == ["words", "decision"]
    assert archive(cloud).get(decision_id) == cloud.items("decisions")[0]


def test_a_retry_needs_no_words(cloud: World) -> None:
    """What a retry, the outbox and an undo read is packed with words that ship."""
    log = cloud.decision_log()
    decision_id = record(cloud, log, "p1", first())
    _delete(cloud, words(cloud)[0]["decision_id"])
    assert cloud.decision_log().existing([decision_id]).keys() == {decision_id}
    assert cloud.decision_log().actions_of([decision_id])[decision_id]


def test_missing_words_are_named_with_their_record(cloud: World) -> None:
    """The error tells which record, which item is missing from which table, and what to do."""
    decision_id = record(cloud, cloud.decision_log(), "p1", first())
    name = words(cloud)[0]["decision_id"]
    _delete(cloud, name)
    said = f"record {decision_id} cannot be read: .*{name}, which is not in {cloud.table('decisions')}: restore"
    with pytest.raises(UnreadableRecordError, match=said):
        archive(cloud).get(decision_id)


def test_words_that_somebody_edited_are_no_words(cloud: World) -> None:
    """Their name is a hash of them: no capsule is read wrongly."""
    decision_id = record(cloud, cloud.decision_log(), "p1", first())
    key = {"decision_id": {"S": words(cloud)[0]["decision_id"]}}
    cloud.aws.calm["dynamodb"].put_item(
        TableName=cloud.table("decisions"), Item=key | {"kind": {"S": "words"}, "words": {"S": "{}"}}
    )
    with pytest.raises(UnreadableRecordError, match="which somebody has edited"):
        archive(cloud).get(decision_id)


def _delete(cloud: World, name: str) -> None:
    cloud.aws.calm["dynamodb"].delete_item(TableName=cloud.table("decisions"), Key={"decision_id": {"S": name}})
