"""What must hold when everything was delivered and nothing waits any more, whatever struck on the way.

Each expectation yields what is wrong, in sentences that begin with its own name.
"""

import json
from base64 import b64decode
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from shared.decisions import Pinned
from shared.decisions.record import unpack_entries
from shared.features.facts import undominated
from shared.signals import Signal, decision_id_of, entities_of
from shared.stores.tiles import tiles_in
from tests.faults.enforcing import asked, consumed, enforced, limited, numbered, parked, published, within_budgets
from tests.faults.one_lane import decisions, measured, same_for_every_cut
from tests.faults.policies import POLICIES
from tests.faults.replaying import Run, sent_signals
from tests.faults.script import Sent
from tests.faults.services import DECISIONS, TIMELINES
from tests.support.aws import PSEUDONYMS

if TYPE_CHECKING:
    from shared.features import TileKey

Expectation = Callable[[Run], Iterator[str]]
SOURCE = "shop"
"""Of every signal that `tests.support.signals` makes."""
EVER = "#ever"
"""Ends the names of facts, which lie in an entity's summary."""


def mismatches(run: Run, *more: Expectation) -> list[str]:
    """All that is wrong after a run; none is what we want."""
    return [*run.broken, *(said for each in (*EXPECTATIONS, *more) for said in each(run))]


def recorded(run: Run) -> Iterator[str]:
    """The set of decision ids is the set of valid signals."""
    valid = {decision_id_of(SOURCE, each.id): each.id for each in run.script.arrivals if isinstance(each, Sent)}
    found = decisions(run).keys()
    yield from (f"recorded: {valid[lost]} has no decision" for lost in valid.keys() - found)
    yield from (f"recorded: nobody sent what the decision {extra} is about" for extra in found - valid.keys())


def decided_once(run: Run) -> Iterator[str]:
    """A record is written once, about something that was sent; another content under its id is flagged, always."""
    for change in run.services.changes():
        item = change["dynamodb"].get("NewImage", {})
        if change["eventName"] == "MODIFY" and item["kind"]["S"] == "decision":
            yield f"decided once: the decision {item['decision_id']['S']} was written again"
    sent = sent_signals(run.script)
    flagged = {item["decision_id"] for item in run.services.items(DECISIONS) if item["kind"] == "content_change"}
    expected = set()
    for decision_id, record in decisions(run).items():
        digests = {signal.digest for signal in sent if signal.decision_id == decision_id}
        if digests and record["digest"] not in digests:
            yield f"decided once: the decision {decision_id} is about a content that nobody sent"
        expected |= {f"{decision_id}/changed/{digest}" for digest in digests - {record["digest"]}}
    yield from (f"decided once: {lost} is not flagged" for lost in expected - flagged)
    yield from (f"decided once: {extra} is flagged for nothing" for extra in flagged - expected)


def remembered(run: Run) -> Iterator[str]:
    """Timelines are the union of what the recorded signals imply; up to the cap, and nothing else beyond it."""
    sent = {(signal.decision_id, signal.digest): signal for signal in sent_signals(run.script)}
    implied: dict[TileKey, set[bytes]] = defaultdict(set)
    for decision_id, record in decisions(run).items():
        entries = set(unpack_entries(record["remembered"]))
        for key, element in entries:
            implied[key].add(element)
        signal = sent.get((decision_id, record["digest"]))
        if signal and not _implied_by(signal, record["policy"]) <= entries:
            yield f"remembered: the record of {signal.id} leaves out what its policy reads"
    cap = run.script.cap
    tiles = {key: set(each) for item in run.services.attributes(TIMELINES) for key, each in tiles_in(item).items()}
    for key in sorted(tiles.keys() | implied.keys()):
        found, expected = tiles.get(key, set()), implied.get(key, set())
        # Of two facts about one value the later one need not be there.
        missing = undominated(expected, found) if key.tile.endswith(EVER) else expected - found
        if extra := found - expected:
            yield f"remembered: {len(extra)} of {len(found)} elements in {key} follow from no decision"
        if missing and len(found) < cap:
            yield f"remembered: {len(missing)} of {len(expected)} elements are not in {key}"
        if len(found) >= 2 * cap:
            yield f"remembered: {key} has {len(found)} elements, and its cap is {cap}"


def kept(run: Run) -> Iterator[str]:
    """What is no valid signal lies whole in the bucket, with at least one message that points to it."""
    odd = sorted(each.payload() for each in run.script.arrivals if not isinstance(each, Sent))
    documents = {key: json.loads(body) for key, body in run.services.objects.items() if "/invalid/" in key}
    found = sorted(map(_whole, documents.values()))
    if odd != found:
        yield f"kept: {len(odd)} invalid signals came, {len(found)} are kept whole"
    pointed = {f"{pointer['bucket']}/{pointer['key']}" for pointer in map(json.loads, run.services.messages)}
    if pointed != documents.keys():
        yield f"kept: {len(pointed)} are pointed to, {len(documents)} are kept"


EXPECTATIONS: tuple[Expectation, ...] = (
    recorded,
    decided_once,
    remembered,
    enforced,
    limited,
    numbered,
    published,
    consumed,
    parked,
    within_budgets,
    asked,
    kept,
    same_for_every_cut,
    measured,
)


def _implied_by(signal: Signal, digest: str) -> set[Any]:
    """What the policy of that digest has remembered of a signal, made anew from what was sent."""
    plan = Pinned(POLICIES[digest]).plans[digest]
    return set(plan.entries(signal, entities_of(signal, PSEUDONYMS), PSEUDONYMS))


def _whole(document: Mapping[str, Any]) -> bytes:
    return b64decode(document["payload_base64"]) if "payload_base64" in document else document["payload"].encode()
