"""Memory while not everybody judges by the same: numbers are exact, or say that they may be more."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from shared.decisions.beginnings import HEARD, SETTLED, UNHEARD
from shared.features import AtLeast
from shared.policy import load_inputs
from shared.runtime.arrivals import from_sqs
from shared.stores import Pointer
from shared.stores.written import KEPT
from tests.support.aws import Clock, World, a_change, naming
from tests.support.faults import Meanwhile, Refused, on
from tests.support.signals import event, moment, sqs_record
from tests.support.two_policies import policy

pytestmark = pytest.mark.integration

HOUR = timedelta(hours=1)
PLAIN = """
features:
  seen: {count: payment.attempted, by: buyer, window: 1h}
rules:
  busy:
    abuse: payment_fraud
    on: payment.attempted
    when: seen >= 9
    then: [challenge]
    mode: live
    reason: "{seen} attempts"
    user_reason: "Please confirm that it is you."
    owner: payments-risk
    tests:
      fires: {seen: 9}
      holds: {seen: 0}
"""
BY_CARD = PLAIN.replace("by: buyer", "by: card")
LONGER = PLAIN.replace("by: buyer, window: 1h", "by: card, window: 7d")


UNKNOWN = "payment.attempted#card>gone#30d"
"""A series of newer code."""


class Shop:
    """The payments of one buyer with one card, one after the other, and the processes that judge them."""

    def __init__(self, world: World) -> None:
        self.world, self.clock, self.numbers = world, Clock(), count(1)
        self.table = world.policy_stores(world.aws.calm).table

    def process(self, shipped: str = PLAIN) -> Any:
        """One that starts now, of a build that ships this policy."""
        return self.world.live_policies(lambda: policy(shipped), self.clock)

    def wait(self, time: timedelta) -> None:
        self.clock.seconds += time.total_seconds()

    def sees(self, process: Any) -> Any:
        """What the rules see of the payments before, as the process judges one more."""
        self.wait(timedelta(seconds=1))
        now, name = self.clock.seconds, f"p{next(self.numbers)}"
        document = event("payment.attempted", name, now, buyer_id="u_1", card_fingerprint="card_11111111")
        batch = [from_sqs(sqs_record(1, document, now))]
        assert self.world.evaluation(process).run(batch, ordered=False)[0] == []
        (record,) = [each for each in self.world.items("decisions") if each["signal_id"] == name]
        return load_inputs(json.loads(record["capsule"])["inputs"])["seen"]

    def begin(self, text: str) -> None:
        """Publish a policy whose series begin now, as `sluice policy publish` does."""
        read, known = self.table.pointer(), self.table.series.told()
        written = read.written | known.written(published=bool(read.published))
        after = written.handed_over(naming(Pointer(), policy(text)).series, self.clock.now())
        self.world.publish(text)
        read = self.table.pointer()
        self.table.move(read, replace(read, series=after.until, began=after.began), a_change("publish", "it"))


@pytest.fixture
def shop(cloud: World) -> Shop:
    return Shop(cloud)


@pytest.mark.parametrize("trouble", ["unreachable", "missing", "damaged"])
def test_what_cannot_be_loaded_is_remembered_all_the_same(shop: Shop, trouble: str) -> None:
    """The pointer names the series: whoever cannot load the policy judges by the one before, and writes them."""
    other = shop.process()
    assert shop.sees(other) == 0
    digest = shop.world.publish(BY_CARD).digest
    shop.wait(timedelta(minutes=1))
    if trouble == "unreachable":
        shop.world.wire.strike = on("GetObject", Refused())
    elif trouble == "missing":
        key = f"policies/{digest}.json"
        shop.world.aws.calm["s3"].delete_object(Bucket=shop.world.policy_bucket, Key=key)
    else:
        shop.world.damage(digest)
    for _ in range(3):
        shop.sees(other)
    assert other.pinned().troubles["PolicyNotLoaded"] == 1

    shop.world.wire.strike = lambda _: None
    shop.world.policy_stores(shop.world.aws.calm).sources.keep(digest, {"policy.yaml": BY_CARD})
    assert shop.sees(shop.process()) == 3, "of those that `other` judged since it was published"


def test_a_process_that_hears_nothing_goes_on_and_takes_nothing_for_whole(shop: Shop) -> None:
    """After some minutes others may write something else; when it hears again, all that was written is whole again."""
    process = shop.process()
    shop.sees(process)
    shop.world.wire.strike = on("GetItem", Refused(), "-policy")
    shop.wait(UNHEARD - timedelta(seconds=5))
    assert shop.sees(process) == 1
    shop.wait(timedelta(minutes=1))
    assert shop.sees(process) == AtLeast(2)
    assert process.pinned().troubles == {"PolicyPointerUnread": 1}
    shop.world.wire.strike = lambda _: None
    assert shop.sees(process) == 3
    assert shop.table.series.told().late == {}, "it wrote all that there was"


def test_what_was_not_heard_of_begins_when_it_is(shop: Shop) -> None:
    """A process that judged through a long outage says, before it judges on, what it did not write."""
    deaf, reader = shop.process(), shop.process()
    shop.sees(deaf)
    shop.sees(reader)
    shop.begin(BY_CARD)
    shop.world.wire.strike = on("GetItem", Refused(), "-policy")
    shop.wait(SETTLED + 2 * HOUR)
    shop.sees(deaf)
    shop.world.wire.strike = on("UpdateItem", Refused(), "late")
    assert deaf.pinned().troubles == {"SeriesUntold": 1}
    shop.world.wire.strike = lambda _: None
    shop.wait(timedelta(minutes=1))
    assert deaf.pinned().troubles == {}
    assert shop.sees(reader) == AtLeast(0), "the deaf one's is not among them"
    shop.wait(SETTLED + HOUR)
    assert shop.sees(reader) == 0


def test_a_process_that_cannot_say_what_it_reads_takes_none_of_it_for_whole(shop: Shop) -> None:
    """It judges on, and says it as soon as it can."""
    shop.sees(shop.process(BY_CARD))
    shop.world.wire.strike = on("UpdateItem", Refused(), "series")
    process = shop.process()
    assert shop.sees(process) == AtLeast(0)
    assert process.pinned().troubles == {"SeriesUntold": 1}
    shop.world.wire.strike = lambda _: None
    shop.wait(SETTLED + HOUR)
    assert process.pinned().troubles == {}
    shop.wait(SETTLED + HOUR)
    assert shop.sees(process) == 0


def test_on_a_fresh_stage_nothing_is_missing(shop: Shop) -> None:
    """Whichever function starts first: what is older than the stage is taken never to have been."""
    assert shop.sees(shop.process()) == 0
    assert shop.sees(shop.process()) == 1


def test_of_two_builds_that_start_first_one_was_there_before(shop: Shop) -> None:
    """In between looking and saying so: the second one's series begin then."""
    other, met = shop.process(BY_CARD), []

    def meet(_: Any) -> None:
        if not met:
            met.append(shop.process())
            shop.world.wire.strike = lambda _: None
            assert shop.sees(met[0]) == 0

    shop.world.wire.strike = on("UpdateItem", Meanwhile(meet), "attribute_not_exists")
    assert isinstance(shop.sees(other), AtLeast)
    shop.wait(timedelta(minutes=1))
    assert shop.sees(met[0]) == 2


def test_a_deployed_policy_does_not_take_an_empty_past_for_a_whole_one(shop: Shop) -> None:
    """The series that a new build's policy reads begin with it, and then are whole."""
    old = shop.process()
    shop.sees(old)
    new = shop.process(BY_CARD)
    assert shop.sees(new) == AtLeast(0)
    shop.wait(SETTLED + HOUR)
    assert shop.sees(shop.process(BY_CARD)) == 0


def test_processes_of_the_build_before_write_what_the_new_one_reads(shop: Shop) -> None:
    """As soon as they hear of it, within the refresh; so does a function that is deployed later than the others."""
    old, new = shop.process(), shop.process(BY_CARD)
    shop.sees(old), shop.sees(new)
    shop.wait(SETTLED + HOUR)
    assert [shop.sees(old), shop.sees(old)] == [0, 1]
    assert shop.sees(new) == 2


def test_a_build_that_comes_back_in_time_finds_its_memory_whole(shop: Shop) -> None:
    """What nobody asks for any more goes on being written for a week, and then begins again."""
    shop.sees(shop.process(BY_CARD))
    shop.sees(shop.process())
    shop.wait(KEPT - 2 * HOUR)
    assert shop.sees(shop.process()) == 0
    assert shop.sees(shop.process(BY_CARD)) == 1

    shop.wait(KEPT / 4 * 3)
    shop.sees(shop.process())
    shop.wait(KEPT / 2)
    assert shop.sees(shop.process()) == 0
    assert shop.sees(shop.process(BY_CARD)) == AtLeast(0)


def test_a_stage_that_rested_for_a_month_has_lost_nothing(shop: Shop) -> None:
    """Nobody judged meanwhile: who would have would have asked for what it reads."""
    shop.sees(shop.process(LONGER))
    shop.wait(5 * KEPT)
    assert shop.sees(shop.process(LONGER)) == 0


def test_who_goes_on_asking_says_so_now_and_then(shop: Shop) -> None:
    """So that what it reads does not end; a look that changes nothing writes nothing."""
    process = shop.process()
    shop.sees(process)
    until = next(iter(shop.table.series.told().asked.values())).until
    shop.wait(KEPT / 3)
    process.pinned()
    assert next(iter(shop.table.series.told().asked.values())).until == until
    shop.wait(KEPT / 3)
    process.pinned()
    (asked,) = shop.table.series.told().asked.values()
    assert asked.until == shop.clock.now() + KEPT


def test_what_nobody_asks_for_is_forgotten(shop: Shop) -> None:
    """When somebody asks for something else, a week after it ended."""
    for text in (PLAIN, BY_CARD):
        shop.process(text).pinned()
    shop.wait(3 * KEPT)
    shop.process(LONGER).pinned()
    (asked,) = shop.table.series.told().asked.values()
    assert asked.until == shop.clock.now() + KEPT


def test_published_series_begin_when_everybody_has_heard(shop: Shop) -> None:
    """With nothing missing in them from then on, though one process was slow to hear of it."""
    slow = shop.process()
    shop.sees(slow)
    shop.begin(BY_CARD)
    quick = shop.process()
    assert shop.sees(quick) == AtLeast(0)
    shop.world.wire.strike = on("GetItem", Refused(), "-policy")
    shop.wait(UNHEARD - timedelta(seconds=5))
    shop.sees(slow)
    shop.world.wire.strike = lambda _: None
    shop.wait(HOUR - UNHEARD)
    assert shop.sees(quick) == AtLeast(1), "and the slow one's is not among them"
    shop.wait(SETTLED + timedelta(minutes=1))
    assert shop.sees(quick) == 1


def test_a_policy_of_long_ago_does_not_take_its_series_for_whole(shop: Shop) -> None:
    """A process to which nothing newer loads falls back to it; by then nobody wrote what it reads."""
    shop.world.publish(BY_CARD)
    newest = shop.world.publish(LONGER).digest
    read = shop.table.pointer()
    shop.table.move(read, naming(replace(read, series={}), policy(LONGER)), a_change("publish", "it"))
    shop.sees(shop.process())
    shop.world.damage(newest)
    assert shop.sees(shop.process()) == AtLeast(0)


def test_what_older_code_cannot_write_is_not_whole_while_it_judges(shop: Shop) -> None:
    """It says so before it judges, now and then, and no more when it is gone."""
    shop.world.publish(PLAIN)
    read = shop.table.pointer()
    shop.table.move(read, replace(read, series={**read.series, UNKNOWN: None}), a_change("publish", "it"))
    old = shop.process()
    assert old.pinned().troubles == {"UnknownSeries": 1}
    first = shop.table.series.told().late[UNKNOWN]
    assert first >= moment(0) + SETTLED
    shop.wait(timedelta(minutes=1))
    old.pinned()
    assert shop.table.series.told().late[UNKNOWN] == first, "it was told ahead"
    shop.wait(HOUR)
    old.pinned()
    told = shop.table.series.told()
    assert told.late[UNKNOWN] >= shop.clock.now() + SETTLED
    assert told.written(published=True).began[UNKNOWN] == told.late[UNKNOWN]


def test_what_is_left_is_written_until_nobody_reads_it_any_more(shop: Shop) -> None:
    """Whoever has not heard yet that a policy was taken back still sees all of it."""
    shop.begin(BY_CARD)
    shop.begin(PLAIN)
    until = {name: until for name, until in shop.table.pointer().series.items() if until}
    assert until
    assert set(until.values()) == {shop.clock.now() + HEARD}
    process = shop.process()
    left = {str(each) for each in process.pinned().series} & until.keys()
    assert left == until.keys()
    shop.wait(HEARD)
    assert not {str(each) for each in process.pinned().series} & until.keys()


def test_a_backfill_reaches_what_functions_asked_for(shop: Shop) -> None:
    """What a deploy began is moved back, too, for all who asked for it, and for those who ask for it later."""
    shop.sees(shop.process())
    shop.sees(shop.process(BY_CARD))
    (name,) = shop.table.series.told().written(published=False).began.keys() & {"payment.attempted#card#1h"}
    earlier = shop.clock.now() - HOUR
    assert shop.table.moved_back({name: earlier}, a_change("backfill", "a file")) == {name: earlier}
    shop.wait(timedelta(minutes=1))
    assert shop.sees(shop.process(BY_CARD)) == 1
