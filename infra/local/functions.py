"""The stand-in for the Lambda runtime: a function of the template, called in this process as Lambda would call it.

One at a time, on the main thread, with only the template's environment and a timer for the time-out. What the code
remembers from its first call, such as clients and settings, belongs to that function alone: all modules of the code are
imported afresh for it, and again after a time-out, which ends a real execution environment too.
"""

import contextlib
import importlib
import io
import json
import os
import signal
import sys
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, Self
from unittest.mock import patch

from infra.local.connection import ACCOUNT, REGION
from infra.local.emulator import AWS_ENVIRONMENT

Handler = Callable[[dict[str, Any], "LambdaContext"], Any]


@dataclass(frozen=True)
class FunctionSettings:
    """What the template says of one function. `timeout` is in seconds, `memory` in MB."""

    name: str
    handler: str
    timeout: float
    memory: int
    environment: Mapping[str, str]

    @classmethod
    def from_template(cls, properties: Mapping[str, Any]) -> Self:
        """From the CloudFormation properties, with Lambda's own defaults."""
        return cls(
            name=properties["FunctionName"],
            handler=properties["Handler"],
            timeout=float(properties.get("Timeout", 3)),
            memory=int(properties.get("MemorySize", 128)),
            environment={
                name: str(value) for name, value in properties.get("Environment", {}).get("Variables", {}).items()
            },
        )

    @property
    def arn(self) -> str:
        """The function's ARN in the local account."""
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.name}"


@dataclass(frozen=True)
class LambdaContext:
    """The context object of one invocation."""

    function_name: str
    memory_limit_in_mb: int
    invoked_function_arn: str
    aws_request_id: str
    deadline: float  # of time.monotonic
    function_version: str = "$LATEST"

    @property
    def log_group_name(self) -> str:
        """The name that Lambda gives a function's log group."""
        return f"/aws/lambda/{self.function_name}"

    @property
    def log_stream_name(self) -> str:
        """One stream: there is one execution environment."""
        return "local"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the time-out, never below zero."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))


@dataclass(frozen=True)
class Invocation:
    """How one call ended: what the handler returned, or why it did not return."""

    request_id: str
    response: Any = None
    error: str | None = None


class FunctionTimedOutError(BaseException):
    """Raised inside a handler whose time is over; no Exception, as no handler survives its time-out by catching."""


class LocalFunction:
    """One function: `invoke` calls its handler. Its output goes to `log`, as CloudWatch would keep it."""

    def __init__(self, settings: FunctionSettings, code: Path, log: Path) -> None:
        self.settings = settings
        self._log = log
        self._modules = _OwnModules(code)
        self._environment = {
            **AWS_ENVIRONMENT,
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "en_US.UTF-8",
            "AWS_LAMBDA_FUNCTION_NAME": settings.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings.memory),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "LAMBDA_TASK_ROOT": str(code),
            **settings.environment,
        }

    def invoke(self, event: dict[str, Any]) -> Invocation:
        """Call the handler with a copy of the event; an exception, a time-out or a failed import is its error."""
        context = LambdaContext(
            function_name=self.settings.name,
            memory_limit_in_mb=self.settings.memory,
            invoked_function_arn=self.settings.arn,
            aws_request_id=str(uuid.uuid4()),
            deadline=time.monotonic() + self.settings.timeout,
        )
        with (
            patch.dict(os.environ, self._environment, clear=True),
            self._modules.installed(),
            _output_to(self._log),
        ):
            try:
                with _killed_after(self.settings.timeout):
                    response = self._handler()(json.loads(json.dumps(event)), context)
                return Invocation(context.aws_request_id, response=json.loads(json.dumps(response)))
            except FunctionTimedOutError:
                self._modules.forget()
                error = f"{self.settings.name} timed out after {self.settings.timeout:g} seconds"
                _OUTPUT.write(f"[ERROR] {error}\n")
            except (Exception, SystemExit) as failure:  # noqa: BLE001 - any failure is the function's
                error = f"{type(failure).__name__}: {failure}"
                _OUTPUT.write(f"[ERROR] {error}\n{traceback.format_exc()}\n")
            return Invocation(context.aws_request_id, error=error)

    def _handler(self) -> Handler:
        module, _, attribute = self.settings.handler.rpartition(".")
        handler: Handler = getattr(importlib.import_module(module), attribute)
        return handler


class _OwnModules:
    """The modules of one function's code, kept apart from those of other functions and of the rest of the process."""

    def __init__(self, code: Path) -> None:
        self._code = code
        self._packages = {
            entry.stem for entry in code.iterdir() if entry.suffix == ".py" or (entry / "__init__.py").exists()
        }
        self._modules: dict[str, ModuleType] = {}
        importlib.invalidate_caches()  # the code may be younger than what Python remembers of its folder

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """In the body, imports find this function's modules, and new ones become its own."""
        others = self._taken_out()
        sys.modules.update(self._modules)
        sys.path.insert(0, str(self._code))
        try:
            yield
        finally:
            sys.path.remove(str(self._code))
            self._modules = self._taken_out()
            sys.modules.update(others)

    def forget(self) -> None:
        """While installed: the next import starts from nothing."""
        self._taken_out()

    def _taken_out(self) -> dict[str, ModuleType]:
        names = [name for name in sys.modules if name.partition(".")[0] in self._packages]
        return {name: sys.modules.pop(name) for name in names}


@contextlib.contextmanager
def _killed_after(seconds: float) -> Iterator[None]:
    """Raise FunctionTimedOutError in the body when its time is over; a timer that was set before goes on afterwards."""

    def time_is_over(_signal: int, _frame: FrameType | None) -> None:
        raise FunctionTimedOutError

    started = time.monotonic()
    handler_before = signal.signal(signal.SIGALRM, time_is_over)
    left_before, interval_before = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler_before)
        if left_before:
            left = max(left_before - (time.monotonic() - started), 0.001)
            signal.setitimer(signal.ITIMER_REAL, left, interval_before)


class _RoutedOutput(io.TextIOBase):
    """Where handlers print to. One object for good: a logger made in a handler's first call keeps hold of it."""

    def __init__(self) -> None:
        self.target: io.TextIOBase | None = None

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        return (self.target or sys.__stderr__).write(text)  # type: ignore[union-attr]  # stderr is there

    def flush(self) -> None:
        if self.target is not None:
            self.target.flush()


_OUTPUT = _RoutedOutput()


@contextlib.contextmanager
def _output_to(log: Path) -> Iterator[None]:
    with (
        log.open("a", encoding="utf-8") as target,
        contextlib.redirect_stdout(_OUTPUT),
        contextlib.redirect_stderr(_OUTPUT),
    ):
        _OUTPUT.target = target
        try:
            yield
        finally:
            _OUTPUT.target = None
