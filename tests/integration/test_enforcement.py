"""Enforcement against a ledger and a bus that refuse: every recorded action leaves, numbered once."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import repeat
from typing import Any

import pytest

from shared.restrictions import CAPABILITIES, Action
from shared.runtime.enforcement import UnfitRecordsError
from shared.runtime.tally import Tally
from shared.signals.times import stamp
from tests.support.aws import World
from tests.support.faults import EntryRefused, Fault, Lost, Refused, Unreachable, on
from tests.support.lambdas import deliver_stream, enforce, sizes
from tests.support.signals import moment

pytestmark = pytest.mark.integration

FAULTS = [Refused(), Refused("InternalException", 500), Unreachable(), Lost()]
NAMES = ["throttled", "internal_error", "unreachable", "answer_lost"]
Record = dict[str, Any]


def restrict(name: str, user: str, capability: str = "buy", lasts: float = 3600) -> Action:
    details = {"capability": capability, "limit": {"none": True}, "expires_at": stamp(moment(lasts))}
    return Action("restrict", name, f"user:{user}", "rule:a", moment(0), "because", None, None, details)


def run(cloud: World, records: list[Record]) -> list[str]:
    """What must come again of a batch."""
    return cloud.enforcement().run(records, Tally())


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

    tally = Tally()
    receipts = cloud.enforcement().run(one_each[:10], tally)

    assert receipts == ["3"]
    assert tally["ActionsPublished"] == 9
    assert "action-3" not in published(cloud)
    assert run(cloud, one_each[2:10]) == []
    assert published(cloud) == {f"action-{number}": [1, 1] if number > 3 else [1] for number in range(1, 11)}


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
def test_when_the_bus_is_away_every_record_whose_action_waited_comes_again(
    cloud: World, one_each: list[Record], fault: Fault
) -> None:
    """The ledger keeps the sequences; the retry publishes with those."""
    cloud.wire.strike = on("PutEvents", fault, times=1)

    assert run(cloud, one_each) == ["1"]
    assert run(cloud, one_each) == []

    assert published(cloud).keys() == {f"action-{number}" for number in range(1, 13)}
    assert all(set(sequences) == {1} for sequences in published(cloud).values())


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
@pytest.mark.parametrize("operation", ["GetItem", "PutItem"])
def test_when_the_ledger_refuses_nothing_after_it_is_applied_or_leaves(
    cloud: World, one_each: list[Record], fault: Fault, operation: str
) -> None:
    """What came before it in the stream leaves; from its record on, all comes again in order."""
    cloud.wire.strike = on(operation, fault, "u_3", times=1)

    tally = Tally()
    receipts = cloud.enforcement().run(one_each[:5], tally)

    assert receipts == ["3"]
    assert tally["ActionsPublished"] == 2
    assert not {f"user:u_{number}" for number in (4, 5)} & {item["entity"] for item in cloud.items("ledger")}
    assert run(cloud, one_each[2:5]) == []
    assert published(cloud) == {f"action-{number}": [1] for number in range(1, 6)}


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
@pytest.mark.parametrize("nth", range(1, 8))
def test_actions_on_one_capability_are_numbered_in_the_order_of_the_stream(
    cloud: World, fault: Fault, nth: int
) -> None:
    """Whichever write of the ledger fails, sequences follow the stream, without gaps or repetition."""
    records = [record(number, restrict(f"action-{number}", "u_1", lasts=3600 + number)) for number in range(1, 5)]
    cloud.wire.strike = on("PutItem", fault, first=nth, times=1)

    deliver_stream(repeat(enforce(cloud.enforcement())), records, sizes(3), cloud.wire)

    assert {name: set(sequences) for name, sequences in published(cloud).items()} == {
        f"action-{number}": {number} for number in range(1, 5)
    }


def test_a_record_with_several_actions_is_done_when_all_have_left(cloud: World) -> None:
    """Eleven actions of one record need two calls; the second fails, and the record comes again as a whole."""
    actions = [restrict(f"action-{number}", f"u_{number}") for number in range(11)]
    cloud.wire.strike = on("PutEvents", Refused("InternalException", 500), first=2, times=1)

    assert run(cloud, [record(1, *actions)]) == ["1"]
    assert run(cloud, [record(1, *actions)]) == []
    assert published(cloud).keys() == {action.action_id for action in actions}


def test_a_released_restriction_is_published_and_leaves_other_causes(cloud: World) -> None:
    """A person's release, recorded as a command, ends that source's restriction alone."""
    other = replace(restrict("b", "u_1", lasts=7200), source="rule:b")
    selector = {"selector": {"capability": "buy", "source": "rule:a"}}
    release = Action("release", "r", "user:u_1", "person:ana", moment(10), "an error", None, None, selector)
    rest = Action("release", "s", "user:u_1", "person:ana", moment(20), "an error", None, None, {"selector": {}})
    run(cloud, [record(1, restrict("a", "u_1"), other), record(2, release), record(3, rest)])

    assert [(kind, detail["metadata"]["sequence"]) for kind, detail in cloud.events()] == [
        ("RestrictionPlaced", 1),
        ("RestrictionPlaced", 2),
        ("RestrictionReleased", 3),
    ]
    assert [cause.source for cause in cloud.ledger().account("user:u_1").causes] == ["rule:a", "rule:b"]


def unknown(name: str, user: str) -> Action:
    """What a newer policy may ask for."""
    return replace(restrict(name, user), details={**restrict(name, user).details, "capability": "teleport"})


def test_an_action_that_is_not_understood_keeps_no_other_from_leaving(cloud: World) -> None:
    """It is named, with what about it, for the mapping to narrow the batch down to its record; all else is done."""
    odd = {**restrict("odd", "u_5").to_json(), "occurred_at": "noon"}
    records = [
        record(1, restrict("a", "u_1")),
        record(2, restrict("b", "u_2"), unknown("strange", "u_2"), restrict("c", "u_3")),
        record(3, restrict("d", "u_4")),
        record(4),
    ]
    records[3]["dynamodb"]["NewImage"]["actions"]["S"] = json.dumps([odd])

    with pytest.raises(UnfitRecordsError) as refused:
        run(cloud, records)

    assert published(cloud) == {name: [1] for name in "abcd"}
    assert "the action strange cannot be applied: there is no capability 'teleport'" in str(refused.value)
    assert "decision-4: ValueError" in str(refused.value)
    assert "u_2" not in str(refused.value)
    assert {entry.action.action_id for entry in cloud.ledger().history("user:u_2")} == {"b"}


def test_what_was_not_understood_is_done_when_it_comes_again_to_a_version_that_does(
    cloud: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of its record, redriven after the deployment, only what was missing changes anything."""
    records = [record(1, restrict("b", "u_2"), unknown("strange", "u_2"))]
    with pytest.raises(UnfitRecordsError):
        run(cloud, records)
    monkeypatch.setitem(CAPABILITIES, "teleport", ("none",))  # type: ignore[arg-type]  # a newer version has one more

    assert run(cloud, records) == []
    assert published(cloud) == {"b": [1, 1], "strange": [1]}


@pytest.mark.parametrize(
    "break_it", [lambda image: image.pop("actions"), lambda image: image.update(actions={"S": "["})]
)
def test_a_record_that_is_not_ours_fails_loudly(cloud: World, break_it: Callable[[Record], object]) -> None:
    """A bug, or a record made by hand, is no failure of the infrastructure: it raises, for the mapping to isolate."""
    broken, good = record(1, restrict("a", "u_1")), record(2, restrict("b", "u_2"))
    break_it(broken["dynamodb"]["NewImage"])

    with pytest.raises(UnfitRecordsError, match="decision-1: "):
        run(cloud, [broken, good])
    assert published(cloud) == {"b": [1]}


def test_an_event_that_is_too_large_for_the_bus_is_named_and_keeps_no_other_from_leaving(cloud: World) -> None:
    """Nothing is cut off; the ledger has it, and its record goes to the dead letters whole."""
    large = Action("command", "large", "user:u_1", "rule:a", moment(0), "x" * 300_000, details={"command": "refund"})
    tally = Tally()

    with pytest.raises(UnfitRecordsError, match="the event large cannot be published: EntryTooLarge: 3"):
        cloud.enforcement().run([record(1, large), record(2, restrict("b", "u_2"))], tally)

    assert published(cloud) == {"b": [1]}
    assert (tally["OversizeEvents"], tally["ActionsPublished"]) == (1, 1)
    assert [entry.sequence for entry in cloud.ledger().history("user:u_1")] == [1]


def test_an_event_that_does_not_keep_the_contract_is_named_and_keeps_no_other_from_leaving(cloud: World) -> None:
    """A command without a name is in the history, and leaves for nowhere."""
    odd = Action("command", "odd", "user:u_1", "rule:a", moment(0), "because", details={"command": ""})

    with pytest.raises(UnfitRecordsError, match="the event odd cannot be published: EntryNotValid"):
        run(cloud, [record(1, odd), record(2, restrict("b", "u_2"))])
    assert published(cloud) == {"b": [1]}


def test_an_action_that_is_too_large_for_the_ledger_is_named_and_keeps_no_other_from_leaving(cloud: World) -> None:
    """It is none of the failures that trying again can mend."""
    large = replace(restrict("large", "u_1"), reason="x" * 300_000)

    with pytest.raises(UnfitRecordsError, match="the action large cannot be applied: Item size has exceeded"):
        run(cloud, [record(1, large), record(2, restrict("b", "u_2"))])
    assert published(cloud) == {"b": [1]}


def test_the_same_limit_again_is_published_by_nobody(cloud: World) -> None:
    """Three rules that ask for what is in force already: one event, three causes in the page."""
    actions = [replace(restrict(name, "u_1"), source=f"rule:{name}") for name in "abc"]
    assert run(cloud, [record(1, *actions)]) == []
    assert published(cloud) == {"a": [1]}
    assert len(cloud.ledger().account("user:u_1").causes) == 3


def test_new_evidence_against_someone_cleared_is_counted_as_a_review(cloud: World) -> None:
    """It leaves as a request for review under the action's own id."""
    until = {"until": stamp(moment(86_400))}
    cleared = Action("clear", "c", "user:u_1", "person:ana", moment(-10), "honest", "payment_fraud", None, until)
    tally = Tally()
    cloud.enforcement().run([record(1, cleared, replace(restrict("a", "u_1"), abuse="payment_fraud"))], tally)

    assert [(kind, detail["metadata"]["action_id"]) for kind, detail in cloud.events()] == [("ReviewRequested", "a")]
    assert tally["ReviewsInsteadOfRestrictions"] == 1


LATER = datetime(2026, 11, 27, 12, tzinfo=UTC)
"""A week after everything here has happened."""


def inserted(at: datetime, given: Record) -> Record:
    return {**given, "dynamodb": {**given["dynamodb"], "ApproximateCreationDateTime": at.timestamp()}}


def test_what_waited_until_it_was_stale_does_nothing_when_it_is_redriven_a_week_later(cloud: World) -> None:
    """It is in the history; what knows no staleness, as a person's command, is done."""
    stale = replace(restrict("stale", "u_1"), stale_after=moment(600))
    gate = Action("decision", "gate", "user:u_3", "policy", moment(0), "", None, moment(60), DECIDED)
    records = [
        inserted(moment(1), each)
        for each in (record(1, stale), record(2, restrict("by-hand", "u_2", lasts=10**7)), record(3, gate))
    ]
    tally = Tally()
    cloud.enforcement(LATER).run(records, tally)

    assert published(cloud) == {"by-hand": [1]}
    assert tally["StaleDropped"] == 2
    assert cloud.ledger().account("user:u_1").causes == ()
    assert [entry.note for entry in cloud.ledger().history("user:u_1")] == ["it came too late: nothing was done"]


DECIDED = {
    "signal_type": "payout.requested",
    "signal_id": "s1",
    "signal_source": "shop",
    "disposition": "allow",
    "deadline": stamp(moment(60)),
    "at_deadline": "closed",
}


def test_what_was_applied_in_time_leaves_however_late_it_comes_again(cloud: World) -> None:
    """Else those who act on it would never come to what the ledger says."""
    fresh = inserted(moment(1), record(1, replace(restrict("a", "u_1"), stale_after=moment(600))))
    run(cloud, [fresh])

    assert cloud.enforcement(LATER).run([fresh], Tally()) == []
    assert published(cloud) == {"a": [1, 1]}


def test_what_happened_long_ago_and_is_enforced_at_once_is_not_stale(cloud: World) -> None:
    """A recording that is played again a week later is as fresh as it was."""
    played = inserted(LATER, record(1, replace(restrict("a", "u_1"), stale_after=moment(600))))
    assert cloud.enforcement(LATER).run([played], Tally()) == []
    assert published(cloud) == {"a": [1]}


def test_an_empty_batch_does_nothing(cloud: World) -> None:
    """No records, no calls, no failures."""
    tally = Tally()
    assert cloud.enforcement().run([], tally) == []
    assert (+tally, cloud.wire.calls) == (Tally(), [])
