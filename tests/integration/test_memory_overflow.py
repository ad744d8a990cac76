"""What a flood leaves of memory: full tiles, and in their overflow what short windows still ask for."""

import json
from collections import Counter
from functools import cache
from typing import Any

import pytest

from shared.cli.backfilling import Backfill
from shared.decisions import Pinned
from shared.features import AtLeast, Plan, TileKey
from shared.policy import Policy, load_documents, load_inputs
from shared.runtime.tally import Tally
from shared.stores import Erasure
from shared.stores.timeline_archive import TimelineArchive
from tests.support.aws import PSEUDONYMS, Fixed, World
from tests.support.faults import Crash, CrashAfter, CrashBefore, Fault, Refused, on
from tests.support.signals import event, moment, queued, signal, streamed

pytestmark = pytest.mark.integration

POLICY = """
features:
  declines_1h: {{count: payment.declined, by: card, window: 1h}}
  {more}
rules:
  card_testing:
    abuse: payment_fraud
    on: payment.attempted
    when: {when}
    then: [deny]
    mode: live
    reason: "many declines"
    user_reason: "We could not confirm this payment method."
    owner: payments-risk
    tests:
      fires: {{declines_1h: 9}}
      holds: {{declines_1h: 1}}
"""
CAP, HOUR = 3, 3_600
CARD = "card:card_11111111"
WEEK = TileKey(CARD, "payment.declined#card#7d#2026-11-19T00Z")
LAST_HOUR = TileKey(CARD, "payment.declined#card#7d+1h#2026-11-20T12Z")


@cache
def policy(week: bool = True) -> Policy:
    more = "declines_7d: {count: payment.declined, by: card, window: 7d}" if week else ""
    when = "declines_1h >= 5 or (declines_7d >= 50 and declines_1h >= 3)" if week else "declines_1h >= 5"
    return load_documents({"policy.yaml": POLICY.format(more=more, when=when)})


def decline(number: int, at: float) -> Any:
    return event("payment.declined", f"d{number}", at, card_fingerprint="card_11111111")


def attempt(number: int, at: float = 120) -> Any:
    return event("payment.attempted", f"p{number}", at, card_fingerprint="card_11111111")


FLOOD = [decline(number, -6 * HOUR + number) for number in range(CAP)]
LATELY = [decline(10 + number, 30 + number) for number in range(CAP - 1)]


def run(cloud: World, documents: list[Any], first: int, rules: Policy | None = None) -> Tally:
    receipts, tally = cloud.evaluation(rules or policy(), cap=CAP).run(queued(documents, first), ordered=False)
    assert receipts == []
    return tally


def seen(cloud: World, signal_id: str) -> tuple[Any, Any]:
    """What the rules saw of the declines in an hour and in a week, by a decision's record."""
    (record,) = (item for item in cloud.items("decisions") if item["signal_id"] == signal_id)
    inputs = load_inputs(json.loads(record["capsule"])["inputs"])
    return inputs.get("declines_1h"), inputs.get("declines_7d")


def tiles(cloud: World) -> dict[TileKey, int]:
    return {key: len(each) for key, each in cloud.timeline_store(CAP).read([WEEK, LAST_HOUR]).items()}


def reads(cloud: World) -> int:
    return sum(call.operation == "BatchGetItem" and call.says("payment.declined#card") for call in cloud.wire.calls)


def test_a_flooded_card_keeps_an_exact_last_hour(cloud: World) -> None:
    """Of the week it is known how many there were at least; nothing is lost, so nothing counts as full."""
    tallies = [run(cloud, FLOOD, 1), run(cloud, LATELY, 11), run(cloud, [attempt(1)], 21)]

    assert seen(cloud, "p1") == (CAP - 1, AtLeast(CAP))
    assert tiles(cloud) == {WEEK: CAP, LAST_HOUR: CAP - 1}
    assert [each["OverflowedTiles"] for each in tallies] == [0, 1, 0]
    assert [each["FullTiles"] for each in tallies] == [0, 0, 0]


def test_an_hour_that_is_a_flood_itself_is_a_lower_bound(cloud: World) -> None:
    """And then, what is turned away by both is counted as lost."""
    run(cloud, FLOOD, 1)
    tallies = [run(cloud, [each], 11 + n) for n, each in enumerate([*LATELY, decline(20, 40), decline(21, 50)])]
    run(cloud, [attempt(1)], 21)

    assert seen(cloud, "p1") == (AtLeast(CAP), AtLeast(CAP))
    assert [(each["OverflowedTiles"], each["FullTiles"]) for each in tallies] == [(1, 0), (1, 0), (1, 0), (0, 1)]


def test_overflows_are_read_only_beside_what_is_full(cloud: World) -> None:
    """One more call for the whole batch, where a tile that one of its signals asks for is full; else not a byte."""
    run(cloud, FLOOD[:-1], 1)
    cloud.wire.calm()
    run(cloud, [attempt(1), attempt(2)], 11)
    assert reads(cloud) == 1
    run(cloud, FLOOD[-1:], 21)
    cloud.wire.calm()
    run(cloud, [attempt(3), attempt(4)], 31)
    assert reads(cloud) == 2
    assert sum(call.says("7d+1h") for call in cloud.wire.calls) == 1


def test_a_batch_that_fills_a_tile_sees_all_of_itself(cloud: World) -> None:
    """As it would if each of its signals had come in a batch of its own."""
    run(cloud, [*FLOOD, *LATELY, attempt(1)], 1)
    assert seen(cloud, "p1") == (CAP - 1, AtLeast(2 * CAP - 1))
    run(cloud, [attempt(2)], 11)
    assert seen(cloud, "p2")[0] == CAP - 1


@pytest.mark.parametrize("fault", [CrashBefore(), CrashAfter(), Refused()], ids=["before", "after", "refused"])
@pytest.mark.parametrize("text", ["7d#2026", "7d+1h"], ids=["tile", "overflow"])
def test_what_dies_between_a_tile_and_its_overflow_is_done_again(cloud: World, fault: Fault, text: str) -> None:
    """Nothing is lost by it, and nothing counts twice."""
    run(cloud, FLOOD, 1)
    cloud.wire.strike = on("UpdateItem", fault, text, times=1)
    if isinstance(fault, Refused):
        assert cloud.evaluation(policy(), cap=CAP).run(queued(LATELY, 11), ordered=False)[0] != []
    else:
        with pytest.raises(Crash):
            run(cloud, LATELY, 11)
        cloud.wire.revive()
    run(cloud, LATELY, 11)
    run(cloud, [attempt(1)], 21)

    assert seen(cloud, "p1") == (CAP - 1, AtLeast(CAP))
    assert tiles(cloud) == {WEEK: CAP, LAST_HOUR: CAP - 1}


def test_a_signal_that_comes_again_once_its_tile_is_full_counts_once(cloud: World) -> None:
    """It is added to the overflow, too: nobody knows any more that the tile took it."""
    run(cloud, [LATELY[0], *FLOOD[1:]], 1)
    run(cloud, LATELY, 11)
    run(cloud, [attempt(1)], 21)

    assert tiles(cloud) == {WEEK: CAP, LAST_HOUR: 2}
    assert seen(cloud, "p1") == (2, AtLeast(CAP))


def test_two_lanes_may_both_have_seen_room(cloud: World) -> None:
    """Then a tile holds more than the cap, and what comes next goes to the overflow in either."""
    lanes = [cloud.evaluation(policy(), cap=CAP) for _ in range(2)]
    for number, lane in enumerate(lanes):
        flood = [decline(100 * number + each, -6 * HOUR + each) for each in range(CAP - 1)]
        lane.run(queued(flood, 1 + 10 * number), ordered=False)
    for number, lane in enumerate(lanes):
        lane.run(queued([LATELY[number]], 31 + number), ordered=False)
    run(cloud, [attempt(1)], 41)
    assert tiles(cloud) == {WEEK: 2 * (CAP - 1), LAST_HOUR: 2}
    assert seen(cloud, "p1") == (2, AtLeast(2 * (CAP - 1)))


def test_a_record_of_a_policy_with_an_overflow_is_completed_under_one_without(cloud: World) -> None:
    """Where the tile is full, the rest of it is lost, and counted; the policy that asks now has tiles of its own."""
    run(cloud, FLOOD, 1)
    cloud.wire.strike = on("UpdateItem", CrashBefore(), "7d#2026", times=1)
    with pytest.raises(Crash):
        run(cloud, LATELY, 11)
    cloud.wire.revive()

    tally = run(cloud, LATELY, 11, policy(week=False))

    assert (tally["FullTiles"], tally["OverflowedTiles"]) == (1, 0)
    assert tiles(cloud) == {WEEK: CAP}


def test_an_overflow_younger_than_the_window_says_so(cloud: World) -> None:
    """Only of a card whose tile was full before."""
    began = {each: moment(-10) for each in Pinned(policy()).series if each.overflow}
    rules = Fixed(Pinned(policy(), began=began))
    for first, documents in ((1, [*FLOOD, *LATELY]), (HOUR, [attempt(1), attempt(2, HOUR - 10)])):
        cloud.evaluation(rules, cap=CAP).run(queued(documents, first), ordered=False)
    assert (seen(cloud, "p1")[0], seen(cloud, "p2")[0]) == (AtLeast(CAP - 1), CAP - 1)


def test_what_was_erased_from_a_full_tile_and_its_overflow_is_gone_and_the_rest_still_counts(cloud: World) -> None:
    """The tile says that it had been full, so that its overflow is looked at though it has room again."""
    run(cloud, FLOOD[:2], 1)
    run(cloud, [FLOOD[2], decline(8, 20), decline(9, 25)], 5)
    run(cloud, LATELY, 11)
    assert tiles(cloud) == {WEEK: CAP + 2, LAST_HOUR: CAP - 1}
    stored = cloud.timeline_store(CAP).read([WEEK, LAST_HOUR])
    kept = min(stored[WEEK])
    marks = {each[7:15] for each in (stored[WEEK] - {kept}) | {min(stored[LAST_HOUR])}}

    TimelineArchive(cloud.aws.calm["dynamodb"], cloud.table("timelines"), CAP).take_out(CARD, marks)
    run(cloud, [attempt(1)], 21)

    assert tiles(cloud) == {WEEK: 2, LAST_HOUR: 1}
    assert seen(cloud, "p1") == (1, AtLeast(1))


def test_a_backfill_writes_as_the_functions_do(cloud: World) -> None:
    """What a full tile turns away of a file goes to its overflow, as long as anybody can still ask for it."""
    past = [signal(each, 60) for each in (*FLOOD, *LATELY, decline(20, -5 * HOUR))]
    for day, outcomes in ((0, {"taken": 1, "overflowed": 1}), (8, {"full": 2})):
        now = moment(day * 24 * HOUR)
        erasure = Erasure(cloud.aws.struck["dynamodb"], cloud.table("decisions"))
        plan = Plan((), Pinned(policy()).series)
        backfill = Backfill(plan, PSEUDONYMS, cloud.timeline_store(CAP), erasure, now)
        found = [backfill.add(part) for part in (past[:CAP], past[CAP:])]
        assert sum(found, Counter()) == Counter(outcomes)
    run(cloud, [attempt(1)], 21)
    assert seen(cloud, "p1") == (CAP - 1, AtLeast(CAP))


def test_a_stream_that_cannot_write_an_overflow_comes_again_from_there(cloud: World) -> None:
    """Nothing of what follows is remembered before it."""
    run(cloud, FLOOD, 1)
    cloud.wire.strike = on("UpdateItem", Refused(), "7d+1h")
    batch = streamed([*LATELY, attempt(1)], 11)
    receipts, _ = cloud.evaluation(policy(), cap=CAP).run(batch, ordered=True)
    assert receipts == [batch[0].receipt]
