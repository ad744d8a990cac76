"""Replay: a recording goes through the local cloud's three doors as fast as it can, in the order of its own time.

Lanes are read one after the other here, so what is put at once is judged lane by lane. Portions are therefore small in
event time: signals of different subjects may overtake each other by `LANES_APART` at most, as they may on AWS.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from infra.local.cloud import LocalCloud
from infra.local.recording import Door, Parcel, Recording, in_portions

LANES_APART = timedelta(seconds=30)
PORTION = 100
"""Signals put before the lanes are read: no more than one read takes from each."""
STREAM_ENTRIES, QUEUE_ENTRIES = 500, 10
"""The most that one PutRecords and one SendMessageBatch take."""
LARGEST = 1024 * 1024
"""Bytes of one SQS message, and of one Kinesis record of an ordinary stream."""

Watch = Callable[[Parcel, int], None]
"""Told after each portion: its last parcel, and how many it had."""


class NotSentError(Exception):
    """A signal could not even be put; the message says which and why."""


@dataclass
class Sent:
    """What was put: how many by door, and the decisions that must follow (None where the bytes do not tell)."""

    by_door: Counter[Door] = field(default_factory=Counter)
    decision_ids: list[str | None] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def total(self) -> int:
        return len(self.decision_ids)


def replay(
    cloud: LocalCloud, recording: Recording, watch: Watch | None = None, lanes_apart: timedelta = LANES_APART
) -> Sent:
    """Put everything and run the cloud until nothing is left to do. Raises `NotSentError`."""
    sent, doors, began = Sent(), _Doors(cloud), time.monotonic()
    with cloud.replaying_history():
        for portion in in_portions(recording.parcels, PORTION, lanes_apart.total_seconds()):
            doors.put(portion)
            sent.by_door.update(parcel.door for parcel in portion)
            sent.decision_ids += [parcel.decision_id for parcel in portion]
            cloud.tick()
            if watch:
                watch(portion[-1], len(portion))
        cloud.run_until_idle()
    sent.seconds = time.monotonic() - began
    return sent


class _Doors:
    """The clients, by which parcels are put in batches."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._kinesis, self._sqs = cloud.client("kinesis"), cloud.client("sqs")
        self._stream = cloud.outputs["SignalsStream"]
        self._queues: dict[Door, str] = {
            "signals queue": cloud.outputs["SignalsQueueUrl"],
            "feedback queue": cloud.outputs["FeedbackQueueUrl"],
        }

    def put(self, parcels: list[Parcel]) -> None:
        for parcel in parcels:
            if len(parcel.payload) > LARGEST:
                raise NotSentError(
                    f"the signal that begins with {parcel.payload[:60]!r} has {len(parcel.payload):,} bytes; "
                    f"no door takes more than {LARGEST:,}"
                )
        for batch in _batches([parcel for parcel in parcels if parcel.door == "stream"], STREAM_ENTRIES):
            entries = [{"Data": parcel.payload, "PartitionKey": parcel.key} for parcel in batch]
            response = self._kinesis.put_records(StreamName=self._stream, Records=entries)
            _all_taken([entry for entry in response["Records"] if entry.get("ErrorCode")])
        for door, url in self._queues.items():
            for batch in _batches([parcel for parcel in parcels if parcel.door == door], QUEUE_ENTRIES):
                messages = [{"Id": str(n), "MessageBody": parcel.payload.decode()} for n, parcel in enumerate(batch)]
                _all_taken(self._sqs.send_message_batch(QueueUrl=url, Entries=messages).get("Failed", []))


def _batches(parcels: list[Parcel], most: int) -> Iterator[list[Parcel]]:
    return (parcels[start : start + most] for start in range(0, len(parcels), most))


def _all_taken(refusals: list[dict[str, Any]]) -> None:
    if refusals:
        raise NotSentError(f"{len(refusals)} signals were not taken; the first one: {refusals[0]}")
