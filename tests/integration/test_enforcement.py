"""Enforcement against a ledger and a bus that refuse: every recorded action leaves, numbered once."""

import json
from collections.abc import Callable
from itertools import repeat
from typing import Any

import pytest

from shared.restrictions import Action
from shared.signals.times import stamp
from tests.support.aws import World
from tests.support.faults import EntryRefused, Fault, Lost, Refused, Unreachable, on
from tests.support.lambdas import deliver_stream, enforce, sizes
from tests.support.signals import moment

pytestmark = pytest.mark.integration

FAULTS = [Refused(), Refused("InternalException", 500), Unreachable(), Lost()]
NAMES = ["throttled", "internal_error", "unreachable", "answer_lost"]
Record = dict[str, Any]


def restrict(name: str, user: str, capability: str = "buy") -> Action:
    details = {"capability": capability, "allowed": 0, "expires_at": stamp(moment(3600))}
    return Action("restrict", name, f"user:{user}", "rule:a", moment(0), "because", None, None, details)


def record(number: int, *actions: Action) -> Record:
    """A record of the decisions table's stream."""
    return {
        "eventName": "INSERT",
        "dynamodb": {
            "SequenceNumber": str(number),
            "NewImage": {
                "decision_id": {"S": f"decision-{number}"},
                "signal_id": {"S": f"signal-{number}"},
                "actions": {"S": json.dumps([action.to_json() for action in actions])},
                "outbox": {"S": "to publish"},
            },
        },
    }


@pytest.fixture
def one_each() -> list[Record]:
    """Twelve records, each restricting a user of its own."""
    return [record(number, restrict(f"action-{number}", f"u_{number}")) for number in range(1, 13)]


def published(cloud: World) -> dict[str, list[int]]:
    """Action id to the sequences it was published with, in order."""
    found: dict[str, list[int]] = {}
    for _, detail in cloud.events():
        found.setdefault(detail["metadata"]["action_id"], []).append(detail["metadata"]["sequence"])
    return found


def test_when_the_bus_refuses_entry_three_of_ten_its_record_comes_again(cloud: World, one_each: list[Record]) -> None:
    """Nine leave, the third's record is reported, and the retry publishes it under the same id and sequence."""
    cloud.wire.strike = on("PutEvents", EntryRefused(2), times=1)

    receipts, tally = cloud.enforcement().run(one_each[:10])

    assert receipts == ["3"]
    assert tally["ActionsPublished"] == 9
    assert "action-3" not in published(cloud)
    assert cloud.enforcement().run(one_each[2:10])[0] == []
    assert published(cloud) == {f"action-{number}": [1, 1] if number > 3 else [1] for number in range(1, 11)}


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
def test_when_the_bus_is_away_every_record_whose_action_waited_comes_again(
    cloud: World, one_each: list[Record], fault: Fault
) -> None:
    """The ledger keeps the sequences; the retry publishes with those."""
    cloud.wire.strike = on("PutEvents", fault, times=1)

    assert cloud.enforcement().run(one_each)[0] == ["1"]
    assert cloud.enforcement().run(one_each)[0] == []

    assert published(cloud).keys() == {f"action-{number}" for number in range(1, 13)}
    assert all(set(sequences) == {1} for sequences in published(cloud).values())


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
@pytest.mark.parametrize("operation", ["GetItem", "PutItem"])
def test_when_the_ledger_refuses_nothing_after_it_is_applied_or_leaves(
    cloud: World, one_each: list[Record], fault: Fault, operation: str
) -> None:
    """What came before it in the stream leaves; from its record on, all comes again in order."""
    cloud.wire.strike = on(operation, fault, "u_3", times=1)

    receipts, tally = cloud.enforcement().run(one_each[:5])

    assert receipts == ["3"]
    assert tally["ActionsPublished"] == 2
    assert {item["entity"] for item in cloud.items("ledger")} <= {"user:u_1", "user:u_2", "user:u_3"}
    assert cloud.enforcement().run(one_each[2:5])[0] == []
    assert published(cloud) == {f"action-{number}": [1] for number in range(1, 6)}


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
@pytest.mark.parametrize("nth", range(1, 8))
def test_actions_on_one_capability_are_numbered_in_the_order_of_the_stream(
    cloud: World, fault: Fault, nth: int
) -> None:
    """Whichever write of the ledger fails, sequences follow the stream, without gaps or repetition."""
    records = [record(number, restrict(f"action-{number}", "u_1")) for number in range(1, 5)]
    cloud.wire.strike = on("PutItem", fault, first=nth, times=1)

    deliver_stream(repeat(enforce(cloud.enforcement())), records, sizes(3), cloud.wire)

    assert {name: set(sequences) for name, sequences in published(cloud).items()} == {
        f"action-{number}": {number} for number in range(1, 5)
    }


def test_a_record_with_several_actions_is_done_when_all_have_left(cloud: World) -> None:
    """Eleven actions of one record need two calls; the second fails, and the record comes again as a whole."""
    actions = [restrict(f"action-{number}", f"u_{number}") for number in range(11)]
    cloud.wire.strike = on("PutEvents", Refused("InternalException", 500), first=2, times=1)

    assert cloud.enforcement().run([record(1, *actions)])[0] == ["1"]
    assert cloud.enforcement().run([record(1, *actions)])[0] == []
    assert published(cloud).keys() == {action.action_id for action in actions}


def test_a_released_restriction_is_published_and_leaves_other_causes(cloud: World) -> None:
    """A person's release, recorded as a command, ends that source's restriction alone."""
    other = Action(
        "restrict", "b", "user:u_1", "rule:b", moment(0), "because", None, None, restrict("b", "u_1").details
    )
    released = {"capability": "buy", "released": "rule:a"}
    release = Action("release", "r", "user:u_1", "person:ana", moment(10), "an error", None, None, released)
    cloud.enforcement().run([record(1, restrict("a", "u_1"), other), record(2, release)])

    assert [cause.source for cause in cloud.ledger().account("user:u_1").causes] == ["rule:b"]
    assert [(kind, detail["metadata"]["sequence"]) for kind, detail in cloud.events()] == [
        ("RestrictionPlaced", 1),
        ("RestrictionPlaced", 2),
        ("RestrictionReleased", 3),
    ]


@pytest.mark.parametrize(
    "break_it", [lambda image: image.pop("actions"), lambda image: image.update(actions={"S": "["})]
)
def test_a_record_that_is_not_ours_fails_loudly(cloud: World, break_it: Callable[[Record], object]) -> None:
    """A bug, or a record made by hand, is no failure of the infrastructure: it raises, for the mapping to isolate."""
    broken = record(1, restrict("a", "u_1"))
    break_it(broken["dynamodb"]["NewImage"])

    with pytest.raises((KeyError, ValueError)):
        cloud.enforcement().run([broken])


def test_an_empty_batch_does_nothing(cloud: World) -> None:
    """No records, no calls, no failures."""
    assert cloud.enforcement().run([]) == ([], {})
    assert cloud.wire.calls == []
