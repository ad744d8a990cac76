"""What invocations cost: CPU, time, log lines, and calls and units by the stub's count."""

import contextlib
import importlib
import io
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple, dataclass, field
from typing import Any
from unittest.mock import patch

from tests.benchmarks.evaluate.endpoint import Endpoint

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass
class Usage:
    """Of one operation: calls, and units of reads and of writes with every index."""

    calls: float = 0
    reads: float = 0
    writes: float = 0

    def add(self, counts: Mapping[str, Any]) -> None:
        self.calls += counts["calls"]
        self.reads += counts["read_units"]
        self.writes += sum(counts["write_units"].values())


@dataclass
class Work:
    """One function's part: seconds of CPU and by the clock, bytes that it logged, and usage by operation."""

    invocations: int = 0
    records: int = 0
    cpu: float = 0
    wall: float = 0
    logged: int = 0
    usage: dict[str, Usage] = field(default_factory=dict)

    @property
    def total(self) -> Usage:
        parts = [astuple(usage) for usage in self.usage.values()]
        return Usage(*map(sum, zip(*parts, strict=True)))


class Function:
    """A handler in this process, imported and called with variables of its own, as Lambda would."""

    def __init__(self, handler: str, environment: Mapping[str, str], endpoint: Endpoint, context: Any = None) -> None:
        self.environment = environment
        self.work = Work()
        self._endpoint = endpoint
        self._context = context
        self._lines = io.StringIO()
        module, _, name = handler.rpartition(".")
        with self.surroundings():
            self._handler: Handler = getattr(importlib.import_module(module), name)

    @property
    def memory(self) -> int:
        """MB that it would have."""
        return int(self.environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])

    @contextlib.contextmanager
    def surroundings(self) -> Iterator[None]:
        """Its variables, and its own standard output."""
        with patch.dict(os.environ, self.environment), contextlib.redirect_stdout(self._lines):
            yield

    def invoke(self, event: dict[str, Any]) -> None:
        """Raises `RuntimeError` when it asks for anything again: then there is nothing to compare."""
        work = self.work
        self._endpoint.start_afresh()
        with self.surroundings():
            cpu, wall = time.process_time(), time.perf_counter()
            answer = self._handler(event, self._context)
            work.cpu += time.process_time() - cpu
            work.wall += time.perf_counter() - wall
        logged = self._lines.getvalue()
        self._lines.seek(0)
        self._lines.truncate()
        if answer["batchItemFailures"]:
            raise RuntimeError(f"{self._handler.__module__} could not do its work on the stub: {logged[-2000:]}")
        work.invocations += 1
        work.records += len(event["Records"])
        work.logged += len(logged.encode())
        for operation, counts in self._endpoint.counts().items():
            work.usage.setdefault(operation, Usage()).add(counts)

    def start_afresh(self) -> None:
        """Count from here on."""
        self.work = Work()
