"""What 1,000 signals ask of AWS and of the CPU: simulated traffic through the real handlers, against the stub.

`evaluate_stream` takes the traffic in batches of the stage's size, as one lane of the stream; after each batch
`enforce` takes what the decisions table's stream then holds and the outbox's filter lets through. The first part of
the traffic only fills the tables, so that what is counted meets timelines with something in them.
"""

import contextlib
import importlib
import io
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from infra.local.synthesis import synthesised_template
from infra.settings import SETTINGS
from tests.benchmarks.template import STAGE, environment
from tests.benchmarks.traffic import Sent, batches, kinesis_event
from tests.stub.services import Stub, running

FUNCTIONS = ("evaluate_stream", "enforce")
BATCH = SETTINGS[STAGE].signals_stream.batch_size
OUTBOX_BATCH = SETTINGS[STAGE].outbox_stream.batch_size

Handler = Callable[[dict[str, Any], None], dict[str, Any]]


@dataclass
class Work:
    """One function's part: invocations, records, CPU seconds, and the stub's counts by operation."""

    invocations: int = 0
    records: int = 0
    cpu: float = 0
    calls: list[Mapping[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Bill:
    """What a run of signals cost, by function, and the CPU seconds of `json.loads` of the same signals."""

    signals: int
    loads_cpu: float
    work: Mapping[str, Work]

    def usage(self, function: str) -> dict[str, dict[str, float]]:
        """Calls, bytes and units by operation, per 1,000 signals; write units as `write_units` and, by index, more."""
        total: dict[str, dict[str, float]] = {}
        for counts in self.work[function].calls:
            for operation, usage in counts.items():
                sums = total.setdefault(operation, {})
                for name, value in _flat(usage):
                    sums[name] = sums.get(name, 0) + value * 1000 / self.signals
        return total


class Functions:
    """The handlers in this process, each with its own variables, as Lambda would give them."""

    def __init__(self, stub: Stub) -> None:
        template = synthesised_template(STAGE)
        self._stub = stub
        self._seen = 0
        self._environments = {name: environment(template, name, stub.endpoint) for name in FUNCTIONS}
        self._handlers = {name: self._loaded(name) for name in FUNCTIONS}
        self.work = {name: Work() for name in FUNCTIONS}

    def start_afresh(self) -> None:
        """Count from here on."""
        self._stub.start_afresh()
        self.work = {name: Work() for name in FUNCTIONS}

    def judge(self, batch: Sequence[Sent]) -> None:
        """One batch through `evaluate_stream`, and what it left in the outbox through `enforce`."""
        self._invoke("evaluate_stream", kinesis_event(batch))
        changes = self._stub.changes(self._seen)
        self._seen += len(changes)
        waiting = [change for change in changes if _asks_for_action(change)]
        for start in range(0, len(waiting), OUTBOX_BATCH):
            self._invoke("enforce", {"Records": waiting[start : start + OUTBOX_BATCH]})

    def _invoke(self, name: str, event: dict[str, Any]) -> None:
        work = self.work[name]
        with patch.dict(os.environ, self._environments[name]), contextlib.redirect_stdout(io.StringIO()):
            start = time.process_time()
            answer = self._handlers[name](event, None)
            work.cpu += time.process_time() - start
        if answer["batchItemFailures"]:
            raise RuntimeError(f"{name} could not do its work on the stub: {answer}")
        work.invocations += 1
        work.records += len(event["Records"])
        work.calls.append(self._stub.counts())
        self._stub.start_afresh()

    def _loaded(self, name: str) -> Handler:
        with patch.dict(os.environ, self._environments[name]):
            handler: Handler = importlib.import_module(f"functions.{name}.handler").handler
        return handler


def bill(traffic: Sequence[Sent], filling: int, tell: Callable[[int], None]) -> Bill:
    """Run the traffic, the first `filling` signals uncounted; `tell` is called with each batch's size."""
    with running() as stub:
        functions = Functions(stub)
        for batch in batches(traffic[:filling], BATCH):
            functions.judge(batch)
            tell(len(batch))
        functions.start_afresh()
        loads = 0.0
        for batch in batches(traffic[filling:], BATCH):
            loads += _loads_cpu(batch)
            functions.judge(batch)
            tell(len(batch))
        return Bill(len(traffic) - filling, loads, functions.work)


def _loads_cpu(batch: Sequence[Sent]) -> float:
    start = time.process_time()
    for signal in batch:
        json.loads(signal.payload)
    return time.process_time() - start


def _asks_for_action(change: Mapping[str, Any]) -> bool:
    """The outbox's filter: see `infra.sources.OUTBOX`."""
    return change["eventName"] == "INSERT" and "S" in change["dynamodb"]["NewImage"].get("outbox", {})


def _flat(usage: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name, value in usage.items():
        if name == "write_units":
            yield from ((f"write_units:{where}", units) for where, units in value.items())
        else:
            yield name, value
