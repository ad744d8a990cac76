"""Memory that something is wrong with, and signals that come from nowhere in time: each has a clear result."""

import json
from dataclasses import replace
from typing import Any

import pytest

from shared.features import AtLeast, Plan, TileKey
from shared.features.elements import VERSION
from shared.policy import load_documents, load_inputs
from shared.runtime.arrivals import Arrival
from shared.signals import entities_of
from tests.support.aws import PSEUDONYMS, World
from tests.support.cli import sluice
from tests.support.signals import event, moment, queued, signal, streamed
from tests.support.two_policies import first

pytestmark = pytest.mark.integration

CARD = "card_11111111"
TILE = TileKey(f"card:{CARD}", "payment.declined#card#1h#2026-11-20T12Z")
ATTEMPT = event("payment.attempted", "p1", 30, buyer_id="u_1", card_fingerprint=CARD)
DAY = 24 * 3600.0


def decline(number: int, at: float | None = None, **data: Any) -> Any:
    return event("payment.declined", f"d{number}", number if at is None else at, card_fingerprint=CARD, **data)


def received(document: Any, at: float, number: int = 1) -> Arrival:
    """One arrival, so many seconds after noon, whatever the signal says of its own time."""
    return replace(streamed([document], number)[0], received_at=moment(at))


def record_of(cloud: World, signal_id: str) -> dict[str, Any]:
    (record,) = (item for item in cloud.items("decisions") if item.get("signal_id") == signal_id)
    return record


def seen(cloud: World, signal_id: str, feature: str) -> Any:
    """What the rules saw of a feature."""
    return load_inputs(json.loads(record_of(cloud, signal_id)["capsule"])["inputs"]).get(feature)


def edit(cloud: World, **attributes: Any) -> None:
    """Somebody's hand, in the console."""
    item = {"entity": {"S": TILE.entity}, "tile": {"S": TILE.tile}, **attributes}
    cloud.aws.calm["dynamodb"].put_item(TableName=cloud.table("timelines"), Item=item)


def element(document: Any) -> bytes:
    """What a decline leaves in its card's tile."""
    parsed = signal(document)
    entries = Plan(first().features.values()).entries(parsed, entities_of(parsed, PSEUDONYMS), PSEUDONYMS)
    return next(entry.element for entry in entries if entry.key == TILE)


EDITED: dict[str, dict[str, Any]] = {
    "no_events": {},
    "text": {"events": {"S": "edited"}},
    "list": {"events": {"L": [{"B": b"x"}]}},
    "set_of_texts": {"events": {"SS": ["x"]}},
    "something_beside": {"events": {"BS": [b"x"]}, "note": {"S": "I only looked"}},
    "bytes_of_nobody": {"events": {"BS": [b"x"]}},
}


@pytest.mark.parametrize("edited", EDITED)
def test_a_tile_that_somebody_edited_is_incomplete_and_stops_nobody(cloud: World, edited: str) -> None:
    """Signals are judged on what can be seen, at least; what cannot be written any more is counted, and lost alone."""
    edit(cloud, **EDITED[edited])
    receipts, tally = cloud.evaluation(first()).run(streamed([decline(1), decline(2), ATTEMPT]), ordered=True)

    assert receipts == []
    assert seen(cloud, "p1", "declines_1h") == AtLeast(2)
    assert record_of(cloud, "p1")["disposition"] == "deny", "two are enough, however many more there were"
    assert (tally["UnreadableTiles"], tally["IncompleteFeatures"]) == (1, 1)
    refuses = edited in ("text", "list", "set_of_texts")
    assert tally["UnwritableTiles"] == refuses
    others = {tile["tile"].rpartition("#")[0] for tile in cloud.items("timelines")} - {"payment.declined#card#1h"}
    assert others == {"payment.attempted#buyer#1h", "payment.attempted#card#1d"}


def test_what_a_newer_layout_wrote_is_incomplete(cloud: World) -> None:
    """It is neither guessed at nor overwritten: both stand in the tile."""
    newer = bytes([VERSION + 1]) + element(decline(1))[1:]
    edit(cloud, events={"BS": [newer, element(decline(2))]})
    _, tally = cloud.evaluation(first()).run(streamed([decline(3), ATTEMPT]), ordered=True)

    assert seen(cloud, "p1", "declines_1h") == AtLeast(2)
    assert tally["UnreadableTiles"] == 1
    assert newer in cloud.timeline_store().read([TILE])[TILE]
    assert len(cloud.timeline_store().read([TILE])[TILE]) == 3


def test_a_tile_that_is_known_to_be_full_is_not_written_to(cloud: World) -> None:
    """A flood costs one refused write for each process, and not one for each of its batches."""
    evaluation = cloud.evaluation(first(), cap=3)
    fulls = []
    for batch in range(5):
        declines = [decline(10 * batch + number, at=batch + number / 10) for number in range(3)]
        fulls.append(evaluation.run(streamed(declines), ordered=True)[1]["FullTiles"])
    writes = [call for call in cloud.wire.calls if call.operation == "UpdateItem" and call.says(TILE.entity)]

    assert fulls == [0, 1, 1, 1, 1]
    assert len(writes) == 2
    other = cloud.evaluation(first(), cap=3)
    other.run(streamed([ATTEMPT], 60), ordered=True)
    other.run(streamed([decline(99)], 61), ordered=True)
    assert len([call for call in cloud.wire.calls if call.operation == "UpdateItem" and call.says(TILE.tile)]) == 2


@pytest.mark.parametrize(
    ("days", "declines", "is_remembered"),
    [(6.9, 2, True), (7.1, AtLeast(2), True), (89.9, AtLeast(2), True), (90.1, None, False), (365, None, False)],
)
def test_a_late_signal_sees_less_and_less(cloud: World, days: float, declines: Any, is_remembered: bool) -> None:
    """After a week its past is incomplete, after ninety days unknown, and nothing would ever see it."""
    cloud.evaluation(first()).run(streamed([decline(1), decline(2)]), ordered=True)
    before = len(cloud.items("timelines"))
    _, tally = cloud.evaluation(first()).run([received(ATTEMPT, 30 + days * DAY, 9)], ordered=True)

    assert seen(cloud, "p1", "declines_1h") == declines
    assert len(cloud.items("timelines")) == before + 2 * is_remembered
    assert (tally["LateSignals"], tally["TooLateToRemember"]) == (1, not is_remembered)
    assert bool(json.loads(record_of(cloud, "p1")["remembered"])) == is_remembered


def test_a_signal_from_the_future_writes_into_no_window(cloud: World) -> None:
    """Up to a quarter of an hour is a clock that is off; more is refused, with the clock to look at."""
    documents = [decline(1, at=900 + 60), decline(2, at=901 + 60)]
    _, tally = cloud.evaluation(first()).run([received(each, 60, n) for n, each in enumerate(documents)], ordered=True)

    assert tally["InvalidSignals"] == 1
    assert [item["signal_id"] for item in cloud.items("decisions")] == ["d1"]
    (kept,) = cloud.kept().values()
    assert kept["reason"] == "from_the_future"


def test_a_clock_that_jumps_back_between_batches_changes_no_feature(cloud: World) -> None:
    """Signals are placed by their own times; when they came decides only whether they are late."""
    cloud.evaluation(first()).run([received(decline(1), 60), received(decline(2), 61, 2)], ordered=True)
    cloud.evaluation(first()).run([received(ATTEMPT, -300, 3)], ordered=True)

    assert seen(cloud, "p1", "declines_1h") == 2
    record = record_of(cloud, "p1")
    assert (record["received_at"], record["disposition"]) == ("2026-11-20T11:55:00.000Z", "deny")


def test_of_one_id_the_first_content_is_remembered(cloud: World) -> None:
    """Another time, card and amount under the same id are flagged; timelines have the first ones, once."""
    cloud.evaluation(first()).run(queued([decline(1)]), ordered=False)
    other = decline(1, at=-600) | {"id": "d1"}
    other["data"] |= {"card_fingerprint": "card_22222222"}
    _, tally = cloud.evaluation(first()).run(queued([other], 2), ordered=False)

    assert tally["ChangedSignals"] == 1
    assert [(tile["entity"], len(tile["events"])) for tile in cloud.items("timelines")] == [(TILE.entity, 1)]


@pytest.mark.parametrize("user", ["ü_ñ_李", "\N{MATHEMATICAL FRAKTUR CAPITAL U}" * 64, "Ω" * 128])
def test_ids_of_any_alphabet_are_remembered_as_they_are(cloud: World, user: str) -> None:
    """Keys are UTF-8, and the longest id is far from what a key may have."""
    attempts = [event("payment.attempted", f"p{n}", n, buyer_id=user, card_fingerprint=CARD) for n in range(3)]
    for number, each in enumerate(attempts):
        assert cloud.evaluation(first()).run(queued([each], number), ordered=False)[0] == []

    assert seen(cloud, "p2", "attempts_1h") == 2
    assert record_of(cloud, "p2")["subject"] == f"user:{user}"


def test_the_largest_amounts_add_up_exactly(cloud: World) -> None:
    """Hundreds of the greatest amount that a signal may have are more than 53 bits, and still whole cents."""
    largest = {"minor": 10**15, "currency": "USD"}
    spent = load_documents({"p.yaml": SPENT})
    attempts = [event("payment.attempted", f"p{n}", n / 10, buyer_id="u_1", amount=largest) for n in range(300)]
    cloud.evaluation(spent).run(queued(attempts), ordered=False)

    assert seen(cloud, "p299", "spent_1d").minor == 299 * 10**15


SPENT = """
features:
  spent_1d: {sum: amount, of: payment.attempted, by: buyer, window: 1d}
rules:
  spender:
    abuse: payment_fraud
    on: payment.attempted
    when: spent_1d > 5000000.00 USD
    then: [challenge]
    mode: live
    reason: "{spent_1d} spent"
    user_reason: "Please confirm that it is you."
    owner: payments-risk
    tests:
      fires: {spent_1d: 5000000.01 USD}
      holds: {spent_1d: 1.00 USD}
"""
THOUSAND = "\n".join(f"  f{n}: {{count: payment.attempted, by: card, window: {n + 1}m}}" for n in range(1_000))


@pytest.mark.parametrize(
    ("policy", "finding"),
    [
        (SPENT.replace("window: 1d", "window: 3650d"), "90"),
        (SPENT.replace("features:", f"features:\n{THOUSAND}"), "500"),
    ],
    ids=["ten_years", "a_thousand_features"],
)
def test_a_policy_that_asks_for_too_much_memory_is_told_where(tmp_path: Any, policy: str, finding: str) -> None:
    """`sluice policy check` names the place and the limit, and nothing is published."""
    (tmp_path / "rules.yaml").write_text(policy, encoding="utf-8")
    result = sluice("policy", "check", str(tmp_path))

    assert result.exit_code == 1
    assert "rules.yaml:" in result.output
    assert finding in result.output
