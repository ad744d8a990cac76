"""One call to AWS as it stands on the wire, and what comes back."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from botocore.awsrequest import AWSResponse

NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True)
class Call:
    """One HTTP request: botocore's own name of the service (`dynamodb`), the operation, and the bytes."""

    service: str
    operation: str
    url: str
    body: bytes
    headers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """What a request of the JSON services says."""
        return json.loads(self.body)

    @property
    def about(self) -> str:
        """Table, bus or bucket: what the call is about, for people; `a+b` of several."""
        if self.service == "s3":
            return self.url.split("?")[0].removeprefix("https://")
        asked = self.json
        names = [*asked.get("RequestItems", ())] or [
            each.get("TableName", "") for part in asked.get("TransactItems", ()) for each in part.values()
        ]
        return "+".join(dict.fromkeys(names)) or asked.get("TableName") or asked.get("QueueUrl") or "bus"


@dataclass(frozen=True)
class Reply:
    """One HTTP response."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: NO_HEADERS)

    @classmethod
    def of(cls, answer: Any, status: int = 200) -> "Reply":
        """The answer of a JSON service."""
        return cls(status, json.dumps(answer).encode())

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def as_response(self, url: str) -> AWSResponse:
        """In botocore's own clothes."""
        return AWSResponse(url, self.status, self.headers, _Raw(self.body))


class _Raw(BytesIO):
    """What urllib3 would hand over."""

    def stream(self, **_: Any) -> list[bytes]:
        return [self.read()]


def in_order(keys: Iterable[Any]) -> list[Any]:
    """Keys of items in an order that is always the same: where they come from, it may be that of a set."""
    return sorted(keys, key=lambda key: json.dumps(key, sort_keys=True))


def throttled(service: str) -> tuple[str, int]:
    """How a service says that it is asked too much: code and status."""
    return ("SlowDown", 503) if service == "s3" else ("ThrottlingException", 400)


def refusal(service: str, code: str, status: int) -> Reply:
    """An error, in the service's own protocol."""
    if service == "s3":
        text = f"<Error><Code>{code}</Code><Message>caused by a test</Message></Error>"
        return Reply(status, text.encode(), {"content-type": "application/xml"})
    return Reply.of({"__type": f"com.amazon#{code}", "message": "caused by a test"}, status)
