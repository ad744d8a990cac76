"""The ledger table: an action is applied once, numbered once, and known whatever happens between its writes."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError

from shared.restrictions import Account, Action, Applied, UnfitActionError
from shared.restrictions.causes import cause_of
from shared.restrictions.reaches import Link
from shared.signals.times import stamp
from shared.stores import Ledger, StoreUnavailable
from shared.stores.attributes import to_item
from shared.stores.pages import Head
from tests.support.aws import World
from tests.support.faults import Call, Crash, CrashAfter, CrashBefore, Fault, Lost, Meanwhile, at, on
from tests.support.ledgers import DECISION, HOLD, HOUR, USER, clear, limits, release, restrict, undo
from tests.support.signals import moment

pytestmark = pytest.mark.integration

FAULTS = [CrashBefore(), CrashAfter(), Lost()]
NAMES = ["before", "after", "lost"]


def growing(action_id: str, number: int, capability: str = "buy", **more: Any) -> Action:
    """A restriction that lasts longer than the one before, so that each is told."""
    return restrict(action_id, lasts=HOUR + number, capability=capability, **more)


def told(events: Iterable[Applied]) -> list[tuple[str, str, str, str, int]]:
    return [(each.detail_type, each.action.entity, each.scope, each.lane, each.sequence) for each in events]


def sequences(cloud: World) -> dict[str, int]:
    """Action id to sequence, as the history has them."""
    return {
        item["item"].removeprefix("action#"): item["sequence"]
        for item in cloud.items("ledger")
        if item["item"].startswith("action#")
    }


def number_of(events: tuple[Applied, ...]) -> int:
    (event,) = events
    return event.sequence


def test_sequences_count_per_entity_scope_and_capability(cloud: World) -> None:
    """Each capability of each page has numbers of its own, from one on."""
    ledger = cloud.ledger()

    assert [number_of(ledger.apply(growing(name, n), DECISION)) for n, name in enumerate("ab")] == [1, 2]
    assert number_of(ledger.apply(restrict("c", capability="message"), DECISION)) == 1
    assert number_of(ledger.apply(growing("d", 0, scope="order:o_1"), DECISION)) == 1
    assert number_of(ledger.apply(growing("e", 9), DECISION)) == 3


def test_an_action_applied_again_is_answered_as_before(cloud: World) -> None:
    """However often, and whatever came in between: the same events, and nothing is written."""
    ledger = cloud.ledger()
    first, second = ledger.apply(growing("a", 1), DECISION), ledger.apply(growing("b", 2), DECISION)
    before = cloud.items("ledger")

    assert ledger.apply(growing("a", 1), DECISION) == first
    assert ledger.apply(growing("b", 2), DECISION) == second
    assert cloud.items("ledger") == before


def test_what_changes_nothing_is_noted_and_told_to_nobody(cloud: World) -> None:
    """The history has it, with its cause; the sequence stays where it was."""
    ledger = cloud.ledger()
    ledger.apply(growing("a", 9), DECISION)

    assert ledger.apply(growing("b", 1, source="rule:b"), DECISION) == ()
    assert number_of(ledger.apply(growing("c", 10), DECISION)) == 2
    assert {entry.action.action_id: entry.changed for entry in ledger.history(USER)} == {
        "a": True,
        "b": False,
        "c": True,
    }


def test_an_entity_without_a_page_has_an_empty_account(cloud: World) -> None:
    """Asking about someone unknown is no error."""
    ledger = cloud.ledger()
    assert ledger.account(USER).causes == ()
    assert (ledger.pages(USER), ledger.history(USER)) == ({}, [])


def test_the_accounts_of_many_are_read_together(cloud: World) -> None:
    """Those of whom the ledger says nothing are left out; each is as when it is asked for alone."""
    ledger = cloud.ledger()
    ledger.apply(restrict("a"), DECISION)
    ledger.apply(restrict("b", scope="order:o_1"), DECISION)
    cloud.wire.calm()

    pages = ledger.accounts_of([(USER, ""), (USER, "order:o_1"), (USER, "order:none")])
    assert ledger.accounts([USER, "user:nobody", USER]) == {USER: pages[USER, ""]}
    assert pages == {(USER, ""): ledger.account(USER), (USER, "order:o_1"): ledger.account(USER, "order:o_1")}
    assert [call.operation for call in cloud.wire.calls] == ["BatchGetItem", "BatchGetItem", "GetItem", "GetItem"]


@pytest.mark.parametrize("account", ["odd", "[]", '{"causes": [{}], "releases": []}', 7])
def test_a_page_that_another_hand_edited_keeps_nobody_from_the_others(cloud: World, account: str | int) -> None:
    """Among many that are read together, nobody can tell of it; an action about it is refused by its id."""
    ledger = cloud.ledger()
    ledger.apply(restrict("a"), DECISION)
    edited = to_item({"entity": "user:edited", "item": "head", "version": 1, "account": account, "sequences": {}})
    cloud.aws.struck["dynamodb"].put_item(TableName=cloud.table("ledger"), Item={**edited, "pending": {"S": "[]"}})

    assert ledger.accounts([USER, "user:edited"]) == {USER: ledger.account(USER), "user:edited": None}
    with pytest.raises(UnfitActionError, match=r"the action b .* another hand has edited its page") as refused:
        ledger.apply(restrict("b", entity="user:edited"), DECISION)
    assert "user:edited" not in str(refused.value)


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize("next_one", ["same", "other"])
def test_a_failure_at_any_call_neither_loses_nor_reuses_a_sequence(
    cloud: World, fault: Fault, number: int, next_one: str
) -> None:
    """Whether the same action is tried again next, or another one of the page comes first."""
    ledger = cloud.ledger()
    ledger.apply(growing("earlier", 0), DECISION)
    cloud.wire.calm()
    cloud.wire.strike = at({number: fault})
    with suppress(Crash, BotoCoreError):
        ledger.apply(growing("a", 1, source="rule:b"), DECISION)
    cloud.wire.calm()

    order = ["a", "b"] if next_one == "same" else ["b", "a"]
    lasts = {name: growing(name, 1 + place, source=f"rule:{name}") for place, name in enumerate(order)}
    lasts["a"] = growing("a", 1 if next_one == "same" else 3, source="rule:b")
    given = {name: ledger.apply(lasts[name], DECISION) for name in order}

    numbers = [event.sequence for events in given.values() for event in events]
    assert sorted(numbers) == list(range(2, 2 + len(numbers)))
    assert numbers
    assert {name: ledger.apply(lasts[name], DECISION) for name in given} == given


def test_two_writers_on_one_page_get_different_sequences(cloud: World) -> None:
    """A writer that was overtaken between its read and its write reads again."""
    ledger = cloud.ledger()
    other = _once(lambda: ledger.apply(growing("other", 1), DECISION))
    cloud.wire.strike = on("PutItem", Meanwhile(other), '"head"', times=1)

    assert number_of(ledger.apply(growing("ours", 2), DECISION)) == 2
    assert sequences(cloud) == {"other": 1, "ours": 2}


def test_two_writers_of_the_same_action_agree(cloud: World) -> None:
    """An overtaken writer finds that its action was applied meanwhile, and answers with that sequence."""
    ledger = cloud.ledger()
    other = _once(lambda: ledger.apply(restrict("a"), DECISION))
    cloud.wire.strike = on("PutItem", Meanwhile(other), '"head"', times=1)

    assert number_of(ledger.apply(restrict("a"), DECISION)) == 1
    assert sequences(cloud) == {"a": 1}


@pytest.mark.parametrize("number", range(1, 6))
def test_others_acting_between_any_two_calls_do_not_number_an_action_again(cloud: World, number: int) -> None:
    """What another writer applied, and a third one buried in the history, between two reads is still found."""
    ledger = cloud.ledger()

    def others() -> None:
        ledger.apply(growing("a", 1), DECISION)
        ledger.apply(growing("b", 2), DECISION)

    cloud.wire.strike = at({number: Meanwhile(_once(others))})

    assert number_of(ledger.apply(growing("a", 1), DECISION)) == 1
    assert sequences(cloud) == {"a": 1, "b": 2}


def test_a_page_that_others_always_win_goes_back_to_the_stream(cloud: World) -> None:
    """The writer gives up after some attempts, names the action and not the person, and has changed nothing."""
    ledger = cloud.ledger()
    busy = False

    def overtake(_: Call) -> None:
        nonlocal busy
        if not busy:
            busy = True
            ledger.apply(restrict(f"other-{len(cloud.wire.calls)}"), DECISION)
            busy = False

    cloud.wire.strike = on("PutItem", Meanwhile(overtake), '"head"')

    with pytest.raises(StoreUnavailable, match="before the action ours was applied") as refused:
        ledger.apply(restrict("ours"), DECISION)
    assert "u_1" not in str(refused.value)
    assert "ours" not in sequences(cloud)


def test_however_many_orders_do_not_grow_one_head(cloud: World) -> None:
    """Each order has a page of its own; the owner's page knows a bounded number of them, those that end last."""
    ledger = cloud.ledger()
    for number in range(260):
        ledger.apply(growing(f"a{number}", number, scope=f"order:o_{number}"), DECISION)

    assert len(ledger.account(USER).scopes) == 250
    assert "order:o_259" in ledger.account(USER).scopes
    assert limits(ledger.account(USER, "order:o_0"), 1) == {"buy": HOLD}
    assert len(ledger.pages(USER)) == 261
    assert next(iter(ledger.pages(USER))) == ""


def test_a_release_of_the_whole_entity_reaches_its_orders(cloud: World) -> None:
    """Each is released on its own page, by an action of its own that the history shows."""
    ledger = cloud.ledger()
    ledger.apply(restrict("a", scope="order:o_1", until=["step_up"]), DECISION)
    ledger.apply(restrict("b", scope="listing:l_1", until=["documents"]), DECISION)

    events = ledger.apply(release("r", 10, "feedback:stepup", until="step_up"), DECISION)

    assert told(events) == [("RestrictionReleased", USER, "order:o_1", "receive_payout", 2)]
    assert limits(ledger.account(USER, "listing:l_1"), 11) == {"receive_payout": HOLD}
    (entry,) = [entry for entry in ledger.history(USER) if entry.action.action_id == "r"]
    assert {follow.scope for follow in entry.follows} == {"order:o_1", "listing:l_1"}


def test_an_order_s_restriction_that_comes_after_the_release_heeds_it(cloud: World) -> None:
    """Releases and clearances of the whole entity, said before, count for the order: no event, then a review."""
    ledger = cloud.ledger()
    ledger.apply(release("r", 10), DECISION)
    assert ledger.apply(restrict("a", 5, scope="order:o_1"), DECISION) == ()
    ledger.apply(clear("c", 20), DECISION)
    (review,) = ledger.apply(restrict("b", 30, scope="order:o_2"), DECISION)
    assert (review.detail_type, review.event_id, review.scope) == ("ReviewRequested", "b", "order:o_2")


LINKED, SOURCE = "user:u_2", {"entity": USER, "action_id": "source", "through": "device_accounts"}


def linked(action_id: str = "linked", at: float = 0, entity: str = LINKED) -> Action:
    return restrict(action_id, at, entity=entity, limit={"delay_hours": 24}, via=SOURCE)


@pytest.mark.parametrize(
    "taking", [release("r", 10), undo("r", "source", 10), clear("r", 10), release("r", 10, decision_id=DECISION)]
)
def test_releasing_the_source_releases_exactly_what_it_caused(cloud: World, taking: Action) -> None:
    """However it is released; the linked entity's own restrictions, and what followed from others, stay."""
    ledger = cloud.ledger()
    ledger.apply(restrict("source"), DECISION)
    ledger.apply(linked(), DECISION)
    ledger.apply(restrict("own", entity=LINKED, capability="buy", source="rule:b"), DECISION)
    foreign = {**SOURCE, "entity": "user:u_9", "action_id": "another"}
    ledger.apply(restrict("foreign", entity=LINKED, capability="list", via=foreign), DECISION)

    assert told(ledger.apply(taking, DECISION)) == [
        ("RestrictionReleased", USER, "", "receive_payout", 2),
        ("RestrictionReleased", LINKED, "", "receive_payout", 2),
    ]
    assert limits(ledger.account(LINKED), 11) == {"buy": HOLD, "list": HOLD}


def test_a_link_spreads_one_step_and_comes_back_with_its_source(cloud: World) -> None:
    """Undo of the undo restricts the linked entity again."""
    ledger = cloud.ledger()
    ledger.apply(restrict("source"), DECISION)
    ledger.apply(linked(), DECISION)
    ledger.apply(undo("u", "source", 10), DECISION)
    assert limits(ledger.account(LINKED), 11) == {}

    events = ledger.apply(undo("v", "source", 20, void=False), DECISION)

    assert [(each.detail_type, each.action.entity) for each in events] == [
        ("RestrictionPlaced", USER),
        ("RestrictionPlaced", LINKED),
    ]
    assert limits(ledger.account(LINKED), 21) == {"receive_payout": {"delay_hours": 24}}


def test_a_link_from_what_is_released_already_limits_nothing(cloud: World) -> None:
    """Whether the source was known by then, or only its release."""
    ledger = cloud.ledger()
    ledger.apply(release("r", 10), DECISION)
    assert ledger.apply(linked(), DECISION) == ()
    assert ledger.apply(restrict("source"), DECISION) == ()
    assert limits(ledger.account(LINKED), 1) == {}


def test_a_link_that_the_source_s_page_has_no_room_for_limits_all_the_same(cloud: World) -> None:
    """The page keeps the last links alone; an older one that comes late is placed like any other."""
    others = (cause_of(linked(f"l{number}", number), DECISION) for number in range(1, 251))
    full = Account(links=tuple(Link.of(cause, f"user:{cause.action_id}", "") for cause in others))
    item = to_item(Head(USER, "").moved(full).to_record())
    cloud.aws.calm["dynamodb"].put_item(TableName=cloud.table("ledger"), Item=item)
    ledger = cloud.ledger()

    (placed,) = ledger.apply(linked(at=0), DECISION)

    assert placed.detail_type == "RestrictionPlaced"
    assert limits(ledger.account(LINKED), 1) == {"receive_payout": {"delay_hours": 24}}
    assert len(ledger.account(USER).links) == 250


def scenario(name: str) -> list[Action]:
    """A hold with a link and one on an order; all of it released, and then placed again. `name` is in the entities'."""
    first, second = f"user:{name}-1", f"user:{name}-2"
    via = {"entity": first, "action_id": "source", "through": "device_accounts"}
    return [
        restrict("source", entity=first, capability="withdraw"),
        restrict("linked", entity=second, capability="withdraw", limit={"delay_hours": 24}, via=via),
        restrict("order", entity=first, scope="order:o_1", on_expiry="person", holds_until=stamp(moment(9 * HOUR))),
        release("release", 10, entity=first),
        restrict("again", 20, entity=first, capability="withdraw"),
    ]


def played(cloud: World, name: str) -> tuple[Any, Any, int]:
    """What is told of the scenario, each action tried until it is done; the pages that it leaves; and its calls."""
    ledger, events = cloud.ledger(), set()
    for action in scenario(name):
        answer = None
        while answer is None:
            with suppress(Crash, BotoCoreError):
                answer = ledger.apply(action, DECISION)
            cloud.wire.revive()
        events |= {
            (kind, entity.removeprefix(f"user:{name}-"), *rest, str(event.state))
            for (kind, entity, *rest), event in zip(told(answer), answer, strict=True)
        }
    calls = len(cloud.wire.calls)
    cloud.wire.calm()
    pages = {
        (user, scope): [(each.capability, each.limit, each.until) for each in page.in_force(moment(30))]
        for user in ("1", "2")
        for scope, page in ledger.pages(f"user:{name}-{user}").items()
    }
    return events, pages, calls


def test_a_crash_after_any_call_changes_nothing_of_what_is_told_and_in_force(cloud: World) -> None:
    """With links, orders and what follows on other pages: the same events under the same sequences, the same end."""
    *expected, calls = played(cloud, "calm")
    assert {kind for kind, *_ in expected[0]} == {"RestrictionPlaced", "RestrictionReleased"}
    for number in range(1, calls + 1):
        cloud.wire.strike = at({number: CrashAfter()})
        assert played(cloud, f"struck-{number}")[:2] == tuple(expected)


@pytest.mark.parametrize("place", [1, 2], ids=["linked", "order"])
@pytest.mark.parametrize("first", ["release", "restriction"])
def test_a_release_and_a_restriction_at_once_miss_each_other_nowhere(cloud: World, place: int, first: str) -> None:
    """Whichever enforcer is overtaken, between any two of its calls: released it is, and the last event says so."""
    for number in range(1, 12):
        scene = scenario(f"race-{number}")
        placed, taken = scene[place], scene[3]
        ledger, events = cloud.ledger(), []
        ledger.apply(scene[0], DECISION)
        cloud.wire.calm()
        one, other = (taken, placed) if first == "release" else (placed, taken)
        cloud.wire.strike = at({number: Meanwhile(_once(_applying(ledger, other, events)))})
        for action in (one, other):
            events += ledger.apply(action, DECISION)

        assert ledger.account(placed.entity, placed.scope).in_force(moment(11)) == ()
        own = (placed.entity, placed.scope, placed.lane)
        mine = [each for each in events if (each.action.entity, each.scope, each.lane) == own]
        assert not mine or max(mine, key=lambda each: each.sequence).state == {"steps": []}


def _applying(ledger: Ledger, action: Action, events: list[Applied]) -> Callable[[], None]:
    return lambda: events.extend(ledger.apply(action, DECISION))


def test_the_history_tells_who_did_what_when_and_why_newest_first(cloud: World) -> None:
    """Also of what other pages made follow, with the decision behind it."""
    ledger = cloud.ledger()
    for action in (restrict("a"), undo("u", "a", 10), undo("v", "a", 20, "person:ben", void=False)):
        ledger.apply(action, DECISION)

    entries = ledger.history(USER)
    assert [(entry.action.source, entry.action.reason, entry.sequence) for entry in entries] == [
        ("person:ben", "undone", 3),
        ("person:ana", "undone", 2),
        ("rule:a", "why", 1),
    ]
    assert {entry.decision_id for entry in entries} == {DECISION}


def test_another_decision_s_action_under_the_same_id_is_told_once(cloud: World) -> None:
    """A guardrail's word is the same for every decision of its window: the first one's leaves, also on a retry."""
    ledger = cloud.ledger()
    word = Action("guardrail", "g", "rule:runaway", "guardrail:brake", moment(0), "", details={"guardrail": "brake"})

    assert told(ledger.apply(word, DECISION)) == [("GuardrailTripped", "rule:runaway", "", "guardrail", 1)]
    assert ledger.apply(word, "e" * 32) == ()
    assert told(ledger.apply(word, DECISION)) == [("GuardrailTripped", "rule:runaway", "", "guardrail", 1)]


def test_what_comes_too_late_is_noted_and_does_nothing(cloud: World) -> None:
    """What was applied in time is answered as before, however late it is asked for again."""
    ledger = cloud.ledger()
    in_time = ledger.apply(restrict("a"), DECISION)

    assert ledger.apply(restrict("a"), DECISION, stale=True) == in_time
    assert ledger.apply(growing("b", 99), DECISION, stale=True) == ledger.apply(growing("b", 99), DECISION) == ()
    assert limits(ledger.account(USER), 1) == {"receive_payout": HOLD}
    assert [entry.note for entry in ledger.history(USER)] == ["it came too late: nothing was done", ""]


PARK = Action(
    "park",
    "park",
    USER,
    "rule:a",
    moment(0),
    "",
    None,
    None,
    {"action": growing("inner", 0).to_json(), "why": "budget x", "rule": "a"},
)


def unpark(action_id: str, verdict: str, at: float = 60, parked: str = "park") -> Action:
    return Action(
        "unpark",
        action_id,
        USER,
        f"person:{action_id}",
        moment(at),
        "looked at it",
        details={"parked": parked, "verdict": verdict},
    )


def test_what_is_parked_limits_nothing_until_a_person_releases_it(cloud: World) -> None:
    """Then it is applied as its own action, of its own decision, and the history says who let it through."""
    ledger = cloud.ledger()
    assert told(ledger.apply(PARK, DECISION)) == [("ActionParked", USER, "", "park", 1)]
    assert limits(ledger.account(USER), 1) == {}

    (event,) = ledger.apply(unpark("ana", "release"), "command/1")

    assert (event.detail_type, event.event_id, event.decision_id) == ("RestrictionPlaced", "inner", DECISION)
    assert event.action.details["unparked_by"] == "person:ana"
    assert limits(ledger.account(USER), 61) == {"buy": HOLD}
    assert ledger.apply(unpark("ana", "release"), "command/1") == (event,)
    ledger.apply(PARK, DECISION)
    assert ledger.apply(unpark("ben", "release", 120), "command/2") == ()


def test_of_two_people_who_settle_the_same_parked_action_the_first_counts(cloud: World) -> None:
    """The second one's word is in the history, with what came before it."""
    ledger = cloud.ledger()
    ledger.apply(PARK, DECISION)

    assert ledger.apply(unpark("ana", "void"), "command/1") == ()
    assert ledger.apply(unpark("ben", "release"), "command/2") == ()
    assert limits(ledger.account(USER), 61) == {}
    notes = {entry.action.action_id: entry.note for entry in ledger.history(USER)}
    assert notes == {"park": "", "ana": "", "ben": "it was void before"}


def test_nothing_is_let_through_that_was_never_parked_or_has_ended(cloud: World) -> None:
    """It is noted, and changes nothing."""
    ledger = cloud.ledger()
    ledger.apply(PARK, DECISION)

    assert ledger.apply(unpark("ana", "release", parked="never"), "command/1") == ()
    assert ledger.apply(unpark("ben", "release", at=2 * HOUR), "command/2") == ()
    notes = {entry.action.action_id: entry.note for entry in ledger.history(USER)}
    assert notes == {"park": "", "ana": "nothing is parked under this id", "ben": "it was ended before"}


@pytest.mark.parametrize("fault", FAULTS, ids=NAMES)
@pytest.mark.parametrize("number", range(1, 14))
def test_a_failure_while_something_is_let_through_lets_it_through_once(cloud: World, fault: Fault, number: int) -> None:
    """The same events on the retry, wherever it stopped."""
    ledger = cloud.ledger()
    ledger.apply(PARK, DECISION)
    cloud.wire.calm()
    cloud.wire.strike = at({number: fault})
    with suppress(Crash, BotoCoreError):
        ledger.apply(unpark("ana", "release"), "command/1")
    cloud.wire.calm()

    events = ledger.apply(unpark("ana", "release"), "command/1")
    assert told(events) == [("RestrictionPlaced", USER, "", "buy", 1)]


def test_each_end_is_on_the_agenda_before_the_page_has_it(cloud: World) -> None:
    """A crash before the page is written leaves only an item that finds nothing."""
    cloud.wire.strike = on("PutItem", CrashBefore(), '"head"')
    holds_until = stamp(moment(9 * HOUR))
    with pytest.raises(Crash):
        cloud.ledger().apply(restrict("a", on_expiry="person", holds_until=holds_until), DECISION)

    items = [item for item in cloud.items("ledger") if item["entity"].startswith("agenda#")]
    assert sorted((item["entity"], item["at"], item["lane"]) for item in items) == [
        ("agenda#2026-11-20T13", stamp(moment(HOUR)), "receive_payout"),
        ("agenda#2026-11-20T21", holds_until, "receive_payout"),
        ("agenda#person", stamp(moment(HOUR)), "receive_payout"),
    ]


def test_the_end_that_law_sets_is_on_the_agenda_and_what_it_comes_to_is_told_again(cloud: World) -> None:
    """A hold that would outlast the longest one has its true end there; a person is asked, a retry hears the same."""
    first = restrict("a", lasts=3 * HOUR, longest_hold_until=stamp(moment(4 * HOUR)))
    more = restrict("b", 2 * HOUR, lasts=3 * HOUR, longest_hold_until=stamp(moment(6 * HOUR)))
    cloud.ledger().apply(first, DECISION)

    events = cloud.ledger().apply(more, DECISION)

    assert told(events) == [
        ("RestrictionPlaced", USER, "", "receive_payout", 2),
        ("ReviewRequested", USER, "", "review", 1),
    ]
    assert events[0].state["steps"][-1]["until"] == stamp(moment(4 * HOUR))
    assert cloud.ledger().apply(more, DECISION) == events
    agenda = {item["at"] for item in cloud.items("ledger") if item["entity"].startswith("agenda#")}
    assert agenda == {stamp(moment(hours * HOUR)) for hours in (3, 4, 5)}


def _once(act: Callable[[], object]) -> Callable[[Call], None]:
    """Acts at the first call only, not at those that acting itself makes."""
    done = False

    def first_time(_: Call) -> None:
        nonlocal done
        if not done:
            done = True
            act()

    return first_time
