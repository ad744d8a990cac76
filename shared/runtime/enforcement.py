"""The outbox's other end: each recorded action goes to the ledger once, and what comes of it to the bus at least once.

record inserted ─▶ ledger (what changed, under which sequence) ─▶ bus
crash anywhere: the record comes again, the ledger answers what it answered, the bus gets the same events

What waited here until it was stale, as in a batch that is redriven a week later, is noted in the history and does
nothing (law 9). For how long it waited is told by the record, not by the action: what happens in a recording that is
played again happened long ago, and is no older than it was.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from shared.restrictions import DETAIL_TYPES, Action, Applied, UnfitActionError
from shared.restrictions.causes import MALFORMED
from shared.runtime.progress import Progress
from shared.runtime.tally import Tally
from shared.stores import Bus, Event, Ledger
from shared.stores.attributes import from_item
from shared.stores.bus import NEVER, OVERSIZE
from shared.stores.records import actions_on_the_stream

FIRST = 1
"""The sequence of an action that stands alone: the word about one held thing is given once."""


class UnfitRecordsError(ValueError):
    """Records with actions that are not understood, or too large for the bus. All others of the batch have left.

    It goes up to the mapping, which narrows the batch down to the record and keeps it whole with the dead letters.
    """


@dataclass(frozen=True)
class Enforcement:
    """Makes recorded actions so. The ledger's only writer."""

    ledger: Ledger
    bus: Bus
    log: Logger
    now: Callable[[], datetime]

    def run(self, records: Sequence[Mapping[str, Any]], tally: Tally) -> list[str]:
        """Enforce a batch of the decisions table's stream, counting in `tally`; the sequence number to go on from.

        Raises `UnfitRecordsError`, after everything else is done, where trying again cannot help.
        """
        progress = Progress([record["dynamodb"]["SequenceNumber"] for record in records], self.log, ordered=True)
        events: list[tuple[int, Event]] = []
        unfit: list[str] = []
        for place, record in enumerate(records):
            with progress.failing([place]):
                events += [(place, event) for event in self._applied(record["dynamodb"], unfit, tally)]
            if not progress.is_settled_up_to(place):
                break
        with progress.failing(place for place, _ in events):
            unfit += self._published(events, progress, tally)
        if unfit:
            raise UnfitRecordsError("; ".join(unfit))
        return progress.to_redeliver()

    def _applied(self, change: Mapping[str, Any], unfit: list[str], tally: Tally) -> list[Event]:
        """What the record's actions come to; what is not understood of them is added to `unfit`."""
        record, waited = from_item(change["NewImage"]), self._waited(change)
        decision_id = record.get("of", record["decision_id"])  # what is published again keeps its own cause
        events: list[Event] = []
        for data in _actions(change["NewImage"], unfit):
            try:
                action = Action.from_json(data)
                stale = action.stale_after is not None and action.occurred_at + waited > action.stale_after
                applied = self._made_so(action, decision_id, stale=stale)
            except MALFORMED as error:
                unfit.append(str(error) if isinstance(error, UnfitActionError) else f"{decision_id}: {error!r}")
                self.log.exception("an action was not understood", decision_id=decision_id)
            else:
                events += [Event(each, record.get("signal_id", decision_id)) for each in applied]
                tally["StaleDropped"] += stale and not applied
        return events

    def _waited(self, change: Mapping[str, Any]) -> timedelta:
        """For how long the record has been in the outbox."""
        inserted = change.get("ApproximateCreationDateTime")
        return self.now() - datetime.fromtimestamp(inserted, UTC) if inserted else timedelta()

    def _made_so(self, action: Action, decision_id: str, *, stale: bool) -> tuple[Applied, ...]:
        if action.kind != "decision":
            return self.ledger.apply(action, decision_id, stale=stale)
        word = Applied(DETAIL_TYPES["decision"], action, action.action_id, action.lane, FIRST, decision_id)
        return () if stale else (word,)

    def _published(self, events: list[tuple[int, Event]], progress: Progress, tally: Tally) -> list[str]:
        """Publish all events; what the bus never takes of them."""
        never = []
        for (place, event), refusal in zip(events, self.bus.publish([event for _, event in events]), strict=True):
            if refusal is None:
                tally["ActionsPublished"] += 1
                tally["ReviewsInsteadOfRestrictions"] += _is_review_instead(event.applied)
                continue
            self.log.warning("the bus refused an event", action_id=event.applied.event_id, error=refusal)
            if refusal.startswith(NEVER):
                tally["OversizeEvents"] += refusal.startswith(OVERSIZE)
                never.append(f"the event {event.applied.event_id} cannot be published: {refusal}")
            else:
                progress.fail([place])
        return never


def _is_review_instead(applied: Applied) -> bool:
    return applied.detail_type == "ReviewRequested" and applied.action.kind == "restrict"


def _actions(image: Mapping[str, Any], unfit: list[str]) -> list[Any]:
    try:
        return list(json.loads(actions_on_the_stream(image)))
    except MALFORMED as error:
        unfit.append(f"{image['decision_id']['S']}: {error!r}")
        return []
