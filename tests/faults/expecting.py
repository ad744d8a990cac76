"""What must hold when everything was delivered and nothing waits any more, whatever struck on the way.

Each expectation yields what is wrong, in sentences that begin with its own name.
"""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from shared.stores.packing import words_id
from tests.faults.enforcing import asked, consumed, enforced, limited, numbered, parked, published, within_budgets
from tests.faults.in_lanes import seen
from tests.faults.one_lane import decisions, exact_for_every_cut, measured, same_for_every_cut
from tests.faults.remembering import remembered
from tests.faults.replaying import Run, sent_signals
from tests.faults.script import Sent
from tests.faults.services import DECISIONS
from tests.faults.truth import answered, labelled

Expectation = Callable[[Run], Iterator[str]]
WORDS = "words#"


def mismatches(run: Run, *more: Expectation) -> list[str]:
    """All that is wrong after a run; none is what we want."""
    if unreadable := list(worded(run)):
        return [*run.broken, *unreadable]
    return [*run.broken, *(said for each in (*EXPECTATIONS, *more) for said in each(run))]


def broken_by(run: Run, law: str, *more: Expectation) -> list[str]:
    """What is wrong by one law, as it is named at the beginning of what is said; the others are not asked."""
    asked_for = [each for each in (worded, *EXPECTATIONS, *more) if each.__name__.replace("_", " ") == law]
    return [*run.broken, *(said for each in asked_for for said in each(run))]


def worded(run: Run) -> Iterator[str]:
    """The words that a record is packed with stand in the table before it does, under the name of their content."""
    standing: set[str] = set()
    for change in run.services.changes():
        item = change["dynamodb"].get("NewImage", {})
        name = change["dynamodb"]["Keys"]["decision_id"]["S"]
        if name.startswith(WORDS):
            standing.add(name)
            content = sha256(item["words"]["S"].encode()).hexdigest() if item else "nothing"
            if not content.startswith(name.removeprefix(WORDS)) or item.keys() != {"decision_id", "kind", "words"}:
                yield f"worded: {name} became {content} with {sorted(item)}"
        elif packed := item.get("capsule", {}).get("B"):
            needed = f"{WORDS}{words_id(b64decode(packed)).hex()}"
            if needed not in standing:
                yield f"worded: the decision {name} was written before {needed}"


def recorded(run: Run) -> Iterator[str]:
    """The set of decision ids is the set of valid signals."""
    valid = {signal.decision_id: signal.id for signal in sent_signals(run)}
    found = decisions(run).keys()
    yield from (f"recorded: {valid[lost]} has no decision" for lost in valid.keys() - found)
    yield from (f"recorded: nobody sent what the decision {extra} is about" for extra in found - valid.keys())


def decided_once(run: Run) -> Iterator[str]:
    """A record is written once, about something that was sent; another content under its id is flagged, always."""
    for change in run.services.changes():
        item = change["dynamodb"].get("NewImage", {})
        if change["eventName"] == "MODIFY" and item["kind"]["S"] == "decision":
            yield f"decided once: the decision {item['decision_id']['S']} was written again"
    sent = sent_signals(run)
    flagged = {item["decision_id"] for item in run.services.items(DECISIONS) if item["kind"] == "content_change"}
    expected = set()
    for decision_id, record in decisions(run).items():
        digests = {signal.digest for signal in sent if signal.decision_id == decision_id}
        if digests and record["digest"] not in digests:
            yield f"decided once: the decision {decision_id} is about a content that nobody sent"
        expected |= {f"{decision_id}/changed/{digest}" for digest in digests - {record["digest"]}}
    yield from (f"decided once: {lost} is not flagged" for lost in expected - flagged)
    yield from (f"decided once: {extra} is flagged for nothing" for extra in flagged - expected)


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
    labelled,
    answered,
    same_for_every_cut,
    exact_for_every_cut,
    measured,
    seen,
)


def _whole(document: Mapping[str, Any]) -> bytes:
    return b64decode(document["payload_base64"]) if "payload_base64" in document else document["payload"].encode()
