"""Sizes and limits of each stage, and why they are what they are."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class FunctionSize:
    """What one invocation may use; memory in MB also sets the share of CPU (1,769 MB is one vCPU)."""

    memory: int
    timeout: timedelta


@dataclass(frozen=True, kw_only=True)
class StreamReading:
    """How a function reads a stream: Kinesis, or a table's."""

    batch_size: int
    window: timedelta
    lanes: int
    retries: int
    max_age: timedelta


@dataclass(frozen=True, kw_only=True)
class QueueReading:
    """How a function reads an SQS queue; `receives` is how often a message is tried before it is a dead letter."""

    batch_size: int
    window: timedelta
    concurrency: int
    receives: int


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """When an alarm goes off. Depths are messages, ages are of the oldest record or message."""

    # A service holds a payout or a listing until its decision comes, so lag on the signals is felt by people.
    iterator_age: timedelta
    signals_age: timedelta
    # Disputes and reviews are days old when they come: an hour more changes nothing.
    feedback_age: timedelta = timedelta(hours=1)
    # Nobody reads the queue of an action: what we restricted is not restricted.
    actions_age: timedelta = timedelta(minutes=15)
    # A single throttled write is retried by itself; page when it goes on.
    errors_in_5_minutes: int
    throttles_in_5_minutes: int
    # One broken event is a producer's bug to look at in the morning; this many is a release gone wrong.
    invalid_signals: int
    # A few wait for the next working hour; this many are a rule that runs away.
    parked_in_5_minutes: int
    # A producer's old batch is dropped rightly; this many are a backlog of ours, and people are not protected.
    stale_in_5_minutes: int
    # Whatever lies in a dead-letter queue was given up on: one is enough.
    dead_letters: int = 1


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything about a stage that is a choice and not a fact."""

    stage: str
    # Data that cannot be made again outlives its stack, and the stack refuses to be deleted.
    retain: bool
    log_level: str

    evaluate: FunctionSize
    feedback: FunctionSize
    enforce: FunctionSize
    expire: FunctionSize

    signals_stream: StreamReading
    signals_queue: QueueReading
    feedback_queue: QueueReading
    outbox_stream: StreamReading

    # Longer than the longest outage plus a long weekend: signals wait on Kinesis until evaluate_stream is back.
    stream_retention: timedelta
    # The window for "what did the function say last month", as CloudWatch names it; decisions live in DynamoDB.
    log_retention: str
    # Replaying actions to a service that lost them; older ones are past their `stale_after` in any case.
    archive_retention: timedelta
    # Time for people to find, mend and redrive; both kinds of dead letter hold personal data, so not for ever.
    dead_letter_objects_kept: timedelta
    # SQS counts from the first send, dead-lettering included: the dead-letter queue must keep longer than its queue.
    queue_retention: timedelta = timedelta(days=4)
    dead_letter_queue_retention: timedelta = timedelta(days=14)
    # What a consumer of actions gets to work on a message before SQS shows it to another one.
    action_visibility: timedelta = timedelta(minutes=1)
    action_receives: int = 5
    # EventBridge's own patience with a queue, before the event goes to that queue's dead letters.
    delivery_max_age: timedelta = timedelta(hours=24)
    delivery_retries: int = 185
    # What has ended is not in force, whenever somebody says so: this is how soon services are told.
    expire_every: timedelta = timedelta(minutes=1)

    thresholds: Thresholds

    def name(self, thing: str) -> str:
        """The physical name `sluice-<stage>-<thing>`."""
        return f"sluice-{self.stage}-{thing}"


_DEV = Settings(
    stage="dev",
    retain=False,
    log_level="DEBUG",
    # A batch is CPU-bound: JSON in and out of AWS calls is nine tenths of it.
    evaluate=FunctionSize(memory=1024, timeout=timedelta(seconds=60)),
    feedback=FunctionSize(memory=512, timeout=timedelta(seconds=60)),
    enforce=FunctionSize(memory=512, timeout=timedelta(seconds=60)),
    expire=FunctionSize(memory=512, timeout=timedelta(seconds=50)),
    signals_stream=StreamReading(
        # Reads and writes are batched per invocation, so larger is cheaper; a hundred stays far from the time-out,
        # and from the 6 MB that Lambda accepts, with signals of a few KB.
        batch_size=100,
        # Latency that a gating signal can bear, paid only when traffic is thin.
        window=timedelta(seconds=1),
        lanes=1,
        # Only infrastructure fails here (bad signals are put aside by the function), so a few tries ride out
        # throttling; what still fails goes whole to S3 and does not hold up its lane.
        retries=3,
        # Records past this age go to S3 unread, so it is just short of the stream's retention: after an outage
        # late signals are still decided upon, and nothing expires unseen.
        max_age=timedelta(hours=23),
    ),
    signals_queue=QueueReading(batch_size=100, window=timedelta(seconds=1), concurrency=5, receives=5),
    feedback_queue=QueueReading(batch_size=100, window=timedelta(seconds=5), concurrency=2, receives=5),
    outbox_stream=StreamReading(
        batch_size=100,
        # An action is worth most at once.
        window=timedelta(0),
        # Decisions about one entity lie in many partitions: more lanes would contend for its ledger head.
        lanes=1,
        retries=3,
        # Table streams live 24 hours.
        max_age=timedelta(hours=23),
    ),
    stream_retention=timedelta(hours=24),
    log_retention="TWO_WEEKS",
    archive_retention=timedelta(days=7),
    dead_letter_objects_kept=timedelta(days=30),
    thresholds=Thresholds(
        iterator_age=timedelta(minutes=5),
        signals_age=timedelta(minutes=5),
        errors_in_5_minutes=5,
        throttles_in_5_minutes=5,
        invalid_signals=100,
        parked_in_5_minutes=100,
        stale_in_5_minutes=100,
    ),
)

_PROD = Settings(
    stage="prod",
    retain=True,
    log_level="INFO",
    # One whole vCPU: below it a lane of Kinesis cannot drain the 1,000 records a second of its shard.
    evaluate=FunctionSize(memory=1769, timeout=timedelta(seconds=60)),
    feedback=FunctionSize(memory=1024, timeout=timedelta(seconds=60)),
    enforce=FunctionSize(memory=1024, timeout=timedelta(seconds=60)),
    # Less than a minute, so that one call has ended before the next begins: together they would only do double work.
    expire=FunctionSize(memory=1024, timeout=timedelta(seconds=50)),
    signals_stream=StreamReading(
        batch_size=200,
        window=timedelta(seconds=1),
        # Order holds per partition key (the subject) in any number of lanes; four absorb a burst to one shard
        # before on-demand mode has split it.
        lanes=4,
        # Retries back off: ten of them cover a failover of some minutes.
        retries=10,
        max_age=timedelta(days=6, hours=23),
    ),
    signals_queue=QueueReading(batch_size=200, window=timedelta(seconds=1), concurrency=50, receives=10),
    feedback_queue=QueueReading(batch_size=200, window=timedelta(seconds=5), concurrency=5, receives=10),
    outbox_stream=StreamReading(batch_size=100, window=timedelta(0), lanes=1, retries=10, max_age=timedelta(hours=23)),
    stream_retention=timedelta(days=7),
    log_retention="THREE_MONTHS",
    archive_retention=timedelta(days=30),
    dead_letter_objects_kept=timedelta(days=90),
    thresholds=Thresholds(
        iterator_age=timedelta(minutes=1),
        signals_age=timedelta(minutes=1),
        errors_in_5_minutes=3,
        throttles_in_5_minutes=1,
        invalid_signals=50,
        parked_in_5_minutes=50,
        stale_in_5_minutes=50,
    ),
)

SETTINGS = {settings.stage: settings for settings in (_DEV, _PROD)}
"""The stages there are, by name."""
