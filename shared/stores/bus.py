"""The EventBridge bus on which actions leave."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.restrictions.details import NoEventError, detail_of

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

    from shared.restrictions import Applied

ENTRIES_PER_CALL = 10
MOST_BYTES = 256 * 1024 - 1
"""What EventBridge takes in one call, and so in one entry: less than 256 KB."""
OVERSIZE, NOT_VALID = "EntryTooLarge", "EntryNotValid"
NEVER = (OVERSIZE, NOT_VALID)
"""How the outcomes begin of events that no retry helps."""
_TIME_BYTES = 14


@dataclass(frozen=True, slots=True)
class Event:
    """What came of an action, as it is published; `correlation_id` is the id of the signal or command behind it."""

    applied: "Applied"
    correlation_id: str

    def detail(self) -> dict[str, Any]:
        """The public contract of the bus."""
        return detail_of(self.applied, self.correlation_id)


class Bus:
    """Publishes events, as many a call as EventBridge takes."""

    def __init__(self, client: "EventBridgeClient", name: str) -> None:
        self._client = client
        self._name = name

    def publish(self, events: Sequence[Event]) -> list[str | None]:
        """For each event, why EventBridge did not take it; None when it did.

        One that is larger than EventBridge takes, or does not keep the contract, is not sent, and its outcome says why
        (see `NEVER`): nothing is cut off, and it takes no other with it.
        """
        prepared = [self._prepared(event) for event in events]
        outcomes = [each if isinstance(each, str) else None for each in prepared]
        entries = {place: each for place, each in enumerate(prepared) if not isinstance(each, str)}
        for places in _calls(entries):
            response = self._client.put_events(Entries=[entries[place] for place in places])  # type: ignore[misc]  # the stub wants its own dict
            for place, entry in zip(places, response["Entries"], strict=True):
                outcomes[place] = entry.get("ErrorCode")
        return outcomes

    def _prepared(self, event: Event) -> dict[str, Any] | str:
        """The entry, or why there is none."""
        try:
            entry = self._entry(event)
        except NoEventError as error:
            return f"{NOT_VALID}: {error}"
        size = entry_bytes(entry)
        return entry if size <= MOST_BYTES else f"{OVERSIZE}: {size} bytes, EventBridge takes {MOST_BYTES}"

    def _entry(self, event: Event) -> dict[str, Any]:
        return {
            "EventBusName": self._name,
            "Source": "sluice",
            "DetailType": event.applied.detail_type,
            "Time": event.applied.action.occurred_at,
            "Resources": [],
            "Detail": json.dumps(event.detail(), separators=(",", ":")),
        }


def entry_bytes(entry: dict[str, Any]) -> int:
    """An entry's size as EventBridge counts it (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html)."""
    return _TIME_BYTES + sum(len(entry[name].encode()) for name in ("Source", "DetailType", "Detail"))


def _calls(entries: Mapping[int, dict[str, Any]]) -> Iterator[list[int]]:
    """The entries' places in as few calls as their order allows: ten entries, and all of them within the limit."""
    call: list[int] = []
    size = 0
    for place, entry in entries.items():
        added = entry_bytes(entry)
        if call and (len(call) == ENTRIES_PER_CALL or size + added > MOST_BYTES):
            yield call
            call, size = [], 0
        call.append(place)
        size += added
    if call:
        yield call
