"""The EventBridge bus on which actions leave."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.restrictions import DETAIL_TYPES, Action
from shared.signals.times import stamp

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

ENTRIES_PER_CALL = 10
SCHEMA_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Event:
    """An action as it is published: with its sequence and its recorded cause."""

    action: Action
    sequence: int
    decision_id: str
    correlation_id: str

    def detail(self) -> dict[str, Any]:
        """The public contract of the bus."""
        action = self.action
        return {
            "metadata": {
                "action_id": action.action_id,
                "sequence": self.sequence,
                "cause": action.source,
                "decision_id": self.decision_id,
                "occurred_at": stamp(action.occurred_at),
                "stale_after": stamp(action.stale_after) if action.stale_after else None,
                "schema_version": SCHEMA_VERSION,
                "correlation_id": self.correlation_id,
            },
            "data": {"entity": action.entity, "abuse": action.abuse, "reason": action.reason, **action.details},
        }


class Bus:
    """Publishes events, ten a call."""

    def __init__(self, client: "EventBridgeClient", name: str) -> None:
        self._client = client
        self._name = name

    def publish(self, events: Sequence[Event]) -> list[str | None]:
        """For each event, why EventBridge did not take it; None when it did."""
        outcomes: list[str | None] = []
        for start in range(0, len(events), ENTRIES_PER_CALL):
            entries = [self._entry(event) for event in events[start : start + ENTRIES_PER_CALL]]
            response = self._client.put_events(Entries=entries)  # type: ignore[arg-type]  # the stub wants its own dict
            outcomes += [entry.get("ErrorCode") for entry in response["Entries"]]
        return outcomes

    def _entry(self, event: Event) -> dict[str, Any]:
        return {
            "EventBusName": self._name,
            "Source": "sluice",
            "DetailType": DETAIL_TYPES[event.action.kind],
            "Time": event.action.occurred_at,
            "Resources": [],
            "Detail": json.dumps(event.detail(), separators=(",", ":")),
        }
