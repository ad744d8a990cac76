"""The stub of AWS that answers after some milliseconds, as the services do; with the tables of both sides.

`POST /_pace` with a number sets the seconds that each answer takes: filling the tables need not wait. `GET
/_stored?after=T` tells what the tables hold at that second, `GET /_units` what each has been billed so far, and `GET
/_events` how many events the bus has got, and the log of events.
"""

import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from subprocess import PIPE, Popen
from typing import Any, NamedTuple

from moto.events.models import EventPattern

from infra.local.synthesis import synthesised_template
from tests.benchmarks.template import schemas
from tests.stub import services as stub
from tests.stub.server import LocalServer
from tests.stub.table import Consumed, Schema
from tests.stub.tables import Tables
from tests.stub.units import Item, item_size

STAGE = "prod"
PACE = 0.005
"""Seconds: about what DynamoDB takes, with the way to it and back."""
COUNTERS_TABLE, IDEMPOTENCY, DECISIONS = "usual-counters", "usual-idempotency", "usual-decisions"
KEPT_FOR_EVER = 400 * 86_400
"""Seconds: what has no end is counted for as long as a decision is kept that somebody was met by."""
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


class Units(NamedTuple):
    """What a table was billed, with its indexes."""

    reads: float = 0.0
    writes: float = 0.0

    def less(self, before: "Units") -> "Units":
        return Units(self.reads - before.reads, self.writes - before.writes)


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

    def units(self) -> dict[str, Units]:
        """What every table was billed so far, by its name."""
        tables: dict[str, Any] = self._fetch("/_units")
        return {name: Units(*parts) for name, parts in tables.items()}

    def events(self) -> Counter[str]:
        """How many events the bus has got so far, `published`, and of them `logged`, of so many `logged_bytes`."""
        return Counter(self._fetch("/_events"))


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


class _Tables(Tables):
    """Counts units by table, too: they have prices of their own."""

    def __init__(self, schemas: Iterable[Schema]) -> None:
        super().__init__(schemas)
        self.units: defaultdict[str, Consumed] = defaultdict(Consumed)

    def call(self, operation: str, request: Any, consumed: Consumed) -> Any:
        mine = Consumed()
        try:
            return super().call(operation, request, mine)
        finally:
            consumed.add(mine)
            (table,) = request.get("RequestItems") or [request["TableName"]]
            self.units[table].add(mine)


class _Services(stub.Services):
    """Counts events, too, and those that the template's rule puts into the log of events."""

    def __init__(self, tables: Tables, logged: EventPattern) -> None:
        super().__init__(tables)
        self.events = Counter(published=0, logged=0, logged_bytes=0)
        self._logged = logged

    def call(self, target: str, body: bytes) -> tuple[int, bytes]:
        if target == "AWSEvents.PutEvents":
            for entry in json.loads(body)["Entries"]:
                event: Any = {"source": entry["Source"], "detail-type": entry["DetailType"]}
                event["detail"] = json.loads(entry["Detail"])
                self.events["published"] += 1
                if self._logged.matches_event(event):
                    self.events["logged"] += 1
                    self.events["logged_bytes"] += len(json.dumps(entry))
        return super().call(target, body)


class _Slow(stub._Handler):
    services: _Services
    seconds = 0.0
    tables: _Tables
    schemas: Sequence[Schema]

    def get(self) -> None:
        path, _, at = self.path.partition("?after=")
        if path == "/_stored":
            kept = {each.name: stored(each, self.tables.items(each.name), float(at)) for each in self.schemas}
            self.respond(200, json.dumps({name: [each.table, each.indexes] for name, each in kept.items()}).encode())
        elif path == "/_events":
            self.respond(200, json.dumps(self.services.events).encode())
        elif path == "/_units":
            units = {name: [each.reads, each.writes.total()] for name, each in self.tables.units.items()}
            self.respond(200, json.dumps(units).encode())
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


def _logged(template: Any) -> EventPattern:
    """What the rule lets by that leads to the log of events."""
    rules = (each["Properties"] for each in template["Resources"].values() if each["Type"] == "AWS::Events::Rule")
    (pattern,) = (rule["EventPattern"] for rule in rules if rule["Name"] == f"sluice-{STAGE}-log")
    return EventPattern.load(json.dumps(pattern))


def main() -> None:
    """Serve on a free port, and say on which."""
    template = synthesised_template(STAGE)
    every = [*schemas(template), *USUAL]
    tables = _Tables(every)
    with LocalServer(_Slow, services=_Services(tables, _logged(template)), tables=tables, schemas=every) as server:
        sys.stdout.write(f"http://{server.address}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
