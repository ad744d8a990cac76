"""What a batch reads of memory and adds to it: summaries, links, and the ledger's word on who is restricted."""

import json
from functools import cache
from itertools import repeat
from typing import Any

import pytest

from shared.decisions import Pinned, recomputed
from shared.features import AtLeast, Series, TileKey
from shared.policy import Policy, load_documents, load_inputs
from shared.restrictions import Action
from shared.signals.times import stamp
from tests.support.aws import Fixed, World
from tests.support.faults import Refused, on
from tests.support.lambdas import deliver_stream, evaluate_stream, sizes
from tests.support.signals import event, moment, queued, streamed

pytestmark = pytest.mark.integration

POLICY = """
features:
  new_device: {new: device, of: login.succeeded, by: user, window: ever}
  devices: {distinct: device, of: login.succeeded, by: user, window: ever}
  known_for: {age: login.succeeded, by: user, window: ever}
  neighbours: {linked: user, of: login.succeeded, by: device, window: 30d, strength: 80%}
  thieves: {linked: user, of: login.succeeded, by: device, window: 30d, limited: account_takeover}
  logins_1h: {count: login.succeeded, by: device, window: 1h}
rules:
  strange_device:
    abuse: account_takeover
    on: login.succeeded
    when: new_device and devices >= 1 and known_for >= 1s
    then:
      - friction: {of: user, ask: step_up}
    mode: live
    reason: "not one of the {devices} known devices"
    user_reason: "Please confirm that it is you."
    owner: accounts
    tests:
      fires: {new_device: true, devices: 1, known_for: 1d}
      holds: {new_device: false, devices: 1, known_for: 1d}
  thieves_device:
    abuse: account_takeover
    on: login.succeeded
    when: thieves >= 1
    then:
      - review: {of: user}
    mode: live
    reason: "{thieves} of {neighbours} accounts on this device are restricted, {logins_1h} logins in an hour"
    user_reason: "We look at this login."
    owner: accounts
    tests:
      fires: {thieves: 1}
      holds: {thieves: 0}
"""
DEVICE, OTHER = "dev_11111111", "dev_22222222"
DEVICES = TileKey("user:u_1", "login.succeeded#user>device#ever")


@cache
def policy() -> Policy:
    return load_documents({"policy.yaml": POLICY})


def login(number: int, user: str = "u_1", device: str = DEVICE, at: float | None = None) -> Any:
    return event("login.succeeded", f"l{number}", number if at is None else at, user_id=user, device_id=device)


def judged(cloud: World, *documents: Any, first: int = 1) -> dict[str, dict[str, Any]]:
    """The decisions' records by the signals' ids, after one more batch of a stream."""
    assert cloud.evaluation(policy()).run(streamed(list(documents), first), ordered=True)[0] == []
    return {item["signal_id"]: item for item in cloud.items("decisions")}


def seen(record: dict[str, Any], feature: str) -> Any:
    """What the rules saw of a feature."""
    return load_inputs(json.loads(record["capsule"])["inputs"]).get(feature)


def restricted(
    cloud: World, user: str, *, abuse: str = "account_takeover", since: float = 0, until: float = 9e5
) -> None:
    """What `enforce` does when a rule restricts the user."""
    details = {"capability": "buy", "limit": {"none": True}, "expires_at": stamp(moment(until))}
    entity = f"user:{user}"
    action = Action("restrict", f"a-{user}", entity, "rule:r", moment(since), "a test", abuse, moment(until), details)
    cloud.ledger().apply(action, "d" * 32)


def updates(cloud: World, text: str) -> int:
    """How many updates had this text in them."""
    return sum(call.operation == "UpdateItem" and call.says(text) for call in cloud.wire.calls)


def test_a_device_is_new_once_and_then_known(cloud: World) -> None:
    """The first device of all is no strange one, the second one is, and coming back it is not."""
    first, second = login(1), login(2, device=OTHER)
    records = judged(cloud, first, second, login(3, device=OTHER))
    records |= judged(cloud, login(4, device=OTHER), first=4)

    assert [records[f"l{n}"]["rules"] for n in (1, 2, 3, 4)] == [[], ["strange_device"], [], []]
    assert [seen(records[f"l{n}"], "new_device") for n in (1, 2, 3, 4)] == [True, True, False, False]


def test_what_an_earlier_fact_has_said_is_not_written_again(cloud: World) -> None:
    """A summary is written for what is new or earlier than known, and left alone otherwise."""
    judged(cloud, login(5), login(6), login(7, device=OTHER))
    assert updates(cloud, "summary") == 1
    assert len(cloud.timeline_store().read([DEVICES])[DEVICES]) == 2

    judged(cloud, login(8), login(9, device=OTHER), first=4)
    assert updates(cloud, "summary") == 1

    records = judged(cloud, login(2), first=6)
    assert updates(cloud, "summary") == 2, "it was there even earlier"
    assert seen(records["l2"], "known_for") is None
    assert seen(judged(cloud, login(12), first=7)["l12"], "known_for").total_seconds() == 10


def test_a_retry_writes_no_more_of_a_summary_than_the_first_attempt(cloud: World) -> None:
    """Signals whose decisions stand are added from their records, against the summary as it is now."""
    batch = [login(1), login(2), login(3, device=OTHER)]
    cloud.wire.strike = on("UpdateItem", Refused(), "summary", times=1)
    arrivals = streamed(batch)
    assert cloud.evaluation(policy()).run(arrivals, ordered=True)[0] == ["1"]
    assert cloud.evaluation(policy()).run(arrivals, ordered=True)[0] == []
    assert len(cloud.timeline_store().read([DEVICES])[DEVICES]) == 2
    judged(cloud, *batch)
    assert updates(cloud, "summary") == 2


def test_a_batch_reads_each_summary_and_each_tile_once(cloud: World) -> None:
    """However many signals of it ask for them, and however many families a summary has."""
    judged(cloud, *(login(number) for number in range(1, 30)))

    (read,) = [call for call in cloud.wire.calls if call.operation == "BatchGetItem" and call.says("-timelines")]
    ((_, asked),) = read.body["RequestItems"].items()
    keys = [(key["entity"]["S"], key["tile"]["S"]) for key in asked["Keys"]]
    assert len(keys) == len(set(keys)) == 1 + 2 + 2, "the summary, two tiles of the hour and two of the links"


def test_the_restricted_among_the_linked_are_counted(cloud: World) -> None:
    """By the ledger as it stands: of that abuse kind, in force when the signal came, and not the user itself."""
    for user, restriction in {"thief": {}, "seller": {"abuse": "seller_fraud"}, "free": {"until": 30}}.items():
        restricted(cloud, user, **restriction)
    users = ["thief", "seller", "free", "honest"]
    judged(cloud, *(login(number, user) for number, user in enumerate(users, 1)))
    record = judged(cloud, login(9, "u_1"), first=9)["l9"]

    assert (seen(record, "neighbours"), seen(record, "thieves")) == (4, 1)
    assert record["rules"] == ["thieves_device"]
    assert record["reasons"] == ["1 of 4 accounts on this device are restricted, 4 logins in an hour"]
    own = judged(cloud, login(10, "thief"), first=10)["l10"]
    assert (seen(own, "neighbours"), seen(own, "thieves")) == (4, 0)


def test_a_page_of_the_ledger_that_nobody_can_read_stops_no_signal(cloud: World) -> None:
    """Whoever it is about may be restricted: those who surely are, are a lower bound."""
    restricted(cloud, "thief")
    edited = {"entity": {"S": "user:odd"}, "item": {"S": "head"}, "account": {"S": "odd"}}
    cloud.aws.struck["dynamodb"].put_item(TableName=cloud.table("ledger"), Item=edited)
    judged(cloud, login(1, "thief"), login(2, "odd"))
    record = judged(cloud, login(9, "u_1"), first=9)["l9"]
    assert (seen(record, "neighbours"), seen(record, "thieves")) == (2, AtLeast(1))
    assert record["rules"] == ["thieves_device"]


def test_a_link_that_arrives_in_the_same_batch_counts(cloud: World) -> None:
    """Its entity is asked for, too, so that batches may be cut anywhere."""
    restricted(cloud, "thief")
    documents = [login(1, "thief"), login(2, "u_1"), login(3, "u_2", OTHER), login(4, "u_2")]
    states = []
    for cuts in (sizes(), sizes(1)):
        world = cloud.aws.fresh()
        restricted(world, "thief")
        deliver_stream(repeat(evaluate_stream(world.evaluation(policy()))), streamed(documents), cuts, world.wire)
        states.append(world.state().decisions)
    assert states[0] == states[1]
    rules = {record["signal_id"]: record["rules"] for record in states[0].values()}
    assert rules == {"l1": [], "l2": ["thieves_device"], "l3": [], "l4": ["strange_device", "thieves_device"]}


def test_the_record_says_through_what_an_entity_is_linked_to_whom(cloud: World) -> None:
    """With the strength that was declared, the last seen first; and the decision comes again from it."""
    judged(cloud, login(1, "u_2"), login(2, "u_3"))
    record = judged(cloud, login(3), first=3)["l3"]

    (neighbours, thieves) = json.loads(record["capsule"])["links"]
    assert neighbours == {
        "feature": "neighbours",
        "through": f"device:{DEVICE}",
        "strength": 0.8,
        "names": ["user:u_3", "user:u_2"],
    }
    assert (thieves["feature"], thieves["strength"]) == ("thieves", 1.0)
    assert [link.feature for link in recomputed(record, policy()).links] == ["neighbours", "thieves"]
    assert "links" not in json.loads(judged(cloud)["l1"]["capsule"]), "nobody was there before"


def test_who_is_not_asked_about_is_not_read(cloud: World) -> None:
    """A signal without linked entities costs no read of the ledger."""
    cloud.evaluation(policy()).run(streamed([event("payment.attempted", "p1")]), ordered=True)
    assert not [call for call in cloud.wire.calls if call.says("-ledger")]


def test_a_ledger_that_cannot_be_read_fails_the_batch(cloud: World) -> None:
    """Nobody is taken for honest because the ledger is away: all comes again, and nothing was written."""
    cloud.wire.strike = on("BatchGetItem", Refused(), "-ledger")
    with pytest.raises(Exception, match="ProvisionedThroughputExceeded"):
        cloud.evaluation(policy()).run(streamed([login(1)]), ordered=True)
    assert cloud.items("decisions") == cloud.items("timelines") == []


def test_a_full_family_makes_lower_bounds(cloud: World) -> None:
    """At the cap nothing more is written, counts say `at least`, and a device that is not among them is unknown."""
    documents = [login(number, device=f"dev_{number:08}") for number in range(1, 4)]
    cloud.evaluation(policy(), cap=3).run(streamed(documents), ordered=True)
    _, tally = cloud.evaluation(policy(), cap=3).run(queued([login(4, device="dev_00000004")], 4), ordered=False)
    record = judged(cloud)["l4"]

    assert (seen(record, "devices"), seen(record, "new_device")) == (AtLeast(3), None)
    assert (tally["FullTiles"], tally["UnwritableTiles"]) == (1, 0)
    assert tally["IncompleteFeatures"] == 1


def test_a_series_that_is_younger_than_the_window_gives_lower_bounds(cloud: World) -> None:
    """Until it is old enough, and then the exact number: nobody has to remember when the rule was published."""
    young = Series("login.succeeded", "device", "1h")
    pinned = Pinned(policy(), began={young: moment(-3000)})
    cloud.evaluation(Fixed(pinned)).run(streamed([login(1), login(2), login(603), login(604)]), ordered=True)
    records = {item["signal_id"]: item for item in cloud.items("decisions")}

    assert [seen(records[f"l{n}"], "logins_1h") for n in (2, 603, 604)] == [AtLeast(1), 2, 3]
    assert seen(records["l2"], "neighbours") == 0, "the links were always there"
