"""The policy table: the pointer, its history, and the lists in it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.stores import ChangedMeanwhileError, ListEntry, Pointer, StoreUnavailable
from tests.support.aws import NOON, World, a_change
from tests.support.faults import Call, Crash, CrashAfter, CrashBefore, Fault, Meanwhile, Refused
from tests.support.two_policies import FIRST, SECOND, first, second

pytestmark = pytest.mark.integration

TEXTS = {"policy.yaml": FIRST}


def test_without_a_pointer_the_shipped_policy_is_in_force(cloud: World) -> None:
    """A stage where nobody has changed anything needs no item that says so."""
    assert cloud.policy_stores().table.pointer() == Pointer()


def test_a_pointer_comes_back_as_it_was_written(cloud: World) -> None:
    """Staged share, switches, lists, history and series included."""
    table, change = cloud.policy_stores().table, a_change("publish", "d2")
    wanted = replace(
        Pointer().moved_to("d1", change).moved_to("d2", change),
        staged="d3",
        share=0.125,
        stopped={"r1": {"by": "ann", "why": "it is wrong", "at": "2026-11-20T12:00:00.000Z"}},
        lists={"l1": 3},
        also=("payment.attempted#card#1h",),
        began={"payment.attempted#card#1h": NOON},
    )
    table.move(Pointer(), wanted, change)
    assert table.pointer() == replace(wanted, version=1)
    assert table.pointer().before == ("shipped", "d1")


def test_a_series_can_have_begun_earlier_and_never_later(cloud: World) -> None:
    """What was filled in is told; of what was always written, or began before, nothing changes."""
    table, change = cloud.policy_stores().table, a_change("backfill", "a")
    table.move(Pointer(), replace(Pointer(), began={"a": NOON, "b": NOON}), change)
    earlier, later = NOON - timedelta(days=1), NOON + timedelta(days=1)

    assert table.moved_back({"a": earlier, "b": later, "always": earlier}, change) == {"a": earlier}
    assert table.moved_back({"a": NOON}, change) == {}
    assert (table.pointer().version, table.pointer().began) == (2, {"a": earlier, "b": NOON})


def test_whoever_moves_the_pointer_second_writes_nothing(cloud: World) -> None:
    """Of two who read the same pointer one wins; the other's change is not even in the history."""
    table = cloud.policy_stores().table
    for read in (Pointer(), Pointer(1)):
        table.move(read, replace(read, digest=f"d{read.version}"), a_change("publish", "first"))
        with pytest.raises(ChangedMeanwhileError):
            table.move(read, replace(read, digest="other"), a_change("publish", "second"))
    assert table.pointer().digest == "d1"
    assert [each["what"] for each in table.changes(NOON, NOON + timedelta(1))] == ["first", "first"]


def test_switches_and_lists_win_against_whoever_moves_the_pointer(cloud: World) -> None:
    """They change their own part alone, and the mover, who had not seen them, is told."""
    table = cloud.policy_stores().table
    for read in (Pointer(), Pointer(4)):
        table.stop("r1", a_change("stop", "r1"))
        table.list_changed("cards", a_change("list", "add"))
        table.stop("r.2 #x", a_change("stop", "r.2 #x"))
        with pytest.raises(ChangedMeanwhileError):
            table.move(read, read.moved_to("d1", a_change("publish", "d1")), a_change("publish", "d1"))
    now = table.pointer()
    assert (now.digest, set(now.stopped), now.lists) == ("shipped", {"r1", "r.2 #x"}, {"cards": 2})
    assert now.stopped["r1"] == {"by": "ann", "why": "a test asks for it", "at": "2026-11-20T12:00:00.000Z"}
    table.start("r1", a_change("start", "r1"))
    table.start("never stopped", a_change("start", "never stopped"))
    assert set(table.pointer().stopped) == {"r.2 #x"}
    assert len(list(table.changes(NOON, NOON + timedelta(1)))) == 8


def test_the_first_change_of_a_stage_has_the_version_that_it_made(cloud: World) -> None:
    """A switch before anybody published makes the pointer first, and then changes it."""
    table = cloud.policy_stores().table
    table.stop("r1", a_change("stop", "r1"))
    assert [each["version"] for each in table.changes(NOON, NOON + timedelta(1))] == [table.pointer().version]


def test_of_two_who_change_something_first_both_do(cloud: World) -> None:
    """One makes the pointer while the other one is about to."""
    stores = cloud.policy_stores()
    stolen = iter([Meanwhile(lambda _: cloud.publish(FIRST))])
    cloud.wire.strike = lambda call: next(stolen, None) if call.operation == "PutItem" else None
    stores.table.stop("card_testing", a_change("stop", "card_testing"))
    assert (stores.table.pointer().digest, set(stores.table.pointer().stopped)) == (first().digest, {"card_testing"})


def test_a_refused_move_is_no_conflict(cloud: World) -> None:
    """What AWS refuses for other reasons is told as what it is."""
    cloud.wire.strike = lambda call: Refused() if call.operation == "TransactWriteItems" else None
    with pytest.raises(ClientError, match="ProvisionedThroughputExceeded"):
        cloud.policy_stores().table.move(Pointer(), Pointer(digest="d1"), a_change("publish", "d1"))


def test_changes_are_found_over_months_newest_first(cloud: World) -> None:
    """From the first moment on, up to and without the last."""
    table, read = cloud.policy_stores().table, Pointer()
    moments = [datetime(2026, month, 1, tzinfo=UTC) for month in (9, 10, 11, 12)]
    for number, at in enumerate(moments):
        table.move(replace(read, version=number), read, a_change("publish", f"d{number}", at))
    assert [each["what"] for each in table.changes(moments[1], moments[3])] == ["d2", "d1"]
    assert next(table.changes(moments[0], moments[3])) == {
        "at": "2026-11-01T00:00:00.000Z",
        "by": "ann",
        "why": "a test asks for it",
        "kind": "publish",
        "what": "d2",
        "version": 3,
    }


@pytest.mark.parametrize("fault", [CrashAfter(), CrashBefore()])
def test_a_crash_between_source_and_pointer_leaves_what_was_in_force(cloud: World, fault: Fault) -> None:
    """The source alone moves nothing; publishing again completes it."""
    stores = cloud.policy_stores()
    last = "PutObject" if isinstance(fault, CrashAfter) else "TransactWriteItems"
    cloud.wire.strike = lambda call: fault if call.operation == last else None

    def publish() -> None:
        read, change = stores.table.pointer(), a_change("publish", first().digest)
        stores.sources.keep(first().digest, TEXTS)
        stores.table.move(read, read.moved_to(first().digest, change), change)

    with pytest.raises(Crash):
        publish()
    assert cloud.policy_stores(cloud.aws.calm).table.pointer() == Pointer()
    cloud.wire.calm()
    publish()
    assert stores.table.pointer().digest == first().digest


def test_of_two_publishers_at_once_the_pointer_has_one(cloud: World) -> None:
    """The second one moved it while the first one's write was on its way: the first hears of it."""

    def elsewhere(_: Call) -> None:
        cloud.publish(SECOND)

    stores, change = cloud.policy_stores(), a_change("publish", first().digest)
    read = stores.table.pointer()
    cloud.wire.strike = lambda call: Meanwhile(elsewhere) if call.operation == "TransactWriteItems" else None
    with pytest.raises(ChangedMeanwhileError):
        stores.table.move(read, read.moved_to(first().digest, change), change)
    assert stores.table.pointer().digest == second().digest


def entries(*values: str, ends: datetime | None = None) -> list[ListEntry]:
    return [ListEntry(value, "ann", "seen in a case", NOON, ends) for value in values]


def test_a_list_is_read_as_it_was_written(cloud: World) -> None:
    """With who, why and until when; added again, an entry is replaced; what is not there can be removed."""
    lists, ends = cloud.policy_stores().lists, NOON + timedelta(days=1)
    lists.add("cards", entries("b", "a"))
    lists.add("cards", entries("b", ends=ends))
    lists.add("others", entries("z"))
    assert list(lists.entries("cards")) == [*entries("a"), *entries("b", ends=ends)]
    lists.remove("cards", ["a", "never there"])
    assert lists.values("cards") == {"b": ends}


def test_a_long_list_is_written_in_portions(cloud: World) -> None:
    """As many as one call takes, and those again that it left."""
    values = [f"v{number:03}" for number in range(60)]
    cloud.policy_stores().lists.add("long", entries(*values))
    assert sorted(cloud.policy_stores().lists.values("long")) == values
    assert [call.operation for call in cloud.wire.calls].count("BatchWriteItem") == 3


class Untaken(Fault):
    """A BatchWriteItem that writes nothing."""

    def after(self, call: Call, answer: dict[str, Any]) -> None:
        answer["UnprocessedItems"] = call.body["RequestItems"]


def test_a_list_that_the_table_takes_nothing_of_is_given_up(cloud: World) -> None:
    """Instead of asking for ever."""
    cloud.wire.strike = lambda _: Untaken()
    with pytest.raises(StoreUnavailable, match="none of 1 writes"):
        cloud.policy_stores().lists.add("cards", entries("a"))


def test_the_newest_word_of_a_function_about_a_policy_stands(cloud: World) -> None:
    """It could not load it, then it could."""
    table = cloud.policy_stores().table
    table.note("evaluate-stream", "d1", "it is damaged")
    table.note("evaluate-queue", "d1", "")
    assert {(each.function, each.why) for each in table.notes()} == {
        ("evaluate-stream", "it is damaged"),
        ("evaluate-queue", ""),
    }
    table.note("evaluate-stream", "d1", "")
    assert {each.why for each in table.notes()} == {""}


def test_any_number_of_series_can_be_told_to_begin_later(cloud: World) -> None:
    """An update's expression has 4 KB at most, so many are told in more than one."""
    told = cloud.policy_stores().table.series
    told.first()
    late = {f"payment.attempted#card>field{number}#30d": NOON for number in range(500)}
    told.postpone(late)
    assert told.told().late == late
    updates = [call.body["UpdateExpression"] for call in cloud.wire.calls if call.operation == "UpdateItem"]
    assert max(map(len, updates)) < 4_096
