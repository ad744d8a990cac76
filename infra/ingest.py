"""Where signals and feedback come in, and where pointers to invalid signals go."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kinesis as kinesis
from constructs import Construct

from infra.queues import Handling, dead_letter_queue, duration, queue_pair
from infra.settings import FunctionSize, QueueReading, Settings


class Ingest(Construct):
    """One stream for those who need order, one queue for those who do not, one queue for truth that comes later."""

    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, "Ingest")
        self.stream = kinesis.Stream(
            self,
            "signals-stream",
            stream_name=settings.name("signals"),
            stream_mode=kinesis.StreamMode.ON_DEMAND,
            encryption=kinesis.StreamEncryption.MANAGED,
            retention_period=duration(settings.stream_retention),
            removal_policy=RemovalPolicy.RETAIN if settings.retain else RemovalPolicy.DESTROY,
        )
        self.signals = queue_pair(self, "signals", settings, _handling(settings.evaluate, settings.signals_queue))
        self.feedback = queue_pair(self, "feedback", settings, _handling(settings.feedback, settings.feedback_queue))
        self.invalid_signals = dead_letter_queue(self, "invalid-signals", settings)


def _handling(size: FunctionSize, reading: QueueReading) -> Handling:
    # Lambda's advice: six time-outs, so that a throttled invocation can be retried before the message shows again.
    return Handling(visibility=6 * size.timeout + reading.window, receives=reading.receives)
