"""The ledger table: an action is applied once, numbered once, and known whatever happens between its two writes."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from botocore.exceptions import BotoCoreError

from shared.restrictions import Action
from shared.signals.times import stamp
from shared.stores import StoreUnavailable
from shared.stores.attributes import to_item
from tests.support.aws import World
from tests.support.faults import Call, Crash, CrashAfter, CrashBefore, Fault, Lost, Meanwhile, at, on
from tests.support.signals import moment

pytestmark = pytest.mark.integration

USER = "user:u_1"
DECISION = "d" * 32


def restrict(action_id: str, capability: str = "buy", source: str = "rule:a") -> Action:
    details = {"capability": capability, "allowed": 0, "expires_at": stamp(moment(3600))}
    return Action("restrict", action_id, USER, source, moment(0), "because", "payment_fraud", None, details)


def sequences(cloud: World) -> dict[str, int]:
    """Action id to sequence, as the history has them."""
    return {item["item"][7:]: item["sequence"] for item in cloud.items("ledger") if item["item"] != "head"}


def test_sequences_count_per_entity_and_capability(cloud: World) -> None:
    """Each capability of each entity has numbers of its own, from one on."""
    ledger = cloud.ledger()

    assert [ledger.apply(restrict(name), DECISION) for name in ("a", "b")] == [1, 2]
    assert ledger.apply(restrict("c", "message"), DECISION) == 1
    assert [cause.action_id for cause in ledger.account(USER).causes] == ["b", "c"]


def test_an_action_applied_again_keeps_its_sequence(cloud: World) -> None:
    """However often, and whatever came in between."""
    ledger = cloud.ledger()
    ledger.apply(restrict("a"), DECISION)
    ledger.apply(restrict("b"), DECISION)
    before = cloud.items("ledger")

    assert ledger.apply(restrict("a"), DECISION) == 1
    assert ledger.apply(restrict("b"), DECISION) == 2
    assert cloud.items("ledger") == before


def test_an_entity_without_a_page_has_an_empty_account(cloud: World) -> None:
    """Asking about someone unknown is no error."""
    assert cloud.ledger().account(USER).causes == ()


def test_the_accounts_of_many_are_read_together(cloud: World) -> None:
    """Those of whom the ledger says nothing are left out; each is as when it is asked for alone."""
    ledger = cloud.ledger()
    ledger.apply(restrict("a"), DECISION)
    cloud.wire.calm()

    assert ledger.accounts([USER, "user:nobody", USER]) == {USER: ledger.account(USER)}
    assert [call.operation for call in cloud.wire.calls] == ["BatchGetItem", "GetItem"]


@pytest.mark.parametrize("account", ["odd", "[]", '{"causes": [{}], "releases": []}', 7])
def test_an_account_that_another_hand_edited_keeps_nobody_from_the_others(cloud: World, account: str | int) -> None:
    """Among many that are read together, nobody can tell of it."""
    ledger = cloud.ledger()
    ledger.apply(restrict("a"), DECISION)
    edited = to_item({"entity": "user:edited", "item": "head", "account": account})
    cloud.aws.struck["dynamodb"].put_item(TableName=cloud.table("ledger"), Item=edited)
    assert ledger.accounts([USER, "user:edited"]) == {USER: ledger.account(USER), "user:edited": None}


@pytest.mark.parametrize("fault", [CrashBefore(), CrashAfter(), Lost()], ids=["before", "after", "lost"])
@pytest.mark.parametrize("number", range(1, 6))
@pytest.mark.parametrize("next_one", ["same", "other"])
def test_a_failure_at_any_call_neither_loses_nor_reuses_a_sequence(
    cloud: World, fault: Fault, number: int, next_one: str
) -> None:
    """Whether the same action is tried again next, or another one of the entity comes first."""
    ledger = cloud.ledger()
    ledger.apply(restrict("earlier"), DECISION)
    cloud.wire.calm()
    cloud.wire.strike = at({number: fault})
    with suppress(Crash, BotoCoreError):
        ledger.apply(restrict("a"), DECISION)
    cloud.wire.calm()

    order = ["a", "b"] if next_one == "same" else ["b", "a"]
    given = {name: ledger.apply(restrict(name), DECISION) for name in order}

    assert sorted(given.values()) == [2, 3]
    assert sequences(cloud) == {"earlier": 1, **given}
    assert {name: ledger.apply(restrict(name), DECISION) for name in given} == given


def test_two_writers_on_one_head_get_different_sequences(cloud: World) -> None:
    """A writer that was overtaken between its read and its write reads again."""
    ledger = cloud.ledger()
    other = _once(lambda: ledger.apply(restrict("other"), DECISION))
    cloud.wire.strike = on("PutItem", Meanwhile(other), '"head"', times=1)

    assert ledger.apply(restrict("ours"), DECISION) == 2
    assert sequences(cloud) == {"other": 1, "ours": 2}


def test_two_writers_of_the_same_action_agree(cloud: World) -> None:
    """An overtaken writer finds that its action was applied meanwhile, and answers with that sequence."""
    ledger = cloud.ledger()
    other = _once(lambda: ledger.apply(restrict("a"), DECISION))
    cloud.wire.strike = on("PutItem", Meanwhile(other), '"head"', times=1)

    assert ledger.apply(restrict("a"), DECISION) == 1
    assert sequences(cloud) == {"a": 1}


@pytest.mark.parametrize("number", range(1, 5))
def test_others_acting_between_any_two_calls_do_not_number_an_action_again(cloud: World, number: int) -> None:
    """What another writer applied, and a third one buried in the history, between two reads is still found."""
    ledger = cloud.ledger()

    def others() -> None:
        ledger.apply(restrict("a"), DECISION)
        ledger.apply(restrict("b"), DECISION)

    cloud.wire.strike = at({number: Meanwhile(_once(others))})

    assert ledger.apply(restrict("a"), DECISION) == 1
    assert sequences(cloud) == {"a": 1, "b": 2}


def test_a_head_that_others_always_win_goes_back_to_the_stream(cloud: World) -> None:
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

    with pytest.raises(StoreUnavailable, match="the ledger's head for the action ours changed") as refused:
        ledger.apply(restrict("ours"), DECISION)
    assert "u_1" not in str(refused.value)
    assert "ours" not in sequences(cloud)


def _once(act: Callable[[], object]) -> Callable[[Call], None]:
    """Acts at the first call only, not at those that acting itself makes."""
    done = False

    def first_time(_: Call) -> None:
        nonlocal done
        if not done:
            done = True
            act()

    return first_time
