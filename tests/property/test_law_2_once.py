"""Law 2, once: the same signals leave the same tables, ledger and events, whatever happens on the way.

The faults are caused in the calls to AWS, and the result is compared with a run in which nothing happened. Where a
policy was published in between, that run judges each signal by the policy that judged it first.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count, repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.decisions import Pinned, series_read
from shared.features import Series
from shared.policy import Policy
from shared.runtime.policies import Policies
from shared.stores import Pointer
from tests.support.aws import REFRESH, Aws, Clock, Fixed, State, World, a_change, naming
from tests.support.faults import Call, CrashAfter, CrashBefore, Fault, Lost, Meanwhile, Refused, Unreachable, at
from tests.support.lambdas import Run, deliver_queue, deliver_stream, enforce, evaluate_queue, evaluate_stream, sizes
from tests.support.signals import event, queued, streamed
from tests.support.two_policies import FIRST, SECOND, first, second

pytestmark = pytest.mark.property

BUYER, CARD, IP = "u_1", "card_11111111", "198.51.100.7"
PAID = event("payment.attempted", "p1", 30, buyer_id=BUYER, card_fingerprint=CARD)
BATCH: list[Any] = [
    event("login.failed", "f1", 1, user_id=BUYER, ip=IP),
    event("login.failed", "f2", 2, user_id="u_2", ip=IP),
    event("payment.attempted", "p8", 5, buyer_id="u_8", card_fingerprint=CARD),
    event("payment.attempted", "p9", 6, buyer_id="u_9", card_fingerprint=CARD),
    event("payment.attempted", "p0", 7, buyer_id=BUYER, card_fingerprint=CARD),
    b"this is no signal",
    event("login.succeeded", "l1", 10, user_id=BUYER, ip=IP),
    event("payment.declined", "d1", 20, buyer_id=BUYER, card_fingerprint=CARD),
    event("payment.declined", "d2", 21, buyer_id=BUYER, card_fingerprint=CARD),
    PAID,
    PAID,
    event("payment.attempted", "p1", 31, buyer_id=BUYER, card_fingerprint=CARD),
    event("dispute.opened", "c1", 40, buyer_id=BUYER),
    event("payment.attempted", "p2", 50, buyer_id=BUYER, card_fingerprint=CARD),
]
RESENT = [each | {"time": "2026-11-20T11:59:00.000Z"} for each in BATCH if isinstance(each, dict)]
"""The same ids under another time."""
PARTS = 4
FEW = settings(max_examples=settings.default.max_examples // 6)
"""An example runs a hundred calls and more."""


def run(  # noqa: PLR0913  (each is one thing that may differ between two runs)
    world: World,
    deliveries: Sequence[Any],
    policies: Iterator[Policy | Policies],
    *,
    cuts: Iterator[int] | None = None,
    cuts_out: Iterator[int] | None = None,
    faults: Callable[[Call], Fault | None] = lambda _: None,
    writers: int = 1,
) -> State:
    """Signals in and actions out, until all is acknowledged; `faults` may strike any call of both."""
    world.wire.strike = faults
    attempts = (evaluate_stream(world.evaluation(policy, writers)) for policy in policies)
    deliver_stream(attempts, streamed(list(deliveries)), cuts or sizes(), world.wire)
    deliver_stream(repeat(enforce(world.enforcement())), world.outbox(), cuts_out or sizes(), world.wire)
    return world.state()


def undisturbed(aws: Aws, deliveries: Sequence[Any], disturbed: State, also: frozenset[Series] = frozenset()) -> State:
    """The same deliveries one by one, without a fault, each under the policy that judged it first.

    `also` are series that were written all the time, whatever was in force.
    """
    world = aws.fresh()
    known = {each.digest: Fixed(Pinned(each, also=also)) for each in (first(), second())}
    judged_by = {record["signal_id"]: known[record["policy"]] for record in disturbed.decisions.values()}
    policies = [judged_by[each["id"]] if isinstance(each, dict) else known[first().digest] for each in deliveries]
    return run(world, deliveries, iter(policies), cuts=repeat(1))


def assert_equal(ours: State, theirs: State) -> None:
    assert ours.decisions == theirs.decisions
    assert ours.timelines == theirs.timelines
    assert ours.ledger == theirs.ledger
    assert ours.events == theirs.events


@pytest.fixture(scope="module")
def reference(aws: Aws) -> Callable[[State], State]:
    """The undisturbed run of the batch under the policies that a disturbed one came by; each is run once."""
    runs: dict[tuple[Any, ...], State] = {}

    def of(disturbed: State) -> State:
        key = tuple(sorted((each["signal_id"], each["policy"]) for each in disturbed.decisions.values()))
        if key not in runs:
            runs[key] = undisturbed(aws, BATCH, disturbed)
        return runs[key]

    return of


@pytest.fixture(scope="module")
def calls(aws: Aws) -> list[str]:
    """The operations of an undisturbed run, in order."""
    world = aws.fresh()
    run(world, BATCH, repeat(first()))
    return [call.operation for call in world.wire.calls]


def test_the_batch_is_rich(aws: Aws, calls: list[str]) -> None:
    """What the crashes strike is worth striking: every kind of write, of action and of disposition is among it."""
    state = run(aws.fresh(), BATCH, repeat(first()))

    assert set(calls) >= {"PutObject", "SendMessage", "BatchGetItem", "PutItem", "UpdateItem", "PutEvents"}
    assert {each["disposition"] for each in state.decisions.values()} >= {"allow", "challenge", "deny"}
    assert {name for events in state.events.values() for name, _ in events} == {
        "CommandIssued",
        "DecisionMade",
        "FrictionRequired",
        "RestrictionPlaced",
        "ReviewRequested",
    }


@pytest.mark.parametrize("part", range(PARTS))
def test_a_crash_between_any_two_calls_changes_nothing(
    aws: Aws, calls: list[str], reference: Callable[[State], State], part: int
) -> None:
    """Whatever call is the last one before the process dies, the retry ends where an undisturbed run ends."""
    for number in range(part, len(calls) + 1, PARTS):
        fault = {number: CrashAfter()} if number else {1: CrashBefore()}
        state = run(aws.fresh(), BATCH, repeat(first()), faults=at(fault))

        assert_equal(state, reference(state))
        assert len(state.changed) == 1, "p1 came twice in the batch, with two contents"


@pytest.mark.parametrize("part", range(PARTS))
def test_a_policy_published_and_signals_resent_after_a_crash_change_nothing(
    aws: Aws, calls: list[str], reference: Callable[[State], State], part: int
) -> None:
    """What was decided stays; the same ids with another time change nothing but the flags that count them."""
    for number in range(1 + part, calls.index("UpdateItem") + 2, PARTS):
        state = run(
            aws.fresh(),
            [*BATCH, *RESENT],
            chain([first()], repeat(second())),
            cuts=sizes(len(BATCH)),
            faults=at({number: CrashAfter()}),
        )

        assert_equal(state, reference(state))
        assert {each["of"] for each in state.changed.values()} == set(state.decisions)
        assert len(state.changed) == len(state.decisions) + 1


@pytest.mark.parametrize("cut", range(1, len(BATCH), 2))
def test_where_a_batch_is_cut_changes_nothing(aws: Aws, reference: Callable[[State], State], cut: int) -> None:
    """A part of the batch, enforced, and then all of it, cut elsewhere: as if it had come once."""
    world = aws.fresh()
    run(world, BATCH[:cut], repeat(first()), cuts_out=sizes(1, 2))
    state = run(world, BATCH, repeat(first()), cuts=sizes(cut + 1), cuts_out=sizes(2))

    assert_equal(state, reference(state))


def test_enforcing_everything_twice_publishes_the_same_events_again(aws: Aws) -> None:
    """The stream from its beginning once more: no new sequence, no other event, the same ledger."""
    world = aws.fresh()
    before = run(world, BATCH, repeat(first()))

    deliver_stream(repeat(enforce(world.enforcement())), world.outbox(), sizes(), world.wire)

    assert_equal(world.state(), before)
    assert len(world.events()) == 2 * len(before.events)


def test_with_eight_writers_crashes_change_no_decision_and_lose_no_action(
    aws: Aws, calls: list[str], reference: Callable[[State], State]
) -> None:
    """Parallel writes leave the same decisions, timelines and accounts; which action has which number may differ."""
    for number in range(5, len(calls) + 1, 8):
        state = run(aws.fresh(), BATCH, repeat(first()), faults=at({number: CrashAfter()}), writers=8)
        wanted = reference(state)

        assert state.decisions == wanted.decisions
        assert state.timelines == wanted.timelines
        assert all(len(events) == 1 for events in state.events.values())
        assert _applied(state) == _applied(wanted)
        assert _accounts(state) == _accounts(wanted)
        assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in _numbering(state).values())


def _accounts(state: State) -> dict[str, Any]:
    """Without the demands: which of two reaches a user at a time depends on which comes first."""
    heads = {entity: json.loads(head["account"]) for (entity, item), head in state.ledger.items() if item == "head"}
    return {
        entity: {name: part for name, part in account.items() if name != "demands"} for entity, account in heads.items()
    }


def _applied(state: State) -> set[Any]:
    """The actions in the ledger's history."""
    return {key for key in state.ledger if key[1].startswith("action#")}


def _numbering(state: State) -> dict[tuple[str, str], list[int]]:
    """Which numbers each entity's lanes have used, whatever they were used for."""
    numbers = defaultdict(list)
    for entity, item in _applied(state):
        for told in json.loads(state.ledger[entity, item]["applied"]):
            numbers[entity, told["lane"]].append(told["sequence"])
    return {lane: sorted(each) for lane, each in numbers.items()}


FAULTS = st.sampled_from(
    [CrashBefore(), CrashAfter(), Lost(), Unreachable(), Refused(), Refused("InternalFailure", 500)]
)
CRASHES = st.sampled_from([CrashBefore(), CrashAfter()])
USERS, CARDS, ADDRESSES = ("u_1", "u_2"), ("card_11111111", "card_22222222"), ("198.51.100.7", "198.51.100.8")


@st.composite
def histories(draw: st.DrawFn) -> list[Any]:
    """Deliveries about few users and cards, so that they meet: also the same twice, changed, late, and no signals."""
    sent: list[Any] = []
    for number in range(draw(st.integers(1, 12))):
        kind = draw(
            st.sampled_from(["payment.attempted", "payment.declined", "login.failed", "login.succeeded", "", "again"])
        )
        time = draw(st.sampled_from([-4000, -30, 0, 0, number, number]))
        user = draw(st.sampled_from(USERS))
        if kind.startswith("payment"):
            sent.append(event(kind, f"s{number}", time, buyer_id=user, card_fingerprint=draw(st.sampled_from(CARDS))))
        elif kind.startswith("login"):
            sent.append(event(kind, f"s{number}", time, user_id=user, ip=draw(st.sampled_from(ADDRESSES))))
        elif kind == "again" and any(isinstance(each, dict) for each in sent):
            earlier = draw(st.sampled_from([each for each in sent if isinstance(each, dict)]))
            sent.append(earlier if draw(st.booleans()) else earlier | {"time": "2026-11-20T11:00:00.000Z"})
        else:
            sent.append(b"no signal %d" % number)
    return sent


cuts = st.lists(st.integers(1, 8), max_size=8)


@FEW
@given(
    histories(),
    cuts,
    cuts,
    st.dictionaries(st.integers(1, 90), CRASHES, max_size=5),
    st.lists(st.booleans(), max_size=6),
)
def test_any_history_with_crashes_cuts_and_policies_ends_as_if_undisturbed(
    aws: Aws,
    history: list[Any],
    cuts_in: list[int],
    cuts_out: list[int],
    crashes: dict[int, Fault],
    switches: list[bool],
) -> None:
    """Crashes anywhere, batches cut anywhere, policies published at any attempt: the same end."""
    policies = chain((second() if switch else first() for switch in switches), repeat(first()))
    state = run(aws.fresh(), history, policies, cuts=sizes(*cuts_in), cuts_out=sizes(*cuts_out), faults=at(crashes))

    assert_equal(state, undisturbed(aws, history, state))


@FEW
@given(histories(), cuts, cuts, st.dictionaries(st.integers(1, 90), FAULTS, max_size=8))
def test_any_history_with_refusals_and_lost_answers_ends_as_if_undisturbed(
    aws: Aws, history: list[Any], cuts_in: list[int], cuts_out: list[int], faults: dict[int, Fault]
) -> None:
    """Throttles, broken connections and lost answers, one call at a time, on top: the same decisions and actions."""
    state = run(
        aws.fresh(), history, repeat(first()), cuts=sizes(*cuts_in), cuts_out=sizes(*cuts_out), faults=at(faults)
    )
    wanted = undisturbed(aws, history, state)

    assert state.decisions == wanted.decisions
    assert state.timelines == wanted.timelines
    assert _accounts(state) == _accounts(wanted)
    assert _numbering(state) == _numbering(wanted)
    assert state.events.keys() == wanted.events.keys()
    assert all(len(events) == 1 for events in state.events.values())


@FEW
@given(histories(), cuts, st.dictionaries(st.integers(1, 40), FAULTS, max_size=8))
def test_out_of_a_queue_every_signal_gets_one_decision_that_never_changes(
    aws: Aws, history: list[Any], cuts_in: list[int], faults: dict[int, Fault]
) -> None:
    """Messages in any order, failing and coming again: a decision each, and what was written first stays."""
    world = aws.fresh()
    world.wire.strike = at(faults)
    attempts = repeat(evaluate_queue(world.evaluation(first())))
    deliver_queue(attempts, queued(history), sizes(*cuts_in), world.wire)
    before = world.state()
    world.wire.calm()

    deliver_queue(repeat(evaluate_queue(world.evaluation(second()))), queued(history), sizes(), world.wire)

    after = world.state()
    assert {each["signal_id"] for each in after.decisions.values()} == {
        each["id"] for each in history if isinstance(each, dict)
    }
    assert after.decisions == before.decisions
    assert after.timelines == before.timelines


@FEW
@given(
    histories(),
    cuts,
    st.dictionaries(st.integers(1, 60), FAULTS, max_size=5),
    st.dictionaries(st.integers(1, 60), st.sampled_from([FIRST, SECOND]), min_size=1, max_size=3),
    st.sets(st.integers(1, 60), max_size=2),
)
def test_policies_published_at_any_moment_while_functions_fail_end_as_if_undisturbed(
    aws: Aws,
    history: list[Any],
    cuts_in: list[int],
    faults: dict[int, Fault],
    published: dict[int, str],
    damaged: set[int],
) -> None:
    """Through the pointer and the sources, some damaged: one decision each, by a policy that was in force."""
    world, clock = aws.fresh(), Clock()
    named = naming(naming(Pointer(), first()), second())
    world.policy_stores(aws.calm).table.move(Pointer(), named, a_change("publish", "what both read"))
    publishing: dict[int, Fault] = {
        number: Meanwhile(lambda _, number=number, text=text: _publish(world, text, damage=number in damaged))
        for number, text in published.items()
    }

    def attempts() -> Iterator[Run]:
        """Half of them in new processes, each a refresh later."""
        for number in count():
            clock.seconds += REFRESH.total_seconds() + 1
            if number % 2 == 0:
                live = world.live_policies(first, clock)
            yield evaluate_stream(world.evaluation(live))

    world.wire.strike = at({**faults, **publishing})
    deliver_stream(attempts(), streamed(history), sizes(*cuts_in), world.wire)
    deliver_stream(repeat(enforce(world.enforcement())), world.outbox(), sizes(), world.wire)
    state = world.state()
    wanted = undisturbed(aws, history, state, series_read([first(), second()]))

    assert state.decisions == wanted.decisions
    assert state.timelines == wanted.timelines
    assert _accounts(state) == _accounts(wanted)
    assert state.events.keys() == wanted.events.keys()


def _publish(world: World, text: str, *, damage: bool) -> None:
    policy = world.publish(text)
    if damage:
        world.damage(policy.digest)
