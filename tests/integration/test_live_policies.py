"""The policy in force, as a function keeps it: read again in time, and never worse than the last good one."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.decisions import Key, Latch, Pinned, Stop, Trip, decide, series_read
from shared.features import Series, series_of
from shared.policy import load_documents
from shared.signals import Signal
from shared.stores import ListEntry, Pointer
from shared.stores.policies import shipped_as
from tests.support.aws import NOON, REFRESH, Clock, World, a_change, naming
from tests.support.faults import Call, Fault, Refused
from tests.support.signals import event, queued
from tests.support.two_policies import FIRST, SECOND, first, second

pytestmark = pytest.mark.integration

REVISED = FIRST.replace("declines_1h >= 2", "declines_1h >= 3").replace(
    "fires: {declines_1h: 2}", "fires: {declines_1h: 3}"
)
LISTED = """
lists:
  watched: {table: true, owner: payments-risk, about: cards that somebody named}
rules:
  watched_card:
    abuse: payment_fraud
    on: payment.attempted
    when: card in lists.watched
    then: [challenge]
    mode: live
    reason: "the card is watched"
    user_reason: "Please confirm that it is you."
    owner: payments-risk
    tests:
      fires: {card in lists.watched: true}
      holds: {card in lists.watched: false}
"""


class Reader:
    """A function's process: what it has in force now, after some seconds."""

    def __init__(self, world: World) -> None:
        self.clock = Clock()
        self.live = world.live_policies(first, self.clock)

    def after(self, seconds: float) -> Any:
        self.clock.seconds += seconds
        return self.live.pinned()


@pytest.fixture
def reader(cloud: World) -> Reader:
    return Reader(cloud)


def refusing(operation: str) -> Callable[[Call], Fault | None]:
    return lambda call: Refused() if call.operation == operation else None


def notes(cloud: World) -> dict[str, str]:
    """What functions said of policies, by digest."""
    return {note.digest: note.why for note in cloud.policy_stores(cloud.aws.calm).table.notes()}


def test_until_somebody_publishes_the_shipped_policy_is_in_force(reader: Reader) -> None:
    """Without a pointer, without an object, without a complaint."""
    pinned = reader.after(0)
    assert pinned.live.digest == first().digest
    assert pinned.policies == (pinned.live,)
    assert not pinned.troubles


def test_a_published_policy_is_in_force_after_the_refresh_and_not_before(cloud: World, reader: Reader) -> None:
    """Within the refresh nothing is asked; past it, once."""
    reader.after(0)
    cloud.publish(SECOND)
    calls = len(cloud.wire.calls)
    assert reader.after(REFRESH.total_seconds()).live.digest == first().digest
    assert len(cloud.wire.calls) == calls
    assert reader.after(1).live.digest == second().digest
    assert notes(cloud) == {shipped_as(first().digest): "", second().digest: ""}


def test_series_of_another_version_are_left_to_it(cloud: World, reader: Reader) -> None:
    """Whatever a newer version, an older one or another hand put among them, the others are written, and it counts."""
    table = cloud.policy_stores(cloud.aws.calm).table
    known = "payment.attempted#card#7d"
    unknown = (
        "payment.attempted#card>gone#ever",
        "payment.attempted#card>gone#30d",
        "payment.attempted#gone#1d",
        "payment.attempted#card#2d",
        "gone.signal#card#1d",
        "odd",
    )
    shipped = tuple(map(str, series_read([first()])))
    wanted = replace(table.pointer(), also=(known, *unknown, *shipped), began={known: NOON, unknown[0]: NOON})
    table.move(table.pointer(), wanted, a_change("publish", "it"))
    pinned = reader.after(0)
    assert (pinned.also, pinned.began) == (set(map(series_of, (known, *shipped))), {series_of(known): NOON})
    assert pinned.troubles == {"UnknownSeries": len(unknown)}

    assert cloud.evaluation(reader.live).run(queued([event("payment.attempted", "p1")]), ordered=False)[0] == []
    assert [item["tile"].rpartition("#")[0] for item in cloud.items("timelines")].count(known) == 1


def test_an_unchanged_pointer_costs_three_small_reads(cloud: World, reader: Reader) -> None:
    """The pointer, what is written and the brakes: what is loaded is not loaded again, and nobody is told again."""
    cloud.publish(SECOND)
    loaded = reader.after(0).live
    calls = len(cloud.wire.calls)
    assert reader.after(31).live is loaded
    assert [call.operation for call in cloud.wire.calls[calls:]] == ["GetItem"] * 3


@pytest.mark.parametrize("damage", [b"{", b""])
def test_a_damaged_source_leaves_the_last_good_policy_in_force(cloud: World, reader: Reader, damage: bytes) -> None:
    """Counted with each batch, told to people once; mended, it comes into force by itself."""
    cloud.publish(SECOND)
    reader.after(0)
    revised = cloud.publish(REVISED)
    cloud.damage(revised.digest, damage)
    for _ in range(2):
        pinned = reader.after(31)
        assert pinned.live.digest == second().digest
        assert pinned.troubles == {"PolicyNotLoaded": 1}
    assert "is damaged" in notes(cloud)[revised.digest]
    assert [call.operation for call in cloud.wire.calls].count("UpdateItem") == 2

    cloud.policy_stores(cloud.aws.calm).sources.keep(revised.digest, {"policy.yaml": REVISED})
    pinned = reader.after(31)
    assert pinned.live.digest == revised.digest
    assert not pinned.troubles
    assert notes(cloud)[revised.digest] == ""


def test_a_new_process_falls_back_to_what_was_in_force_before(cloud: World, reader: Reader) -> None:
    """It has no last good one: the one before the damaged one is the next best, and the shipped one the last."""
    cloud.publish(SECOND)
    revised = cloud.publish(REVISED)
    cloud.damage(revised.digest)
    pinned = reader.after(0)
    assert (pinned.live.digest, pinned.troubles) == (second().digest, {"PolicyNotLoaded": 1})

    cloud.damage(second().digest)
    pinned = Reader(cloud).after(0)
    assert (pinned.live.digest, pinned.troubles) == (first().digest, {"PolicyNotLoaded": 1})


@pytest.mark.parametrize("stage", ["shared.policy.policy.Program", "shared.policy.engine.machine.source_for"])
def test_a_policy_that_this_code_cannot_compile_is_not_loaded(
    cloud: World, reader: Reader, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    """Whatever breaks in it, and however late, it breaks before a signal is judged by it."""
    unloadable = second().digest
    reader.after(0)
    cloud.publish(SECOND)

    def breaks(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(stage, breaks)
    pinned = reader.after(31)
    assert (pinned.live.digest, pinned.troubles) == (first().digest, {"PolicyNotLoaded": 1})
    assert notes(cloud)[unloadable] == "this code cannot compile it: RecursionError"


def test_a_pointer_that_cannot_be_read_leaves_what_is_known(cloud: World, reader: Reader) -> None:
    """Counted; the next batch asks again, and does not wait for the refresh."""
    reader.after(0)
    cloud.publish(SECOND)
    cloud.wire.strike = refusing("GetItem")
    pinned = reader.after(31)
    assert (pinned.live.digest, pinned.troubles) == (first().digest, {"PolicyPointerUnread": 1})
    cloud.wire.strike = lambda _: None
    pinned = reader.after(0)
    assert (pinned.live.digest, pinned.troubles) == (second().digest, {})


@pytest.mark.parametrize("operation", ["GetItem", "GetObject"])
@pytest.mark.parametrize("refused", [Refused(), Refused("AccessDenied", 403)])
def test_a_new_process_that_can_read_nothing_does_not_decide(
    cloud: World, reader: Reader, operation: str, refused: Refused
) -> None:
    """It cannot know what is in force: the batch comes again, and nobody is judged by what was in force long ago."""
    cloud.publish(SECOND)
    cloud.wire.strike = lambda call: refused if call.operation == operation else None
    with pytest.raises(ClientError):
        reader.after(0)
    cloud.wire.strike = lambda _: None
    assert reader.after(0).live.digest == second().digest


def test_a_source_that_is_out_of_reach_does_not_keep_switches_from_working(cloud: World, reader: Reader) -> None:
    """The pointer was read: what it stops is stopped, under the last good policy."""
    reader.after(0)
    cloud.publish(SECOND)
    cloud.stop("card_testing")
    cloud.wire.strike = refusing("GetObject")
    pinned = reader.after(31)
    assert (pinned.live.digest, pinned.stopped) == (first().digest, {"card_testing"})
    assert pinned.troubles == {"PolicyNotLoaded": 1}


def test_nobody_to_tell_is_no_reason_to_stop(cloud: World, reader: Reader) -> None:
    """A note that the table does not take keeps no policy from being in force."""
    cloud.publish(SECOND)
    cloud.wire.strike = refusing("UpdateItem")
    assert reader.after(0).live.digest == second().digest


def test_a_staged_policy_judges_its_share_and_a_damaged_one_nobody(cloud: World, reader: Reader) -> None:
    """Without it everybody is judged by the one in force."""
    cloud.publish(SECOND)
    revised = cloud.publish(REVISED, share=0.25)
    pinned = reader.after(0)
    assert [policy.digest for policy in pinned.policies] == [second().digest, revised.digest]
    assert pinned.share == 0.25

    cloud.damage(revised.digest)
    pinned = Reader(cloud).after(0)
    assert [policy.digest for policy in pinned.policies] == [second().digest]
    assert pinned.troubles == {"PolicyNotLoaded": 1}


def test_series_of_the_policy_before_go_on_being_written(cloud: World, reader: Reader) -> None:
    """As the pointer says, so that it can come back."""
    cloud.publish(SECOND)
    table = cloud.policy_stores(cloud.aws.calm).table
    read = table.pointer()
    table.move(read, replace(read, also=("payment.declined#card#1h",)), a_change("publish", "again"))
    pinned = reader.after(0)
    written = Counter(str(series) for series in pinned.plans[second().digest].series)
    assert written["payment.declined#card#1h"] == 1


def test_series_are_known_to_be_as_young_as_the_pointer_says(cloud: World, reader: Reader) -> None:
    """At no call of its own: it stands in the pointer; of what is not written it tells nothing."""
    series = Series("payment.declined", "card", "1h")
    table = cloud.policy_stores(cloud.aws.calm).table
    began = {str(series): NOON, "payment.declined#card#7d": NOON}
    table.move(Pointer(), replace(naming(Pointer(), first()), began=began), a_change("publish", "first"))
    assert reader.after(0).began == {series: NOON}
    # The other calls ask what is braked and what functions asked for, and are the word that it has what ships.
    assert sorted(call.operation for call in cloud.wire.calls) == [*["GetItem"] * 3, "UpdateItem"]


def test_rules_are_as_young_and_as_braked_as_the_tables_say(cloud: World, reader: Reader) -> None:
    """Both change without a deploy: whoever judges heeds them from the next look on."""
    table, stop = cloud.policy_stores(cloud.aws.calm).table, Stop("shadow", "2026-11-20T12", "a test asks for it")
    table.move(Pointer(), replace(Pointer(), young={"card_testing@v1": NOON}), a_change("publish", "first"))
    cloud.guards().tell(Trip("brake", "card_testing", "v1", 0, Key("2026-11-20T12", "card_testing@v1"), stop, "now"))
    controls = reader.after(0).controls
    assert controls.young == {"card_testing@v1": NOON}
    assert controls.latches == {"card_testing@v1": Latch(0, stop, "now")}

    cloud.guards().release_brake("card_testing")
    assert reader.after(31).controls.latches == {"card_testing@v1": Latch(1, None, "now")}


def test_a_beginning_moves_back_and_never_forth(cloud: World) -> None:
    """When somebody has filled in the past; of series that always were, and of those that are not, nothing is said."""
    table = cloud.policy_stores().table
    earlier, later = NOON - timedelta(days=9), NOON + timedelta(days=9)
    began = {"a#b#1h": NOON, "c#d#1h": NOON}
    table.move(Pointer(), replace(Pointer(), began=began), a_change("publish", "first"))

    moved = table.moved_back({"a#b#1h": earlier, "c#d#1h": later, "e#f#1h": earlier}, a_change("backfill", "a file"))
    assert moved == {"a#b#1h": earlier}
    assert table.pointer().began == {"a#b#1h": earlier, "c#d#1h": NOON}
    calls = len(cloud.wire.calls)
    assert table.moved_back({"a#b#1h": NOON}, a_change("backfill", "again")) == {}
    assert [call.operation for call in cloud.wire.calls[calls:]] == ["GetItem", "GetItem"]


def listed(cloud: World, *values: str, ends_after: float | None = None) -> None:
    """What `sluice lists add` does."""
    stores, change = cloud.policy_stores(cloud.aws.calm), a_change("list", "add")
    ends = NOON + timedelta(seconds=ends_after) if ends_after else None
    stores.lists.add("watched", [ListEntry(value, "ann", "seen", NOON, ends) for value in values])
    stores.table.list_changed("watched", change)


def test_a_list_in_the_table_has_the_values_of_the_table(cloud: World, reader: Reader) -> None:
    """Added ones after the refresh, ended ones no more; the digest stays."""
    digest = cloud.publish(LISTED).digest
    assert reader.after(0).live.lists == {"watched": frozenset()}
    listed(cloud, "card:a")
    listed(cloud, "card:b", ends_after=100)
    pinned = reader.after(31)
    assert (pinned.live.digest, pinned.live.lists) == (digest, {"watched": {"card:a", "card:b"}})
    calls = len(cloud.wire.calls)
    assert reader.after(100).live.lists == {"watched": {"card:a"}}
    assert [call.operation for call in cloud.wire.calls[calls:]] == ["GetItem"] * 3


def test_what_is_known_of_conditions_arranges_what_is_in_force(cloud: World, reader: Reader) -> None:
    """With the values of its lists, too; it is told apart from one without by its speed alone."""
    policy = cloud.publish(LISTED)
    listed(cloud, "card:a")
    frequencies = {"payment.attempted": {"card in lists.watched": 0.25}}
    cloud.policy_stores(cloud.aws.calm).sources.keep_frequencies(policy.digest, frequencies)
    live = reader.after(0).live
    assert (live.digest, live.frequencies) == (policy.digest, frequencies)
    assert [rule.name for rule in live.program("payment.attempted").judge({"card": "card:a"}).fired] == ["watched_card"]


def test_a_list_that_cannot_be_read_leaves_the_one_that_is_known(cloud: World, reader: Reader) -> None:
    """And the next refresh asks again."""
    cloud.publish(LISTED)
    listed(cloud, "card:a")
    reader.after(0)
    listed(cloud, "card:b")
    cloud.wire.strike = refusing("Query")
    pinned = reader.after(31)
    assert (pinned.live.lists, pinned.troubles) == ({"watched": {"card:a"}}, {"PolicyListUnread": 1})
    cloud.wire.strike = lambda _: None
    assert reader.after(31).live.lists == {"watched": {"card:a", "card:b"}}


class Flickering:
    """Another policy at every look."""

    def __init__(self) -> None:
        self.looks = cycle([Pinned(first(), troubles={"PolicyNotLoaded": 1}), Pinned(second())])

    def pinned(self) -> Pinned:
        return next(self.looks)


def test_a_batch_is_judged_by_what_was_in_force_when_it_began(cloud: World) -> None:
    """Whatever happens in the middle of it: a batch looks once, and counts once what it found."""
    batch = [event("payment.attempted", f"p{number}", number) for number in range(4)]
    evaluation = cloud.evaluation(Flickering())
    _, tally = evaluation.run(queued(batch), ordered=False)
    assert tally["PolicyNotLoaded"] == 1
    assert {each["policy"] for each in cloud.items("decisions")} == {first().digest}


def test_of_one_id_with_two_contents_the_first_is_judged_by_what_it_needs(cloud: World) -> None:
    """The second one's card and time decide neither what is read for the first nor which policy judges it."""
    declined = [event("payment.declined", f"d{n}", n, buyer_id="u_1", card_fingerprint="card_11111111") for n in (1, 2)]
    first_one = event("payment.attempted", "p1", 30, buyer_id="u_1", card_fingerprint="card_11111111")
    other = event("payment.attempted", "p1", 5_000, buyer_id="u_2", card_fingerprint="card_22222222")
    evaluation = cloud.evaluation(first())
    evaluation.run(queued(declined), ordered=False)
    evaluation.run(queued([first_one, other]), ordered=False)
    (record,) = [each for each in cloud.items("decisions") if each.get("signal_id") == "p1"]
    assert (record["subject"], record["rules"]) == ("user:u_1", ["card_testing"])


def test_a_queues_batch_that_is_cut_in_two_keeps_its_policy(cloud: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal that breaks us is judged apart from the others, and all by the same policy."""
    batch = [event("payment.attempted", f"p{number}", number) for number in range(4)]
    weigh = decide.weigh

    def breaking(signal: Signal, *arguments: Any) -> Any:
        if signal.id == "p2":
            raise ZeroDivisionError
        return weigh(signal, *arguments)

    monkeypatch.setattr("shared.runtime.evaluation.weigh", breaking)
    receipts, tally = cloud.evaluation(Flickering()).run(queued(batch), ordered=False)
    assert (len(receipts), tally["BrokenSignals"], tally["PolicyNotLoaded"]) == (1, 1, 1)
    assert {each["policy"] for each in cloud.items("decisions")} == {first().digest}


def test_the_policies_of_this_file_differ() -> None:
    """Or nothing above would show anything."""
    assert len({load_documents({"p": text}).digest for text in (FIRST, REVISED, SECOND)}) == 3
