"""The agenda: what may have ended is found once its moment has come, wherever in the hour, day or year that lies."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.stores.agenda import Agenda, Due, agenda_item, waiting_item
from shared.stores.attributes import to_item
from tests.support.aws import World

pytestmark = pytest.mark.integration

USER, ORDER = "user:u_1", "order:o_1"
MILLISECOND = timedelta(milliseconds=1)
HOUR = timedelta(hours=1)


def day(hour: int, minute: int = 0, second: int = 0, millisecond: int = 0) -> datetime:
    return datetime(2026, 12, 31, hour, minute, second, millisecond * 1000, tzinfo=UTC)


def agenda(cloud: World, *items: dict[str, Any]) -> Agenda:
    for item in items:
        cloud.aws.calm["dynamodb"].put_item(TableName=cloud.table("ledger"), Item=to_item(item))
    return Agenda(cloud.aws.struck["dynamodb"], cloud.table("ledger"))


def test_what_is_due_comes_in_the_order_of_its_moments(cloud: World) -> None:
    """Over the edge of an hour, of a day and of a year, each with all that it names."""
    late, edge, early = day(23, 59, 59, 999), datetime(2027, 1, 1, tzinfo=UTC), day(22, 30)
    items = [
        agenda_item(edge, USER, "", "withdraw", "a" * 32),
        agenda_item(late, USER, ORDER, "receive_payout", "b" * 32),
        agenda_item(early, "user:u_2", "", "step_up", "c" * 32),
    ]
    assert list(agenda(cloud, *items).due(edge, early)) == [
        Due(early, "user:u_2", "", "step_up", "c" * 32),
        Due(late, USER, ORDER, "receive_payout", "b" * 32),
        Due(edge, USER, "", "withdraw", "a" * 32),
    ]


@pytest.mark.parametrize("at", [day(12), day(12, 59, 59, 999), day(13), day(12, 30), datetime(2027, 1, 1, tzinfo=UTC)])
def test_a_moment_is_due_from_its_own_millisecond_on(cloud: World, at: datetime) -> None:
    """Not one before; and as long as it is looked back to, its own millisecond included."""
    found = agenda(cloud, agenda_item(at, USER, "", "buy", "a" * 32))
    assert list(found.due(at - MILLISECOND, at - HOUR)) == []
    assert [due.at for due in found.due(at, at - HOUR)] == [at]
    assert [due.at for due in found.due(at + 3 * HOUR, at)] == [at]
    assert list(found.due(at + 3 * HOUR, at + MILLISECOND)) == []


def test_an_hour_with_more_than_a_page_is_read_to_its_end(cloud: World) -> None:
    """A campaign's restrictions all end in the same hour."""
    scope = "order:" + "o" * 300_000
    items = [agenda_item(day(12, second=second), USER, scope, "buy", "a" * 32) for second in range(8)]
    found = agenda(cloud, *items)
    assert len(list(found.due(day(12, 59), day(12)))) == len(items)
    assert len(cloud.wire.calls) > 1


def test_the_longest_names_are_found(cloud: World) -> None:
    """An entity's and an order's name can together be longer than a key may be."""
    entity, scope = f"user:{'ä' * 155}", f"order:{'語' * 154}"
    found = agenda(cloud, agenda_item(day(12), entity, scope, "change_payout_account", "a" * 32))
    assert list(found.due(day(12), day(12))) == [Due(day(12), entity, scope, "change_payout_account", "a" * 32)]


def test_an_entity_with_odd_characters_is_found_as_it_is(cloud: World) -> None:
    """Whatever a producer names its users."""
    odd = "user:#$~ \u2028ä#"
    found = agenda(cloud, agenda_item(day(12), odd, "listing:#", "list", "a" * 32))
    assert list(found.due(day(12), day(12))) == [Due(day(12), odd, "listing:#", "list", "a" * 32)]


def test_an_item_goes_when_nothing_looks_back_to_it_any_more(cloud: World) -> None:
    """The table forgets it days after its moment; in the year 9999, too."""
    assert agenda_item(day(12), USER, "", "buy", "a" * 32)["expires_at"] == int(day(12).timestamp()) + 3 * 86_400
    last = datetime.max.replace(tzinfo=UTC)
    found = agenda(cloud, agenda_item(last, USER, "", "buy", "a" * 32))
    assert list(found.due(day(12), day(12) - HOUR)) == []


def test_a_later_action_with_the_same_end_is_another_item_of_the_same_place(cloud: World) -> None:
    """What it ends is looked at again, and not twice for both."""
    items = [agenda_item(day(12), USER, "", "buy", letter * 32) for letter in "ab"]
    assert [due.action_id for due in agenda(cloud, *items).due(day(12), day(12))] == ["b" * 32]


def test_holds_wait_for_a_person_from_their_expiry_to_their_legal_maximum(cloud: World) -> None:
    """The one that waits for the longest first; they are nobody's business before and after."""
    first = Due(day(10), USER, "", "receive_payout", "a" * 32)
    second = Due(day(11), "user:u_2", ORDER, "withdraw", "b" * 32)
    found = agenda(cloud, waiting_item(second, day(20)), waiting_item(first, day(15)))
    assert list(found.waiting(day(10) - MILLISECOND)) == []
    assert list(found.waiting(day(12))) == [first, second]
    assert list(found.waiting(day(15))) == [second]
    assert list(found.due(day(23), day(0))) == []
