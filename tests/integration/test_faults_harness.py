"""The fault harness' own parts: what the SDK sees of a fault, whose turn it is, and what a mapping delivers again."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from tests.faults.calls import Call, Reply
from tests.faults.faults import Broken, Crash, Death, Fault, Partial, Reset, Slow, Throttled, TimedOut
from tests.faults.mappings import Mapping, Outcome, Queue, Stream, receipt
from tests.faults.replaying import arrivals, replay
from tests.faults.script import Deliver, Script, Sent, Strike
from tests.faults.services import DECISIONS, INVALID, LEDGER, Services
from tests.faults.turns import Turns
from tests.faults.wire import PAUSE, Wire

pytestmark = pytest.mark.integration

ITEM = {"decision_id": {"S": "d"}}
SIX = Script(tuple(Sent(f"s{number}", "login.failed", float(number)) for number in range(6)))
NUMBERS = [str(60 + number) for number in range(6)]


@pytest.fixture(scope="module")
def wire() -> Wire:
    """Clients whose calls end in this process."""
    return Wire()


class Struck:
    """Services, the first of whose calls is struck; and the time that passes."""

    def __init__(self, wire: Wire, fault: Fault, attempts: int = 1) -> None:
        self.services, self.calls, self.seconds = Services(), 0, 0.0
        self._fault = fault
        wire.connect(self._answer, attempts, self.elapse)

    def _answer(self, call: Call) -> Reply:
        self.calls += 1
        fault = self._fault if self.calls == 1 else Fault()
        return fault.around(call, self.services.answer, self)

    def elapse(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.mark.parametrize(
    ("fault", "error", "said", "done"),
    [
        (Throttled(), ClientError, "ProvisionedThroughputExceededException", False),
        (Throttled(by_the_table=False), ClientError, "ThrottlingException", False),
        (Broken(), ClientError, "InternalServerError", False),
        (Broken(done=True), ClientError, "InternalServerError", True),
        (TimedOut(), ReadTimeoutError, "Read timeout", False),
        (TimedOut(done=True), ReadTimeoutError, "Read timeout", True),
        (Reset(), ConnectionClosedError, "Connection was closed", False),
        (Reset(done=True), ConnectionClosedError, "Connection was closed", True),
        (Crash(), Death, "before PutItem", False),
        (Crash(done=True), Death, "after PutItem", True),
        (Slow(8.0), ReadTimeoutError, "Read timeout", True),
    ],
    ids=repr,
)
def test_a_fault_is_what_the_sdk_would_see(
    wire: Wire, fault: Fault, error: type[BaseException], said: str, done: bool
) -> None:
    """The error that our stores would get of the service or the network; `done` says if the item is there."""
    struck = Struck(wire, fault)

    with pytest.raises(error, match=said):
        wire.clients["dynamodb"].put_item(TableName=DECISIONS, Item=ITEM)

    assert bool(struck.services.items(DECISIONS)) is done


@pytest.mark.parametrize("fault", [Throttled(), Broken(done=True), TimedOut(done=True), Reset()], ids=repr)
def test_the_sdk_tries_again_as_in_production(wire: Wire, fault: Fault) -> None:
    """Two calls and a pause that nobody sleeps: the caller hears nothing of it."""
    struck = Struck(wire, fault, attempts=4)

    wire.clients["dynamodb"].put_item(TableName=DECISIONS, Item=ITEM)

    assert struck.services.items(DECISIONS) == [{"decision_id": "d"}]
    assert struck.calls == 2
    assert struck.seconds >= PAUSE


def test_a_busy_bucket_and_a_busy_queue_say_so_in_their_own_words(wire: Wire) -> None:
    """S3 answers 503 SlowDown in XML, SQS a throttle in JSON."""
    Struck(wire, Throttled())
    with pytest.raises(ClientError, match="SlowDown"):
        wire.clients["s3"].put_object(Bucket="b", Key="k", Body=b"body")
    Struck(wire, Throttled())
    with pytest.raises(ClientError, match="ThrottlingException"):
        wire.clients["sqs"].send_message(QueueUrl=INVALID, MessageBody="{}")


def test_an_object_is_kept_as_it_was_meant(wire: Wire) -> None:
    """However botocore sends it, in chunks with a checksum, it is read back the same."""
    Struck(wire, Fault())
    s3 = wire.clients["s3"]
    s3.put_object(Bucket="b", Key="a/ü.json", Body=b"{}\r\n0\r\n" * 9)

    assert s3.get_object(Bucket="b", Key="a/ü.json")["Body"].read() == b"{}\r\n0\r\n" * 9
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket="b", Key="other")


@pytest.mark.parametrize(("left", "read"), [(1, 2), (2, 1), (9, 0)])
def test_some_keys_are_left_unprocessed(wire: Wire, left: int, read: int) -> None:
    """The others are read, and what is left can be asked for as it stands in the answer."""
    struck = Struck(wire, Partial(left))
    keys = [{"entity": {"S": name}, "item": {"S": "head"}} for name in "cab"]
    for key in keys:
        struck.services.answer(Call("dynamodb", "PutItem", "", _json({"TableName": LEDGER, "Item": key})))
    dynamodb = wire.clients["dynamodb"]

    answer = dynamodb.batch_get_item(RequestItems={LEDGER: {"Keys": keys, "ConsistentRead": True}})

    assert len(answer["Responses"].get(LEDGER, [])) == read
    rest = dynamodb.batch_get_item(RequestItems=answer["UnprocessedKeys"])
    assert len(rest["Responses"][LEDGER]) == 3 - read


def test_some_items_are_left_unwritten(wire: Wire) -> None:
    """The last one is, and comes back in the answer."""
    struck = Struck(wire, Partial())
    writes = [{"PutRequest": {"Item": {"decision_id": {"S": name}}}} for name in "ab"]

    answer = wire.clients["dynamodb"].batch_write_item(RequestItems={DECISIONS: writes})

    assert answer["UnprocessedItems"] == {DECISIONS: writes[1:]}
    assert struck.services.items(DECISIONS) == [{"decision_id": "a"}]


def test_some_entries_are_refused(wire: Wire) -> None:
    """Each refused one has an error in its own place."""
    struck = Struck(wire, Partial(2))
    entries = [{"Source": "s", "DetailType": "t", "Detail": f'{{"n": {number}}}'} for number in range(3)]

    answer = wire.clients["events"].put_events(Entries=entries)

    assert answer["FailedEntryCount"] == 2
    assert ["ErrorCode" in each for each in answer["Entries"]] == [False, True, True]
    assert [each["Detail"] for each in struck.services.published] == ['{"n": 0}']


@pytest.mark.parametrize(
    ("turns", "order"), [("", "000111"), ("0101", "010101"), ("1110", "111000"), ("0110", "011001")]
)
def test_lanes_go_on_from_call_to_call_as_they_are_told(turns: str, order: str) -> None:
    """Two lanes of three calls each: in turns, then the first that waits."""
    made: list[int] = []
    told = Turns(turns)

    def lane(number: int) -> None:
        for _ in range(3):
            told.wait(number)
            made.append(number)

    told.run(2, lane)

    assert "".join(map(str, made)) == order


def taken(mapping: Mapping, step: Deliver, outcome: Outcome | None = None) -> list[str]:
    """The receipts of the next batch, which ends so; without an outcome it goes on."""
    batch = mapping.take(step)
    if outcome:
        mapping.settle(batch, outcome, step)
    return [receipt(each) for each in batch]


def test_a_shard_goes_on_from_its_lowest_failure() -> None:
    """What failed first comes again, with all that came after it; what is forgotten comes again whole."""
    records = arrivals(SIX, "shard 0")
    shard = Stream(lambda: records)

    assert taken(shard, Deliver("shard 0", 4), Outcome(frozenset(NUMBERS[2:3]))) == NUMBERS[:4]
    assert taken(shard, Deliver("shard 0", 2, again=True), Outcome()) == NUMBERS[2:4]
    assert taken(shard, Deliver("shard 0", 9), Outcome()) == NUMBERS[2:]
    assert shard.waiting == 0


def test_a_batch_that_fails_as_a_whole_is_cut_in_two() -> None:
    """Again and again, until a part of it goes through; then portions are as asked for."""
    records = arrivals(SIX, "shard 0")
    shard, all_of_it = Stream(lambda: records), Outcome(frozenset(NUMBERS), as_a_whole=True)

    sizes = [len(taken(shard, Deliver("shard 0", 6), all_of_it)) for _ in range(4)]

    assert sizes == [6, 3, 2, 1]
    assert taken(shard, Deliver("shard 0", 6), Outcome()) == NUMBERS[:1]
    assert taken(shard, Deliver("shard 0", 6)) == NUMBERS[1:]


def test_a_queue_gives_what_is_free_and_keeps_what_failed() -> None:
    """Any part of it, none that another process has; what failed stands at the end."""
    script = Script(tuple(Sent(f"s{number}", "login.failed", 0.0, by="queue") for number in range(4)))
    queue = Queue(lambda: arrivals(script, "queue"))
    names = [receipt(each) for each in queue.take(Deliver("queue", 9))]

    assert taken(queue, Deliver("queue", 2, skip=1), Outcome(frozenset(names[1:2]))) == names[1:3]
    assert taken(queue, Deliver("queue", 9)) == [names[0], names[3], names[1]]
    assert [receipt(each) for each in queue.take(Deliver("queue", 9), frozenset(names[:1]))] == [names[3], names[1]]


def test_a_slow_service_ends_a_process_at_its_time_out() -> None:
    """As Lambda would: at that call, which was carried out; a new process does the rest."""
    slow = Deliver("shard 0", 6, (Strike("PutItem", 2, Slow(4.0)),), seconds=3.0)
    run = replay(Script(SIX.arrivals, (slow,)))

    struck = next(place for place, said in enumerate(run.trace) if "Slow" in said)
    assert "PutItem world-decisions Death" in run.trace[struck]
    assert "GetItem world-policy" in run.trace[struck + 1]
    assert len(run.services.items(DECISIONS)) == 6


def _json(body: Any) -> bytes:
    return Reply.of(body).body
