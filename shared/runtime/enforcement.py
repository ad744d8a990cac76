"""The outbox's other end: each recorded action goes to the ledger once, and to the bus at least once.

record inserted ─▶ ledger (gives the sequence) ─▶ bus
crash anywhere: the record comes again, the ledger answers with the sequence it gave, the bus gets the same event
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger

from shared.restrictions import Action
from shared.runtime.progress import Progress
from shared.runtime.tally import Tally
from shared.stores import Bus, Event, Ledger
from shared.stores.attributes import from_item

FIRST = 1
"""The sequence of an action that stands alone: the word about one held thing is given once."""


@dataclass(frozen=True)
class Enforcement:
    """Makes recorded actions so. The ledger's only writer."""

    ledger: Ledger
    bus: Bus
    log: Logger

    def run(self, records: Sequence[Mapping[str, Any]]) -> tuple[list[str], Tally]:
        """Enforce a batch of the decisions table's stream; the sequence number to go on from, and the counts."""
        progress = Progress([record["dynamodb"]["SequenceNumber"] for record in records], self.log, ordered=True)
        events: list[tuple[int, Event]] = []
        for place, record in enumerate(records):
            with progress.failing([place]):
                events += [(place, event) for event in self._applied(from_item(record["dynamodb"]["NewImage"]))]
            if not progress.is_settled_up_to(place):
                break
        self._publish(events, progress)
        return progress.to_redeliver(), progress.tally

    def _applied(self, record: Mapping[str, Any]) -> list[Event]:
        """The record's actions, each with the sequence that the ledger keeps for it."""
        decision_id = record["decision_id"]
        actions = [Action.from_json(action) for action in json.loads(record["actions"])]
        return [
            Event(
                action,
                FIRST if action.kind == "decision" else self.ledger.apply(action, decision_id),
                decision_id,
                record.get("signal_id", decision_id),
            )
            for action in actions
        ]

    def _publish(self, events: list[tuple[int, Event]], progress: Progress) -> None:
        with progress.failing(place for place, _ in events):
            for (place, event), refusal in zip(events, self.bus.publish([event for _, event in events]), strict=True):
                if refusal:
                    progress.fail([place])
                    self.log.warning("the bus refused an action", action_id=event.action.action_id, error=refusal)
                else:
                    progress.tally["ActionsPublished"] += 1
