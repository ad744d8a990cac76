"""The queue by which truth comes in; here Sluice itself says that somebody did not answer."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class FeedbackQueue:
    """Takes signals as any producer's."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, signal: Mapping[str, Any]) -> None:
        """Send a CloudEvents event."""
        self._client.send_message(QueueUrl=self._url, MessageBody=json.dumps(signal))
