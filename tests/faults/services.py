"""The services behind the wire, in this process: the stub's DynamoDB, and just enough of the others.

What went in is open to look at: `items`, `objects`, `messages`, `feedback`, `published`, `changes`.
"""

import hashlib
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.faults.calls import Call, Reply, in_order, refusal
from tests.stub.errors import ServiceError
from tests.stub.table import Consumed, Request, Schema
from tests.stub.tables import Response, Tables
from tests.support.records import opened

NAME = "world"
DECISIONS, TIMELINES, LEDGER, POLICY = (f"{NAME}-{thing}" for thing in ("decisions", "timelines", "ledger", "policy"))
INVALID = f"https://sqs.us-east-1.amazonaws.com/123456789012/{NAME}-invalid"
FEEDBACK = f"https://sqs.us-east-1.amazonaws.com/123456789012/{NAME}-feedback"
READS = ("GetItem", "BatchGetItem", "Query", "Scan")
SCHEMAS = (
    Schema(DECISIONS, ("decision_id",), streams=True),
    Schema(TIMELINES, ("entity", "tile")),
    Schema(LEDGER, ("entity", "item")),
    Schema(POLICY, ("part", "item")),
)


class Changing(Tables):
    """Tables that know whether they may have changed."""

    version = 0

    def call(self, operation: str, request: Request, consumed: Consumed) -> Response:
        self.version += operation not in READS
        return super().call(operation, request, consumed)


class Services:
    """One account in which nothing has happened yet. Not safe for threads: one call at a time."""

    def __init__(self) -> None:
        self.tables = Changing(SCHEMAS)
        self._opened: dict[str, tuple[int, list[dict[str, Any]]]] = {}
        self.objects: dict[str, bytes] = {}
        self.messages: list[Any] = []
        self.feedback: list[tuple[float, str]] = []
        """Each message with when it was sent, in seconds after noon."""
        self.published: list[Any] = []
        self._services: dict[str, Callable[[Call], Reply]] = {
            "dynamodb": self._dynamodb,
            "s3": self._s3,
            "events": self._events,
        }

    def answer(self, call: Call, at: float = 0.0) -> Reply:
        """Do what is asked, `at` seconds after noon."""
        return self._sqs(call, at) if call.service == "sqs" else self._services[call.service](call)

    def changes(self) -> list[Any]:
        """The decisions table's stream from its beginning, as Lambda hands it over."""
        return self.tables.changes

    def items(self, table: str) -> list[dict[str, Any]]:
        """A table's items as the stores know them; not to be changed, for they are opened once."""
        version, items = self._opened.get(table, (-1, []))
        if version != self.tables.version:
            items = opened(self.attributes(table))
            self._opened[table] = (self.tables.version, items)
        return items

    def attributes(self, table: str) -> list[dict[str, Any]]:
        """A table's items as botocore gives them."""
        return [decoded(item) for item in self.tables.items(table)]

    def _dynamodb(self, call: Call) -> Reply:
        request = call.json
        if call.operation == "BatchGetItem":
            # The service promises no order; this one does not depend on that of the sets that the keys come from.
            for asked in request["RequestItems"].values():
                asked["Keys"] = in_order(asked["Keys"])
        try:
            return Reply.of(self.tables.call(call.operation, request, Consumed()))
        except ServiceError as error:
            return Reply.of(error.body, 400)

    def _s3(self, call: Call) -> Reply:
        key = _key(call.url)
        if call.operation == "PutObject":
            if "If-None-Match" in call.headers and key in self.objects:
                return refusal("s3", "PreconditionFailed", 412)
            self.objects[key] = _content(call)
            return Reply(200, b"", {"etag": '"0"'})
        if key not in self.objects:
            return refusal("s3", "NoSuchKey", 404)
        return Reply(200, self.objects[key], {"content-length": str(len(self.objects[key]))})

    def _sqs(self, call: Call, at: float) -> Reply:
        body = call.json["MessageBody"]
        if call.json["QueueUrl"] == FEEDBACK:
            self.feedback.append((at, body))
        else:
            self.messages.append(body)
        digest = hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
        return Reply.of({"MessageId": str(len(self.messages)), "MD5OfMessageBody": digest})

    def _events(self, call: Call) -> Reply:
        entries = call.json["Entries"]
        self.published += entries
        answers = [{"EventId": str(number)} for number, _ in enumerate(entries)]
        return Reply.of({"FailedEntryCount": 0, "Entries": answers})


def decoded(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item with its bytes as botocore would give them; on the wire they are base64."""
    return {name: {kind: _bytes(kind, given) for kind, given in value.items()} for name, value in item.items()}


def _bytes(kind: str, given: Any) -> Any:
    match kind:
        case "B":
            return b64decode(given)
        case "BS":
            return [b64decode(each) for each in given]
        case _:
            return given


def _key(url: str) -> str:
    """`bucket/key`, from either way of writing an object's address."""
    parts = urlsplit(url)
    bucket = parts.netloc.split(".")[0]
    path = unquote(parts.path.lstrip("/"))
    return path if bucket == "s3" else f"{bucket}/{path}"


def _content(call: Call) -> bytes:
    """A body as it was meant: botocore sends some in chunks, each after its size in hex, with a checksum at the end."""
    if "aws-chunked" not in str(call.headers.get("Content-Encoding", "")):
        return call.body
    parts: list[bytes] = []
    rest = call.body
    while True:
        size, _, rest = rest.partition(b"\r\n")
        if not (length := int(size, 16)):
            return b"".join(parts)
        parts.append(rest[:length])
        rest = rest[length + 2 :]
