"""The guardrails' counters and brakes, on every backend."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.decisions import Key, Latch, Stop, Trip
from shared.stores.guards import Braked, BudgetUse, Guards, RuleHits
from tests.support.aws import World
from tests.support.faults import Refused, on
from tests.support.signals import NOON

pytestmark = pytest.mark.integration

HOUR = "2026-11-20T12"
AT = "2026-11-20T12:10:00.000Z"


def a_trip(version: str = "v1", number: int = 0, became: str = "shadow") -> Trip:
    stop = Stop(became, HOUR, "11 of 20 hits met known-good entities")
    return Trip("brake", "r.1", version, number, Key(HOUR, f"r.1@{version}"), stop, AT)


def test_each_addition_learns_its_place_in_the_numbering(cloud: World) -> None:
    """What stands then is what all before it added, and it itself."""
    guards = cloud.guards()
    assert guards.add(HOUR, {"h:r@1": 5, "g:r@1": 0}, {}).numbers["h:r@1"] == 5
    found = guards.add(HOUR, {"h:r@1": 2, "g:r@1": 1}, {})
    assert (found.added, found.numbers["h:r@1"], found.numbers["g:r@1"]) == (True, 7, 1)


def test_nothing_is_added_where_anything_would_get_over_its_limit(cloud: World) -> None:
    """Not the hits either; the answer says what others have, so that it can be asked for what is left."""
    guards = cloud.guards()
    assert guards.add(HOUR, {"b:one": 8, "b:two": 1}, {"b:one": 2, "b:two": 9}).added
    found = guards.add(HOUR, {"b:one": 3, "b:two": 1, "h:r@1": 4}, {"b:one": 7, "b:two": 9})
    assert not found.added
    assert (found.numbers["b:one"], found.numbers["b:two"], found.numbers.get("h:r@1")) == (8, 1, None)
    assert guards.add(HOUR, {"b:one": 2}, {"b:one": 8}).numbers["b:one"] == 10


def test_whom_known_good_a_rule_met_is_a_set(cloud: World) -> None:
    """Who is met again changes nothing, whoever adds; what stands then is known at once, and by short hashes."""
    guards = cloud.guards()
    first = guards.add(HOUR, {"h:r@1": 2, "g:r@1": 2}, {}, {"e:r@1": ["user:a", "user:b"]})
    again = guards.add(HOUR, {"h:r@1": 2, "g:r@1": 2}, {}, {"e:r@1": ["user:b", "user:c"], "e:s@1": ["user:b"]})
    later = guards.add(HOUR, {"h:r@1": 1, "g:r@1": 0}, {})
    assert [each.met for each in (first, again, later)] == [{"e:r@1": 2}, *[{"e:r@1": 3, "e:s@1": 1}] * 2]
    assert again.numbers == {**later.numbers, "h:r@1": 4}
    (item,) = cloud.items("policy")
    assert {len(each) for each in item["e:r@1"]} == {6}


def test_whom_a_rule_met_is_not_added_where_a_limit_is_reached(cloud: World) -> None:
    """They come with the hits, once there is room."""
    guards = cloud.guards()
    guards.add(HOUR, {"b:one": 9}, {"b:one": 9})
    people = {"e:r@1": ["user:a"]}
    refused = guards.add(HOUR, {"b:one": 1, "h:r@1": 1, "g:r@1": 1}, {"b:one": 8}, people)
    assert (refused.added, refused.met) == (False, {})
    assert guards.add(HOUR, {"h:r@1": 1, "g:r@1": 1}, {}, people).met == {"e:r@1": 1}


def test_a_limit_of_what_nobody_has_used_yet_holds_as_well(cloud: World) -> None:
    """A missing counter is zero; and what is asked for alone must fit."""
    guards = cloud.guards()
    assert not guards.add(HOUR, {"b:one": 12}, {"b:one": -2}).added
    assert guards.add(HOUR, {"b:one": 10}, {"b:one": 0}).added
    assert not guards.add(HOUR, {"b:one": 1}, {"b:one": 9}).added


def test_what_is_given_back_can_be_used_by_others(cloud: World) -> None:
    """Negative amounts have no condition."""
    guards = cloud.guards()
    guards.add(HOUR, {"b:one": 10}, {"b:one": 0})
    guards.add(HOUR, {"b:one": -4}, {})
    assert guards.add(HOUR, {"b:one": 4}, {"b:one": 6}).numbers["b:one"] == 10


def test_however_often_it_is_asked_a_limit_is_not_got_over(cloud: World) -> None:
    """Twenty additions of three to a limit of fifty: sixteen are made."""
    guards = cloud.guards()
    added = [guards.add(HOUR, {"b:one": 3}, {"b:one": 47}).added for _ in range(20)]
    assert added == [True] * 16 + [False] * 4
    assert guards.add(HOUR, {"b:one": 0}, {}).numbers["b:one"] == 48


def test_a_trip_is_seen_by_whoever_counts_this_hour_and_the_next(cloud: World) -> None:
    """And the first word stands."""
    guards, trip = cloud.guards(), a_trip()
    guards.tell(trip)
    guards.tell(trip._replace(stop=trip.stop._replace(why="another one")))
    for hour in (HOUR, "2026-11-20T13"):
        assert guards.add(hour, {"h:r.1@v1": 1, "g:r.1@v1": 0}, {}).tripped == {"r.1@v1": trip.stop}


def test_a_brake_holds_until_somebody_starts_the_rule(cloud: World) -> None:
    """Then its hits are counted anew, and a lane that has not heard of that does not brake it again."""
    guards, trip = cloud.guards(), a_trip()
    assert guards.latches() == guards.brakes() == {}
    guards.tell(trip)
    assert guards.latches() == {"r.1@v1": Latch(0, trip.stop, AT)}
    assert guards.brakes() == {"r.1": Braked("v1", datetime.fromisoformat(AT), "shadow", trip.stop.why)}

    assert guards.release_brake("r.1")
    assert not guards.release_brake("r.1")
    assert not guards.release_brake("r.2")
    assert guards.brakes() == {}
    guards.tell(trip)
    assert guards.latches() == {"r.1@v1": Latch(1, None, AT)}
    guards.tell(a_trip(number=1))
    assert guards.brakes().keys() == {"r.1"}


def test_each_version_of_a_rule_has_a_brake_of_its_own(cloud: World) -> None:
    """Two are at work while one is staged; whoever starts the rule starts both."""
    guards = cloud.guards()
    guards.tell(a_trip("v1"))
    guards.tell(a_trip("v2", became="milder")._replace(at="2026-11-20T12:20:00.000Z"))
    assert {name: latch.stop for name, latch in guards.latches().items()} == {
        "r.1@v1": a_trip().stop,
        "r.1@v2": a_trip(became="milder").stop,
    }
    assert (guards.brakes()["r.1"].version, guards.brakes()["r.1"].became) == ("v2", "milder")
    assert guards.release_brake("r.1")
    assert guards.brakes() == {}


@pytest.mark.parametrize("rule", ["part", "item", "expires_at", "a.b#c"])
def test_a_rule_may_have_any_name(cloud: World, rule: str) -> None:
    """None is mistaken for an attribute of the table."""
    guards = cloud.guards()
    guards.tell(a_trip()._replace(rule=rule))
    assert guards.brakes().keys() == {rule}
    assert guards.release_brake(rule)


def test_what_people_read_sums_versions_and_hours(cloud: World) -> None:
    """Hits by rule over some hours; budgets of the running hour and day, by count and by currency."""
    guards = cloud.guards()
    guards.add(HOUR, {"h:r@1": 5, "g:r@1": 1, "b:one": 2, "b:one:EUR": 700, "c:one": 1}, {})
    guards.add("2026-11-20T11", {"h:r@1": 3, "g:r@1": 1, "h:r@2#1": 4, "g:r@2#1": 0}, {})
    guards.add("2026-11-20", {"b:two:USD": 9}, {})

    assert guards.counted(NOON - timedelta(hours=1), NOON + timedelta(minutes=5)) == {"r": RuleHits(12, 2)}
    assert guards.counted(NOON, NOON + timedelta(minutes=5)) == {"r": RuleHits(5, 1)}
    assert guards.used(NOON) == {"one": BudgetUse(2, {"EUR": 700}), "two": BudgetUse(0, {"USD": 9})}
    assert guards.used(NOON + timedelta(hours=1)) == {"two": BudgetUse(0, {"USD": 9})}


def test_what_tripped_is_listed_once_the_newest_first(cloud: World) -> None:
    """Brakes, which stand in two hours' items, and budgets."""
    guards, now = cloud.guards(), datetime.now(UTC)
    hour = f"{now:%Y-%m-%dT%H}"
    late, early = f"{now:%Y-%m-%dT%H:%M:%S}Z", f"{now - timedelta(minutes=1):%Y-%m-%dT%H:%M:%S}Z"
    brake = a_trip()._replace(key=Key(hour, "r.1@v1"), at=early)
    budget = Trip("budget:one", "r.2", "v1", 0, Key(hour[:10], "one"), Stop("review", hour[:10], "no room"), late)
    guards.tell(brake)
    guards.tell(budget)

    found = guards.tripped(now - timedelta(minutes=5))
    assert [(each.guardrail, each.rule, each.became) for each in found] == [
        ("budget:one", "r.2", "review"),
        ("brake", "r.1", "shadow"),
    ]
    assert guards.tripped(now + timedelta(seconds=2)) == []


def test_counters_end_by_themselves(cloud: World) -> None:
    """Ten days after their period began: a day can be compared with the same one of the week before."""
    cloud.guards().add(HOUR, {"h:r@1": 1, "g:r@1": 0}, {})
    (item,) = cloud.items("policy")
    assert item["expires_at"] == int((NOON + timedelta(days=10)).timestamp())


def test_what_the_service_refuses_goes_up(cloud: World) -> None:
    """Only a limit that is reached is an answer."""
    cloud.wire.strike = on("UpdateItem", Refused())
    for call in (
        lambda guards: guards.add(HOUR, {"b:one": 1}, {"b:one": 9}),
        lambda guards: guards.tell(a_trip()),
    ):
        with pytest.raises(Exception, match="ProvisionedThroughput"):
            call(cloud.guards())


def test_counters_are_the_functions_own_table_of_the_policy(cloud: World) -> None:
    """Under keys that begin alike, so that a function may be allowed these and no others."""
    guards = Guards(cloud.aws.calm["dynamodb"], cloud.table("policy"))
    guards.add(HOUR, {"h:r@1": 1, "g:r@1": 0}, {})
    guards.tell(a_trip())
    assert {item["part"] for item in cloud.items("policy")} == {
        f"guard#{HOUR}",
        "guard#2026-11-20T13",
        "guard#brakes",
    }
