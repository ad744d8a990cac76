"""An undo that dies at any of its calls, that meets an answer that is lost, or that two people run at once."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from shared.cli.cloud import Cloud
from shared.cli.undo import carry_out
from shared.restrictions.undoing import Order
from shared.stores import PolicyTable
from shared.stores.records import unpack_actions
from shared.stores.undo_jobs import Selection, UndoJob
from tests.integration.cli_fixtures import Stage, deployed_stage
from tests.integration.undo_fixtures import decide, enforce, identity, limited, orders, restrict
from tests.support.aws import ONE_TRY
from tests.support.faults import Crash, CrashAfter, CrashBefore, Fault, Lost, Meanwhile, Wire, on

pytestmark = pytest.mark.integration

NOW = datetime.now(UTC).replace(microsecond=0)
HAPPENED = NOW - timedelta(hours=1)
USERS = (1, 2, 3)


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A rule has restricted three users, another one the first of them, too."""
    with deployed_stage() as stage:
        for number in USERS:
            decide(stage, number, HAPPENED, restrict(identity(number), f"user:u_{number}", "runaway", HAPPENED))
        decide(stage, 4, HAPPENED, restrict(identity(4), "user:u_1", "sound", HAPPENED), rules=("sound",))
        yield stage


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def cloud(stage: Stage, wire: Wire) -> Cloud:
    """As a command finds it, with a wire that can be struck."""
    session = boto3.Session()
    session.events.register("before-call", wire.before_call)
    session.events.register("after-call", wire.after_call)
    client: Any = session.client
    return Cloud("dev", "here", local=False, outputs=stage.outputs, client=lambda name: client(name, config=ONE_TRY))


SELECTION = Selection(rule="runaway", since=HAPPENED - timedelta(seconds=1), until=NOW)


def undone(cloud: Cloud, who: str = "ann", *, void: bool = True) -> UndoJob:
    """What the command does once it was told to."""
    order = Order("", f"person:{who}", NOW, "it fires on everyone")
    found = list(cloud.undoing().found(SELECTION, NOW))
    job = cloud.undo_jobs().begin(SELECTION, order, NOW, f"{len(found)} decisions", void=void)
    carry_out(cloud, job, found, per_second=1_000)
    return job


def ordered(stage: Stage, round_: int = 1) -> dict[str, Any]:
    """What a round of the job ordered, by decision."""
    prefix = f"undo/{SELECTION.job}/{round_}/"
    found = [record for record in orders(stage) if record["decision_id"].startswith(prefix)]
    return {record["about_decision"]: unpack_actions(record) for record in found}


def noted(stage: Stage) -> list[str]:
    table = PolicyTable(stage.client("dynamodb"), stage.outputs["PolicyTable"])
    changes = table.changes(NOW - timedelta(days=1), NOW + timedelta(days=1))
    return [each["by"] for each in changes if SELECTION.job in each["what"]]


CALLS = [("TransactWriteItems", 1), ("BatchGetItem", 2), ("PutItem", 1), ("PutItem", 2), ("PutItem", 3)]
"""Beginning the job, asking what is ordered, and each order; what comes before only reads."""
FAULTS: dict[str, Callable[[], Fault]] = {"dies_before": CrashBefore, "dies_after": CrashAfter, "answer_lost": Lost}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize(("operation", "nth"), CALLS)
def test_an_undo_that_stops_at_any_call_is_finished_by_whoever_runs_it_again(
    stage: Stage, cloud: Cloud, wire: Wire, operation: str, nth: int, fault: Callable[[], Fault]
) -> None:
    """Every decision is ordered once, in the words of who began, and one line in the history says so."""
    wire.strike = on(operation, fault(), first=nth, times=1)
    with suppress(Crash, ClientError, BotoCoreError):
        undone(cloud, "ann")
    assert [call.operation for call in wire.calls].count(operation) >= nth
    first = "ann" if noted(stage) else "bob"
    wire.calm()
    undone(cloud, "bob")

    found = ordered(stage)
    assert found.keys() == {identity(number) for number in USERS}
    assert {action.source for actions in found.values() for action in actions} == {f"person:{first}"}
    assert noted(stage) == [first]


@pytest.mark.parametrize(("operation", "nth"), CALLS)
def test_two_people_who_undo_the_same_at_once_do_it_once(
    stage: Stage, cloud: Cloud, wire: Wire, operation: str, nth: int
) -> None:
    """The second one runs from beginning to end while a call of the first is on its way."""
    second = Cloud("dev", "here", local=False, outputs=stage.outputs, client=stage.client)
    met = Meanwhile(lambda _: undone(second, "bob") and None)
    wire.strike = on(operation, met, first=nth, times=1)
    undone(cloud, "ann")

    found = ordered(stage)
    assert found.keys() == {identity(number) for number in USERS}
    assert len({action.action_id for actions in found.values() for action in actions}) == len(USERS)
    assert len(noted(stage)) == 1


def test_an_undo_and_its_undo_at_once_end_as_the_last_round_says(stage: Stage, cloud: Cloud, wire: Wire) -> None:
    """Whichever orders arrive last at the ledger."""
    second = Cloud("dev", "here", local=False, outputs=stage.outputs, client=stage.client)
    met = Meanwhile(lambda _: undone(second, "bob", void=False) and None)
    wire.strike = on("PutItem", met, first=2, times=1)
    undone(cloud, "ann")

    assert ordered(stage, 2).keys() == ordered(stage, 1).keys()
    for record in [*reversed(orders(stage)), *orders(stage)[:2]]:
        for action in unpack_actions(record):
            stage.ledger.apply(action, record["decision_id"])
    assert all("rule:runaway" in limited(stage, f"user:u_{number}", NOW)["withdraw"] for number in USERS)


def test_orders_may_be_enforced_again_and_in_any_order(stage: Stage, cloud: Cloud) -> None:
    """A stream that comes twice takes back the same, and leaves the same."""
    undone(cloud)
    enforce(stage)
    pages = {number: stage.ledger.account(f"user:u_{number}") for number in USERS}
    enforce(stage)
    assert {number: stage.ledger.account(f"user:u_{number}") for number in USERS} == pages
    assert limited(stage, "user:u_1", NOW) == {"withdraw": {"rule:sound"}}
    assert limited(stage, "user:u_2", NOW) == {}
