"""Where signals go that can never be judged: whole to S3, and a pointer with the reason to a queue that is watched."""

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from shared.signals import InvalidSignal
from shared.signals.times import stamp

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

PREFIX = "invalid/"


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused record: its bytes as they came, where it stood, and the verdict."""

    payload: bytes
    position: str
    received_at: datetime
    verdict: InvalidSignal

    @property
    def key(self) -> str:
        """Depends on content and position alone: keeping it again, after a crash, overwrites it with itself."""
        name = blake2b(self.position.encode() + b"\n" + self.payload, digest_size=16).hexdigest()
        return f"{PREFIX}{self.received_at:%Y/%m/%d}/{name}.json"

    def document(self) -> dict[str, Any]:
        """What is kept: `payload` as text where it is UTF-8, else `payload_base64`."""
        kept = {
            "reason": self.verdict.reason,
            "problems": [str(problem) for problem in self.verdict.problems],
            "position": self.position,
            "received_at": stamp(self.received_at),
        }
        try:
            return kept | {"payload": self.payload.decode()}
        except UnicodeDecodeError:
            return kept | {"payload_base64": b64encode(self.payload).decode()}


class InvalidSignals:
    """Keeps refused signals."""

    def __init__(self, s3: "S3Client", sqs: "SQSClient", bucket: str, queue_url: str) -> None:
        self._s3 = s3
        self._sqs = sqs
        self._bucket = bucket
        self._queue_url = queue_url

    def keep(self, refused: Refused) -> None:
        """The object first: a pointer never leads to nothing."""
        body = json.dumps(refused.document(), ensure_ascii=False, indent=1).encode()
        self._s3.put_object(Bucket=self._bucket, Key=refused.key, Body=body, ContentType="application/json")
        pointer = {
            "bucket": self._bucket,
            "key": refused.key,
            "reason": refused.verdict.reason,
            "position": refused.position,
        }
        self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(pointer))
