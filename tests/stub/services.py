"""A stub of the AWS services that the functions call: it keeps state, refuses what they refuse, and counts.

`Services` answers calls in this process. `running` has a process of its own answer them, so that its work is not
theirs who call. Beside the services' protocols, that one answers `GET /_counts` (calls, bytes and units since the last
`POST /_counts`, which starts afresh) and `GET /_changes?after=N`, the decisions table's stream from its N-th record on.
"""

import hashlib
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

from infra.local.synthesis import synthesised_template
from tests.benchmarks.template import STAGE, schemas
from tests.stub.errors import ServiceError
from tests.stub.server import LocalHandler, LocalServer
from tests.stub.table import Consumed, Request
from tests.stub.tables import Response, Tables

IDENTITY_KEY = "stub-identity-key-of-32-letters"
ENTRIES_PER_CALL = 10
BYTES_PER_ENTRIES = 1024 * 1024


@dataclass
class Usage:
    """One operation: how often it was called and refused, bytes of the bodies to and fro, and units."""

    calls: int = 0
    refused: int = 0
    sent: int = 0
    received: int = 0
    consumed: Consumed = field(default_factory=Consumed)

    def to_json(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "refused": self.refused,
            "bytes_sent": self.sent,
            "bytes_received": self.received,
            "read_units": self.consumed.reads,
            "write_units": dict(self.consumed.writes),
        }


class Services:
    """Every service behind the one endpoint, by the operation's name."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self._lock = Lock()
        self._usage: dict[str, Usage] = defaultdict(Usage)
        self._others: dict[str, Callable[[Request], Response]] = {
            "AmazonSQS.SendMessage": _send_message,
            "secretsmanager.GetSecretValue": lambda _: {"SecretString": json.dumps({"key": IDENTITY_KEY})},
            "AWSEvents.PutEvents": _put_events,
        }

    def call(self, target: str, body: bytes) -> tuple[int, bytes]:
        """Answer one call, `target` being what the header `X-Amz-Target` says; status and body."""
        service, _, operation = target.partition(".")
        status, _, answer = self.answer(service, operation, body)
        return status, answer

    def answer(self, service: str, operation: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Answer one call to a service (`DynamoDB_20120810`, `s3`) by its protocol; status, headers and body."""
        with self._lock:
            usage = self._usage[operation]
            usage.calls += 1
            usage.sent += len(body)
            try:
                status, answer = 200, self._answer(service, operation, body, usage.consumed)
            except ServiceError as refusal:
                usage.refused += 1
                status, answer = 400, _packed(refusal.body)
            usage.received += len(answer)
        return status, {"content-type": "application/x-amz-json-1.0"}, answer

    def usage(self) -> dict[str, Any]:
        with self._lock:
            return {operation: usage.to_json() for operation, usage in self._usage.items()}

    def start_afresh(self) -> None:
        """Forget the counts, keep the tables."""
        with self._lock:
            self._usage.clear()

    def changes(self, after: int) -> list[dict[str, Any]]:
        with self._lock:
            return self.tables.changes[after:]

    def _answer(self, service: str, operation: str, body: bytes, consumed: Consumed) -> bytes:
        if service == "s3":
            return b""
        request, target = json.loads(body), f"{service}.{operation}"
        if service.startswith("DynamoDBStreams"):
            answer = self.tables.streams.call(operation, request)
        elif service.startswith("DynamoDB"):
            answer = self.tables.call(operation, request, consumed)
        elif target in self._others:
            answer = self._others[target](request)
        else:
            raise ServiceError("UnknownOperationException", f"the stub has no {target}")
        return _packed(answer)


def _packed(answer: Any) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()


def _put_events(request: Request) -> Response:
    entries = request["Entries"]
    size = sum(len(entry[name].encode()) for entry in entries for name in ("Source", "DetailType", "Detail"))
    if not 1 <= len(entries) <= ENTRIES_PER_CALL or size >= BYTES_PER_ENTRIES:
        raise ServiceError("ValidationException", f"{len(entries)} entries of {size} bytes are not taken in one call")
    return {"FailedEntryCount": 0, "Entries": [{"EventId": f"{number}"} for number, _ in enumerate(entries)]}


def _send_message(request: Request) -> Response:
    digest = hashlib.md5(request["MessageBody"].encode(), usedforsecurity=False).hexdigest()
    return {"MessageId": "1", "MD5OfMessageBody": digest}


class _Handler(LocalHandler):
    services: Services

    def get(self) -> None:
        path, _, after = self.path.partition("?after=")
        seen = self.services.changes(int(after)) if path == "/_changes" else self.services.usage()
        self.respond(200, json.dumps(seen).encode())

    def post(self) -> None:
        body = self.body()
        if self.path == "/_counts":
            self.services.start_afresh()
            self.respond(200, b"{}")
        else:
            self.respond(*self.services.call(self.headers["X-Amz-Target"], body))

    def put(self) -> None:
        self.respond(*self.services.call("s3.PutObject", self.body()))


@dataclass(frozen=True)
class Stub:
    """A stub that runs: its endpoint, and what it saw."""

    endpoint: str

    def counts(self) -> dict[str, Any]:
        """Usage by operation."""
        counts: dict[str, Any] = self._fetch("/_counts")
        return counts

    def start_afresh(self) -> None:
        """Forget the counts, keep the tables."""
        self._fetch("/_counts", b"{}")

    def changes(self, after: int) -> list[dict[str, Any]]:
        """Records of the decisions table's stream, in the form in which Lambda gets them."""
        changes: list[dict[str, Any]] = self._fetch(f"/_changes?after={after}")
        return changes

    def _fetch(self, path: str, body: bytes | None = None) -> Any:
        with urlopen(HttpRequest(self.endpoint + path, body), timeout=30) as response:
            return json.load(response)


@contextmanager
def running() -> Iterator[Stub]:
    """A stub with the tables of the synthesised template, until the block ends."""
    command = [sys.executable, "-m", "tests.stub.services"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Stub((process.stdout.readline() if process.stdout else "").strip())
        finally:
            process.terminate()


def main() -> None:
    """Serve on a free port, and say on which."""
    with LocalServer(_Handler, services=Services(Tables(schemas(synthesised_template(STAGE))))) as server:
        sys.stdout.write(f"http://{server.address}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
