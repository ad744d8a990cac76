"""A consumer's state is the ledger's: whatever is duplicated, reordered, lost and replayed from the archive."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import count
from random import Random
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from shared.restrictions import Account, Action, join
from shared.restrictions.undoing import Order, compensating
from shared.signals.times import stamp
from shared.stores import Event, Ledger
from tests.support.account import played_account
from tests.support.aws import World
from tests.support.backends import Elsewhere, to_stub
from tests.support.bus_examples import delivered
from tests.support.consumer import PayoutService
from tests.support.signals import moment

pytestmark = pytest.mark.property

FEW = settings(max_examples=settings.default.max_examples // 4)
SCOPES = ["", "order:o_1"]
RULES = ["rule:a", "rule:b"]
PEOPLE = ["person:ana", "person:review"]
ABUSES = ["account_takeover", "payment_fraud"]
LIMITS: dict[str, list[dict[str, Any]]] = {
    "withdraw": [{"none": True}, {"delay_hours": 24}, {"amount_per_day": {"USD": 20_000}}, {"step_up": True}],
    "receive_payout": [{"none": True}, {"reserve_share": 30, "reserve_days": 30}, {"share": 50}],
}
LAST = 6
"""The hour by which everything has happened."""
hours = st.integers(0, LAST)
worlds = count(1)


def hour(number: float) -> datetime:
    return moment(3600 * number)


@st.composite
def steps(draw: st.DrawFn, number: int) -> dict[str, Any]:
    """One step of a history: what is asked, of the first or second user, at some hour."""
    kind = draw(st.sampled_from(["restrict", "restrict", "restrict", "release", "undo", "clear", "expire", "friction"]))
    step: dict[str, Any] = {
        "kind": kind,
        "user": draw(st.sampled_from([0, 0, 0, 1])),
        "at": draw(hours),
        "id": f"a{number:02}",
    }
    capability = draw(st.sampled_from(sorted(LIMITS)))
    scope = draw(st.sampled_from(["", *SCOPES]))
    match kind:
        case "restrict":
            ends = step["at"] + draw(st.integers(1, 12))
            step |= {
                "source": draw(st.sampled_from([*RULES, *PEOPLE])),
                "abuse": draw(st.sampled_from(ABUSES)),
                "scope": scope,
                "capability": capability,
                "limit": draw(st.sampled_from(LIMITS[capability])),
                "ends": ends,
                "holds": draw(st.sampled_from([None, ends + 5])),
                "longest": draw(st.integers(1, 8)),
                "until": draw(st.sampled_from([[], ["step_up"]])),
                "via": draw(st.integers(0, number - 1)) if number and not scope and draw(st.booleans()) else None,
            }
        case "release":
            step |= {
                "source": draw(st.sampled_from([*RULES, *PEOPLE])),
                "scope": scope,
                "selector": draw(
                    st.sampled_from(
                        [
                            {},
                            {"source": "rule:a"},
                            {"capability": capability},
                            {"until": "step_up"},
                            {"abuse": ABUSES[0]},
                        ]
                    )
                ),
            }
        case "undo":
            step |= {"of": draw(st.integers(0, max(number - 1, 0))), "void": draw(st.booleans())}
        case "clear":
            step |= {"abuse": draw(st.sampled_from(ABUSES)), "until": draw(st.sampled_from([3, 9, None]))}
        case "expire":
            step |= {"scope": scope, "capability": capability}
    return step


histories = st.integers(5, 14).flatmap(lambda size: st.tuples(*(steps(number) for number in range(size))))


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """One ledger table for all histories: each has users of its own."""
    with played_account():
        yield Elsewhere(to_stub()).fresh()


def actions_of(history: tuple[dict[str, Any], ...], users: list[str], run: int) -> Iterator[Action]:
    """The history's actions. What names another step that is none of the sort is left out, as nobody would ask it."""
    made: dict[int, Action] = {}
    for number, step in enumerate(history):
        source, details, entity = step.get("source", "rule:a"), _details(step, made), users[step["user"]]
        if step["kind"] == "undo" and details:
            entity = made[step["of"]].entity
        if details is None:
            continue
        kind = "release" if step["kind"] == "undo" else step["kind"]
        if kind in ("clear", "release") and step["kind"] != "release":
            source = "person:ana"
        made[number] = Action(
            kind, f"{step['id']}-{run}", entity, source, hour(step["at"]), "why", step.get("abuse"), None, details
        )
        yield made[number]


def _details(step: dict[str, Any], made: dict[int, Action]) -> dict[str, Any] | None:  # noqa: PLR0911  (one for each kind)
    scope = {"scope": step["scope"]} if step.get("scope") else {}
    match step["kind"]:
        case "restrict":
            source = made.get(step["via"]) if step["via"] is not None else None
            via = {"entity": source.entity, "action_id": source.action_id, "through": "device:d"} if source else None
            return {
                **scope,
                "capability": step["capability"],
                "limit": step["limit"],
                "expires_at": stamp(hour(step["ends"])),
                "longest_hold_until": stamp(hour(step["at"] + step["longest"])),
                "until": step["until"],
                **({"on_expiry": "person", "holds_until": stamp(hour(step["holds"]))} if step["holds"] else {}),
                **({"via": via} if via and source and source.kind == "restrict" and not source.scope else {}),
            }
        case "release":
            return {**scope, "selector": step["selector"]}
        case "undo":
            undone = made.get(step["of"])
            if undone is None or undone.kind == "expire":
                return None
            taken_back = compensating(undone, Order("", "person:ana", hour(LAST), ""), void=step["void"])
            return taken_back.details if taken_back and taken_back.kind == "release" else None
        case "clear":
            return {"until": stamp(hour(step["until"])) if step["until"] else ""}
        case "expire":
            return {**scope, "capability": step["capability"], "at": stamp(hour(step["at"]))}
        case _:
            return {"ask": "step_up", "expires_at": stamp(hour(step["at"] + 2))}


def published(ledger: Ledger, history: tuple[dict[str, Any], ...], users: list[str], run: int) -> list[dict[str, Any]]:
    """The archive: every event that left, in the order in which it did, as consumers get it."""
    return [
        json.loads(json.dumps(delivered(Event(applied, "signal"))))
        for action in actions_of(history, users, run)
        for applied in ledger.apply(action, "d" * 32)
    ]


def limits_of(pages: Mapping[str, Account], at: datetime) -> dict[tuple[str, str], Any]:
    """The join over the live causes of the whole entity and of each scope, by definition."""
    return {
        (scope, capability): join(
            cause.limit
            for page in {"", scope} & pages.keys()
            for cause in pages[page].effective
            if cause.capability == capability and at < cause.ends_at
        )
        for scope in SCOPES
        for capability in LIMITS
    }


def assert_equal(service: PayoutService, ledger: Ledger, users: list[str]) -> None:
    """Now and at every later hour, for everything and for each order and listing."""
    for user in users:
        pages = ledger.pages(user)
        for at in map(hour, range(LAST, LAST + 20)):
            known = {
                (scope, capability): service.limit(user, capability, at, scope)
                for scope in SCOPES
                for capability in LIMITS
            }
            assert known == limits_of(pages, at)


@FEW
@given(histories, st.integers(0, 2**32), st.floats(0, 1), st.booleans())
def test_whatever_happens_on_the_way_the_final_state_is_the_ledgers(
    world: World, history: tuple[dict[str, Any], ...], seed: int, lost: float, restart: bool
) -> None:
    """Events come twice, in any order or not at all; after a replay of the archive, in disorder too, all is equal."""
    random, run = Random(seed), next(worlds)
    ledger, users = world.ledger(), [f"user:u_{run}_1", f"user:u_{run}_2"]
    archive = published(ledger, history, users, run)
    event(f"{len(archive) // 5 * 5} events or a few more")
    live = [each for each in archive * 2 if random.random() >= lost]
    random.shuffle(live)
    service = PayoutService()
    for each in live:
        service.receive(each, hour(LAST))

    replayed = PayoutService() if restart else service
    for each in random.sample(archive, len(archive)):
        replayed.receive(each, hour(LAST))

    assert_equal(replayed, ledger, users)


@FEW
@given(histories, st.integers(0, 2**32))
def test_a_replay_changes_nothing_for_who_missed_nothing(
    world: World, history: tuple[dict[str, Any], ...], seed: int
) -> None:
    """Once everything has come, in whatever order, the archive has no news, and nothing is done twice."""
    random, run = Random(seed), next(worlds)
    ledger, users = world.ledger(), [f"user:u_{run}_1", f"user:u_{run}_2"]
    archive = published(ledger, history, users, run)
    service = PayoutService()
    for each in random.sample(archive, len(archive)):
        service.receive(each, hour(LAST))
    assert_equal(service, ledger, users)
    before = dict(service.steps), list(service.done)

    for each in random.sample(archive, len(archive)):
        service.receive(each, hour(LAST))

    assert (service.steps, service.done) == before
