"""Evaluation against AWS that refuses, forgets and is slow: what comes again, and what was remembered meanwhile."""

from dataclasses import replace
from itertools import permutations, repeat
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.signals import entities_of
from shared.stores import StoreUnavailable
from tests.support.aws import PSEUDONYMS, State, World
from tests.support.faults import Call, Fault, Lost, Refused, Unprocessed, Unreachable, on
from tests.support.lambdas import deliver_queue, deliver_stream, evaluate_queue, evaluate_stream, sizes
from tests.support.signals import event, queued, signal, streamed
from tests.support.two_policies import first

pytestmark = pytest.mark.integration

CARD = "card_11111111"
DECLINES = [event("payment.declined", f"d{n}", n, buyer_id=f"u_{n}", card_fingerprint=CARD) for n in range(1, 6)]
ATTEMPT = event("payment.attempted", "p1", 30, buyer_id="u_1", card_fingerprint=CARD)
FAULTS = [Refused(), Refused("InternalServerError", 500), Unreachable(), Lost()]
NAMES = ["throttled", "internal_error", "unreachable", "answer_lost"]


def remembered(cloud: World) -> int:
    """How many elements stand in all tiles."""
    return sum(len(tile["events"]) for tile in cloud.items("timelines"))


def undisturbed(cloud: World, documents: list[Any]) -> State:
    """What the same stream leaves when nothing happens to it."""
    world = cloud.aws.fresh()
    deliver_stream(repeat(evaluate_stream(world.evaluation(first()))), streamed(documents), sizes(), world.wire)
    return world.state()


def of_signal(document: Any) -> str:
    """A text that only the write of this signal's decision has in it."""
    return f'"decision_id": {{"S": "{signal(document).decision_id}"}}'


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
def test_a_stream_goes_on_from_the_first_signal_that_was_not_recorded(cloud: World, fault: Fault) -> None:
    """Its sequence number alone is reported, nothing from it on is remembered, and the retry completes all."""
    documents = [*DECLINES, ATTEMPT]
    arrivals = streamed(documents)
    cloud.wire.strike = on("PutItem", fault, of_signal(DECLINES[2]), times=1)

    receipts, tally = cloud.evaluation(first()).run(arrivals, ordered=True)

    assert receipts == ["3"]
    assert remembered(cloud) == 2
    assert tally["SignalsJudged"] == 5
    again, _ = cloud.evaluation(first()).run(arrivals[2:], ordered=True)
    assert again == []
    state, wanted = cloud.state(), undisturbed(cloud, documents)
    assert state.decisions == wanted.decisions
    assert state.timelines == wanted.timelines


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
def test_a_queue_redelivers_only_the_signals_that_were_not_recorded(cloud: World, fault: Fault) -> None:
    """The others are recorded and remembered at once; the failed one follows when it comes again."""
    arrivals = queued(DECLINES)
    cloud.wire.strike = on("PutItem", fault, of_signal(DECLINES[2]), times=1)

    receipts, _ = cloud.evaluation(first()).run(arrivals, ordered=False)

    assert receipts == ["message-3"]
    assert remembered(cloud) == 4
    assert cloud.evaluation(first()).run([arrivals[2]], ordered=False)[0] == []
    assert remembered(cloud) == len(cloud.items("decisions")) == 5


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
@pytest.mark.parametrize("ordered", [True, False], ids=["stream", "queue"])
def test_a_tile_that_could_not_be_added_to_brings_its_signals_again(cloud: World, fault: Fault, ordered: bool) -> None:
    """Every signal with an element in the failed update is delivered again; its decision stands."""
    documents = [event("login.failed", "f1", 1, ip="198.51.100.9"), *DECLINES]
    cloud.wire.strike = on("UpdateItem", fault, CARD, times=1)
    arrivals = streamed(documents) if ordered else queued(documents)

    receipts, _ = cloud.evaluation(first()).run(arrivals, ordered=ordered)

    assert receipts == (["2"] if ordered else [f"message-{number}" for number in range(2, 7)])
    assert len(cloud.items("decisions")) == 6
    assert cloud.evaluation(first()).run(arrivals[1:], ordered=ordered)[0] == []
    assert remembered(cloud) == 6
    assert cloud.evaluation(first()).run(arrivals[1:], ordered=ordered)[1]["DuplicateSignals"] == 5


@pytest.mark.parametrize("thing", ["decisions", "timelines"])
def test_a_table_that_cannot_be_read_fails_the_whole_batch(cloud: World, thing: str) -> None:
    """Nothing is judged without its past: the error goes up, and nothing has been written."""
    cloud.wire.strike = on("BatchGetItem", Refused(), f"-{thing}")

    with pytest.raises(ClientError, match="ProvisionedThroughputExceeded"):
        cloud.evaluation(first()).run(streamed([ATTEMPT]), ordered=True)

    assert cloud.items("decisions") == cloud.items("timelines") == []


def test_a_table_that_answers_nothing_fails_the_whole_batch(cloud: World) -> None:
    """UnprocessedKeys without progress raise, too."""
    cloud.wire.strike = on("BatchGetItem", Unprocessed(1), "-decisions")

    with pytest.raises(StoreUnavailable, match="processed none"):
        cloud.evaluation(first()).run(streamed([ATTEMPT]), ordered=True)


def test_unprocessed_keys_do_not_hide_a_decision(cloud: World) -> None:
    """A signal whose decision the first read left out is not judged again."""
    arrivals = streamed([*DECLINES, ATTEMPT])
    cloud.evaluation(first()).run(arrivals, ordered=True)
    cloud.wire.strike = on("BatchGetItem", Unprocessed(2), times=1)

    _, tally = cloud.evaluation(first()).run(arrivals, ordered=True)

    assert tally["DuplicateSignals"] == 6
    assert tally["SignalsJudged"] == 0


def test_a_table_throttled_throughout_loses_nothing(cloud: World) -> None:
    """Every third write is refused, and the stream is delivered until all is acknowledged: as if undisturbed."""
    documents = [*DECLINES, ATTEMPT, b"no signal", *DECLINES]
    writes = 0

    def every_third(call: Call) -> Fault | None:
        nonlocal writes
        if call.operation == "BatchGetItem":
            return None
        writes += 1
        return Refused() if writes % 3 == 1 else None

    cloud.wire.strike = every_third
    attempts = repeat(evaluate_stream(cloud.evaluation(first())))
    deliver_stream(attempts, streamed(documents), sizes(), cloud.wire)

    state, wanted = cloud.state(), undisturbed(cloud, documents)
    assert state.decisions == wanted.decisions
    assert state.timelines == wanted.timelines
    assert len(cloud.kept()) == 1


def test_a_signal_sees_what_arrived_before_it_in_its_batch(cloud: World) -> None:
    """Two declines in the same batch are enough for the payment after them; the batch need not end first."""
    cloud.evaluation(first()).run(streamed([*DECLINES[:2], ATTEMPT]), ordered=True)

    (paid,) = (item for item in cloud.items("decisions") if item["signal_id"] == "p1")
    assert paid["disposition"] == "deny"


def test_two_lanes_leave_the_same_timelines_in_whatever_order_they_take_turns(cloud: World) -> None:
    """The tiles of one card that two lanes write to are unions, and every signal has its decision."""
    lanes = [queued([DECLINES[0], DECLINES[1]]), queued([DECLINES[2], DECLINES[0]], 3), queued([ATTEMPT], 5)]
    timelines = []
    for turns in permutations(lanes):
        world = cloud.aws.fresh()
        for lane in turns:
            attempts = repeat(evaluate_queue(world.evaluation(first(), writers=4)))
            deliver_queue(attempts, lane, sizes(1), world.wire)
        assert len(world.items("decisions")) == 4
        timelines.append(world.state().timelines)

    assert all(each == timelines[0] for each in timelines)


def test_two_lanes_at_once_with_the_same_signal_agree_on_the_first_decision(cloud: World) -> None:
    """Another lane records the signal between our read and our write: its record stands, and is what we remember."""
    changed = ATTEMPT | {"time": "2026-11-20T12:00:20.000Z"}

    class OtherLane(Fault):
        def before(self, call: Call) -> None:
            cloud.wire.strike = lambda _: None
            cloud.evaluation(first()).run(queued([ATTEMPT]), ordered=False)

    cloud.wire.strike = on("PutItem", OtherLane())
    _, tally = cloud.evaluation(first()).run(queued([changed], 2), ordered=False)

    (record,) = cloud.state().decisions.values()
    assert record["time"] == ATTEMPT["time"]
    assert remembered(cloud) == 2, "by buyer and by card, of the first one alone"
    assert tally["ChangedSignals"] == 1
    assert len(cloud.state().changed) == 1


def test_a_changed_signal_whose_flag_could_not_be_written_comes_again(cloud: World) -> None:
    """The flag is a write like any other: refused, it brings its signal again, and then stands once."""
    cloud.evaluation(first()).run(queued([ATTEMPT]), ordered=False)
    changed = queued([ATTEMPT | {"time": "2026-11-20T12:00:09.000Z"}], 2)
    cloud.wire.strike = on("PutItem", Refused(), "/changed/", times=1)

    assert cloud.evaluation(first()).run(changed, ordered=False)[0] == ["message-2"]
    assert cloud.evaluation(first()).run(changed, ordered=False)[0] == []
    assert len(cloud.state().changed) == 1


def test_a_full_tile_is_counted_and_fails_nothing(cloud: World) -> None:
    """What goes beyond the cap is not remembered; the signals are judged and acknowledged all the same."""
    receipts, tally = cloud.evaluation(first(), cap=2).run(streamed(DECLINES), ordered=True)
    assert receipts == []
    assert tally["FullTiles"] == 1

    cloud.evaluation(first(), cap=2).run(streamed([ATTEMPT], 9), ordered=True)
    (paid,) = (item for item in cloud.items("decisions") if item["signal_id"] == "p1")
    assert paid["disposition"] == "deny", "two are enough, and at least two are known"


def test_a_label_is_recorded_with_the_signal_that_told_it(cloud: World) -> None:
    """A dispute's record says whose payment it calls fraud."""
    dispute = event("dispute.opened", "c1", 5, buyer_id="u_1", reason="fraud")
    cloud.evaluation(first()).run(queued([dispute]), ordered=False)

    (record,) = cloud.items("decisions")
    assert '"abusive":true' in record["label"]
    assert '"entity":"user:u_1"' in record["label"]


def test_late_signals_and_strange_partition_keys_are_counted(cloud: World) -> None:
    """A producer that keys its records by something else than the subject, or sends late, shows in the metrics."""
    late = event("login.failed", "f1", -3600, user_id="u_1")
    astray = replace(streamed([ATTEMPT], 2)[0], partition_key="shop")

    _, tally = cloud.evaluation(first()).run([*streamed([late]), astray], ordered=True)

    assert (tally["LateSignals"], tally["PartitionKeyMismatches"]) == (1, 1)


def test_a_signal_that_breaks_our_code_fails_alone_in_a_queue(cloud: World) -> None:
    """Its neighbours are judged and remembered, it alone comes again, and the log says where without saying what."""
    spoil(cloud, DECLINES[2])

    receipts, tally = cloud.evaluation(first()).run(queued(DECLINES), ordered=False)

    assert receipts == ["message-3"]
    assert tally["BrokenSignals"] == 1
    assert tally["SignalsJudged"] == remembered(cloud) == 4


def test_a_signal_that_breaks_our_code_breaks_the_batch_of_a_stream(cloud: World) -> None:
    """The mapping cuts the batch in two until the signal is alone: only an error that goes up makes it do so."""
    spoil(cloud, DECLINES[2])

    with pytest.raises(KeyError, match="digest"):
        cloud.evaluation(first()).run(streamed(DECLINES), ordered=True)

    assert cloud.items("timelines") == []


def spoil(cloud: World, document: Any) -> None:
    """Another hand puts an item where this signal's decision belongs, and our code cannot read it."""
    item = {"decision_id": {"S": signal(document).decision_id}}
    cloud.aws.calm["dynamodb"].put_item(TableName=cloud.table("decisions"), Item=item)


def test_no_address_reaches_a_table_however_it_is_given(cloud: World) -> None:
    """As the address of a login, as what a score or a review is about, as a subject, and as that of changed content."""
    address = "203.0.113.77"
    failed = event("login.failed", "f1", ip=address, user_id=None) | {"subject": f"ip:{address}"}
    documents = [
        event("login.succeeded", "l1", ip=address),
        event("score.computed", "s1", about=f"ip:{address}"),
        event("review.completed", "r1", about=f"ip:{address}", verdict="abuse"),
        failed,
        failed | {"extra": "changed"},
    ]

    assert cloud.evaluation(first()).run(queued(documents), ordered=False)[0] == []

    stored = cloud.items("decisions")
    assert len(stored) == 5
    assert {item["subject"] for item in stored if item["decision_id"][:4] == signal(failed).decision_id[:4]} == {
        entities_of(signal(failed), PSEUDONYMS)["ip"]
    }
    assert address not in repr((stored, cloud.items("timelines")))
