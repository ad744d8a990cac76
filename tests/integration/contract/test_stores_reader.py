"""The reader that services ask on a request's path: one read, kept for seconds, and honest about what is not known."""

from datetime import timedelta
from typing import Any

import pytest

from shared.restrictions import Action, Limit, action_id_of
from shared.signals.times import stamp
from shared.stores.attributes import to_item
from shared.stores.reader import Answer, RestrictionReader
from tests.support.aws import Clock, World
from tests.support.faults import Fault, Refused, Unprocessed, Unreachable, on
from tests.support.signals import moment

pytestmark = pytest.mark.integration

USER, ORDER = "user:u_1", "order:o_1"
RESERVE = {"reserve_share": 30, "reserve_days": 30}
KEEP = timedelta(seconds=5)


def place(cloud: World, name: str, lasts: float = 3600, limit: dict[str, Any] | None = None, scope: str = "") -> None:
    details = {"capability": "receive_payout", "limit": limit or {"none": True}, "expires_at": stamp(moment(lasts))}
    action = Action("restrict", action_id_of(name), USER, f"rule:{name}", moment(0), "r", details=details)
    action.details.update({"scope": scope} if scope else {})
    cloud.ledger().apply(action, "d" * 32)
    cloud.wire.calm()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reader(cloud: World, clock: Clock) -> RestrictionReader:
    """With room for two answers."""
    return RestrictionReader(cloud.aws.struck["dynamodb"], cloud.table("ledger"), KEEP, most=2, clock=clock)


def limit_of(answer: Answer) -> dict[str, Any] | None:
    standing = answer.standing.get("receive_payout")
    return standing.limit.to_json() if standing else None


def test_who_is_free_is_known_to_be_free(cloud: World, reader: RestrictionReader) -> None:
    """Nothing is limited, as of this moment, by one call."""
    cloud.wire.calm()
    assert reader.may(USER, moment(0)) == Answer({}, timedelta(0))
    assert [call.operation for call in cloud.wire.calls] == ["BatchGetItem"]


def test_one_read_answers_for_a_whole_entity_and_one_of_its_orders(cloud: World, reader: RestrictionReader) -> None:
    """The order is limited by both pages together; its limit is nobody's but its own."""
    place(cloud, "a", limit=RESERVE)
    place(cloud, "b", scope=ORDER)
    assert limit_of(reader.may(USER, moment(1), ORDER)) == {"none": True}
    assert limit_of(reader.may(USER, moment(1))) == RESERVE
    assert limit_of(reader.may(USER, moment(1), "order:o_2")) == RESERVE
    assert [call.operation for call in cloud.wire.calls] == ["BatchGetItem"] * 3


def test_an_answer_tells_since_when_until_when_why_and_what_then(cloud: World, reader: RestrictionReader) -> None:
    """All that a service needs to act exactly, without hearing of it again."""
    place(cloud, "a", 3600, RESERVE)
    place(cloud, "b", 600)
    standing = reader.may(USER, moment(60)).standing["receive_payout"]
    assert (standing.since, standing.until) == (moment(0), moment(3600))
    assert [(step.limit, step.until) for step in standing.steps] == [
        (Limit.from_json({"none": True}), moment(600)),
        (Limit.from_json(RESERVE), moment(3600)),
    ]
    assert {cause.source for cause in standing.causes} == {"rule:a", "rule:b"}


def test_what_was_read_lately_is_not_read_again(cloud: World, reader: RestrictionReader, clock: Clock) -> None:
    """For the stated time at most; each answer says how old it is, and is as of the moment that was asked about."""
    place(cloud, "a", 600)
    reader.may(USER, moment(0))
    clock.seconds = 4.9
    place(cloud, "b", 1200)
    assert reader.may(USER, moment(601)) == Answer({}, timedelta(seconds=4.9))
    assert cloud.wire.calls == []
    clock.seconds = 5
    answer = reader.may(USER, moment(601))
    assert (limit_of(answer), answer.age) == ({"none": True}, timedelta(0))


FAULTS = [Unreachable(), Refused(), Refused("InternalServerError", 500), Unprocessed(9)]


@pytest.mark.parametrize("fault", FAULTS, ids=["unreachable", "throttled", "internal_error", "unprocessed"])
def test_a_ledger_that_cannot_be_asked_is_said_and_not_raised(
    cloud: World, reader: RestrictionReader, clock: Clock, fault: Fault
) -> None:
    """Who was never asked about is unknown, which is not free; of others it is what was known, and how old that is."""
    place(cloud, "a")
    reader.may(USER, moment(0))
    clock.seconds = 90
    cloud.wire.strike = on("BatchGetItem", fault)
    assert reader.may("user:u_2", moment(0)) == Answer({}, None, reached=False)
    old = reader.may(USER, moment(90))
    assert (limit_of(old), old.age, old.reached) == ({"none": True}, timedelta(seconds=90), False)
    cloud.wire.calm()
    assert reader.may(USER, moment(90)).reached


@pytest.mark.parametrize("scope", ["", ORDER])
def test_a_page_that_another_hand_broke_is_not_known(cloud: World, reader: RestrictionReader, scope: str) -> None:
    """Half of the truth would read as free."""
    broken = {"entity": USER, "item": f"head#{scope}" if scope else "head", "version": 1, "account": "odd"}
    cloud.aws.calm["dynamodb"].put_item(TableName=cloud.table("ledger"), Item=to_item(broken))
    assert reader.may(USER, moment(0), ORDER) == Answer({}, None, reached=False)


def test_no_more_is_kept_than_there_is_room_for(cloud: World, reader: RestrictionReader) -> None:
    """A service that asks about everyone does not grow: who was read the longest ago is read again."""
    for user in (1, 2, 3, 3, 2, 1, 3):
        reader.may(f"user:u_{user}", moment(0))
    asked = [call.body["RequestItems"][cloud.table("ledger")]["Keys"][0]["entity"]["S"] for call in cloud.wire.calls]
    assert asked == ["user:u_1", "user:u_2", "user:u_3", "user:u_1"]
