"""The stub of AWS that answers after some milliseconds, as the services do; with the tables of both sides.

`POST /_pace` with a number sets the seconds that each answer takes: filling the tables need not wait. `GET
/_stored?after=T` tells what the tables hold at that second.
"""

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from subprocess import PIPE, Popen
from typing import Any

from infra.local.synthesis import synthesised_template
from tests.benchmarks.template import schemas
from tests.stub import services as stub
from tests.stub.server import LocalServer
from tests.stub.tables import Schema, Tables
from tests.stub.units import Item, item_size

STAGE = "prod"
PACE = 0.005
"""Seconds: about what DynamoDB takes, with the way to it and back."""
COUNTERS_TABLE, IDEMPOTENCY, DECISIONS = "usual-counters", "usual-idempotency", "usual-decisions"
KEPT_FOR_EVER = 400 * 86_400
"""Seconds: what has no end is counted for as long as a decision is kept."""
_ENDS = ("expires_at", "expiration")
_ITEM = 100
"""Bytes that DynamoDB adds to each item that it stores."""
USUAL = (
    Schema(COUNTERS_TABLE, ("entity", "counter")),
    Schema(IDEMPOTENCY, ("id",)),
    Schema(DECISIONS, ("decision_id",)),
)


@dataclass(frozen=True)
class Stored:
    """What a table and its indexes keep: the bytes of all items, each times the seconds until it expires."""

    table: float
    indexes: float = 0.0

    def less(self, before: "Stored", signals: int) -> "Stored":
        """What one of the signals since then has added."""
        return Stored((self.table - before.table) / signals, (self.indexes - before.indexes) / signals)


@dataclass(frozen=True)
class Endpoint(stub.Stub):
    """The stub, as slow as the services."""

    def pace(self, seconds: float) -> None:
        """From now on each answer takes so long."""
        self._fetch("/_pace", str(seconds).encode())

    def stored(self, at: float) -> dict[str, Stored]:
        """What every table keeps, by its name."""
        tables: dict[str, Any] = self._fetch(f"/_stored?after={at:.0f}")
        return {name: Stored(*parts) for name, parts in tables.items()}

    def events(self) -> int:
        """How many events the bus has got so far."""
        number: int = self._fetch("/_events")
        return number


def stored(schema: Schema, items: Iterable[Item], at: float) -> Stored:
    """What a table keeps of these items from `at`, in seconds since 1970, until they expire."""
    table = indexes = 0.0
    for item in items:
        ends = next((float(item[name]["N"]) for name in _ENDS if name in item), at + KEPT_FOR_EVER)
        seconds = max(0.0, ends - at)
        entries = [entry for index in schema.indexes if (entry := index.entry(item))]
        table += (item_size(item) + _ITEM) * seconds
        indexes += sum(item_size(entry) + _ITEM for entry in entries) * seconds
    return Stored(table, indexes)


class _Services(stub.Services):
    """Counts events, too: a call carries up to ten."""

    events = 0

    def call(self, target: str, body: bytes) -> tuple[int, bytes]:
        self.events += body.count(b'"DetailType"')
        return super().call(target, body)


class _Slow(stub._Handler):
    services: _Services
    seconds = 0.0
    tables: Tables
    schemas: Sequence[Schema]

    def get(self) -> None:
        path, _, at = self.path.partition("?after=")
        if path == "/_stored":
            kept = {each.name: stored(each, self.tables.items(each.name), float(at)) for each in self.schemas}
            self.respond(200, json.dumps({name: [each.table, each.indexes] for name, each in kept.items()}).encode())
        elif path == "/_events":
            self.respond(200, str(self.services.events).encode())
        else:
            super().get()

    def post(self) -> None:
        if self.path == "/_pace":
            type(self).seconds = float(self.body())
            self.respond(200, b"{}")
        else:
            super().post()

    def respond(self, status: int, body: bytes = b"", **headers: str) -> None:
        if not self.path.startswith("/_"):
            time.sleep(self.seconds)
        super().respond(status, body, **headers)


@contextmanager
def running() -> Iterator[Endpoint]:
    """An endpoint in a process of its own, at no pace yet, until the block ends."""
    command = [sys.executable, "-m", "tests.benchmarks.evaluate.endpoint"]
    with Popen(command, stdout=PIPE, text=True) as process:
        try:
            yield Endpoint((process.stdout.readline() if process.stdout else "").strip())
        finally:
            process.terminate()


def main() -> None:
    """Serve on a free port, and say on which."""
    every = [*schemas(synthesised_template(STAGE)), *USUAL]
    tables = Tables(every)
    with LocalServer(_Slow, services=_Services(tables), tables=tables, schemas=every) as server:
        sys.stdout.write(f"http://{server.address}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
