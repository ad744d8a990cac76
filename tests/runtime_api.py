"""Lambda's Runtime API, as small as the real runtime client needs it: hands out events, takes answers.

A function's process asks for the next event until it is killed; what it answers, or why it failed to start, comes out
of `RuntimeApi.outcome`.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any, Literal, Self

from tests.stub.server import LocalHandler, LocalServer

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 60
"""Seconds until a process that says nothing counts as stuck."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the function said: its answer, or an error of the invocation or of its start; `at` is monotonic."""

    kind: Literal["response", "error", "init_error"]
    body: Any
    at: float


class RuntimeApi:
    """The server's side: events in, outcomes out."""

    def __init__(self) -> None:
        self._events: Queue[Mapping[str, Any] | None] = Queue()
        self._outcomes: Queue[Outcome] = Queue()
        self._server = LocalServer(_Handler, events=self._events, outcomes=self._outcomes)
        self.address = self._server.address

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._events.put(None)
        self._server.shutdown()
        self._server.server_close()

    def outcome(self, event: Mapping[str, Any]) -> Outcome:
        """Hand out one event, and wait for what the function says."""
        self._events.put(event)
        return self._outcomes.get(timeout=PATIENCE)


class _Handler(LocalHandler):
    events: Queue[Mapping[str, Any] | None]
    outcomes: Queue[Outcome]

    def get(self) -> None:
        """`next`: wait for an event, and give it the headers of an invocation."""
        event = self.events.get()
        if event is None:
            self.close_connection = True
            return
        self.respond(
            200,
            json.dumps(event).encode(),
            Lambda_Runtime_Aws_Request_Id="00000000-0000-4000-8000-000000000001",
            Lambda_Runtime_Deadline_Ms=str(int((time.time() + PATIENCE) * 1000)),
            Lambda_Runtime_Invoked_Function_Arn="arn:aws:lambda:us-east-1:123456789012:function:test",
            Lambda_Runtime_Trace_Id="Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0",
        )

    def post(self) -> None:
        """`<id>/response`, `<id>/error` or `init/error`."""
        at, body = time.monotonic(), json.loads(self.body())
        kind: Any = "init_error" if self.path.endswith("/init/error") else self.path.rpartition("/")[2]
        self.outcomes.put(Outcome(kind, body, at))
        self.respond(202)


@contextmanager
def function_process(
    api: RuntimeApi,
    environment: Mapping[str, str],
    *,
    python: str = sys.executable,
    folder: Path = ROOT,
) -> Iterator[None]:
    """The real runtime client with the handler that `_HANDLER` names, and no other variables than these."""
    surroundings = {
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "LAMBDA_TASK_ROOT": str(folder),
        "LANG": "en_US.UTF-8",
        "PATH": os.defpath,
        "TZ": ":UTC",
    }
    with subprocess.Popen(
        [python, "-m", "awslambdaric", environment["_HANDLER"]],
        cwd=folder,
        env={**surroundings, **environment},
        stdout=subprocess.DEVNULL,  # metrics; errors are left to be seen
    ) as process:
        try:
            yield
        finally:
            process.kill()
