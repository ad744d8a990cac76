"""The policy table, the published sources and the lists in the table."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.policy.loading import LANGUAGE
from shared.stores import ChangedMeanwhileError, ListEntry, Pointer, PolicyNotLoadedError, StoreUnavailable
from shared.stores.policy_sources import MOST_FREQUENCIES
from tests.support.aws import NOON, World, a_change
from tests.support.faults import Call, Crash, CrashAfter, CrashBefore, Fault, Meanwhile, Refused
from tests.support.two_policies import FIRST, SECOND, first, second

pytestmark = pytest.mark.integration

TEXTS = {"policy.yaml": FIRST}


def published(cloud: World, digest: str) -> dict[str, Any]:
    key = f"policies/{digest}.json"
    body: dict[str, Any] = json.loads(
        cloud.aws.calm["s3"].get_object(Bucket=cloud.policy_bucket, Key=key)["Body"].read()
    )
    return body


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
    )
    table.move(Pointer(), wanted, change)
    assert table.pointer() == replace(wanted, version=1)
    assert table.pointer().before == ("shipped", "d1")


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


def test_a_published_policy_loads_to_the_same_digest(cloud: World) -> None:
    """From its source, as it was written."""
    sources = cloud.policy_stores().sources
    sources.keep(first().digest, TEXTS)
    assert sources.policy(first().digest).digest == first().digest
    assert sources.documents(first().digest) == TEXTS


def test_a_source_is_written_once_and_mended_when_damaged(cloud: World) -> None:
    """The same policy published again leaves the object alone, unless it is not what was put."""
    sources = cloud.policy_stores().sources
    sources.keep(first().digest, TEXTS)
    sources.keep(first().digest, {"renamed.yaml": FIRST})
    assert list(published(cloud, first().digest)["documents"]) == ["policy.yaml"]
    cloud.damage(first().digest)
    sources.keep(first().digest, TEXTS)
    assert published(cloud, first().digest)["documents"] == TEXTS


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda _: b"{", "is damaged"),
        (lambda _: b"[]", "is damaged"),
        (lambda _: b"[" * 100_000, "is damaged"),
        (lambda _: b"\xff", "is damaged"),
        (lambda kept: json.dumps({**kept, "documents": {"policy.yaml": "rules: {}"}}).encode(), "is damaged"),
        (lambda kept: json.dumps({**kept, "digest": "0" * 32}).encode(), "is damaged"),
        (lambda kept: json.dumps({**kept, "language": LANGUAGE + 1}).encode(), "version .* of the language"),
    ],
)
def test_what_is_not_as_it_was_published_is_refused(cloud: World, damage: Any, said: str) -> None:
    """Half an object, another content, another name, or a language that this code does not know."""
    sources = cloud.policy_stores().sources
    sources.keep(first().digest, TEXTS)
    cloud.damage(first().digest, damage(published(cloud, first().digest)))
    with pytest.raises(PolicyNotLoadedError, match=said):
        sources.policy(first().digest)


FREQUENCIES = {"payment.attempted": {"declines_1h >= 2": 0.125}}


def test_a_policy_is_loaded_with_what_is_known_of_its_conditions(cloud: World) -> None:
    """The newest, under the same digest; its source stays as it was."""
    sources = cloud.policy_stores().sources
    sources.keep(first().digest, TEXTS)
    assert sources.policy(first().digest).frequencies == {}
    for frequencies in ({"login.succeeded": {"failures_1h >= 2": 1}}, FREQUENCIES):
        sources.keep_frequencies(first().digest, frequencies)
        loaded = sources.policy(first().digest)
        assert (loaded, loaded.frequencies) == (first(), frequencies)
    assert sources.documents(first().digest) == TEXTS


@pytest.mark.parametrize(
    "damage",
    [
        b"{",
        b"[]",
        b"[" * 100_000,
        b"\xff",
        b'{"payment.attempted": []}',
        b'{"payment.attempted": {"declines_1h >= 2": 1.01}}',
        b'{"payment.attempted": {"declines_1h >= 2": -0.01}}',
        b'{"payment.attempted": {"declines_1h >= 2": NaN}}',
        b'{"payment.attempted": {"declines_1h >= 2": "0.5"}}',
        b'{"payment.attempted": {"declines_1h >= 2": 0.5}}' + b" " * MOST_FREQUENCIES,
    ],
    ids=["half", "list", "deep", "bytes", "signal", "above", "below", "nan", "text", "large"],
)
def test_frequencies_that_are_none_leave_the_policy_as_it_is(cloud: World, damage: bytes) -> None:
    """It is loaded and arranged by guesses."""
    sources = cloud.policy_stores().sources
    sources.keep(first().digest, TEXTS)
    key = f"policies/{first().digest}.frequencies.json"
    cloud.aws.calm["s3"].put_object(Bucket=cloud.policy_bucket, Key=key, Body=damage)
    loaded = sources.policy(first().digest)
    assert (loaded, loaded.frequencies) == (first(), {})


def test_frequencies_that_cannot_be_read_leave_the_policy_as_it_is(cloud: World) -> None:
    """Whatever S3 says of them."""
    sources = cloud.policy_stores().sources
    sources.keep(first().digest, TEXTS)
    sources.keep_frequencies(first().digest, FREQUENCIES)
    cloud.wire.strike = lambda call: (
        Refused("SlowDown", 503) if call.request["url"].endswith("frequencies.json") else None
    )
    loaded = sources.policy(first().digest)
    assert (loaded, loaded.frequencies) == (first(), {})


def test_a_source_that_this_code_refuses_says_where(cloud: World) -> None:
    """A policy that another version of the checker took."""
    sources = cloud.policy_stores().sources
    sources.keep("d1", {"policy.yaml": "rules:\n  x: {when: nonsense}\n"})
    with pytest.raises(PolicyNotLoadedError, match=r"problem\(s\) for this code, the first in policy.yaml:2"):
        sources.policy("d1")


def test_a_policy_that_older_code_named_keeps_its_name(cloud: World) -> None:
    """Deploying code that counts digests in another way moves no policy."""
    sources = cloud.policy_stores().sources
    for language in (LANGUAGE, LANGUAGE - 1):
        sources.keep("named-by-older-code", TEXTS)
        kept = published(cloud, "named-by-older-code") | {"language": language}
        cloud.damage("named-by-older-code", json.dumps(kept).encode())
        assert sources.policy("named-by-older-code").digest == "named-by-older-code"


def test_a_missing_source_is_told_from_a_store_that_refuses(cloud: World) -> None:
    """The first is for people to mend, the second goes away."""
    with pytest.raises(PolicyNotLoadedError, match=r"there is no policies/d1\.json"):
        cloud.policy_stores().sources.policy("d1")
    cloud.wire.strike = lambda _: Refused("SlowDown", 503)
    with pytest.raises(ClientError, match="SlowDown"):
        cloud.policy_stores().sources.policy("d1")


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
