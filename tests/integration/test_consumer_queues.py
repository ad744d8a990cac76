"""The example consumer on its queues: what it lost in a bad day is played again from the archive of the bus."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.restrictions import NONE, Action, Limit
from shared.signals.times import stamp
from shared.stores import Bus, Event
from tests.support.aws import World
from tests.support.consumer import PayoutService, Queues
from tests.support.signals import moment

pytestmark = pytest.mark.integration

ACCOUNT = "123456789012"
DAY = timedelta(days=1)


@pytest.fixture
def queues(cloud: World) -> Queues:
    """The queues that the service reads, as the stack has them: one for withdrawals, one for commands."""
    calm = cloud.aws.calm
    routes = {
        "withdraw": {"data": {"capability": ["withdraw"]}},
        "commands": {"data": {"command": ["revoke_sessions"]}},
    }
    urls = []
    for name, detail in routes.items():
        urls.append(calm["sqs"].create_queue(QueueName=f"{cloud.name}-{name}")["QueueUrl"])
        pattern = json.dumps({"source": ["sluice"], "detail": detail})
        calm["events"].put_rule(Name=f"{cloud.name}-{name}", EventBusName=cloud.bus, EventPattern=pattern)
        target = {"Id": "queue", "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:{cloud.name}-{name}"}
        calm["events"].put_targets(Rule=f"{cloud.name}-{name}", EventBusName=cloud.bus, Targets=[target])
    calm["events"].create_archive(
        ArchiveName=cloud.name, EventSourceArn=bus_arn(cloud), EventPattern='{"source": ["sluice"]}'
    )
    return Queues(calm["sqs"], tuple(urls))


def bus_arn(cloud: World) -> str:
    return f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/{cloud.bus}"


def publish(cloud: World, *actions: Action) -> None:
    """As `enforce` does: into the ledger, then onto the bus."""
    ledger, bus = cloud.ledger(), Bus(cloud.aws.struck["events"], cloud.bus)
    events = [Event(applied, "signal-1") for action in actions for applied in ledger.apply(action, "d" * 32)]
    assert bus.publish(events) == [None] * len(events)


def action(kind: Any, number: int, at: datetime, **details: Any) -> Action:
    stale = at + timedelta(hours=6)
    return Action(kind, f"a{number}", "user:u_1", "rule:a", at, "why", "account_takeover", stale, details)


def held(number: int, at: datetime, limit: Limit, days: int) -> Action:
    return action(
        "restrict", number, at, capability="withdraw", limit=limit.to_json(), expires_at=stamp(at + days * DAY)
    )


def test_a_consumer_that_fails_for_a_day_catches_up_from_the_archive(cloud: World, queues: Queues) -> None:
    """All that it took off its queues was lost; after the replay it knows the whole state, and does nothing stale."""
    delay = Limit.of({"delay_hours": 24})
    publish(cloud, held(1, moment(0), delay, 7), action("command", 2, moment(0), command="revoke_sessions"))
    queues.drain(PayoutService(), moment(60))  # its database is down: what it was told is gone
    publish(cloud, held(3, moment(3600), NONE, 2))
    queues.drain(PayoutService(), moment(3660))
    service, tomorrow = PayoutService(), moment(0) + DAY

    cloud.aws.calm["events"].start_replay(
        ReplayName=cloud.name,
        EventSourceArn=f"arn:aws:events:us-east-1:{ACCOUNT}:archive/{cloud.name}",
        EventStartTime=moment(-60),
        EventEndTime=tomorrow,
        Destination={"Arn": bus_arn(cloud)},
    )
    assert queues.drain(service, tomorrow)

    for days in range(1, 9):
        at = moment(0) + days * DAY
        known = {standing.capability: standing.limit for standing in cloud.ledger().account("user:u_1").in_force(at)}
        assert service.limit("user:u_1", "withdraw", at) == known.get("withdraw", Limit())
    assert service.limit("user:u_1", "withdraw", tomorrow) == NONE
    assert service.done == []
    assert service.dropped["stale"] == 1


def test_a_message_is_deleted_only_when_it_was_acted_on(cloud: World, queues: Queues) -> None:
    """What the service cannot take stays on the queue, and comes again."""
    publish(cloud, held(1, moment(0), NONE, 7))

    class Broken(PayoutService):
        def receive(self, event: Any, now: datetime) -> None:
            raise ConnectionError("the service's database is down")

    with pytest.raises(ConnectionError):
        queues.drain(Broken(), moment(60))
    queue = queues.urls[0]
    waiting = cloud.aws.calm["sqs"].get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]

    assert waiting["ApproximateNumberOfMessagesNotVisible"] == "1"
