"""Law 5 across the ledger's pages: links, orders and what follows, in whatever order enforcers come to hear of it."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.restrictions import Action, Applied, Limit, join
from shared.signals.times import stamp
from shared.stores import Ledger
from tests.support.account import played_account
from tests.support.backends import Elsewhere, to_stub
from tests.support.ledgers import DECISION, HOUR, clear, release, restrict, undo
from tests.support.signals import moment

pytestmark = pytest.mark.property

FEW = settings(max_examples=settings.default.max_examples // 2)
AFTERWARDS = [moment(100), moment(HOUR - 1), moment(HOUR), moment(2 * HOUR), moment(9 * HOUR)]
NUMBERS = count()


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    """One table for all examples, which are told apart by their entities; played in this process, to be quick."""
    with played_account():
        yield Elsewhere(to_stub()).fresh().ledger()


def happening(name: str) -> list[Action]:
    """All that can happen around one source: links from it, an order's hold, releases, verdicts and clearances."""
    source, first, second = (f"user:{name}-{number}" for number in range(3))

    def linked(action_id: str, entity: str, origin: str) -> Action:
        via = {"entity": source, "action_id": origin, "through": "device_accounts"}
        return restrict(action_id, 5, entity=entity, limit={"delay_hours": 24}, via=via, until=["step_up"])

    return [
        restrict("a1", 1, entity=source, until=["step_up"]),
        restrict("a2", 20, entity=source, lasts=2 * HOUR, limit={"share": 50}),
        linked("l1", first, "a1"),
        linked("l2", second, "a1"),
        linked("l3", second, "a2"),
        restrict("own", 3, entity=second, source="rule:b", limit={"share": 25}, lasts=3 * HOUR),
        restrict("o1", 2, entity=source, scope="order:o_1", on_expiry="person", holds_until=stamp(moment(8 * HOUR))),
        restrict("o2", 40, entity=source, scope="order:o_1", capability="buy", until=["step_up"]),
        release("r1", 10, "feedback:stepup", entity=source, until="step_up"),
        release("r2", 30, "person:ana", entity=source, source="rule:a"),
        release("r3", 50, "feedback:stepup", entity=second, until="step_up"),
        undo("u1", "a1", 12, entity=source),
        undo("u2", "a1", 22, "person:ben", entity=source, void=False),
        undo("u3", "l2", 15, "person:ben", entity=second),
        clear("c1", 25, 3 * HOUR, entity=source),
        clear("c2", 35, 0, entity=source),
        taken_back("t1", "r1", 28, source),
        taken_back("t2", "r2", 45, source),
        taken_back("t3", "r2", 48, source, void=False),
    ]


def taken_back(action_id: str, release_id: str, at: float, entity: str, *, void: bool = True) -> Action:
    """A verdict on a release: what it released waits again, on every page that it reached."""
    verdict = {"action_id": release_id, "void": void, "of": "release"}
    details = {"verdict": verdict, "scope": ""}
    return Action("release", action_id, entity, "person:ben", moment(at), "undone", details=details)


chosen = st.lists(st.integers(0, 18), unique=True, min_size=2, max_size=9)


def played(ledger: Ledger, actions: list[Action]) -> tuple[Any, list[Applied]]:
    """What is limited afterwards, by page; and every event, in the order in which it left."""
    events = [event for action in actions for event in ledger.apply(action, DECISION)]
    entities = sorted({action.entity for action in actions})
    pages = {(entity[-1], scope): page for entity in entities for scope, page in ledger.pages(entity).items()}
    return {key: [limits(page, at) for at in AFTERWARDS] for key, page in pages.items()}, events


def limits(page: Any, at: Any) -> dict[str, Limit]:
    return {standing.capability: standing.limit for standing in page.in_force(at)}


@FEW
@given(chosen, st.randoms(use_true_random=False), st.integers(0, 9))
def test_every_order_of_arrival_comes_to_the_same_limits_on_every_page(
    ledger: Ledger, picked: list[int], random: Any, again: int
) -> None:
    """Releases before what they release, links before their origin, twice, and what follows from each: no matter."""
    one, other = (happening(f"n{next(NUMBERS)}") for _ in range(2))
    shuffled = [other[place] for place in [*picked, *picked[:again]]]
    random.shuffle(shuffled)

    expected, _ = played(ledger, [one[place] for place in sorted(picked)])
    found, _ = played(ledger, shuffled)

    assert {key: page for key, page in found.items() if any(page)} == {
        key: page for key, page in expected.items() if any(page)
    }


@FEW
@given(chosen, st.randoms(use_true_random=False))
def test_who_keeps_the_last_event_of_each_lane_knows_the_ledger(ledger: Ledger, picked: list[int], random: Any) -> None:
    """By sequence, whatever order they came in: its steps are what is in force, now and later."""
    actions = happening(f"n{next(NUMBERS)}")
    pages, events = played(ledger, [actions[place] for place in picked])
    random.shuffle(events)
    told: dict[Any, Applied] = {}
    for event in events:
        lane = (event.action.entity[-1], event.scope, event.lane)
        if event.state and (lane not in told or told[lane].sequence < event.sequence):
            told[lane] = event

    for (entity, scope), moments in pages.items():
        for at, limited in zip(AFTERWARDS, moments, strict=True):
            known = {
                lane: _told(event, at) for (who, page, lane), event in told.items() if (who, page) == (entity, scope)
            }
            assert {capability: limit for capability, limit in known.items() if limit.bounds} == limited


def _told(event: Applied, at: Any) -> Limit:
    steps = (step["limit"] for step in event.state["steps"] if stamp(at) < step["until"])
    return join(Limit.from_json(limit) for limit in [next(steps, {})])
