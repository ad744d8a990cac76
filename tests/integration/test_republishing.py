"""Publishing again what was recorded: the same events under the same ids and sequences, and what the stream lost."""

from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import Any

import pytest

from shared.stores import Period
from shared.stores.republishing import Republishing, Run
from tests.support.aws import World
from tests.support.lambdas import deliver_stream, enforce, evaluate_stream, sizes
from tests.support.signals import event, moment, streamed
from tests.support.two_policies import first

pytestmark = pytest.mark.integration

DAY = timedelta(days=1)
TODAY = Period(moment(-3600), moment(3600))
RUN = Run("run1", "person:ana", datetime(2026, 11, 21, tzinfo=UTC))


def decided(world: World, first_number: int = 0) -> None:
    """Two declines and two attempts on a card: the attempts are denied, the buyer is restricted."""
    kinds = ("declined", "declined", "attempted", "attempted")
    documents = [
        event(f"payment.{kind}", f"s{first_number + number}", first_number + number, card_fingerprint="card_11111111")
        for number, kind in enumerate(kinds)
    ]
    deliver_stream(repeat(evaluate_stream(world.evaluation(first()))), streamed(documents), sizes(), world.wire)


def enforced(world: World, after: int = 0) -> int:
    """Enforce what came into the outbox after so many records; how many there are."""
    records = world.outbox()
    deliver_stream(repeat(enforce(world.enforcement())), records[after:], sizes(), world.wire)
    return len(records)


def republishing(world: World) -> Republishing:
    return Republishing(world.aws.calm["dynamodb"], world.table("decisions"), world.table("ledger"), 400 * DAY)


def published(world: World) -> list[tuple[str, Any]]:
    return sorted(world.events(), key=lambda each: (each[1]["metadata"]["action_id"], each[0]))


def test_what_left_before_leaves_again_under_the_same_ids_and_sequences(cloud: World) -> None:
    """Every event twice, equal to the letter; the ledger is as it was."""
    decided(cloud)
    records = enforced(cloud)
    once, ledger = published(cloud), cloud.state().ledger
    found = republishing(cloud).found(TODAY, moment(3600))

    assert [republishing(cloud).again(RUN, each) for each in found] == [True] * len(found)
    enforced(cloud, records)

    assert once
    assert published(cloud) == sorted(once * 2, key=lambda each: (each[1]["metadata"]["action_id"], each[0]))
    assert cloud.state().ledger == ledger
    assert sum(each.new + each.stale for each in found) == 0


def test_what_never_reached_the_ledger_is_applied_now(cloud: World) -> None:
    """The stream lost its records; should they come after all, nothing more comes of it."""
    decided(cloud)
    lost = cloud.outbox()
    found = republishing(cloud).found(TODAY, moment(3600))
    for each in found:
        republishing(cloud).again(RUN, each)

    enforced(cloud, len(lost))

    told = {(each[0], each[1]["metadata"]["action_id"]) for each in cloud.events()}
    enforced(cloud)
    assert {(each[0], each[1]["metadata"]["action_id"]) for each in cloud.events()} == told != set()
    assert sum(each.new for each in found) == len({key for key in cloud.state().ledger if "action#" in key[1]})


def test_a_run_that_goes_on_repeats_nothing(cloud: World) -> None:
    """Each record once a run, whoever starts it again; another run is another time."""
    decided(cloud)
    enforced(cloud)
    (one, *_) = republishing(cloud).found(TODAY, moment(3600))

    assert republishing(cloud).again(RUN, one)
    assert not republishing(cloud).again(RUN, one)
    assert republishing(cloud).again(Run("run2", "person:ana", RUN.at), one)


def test_what_is_stale_and_was_never_applied_stays_out(cloud: World) -> None:
    """A week later nothing is placed any more; what the ledger did apply in time is still told."""
    decided(cloud)
    enforced(cloud)
    decided(cloud, first_number=4)

    found = republishing(cloud).found(TODAY, moment(0) + 7 * DAY)

    assert {each.new for each in found} == {0}
    assert sum(each.stale for each in found) > 0
    kinds = [{action.kind for action in each.actions} for each in found if each.stale]
    assert all(each <= {"decision"} for each in kinds)


def test_what_was_published_again_is_not_published_again_as_a_record_of_its_own(cloud: World) -> None:
    """A second run of a later period finds the records, and not what the first run made of them."""
    decided(cloud)
    enforced(cloud)
    found = republishing(cloud).found(TODAY, moment(3600))
    for each in found:
        republishing(cloud).again(RUN, each)

    later = republishing(cloud).found(Period(moment(-3600), RUN.at + DAY), moment(3600))

    assert {each.record["decision_id"] for each in later} == {each.record["decision_id"] for each in found}


def test_a_record_that_nobody_can_read_keeps_no_other_from_being_published_again(cloud: World) -> None:
    """It is named, with why, and asks for nothing."""
    decided(cloud)
    (edited, *others) = republishing(cloud).found(TODAY, moment(3600))
    cloud.aws.calm["dynamodb"].update_item(
        TableName=cloud.table("decisions"),
        Key={"decision_id": {"S": edited.record["decision_id"]}},
        UpdateExpression="SET actions = :edited",
        ExpressionAttributeValues={":edited": {"B": b"edited by hand"}},
    )

    found = republishing(cloud).found(TODAY, moment(3600))

    assert {each.record["decision_id"] for each in found if each.actions} == {
        each.record["decision_id"] for each in others
    }
    (unreadable,) = (each for each in found if each.unreadable)
    assert f"the record {edited.record['decision_id']} cannot be read" in unreadable.unreadable
    assert not unreadable.actions
