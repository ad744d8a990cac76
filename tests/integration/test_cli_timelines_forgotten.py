"""`sluice timelines erase`: afterwards everything is as if the entity's signals had never come, a backfill's, too."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.features import TILE_CAP, Feature, FeatureValue, Plan, TileKey, Timelines, asking, undominated
from shared.signals import entities_of, parse
from shared.signals.times import stamp
from shared.stores.tiles import tiles_in
from tests.integration.cli_fixtures import PSEUDONYMS, Stage, deployed_stage
from tests.integration.timelines_fixtures import (
    CARD,
    ERASE,
    HOURS_AGO,
    USER,
    a_signal,
    decided,
    dying_after,
    event,
    items,
    logins,
    remembering,
    written,
)
from tests.support.cli import sluice
from tests.support.faults import Crash

pytestmark = pytest.mark.integration

MONTH = timedelta(days=30)
DECLINES, LOGINS = "payment.declined", "login.succeeded"
FEATURES = [
    Feature("declines", "count", DECLINES, "card", MONTH),
    Feature("spent", "sum", DECLINES, "ip", MONTH, "amount"),
    Feature("usual", "mean", DECLINES, "card", MONTH, "amount"),
    Feature("dearest", "max", DECLINES, "seller", MONTH, "amount"),
    Feature("buyers", "distinct", DECLINES, "card", None, "buyer"),
    Feature("new_buyer", "new", DECLINES, "card", None, "buyer"),
    Feature("first", "first_seen", DECLINES, "card", None),
    Feature("age", "age", LOGINS, "ip", None),
    Feature("logins", "count", LOGINS, "device", MONTH),
    Feature("users", "linked", LOGINS, "device", MONTH, "user"),
]
PLAN = Plan(FEATURES)
NEXT = HOURS_AGO + timedelta(hours=1)
PAST = "past.jsonl.gz"
FORGET = (*ERASE, "--backfilled", PAST)

State = dict[TileKey, frozenset[bytes]]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.chdir(tmp_path)
    with deployed_stage() as stage:
        remembering(stage, *map(str, PLAN.series))
        yield stage


HISTORY = {"u_1": range(30, 40), "u_2": range(10, 15), "u_3": range(20, 25)}
"""Minutes before the last: whatever it is, `u_1` did it first."""


def lived(stage: Stage, *users: str) -> None:
    """Signals that were decided upon, and a past from a file, of these users alone.

    Some stand in both; of those the file knows less.
    """
    told: list[dict[str, Any]] = []
    for user in users:
        declines = [event(number, buyer=user) for number in HISTORY[user]]
        for each in declines[::2]:
            decided(stage, parse(json.dumps(each).encode(), datetime.now(UTC)), PLAN.series)
        told += [{**each, "data": {**each["data"], "ip": None}} for each in declines[::4]]
        told += declines[1::2] + logins(len(declines), user=user)
    assert backfilled(*told).exit_code == 0


def backfilled(*events: dict[str, Any] | str) -> Any:
    return sluice("timelines", "backfill", str(written(Path(PAST), *events)))


def state(stage: Stage) -> State:
    """Everything that is remembered; of facts about one value, the one that stands."""
    found = (each for item in items(stage, "TimelinesTable") for each in tiles_in(item).items())
    return {key: frozenset(undominated(each, ())) if key.is_fact else each for key, each in found}


def values(state: State) -> list[FeatureValue]:
    """Every feature, when `u_1` pays again, and somebody else logs in."""
    past = Timelines(PLAN, state, TILE_CAP)
    asked = {
        DECLINES: event(0, at=NEXT),
        LOGINS: logins(1, user="u_9")[0] | {"id": "next", "time": stamp(NEXT)},
    }
    signals = {name: parse(json.dumps(each).encode(), datetime.now(UTC)) for name, each in asked.items()}
    entities = {name: entities_of(signal, PSEUDONYMS) for name, signal in signals.items()}
    return [
        past.measure(
            each, entities[each.signal][each.by], asking(signals[each.signal], entities[each.signal], PSEUDONYMS)
        )
        for each in FEATURES
    ]


@pytest.fixture
def never(stage: Stage) -> State:
    """What would be remembered if `u_1` had never come."""
    lived(stage, "u_2", "u_3")
    found = state(stage)
    for item in items(stage, "TimelinesTable") + items(stage, "DecisionsTable"):
        table = "TimelinesTable" if "tile" in item else "DecisionsTable"
        names = ("entity", "tile") if "tile" in item else ("decision_id",)
        stage.client("dynamodb").delete_item(TableName=stage.outputs[table], Key={name: item[name] for name in names})
    return found


def test_afterwards_everything_is_as_if_its_signals_had_never_come(stage: Stage, never: State) -> None:
    """Every tile, every summary and every feature: what it did was decided, or told by a file, or both."""
    lived(stage, "u_1", "u_2", "u_3")
    before = values(state(stage))
    result = sluice(*FORGET)
    assert result.exit_code == 0
    assert f"{len(HISTORY['u_1']) * 2 - 2} signals in {PAST}" in result.stderr
    assert state(stage) == never
    after = values(state(stage))
    assert after == values(never)
    assert not [each.name for each, one, other in zip(FEATURES, before, after, strict=True) if one == other]


def test_a_file_that_is_named_later_takes_what_is_left(stage: Stage, never: State) -> None:
    """An erasure without it says so, and leaves what the file told; the next one finishes."""
    lived(stage, "u_1", "u_2", "u_3")
    assert "what a backfill added of it to the timelines of others stays" in sluice(*ERASE).stderr
    assert state(stage) != never
    assert "what a backfill added" not in sluice(*FORGET).stderr
    assert state(stage) == never


@pytest.mark.parametrize("writes", [1, 5, 14])
def test_an_erasure_of_a_past_that_stops_is_finished_by_the_next(stage: Stage, never: State, writes: int) -> None:
    """Wherever it stops, the same command takes what is left, and brings back what was dominated."""
    lived(stage, "u_1", "u_2", "u_3")
    with pytest.raises(Crash), dying_after("UpdateItem PutItem DeleteItem", writes):
        sluice(*FORGET)
    assert sluice(*FORGET).exit_code == 0
    assert state(stage) == never


def test_a_hold_on_somebody_else_keeps_what_was_added_there(stage: Stage, never: State) -> None:
    """With the decisions that added it; everything else goes, and when the hold is lifted, that goes, too."""
    lived(stage, "u_1", "u_2", "u_3")
    before = state(stage)
    sluice("timelines", "hold", CARD, "--why", "court order 12")
    result = sluice(*FORGET)
    assert result.exit_code == 0
    assert f"{CARD} is under a legal hold" in result.stderr
    assert "5 decisions with it" in result.stderr
    held = {key: elements for key, elements in before.items() if key.entity == CARD}
    assert state(stage) == {key: elements for key, elements in never.items() if key.entity != CARD} | held
    assert len([item for item in items(stage, "DecisionsTable") if item.get("subject") == {"S": USER}]) == 5

    sluice("timelines", "unhold", CARD)
    assert sluice(*FORGET).exit_code == 0
    assert state(stage) == never
    assert "u_1" not in str(items(stage, "DecisionsTable"))


def test_what_another_policy_backfilled_is_found(stage: Stage) -> None:
    """Tiles of another span, which nothing reads any more, still tell what was done."""
    remembering(stage, "payment.declined#card#90d")
    assert backfilled(event(1), event(2, buyer="u_2")).exit_code == 0
    remembering(stage, *map(str, PLAN.series))
    sluice(*FORGET)
    (elements,) = (each for key, each in state(stage).items() if key.tile.startswith("payment.declined#card#90d"))
    assert len(elements) == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{nope u_1", "line 2 (not_json)"),
        (json.dumps({**event(1), "type": "gone.signal.v1"}), "line 2 (unknown_type)"),
        (json.dumps({**event(1), "subject": "user:u_77"}), "line 2 (invalid_data)"),
    ],
)
def test_nothing_is_erased_by_a_file_with_a_line_that_is_no_signal(stage: Stage, line: str, said: str) -> None:
    """It may be one of the entity's: which line it is is said, and nothing that stands in it."""
    decided(stage, a_signal(1))
    before = items(stage, "TimelinesTable"), items(stage, "DecisionsTable")
    written(Path(PAST), event(1), line)
    result = sluice(*FORGET)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "nothing was erased" in result.stderr
    assert not {"u_77", "u_1", "gone", "nope"} & set(result.stderr.replace("`", " ").replace(",", " ").split())
    assert (items(stage, "TimelinesTable"), items(stage, "DecisionsTable")) == before


@pytest.mark.parametrize("content", [None, b"no gzip", gzip.compress(b"{}" * 9_999)[:-9]], ids=["none", "odd", "cut"])
def test_nothing_is_erased_by_a_file_that_cannot_be_read(stage: Stage, content: bytes | None) -> None:
    """It is named."""
    decided(stage, a_signal(1))
    before = items(stage, "TimelinesTable"), items(stage, "DecisionsTable")
    if content:
        Path(PAST).write_bytes(content)
    result = sluice(*FORGET)
    assert result.exit_code == 2
    assert f"{PAST} cannot be read" in result.stderr
    assert (items(stage, "TimelinesTable"), items(stage, "DecisionsTable")) == before


def test_nobody_is_found_in_a_file_to_erase(stage: Stage) -> None:
    """Of an entity that has no signal in it, and none elsewhere, nothing is erased: to be the seller is no signal."""
    written(Path(PAST), event(1, buyer="u_2"))
    assert sluice("timelines", "erase", "user:s_1", "--why", "request 8", "--yes", "--backfilled", PAST).exit_code == 1


def test_a_backfill_says_that_its_file_is_needed(stage: Stage) -> None:
    """Whoever asks to be erased later is found in it alone."""
    assert f"keep {PAST}" in backfilled(event(1)).stderr
