"""Cold start: from the start of a process to its first answer, with and without byte code in the bundle.

The bundle is the deployed one but for the platform: built for this machine by the same code, as a layer for Graviton
does not run here. The runtime's own part (its client and the SDK) lies beside it, compiled in both cases, as Lambda
ships it. Runs alternate, so that a slow moment of the machine hits both kinds. Linux only, like the runtime client.
"""

import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

from infra import bundle
from infra.local.synthesis import synthesised_template
from tests.benchmarks.template import STAGE, environment
from tests.benchmarks.traffic import example, kinesis_event
from tests.runtime_api import RuntimeApi, function_process
from tests.stub.services import Stub, running

FUNCTION = "evaluate_stream"
_ROOT = Path(__file__).resolve().parents[2]


class Start(NamedTuple):
    """One run, in seconds: until the first answer by the clock, and of the process on a CPU until it was ended."""

    answered: float
    cpu: float


@dataclass(frozen=True)
class ColdStarts:
    """The runs in pairs: the bundle with byte code, and with sources only."""

    python: str
    function: str
    with_byte_code: Sequence[Start]
    sources_only: Sequence[Start]

    @property
    def ratios(self) -> Start:
        """How many times as long sources take: medians over the pairs."""
        pairs = list(zip(self.sources_only, self.with_byte_code, strict=True))
        return Start(
            median(slow.answered / quick.answered for slow, quick in pairs),
            median(slow.cpu / quick.cpu for slow, quick in pairs),
        )


@dataclass(frozen=True)
class Installed:
    """Folders as they lie in the function's environment, and the interpreter that runs them."""

    python: Path
    function: Path
    layer: Path
    runtime: Path

    @property
    def path(self) -> str:
        """`PYTHONPATH`, in Lambda's order."""
        return os.pathsep.join(map(str, (self.function, self.layer / "python", self.runtime)))


def cold_starts(runs: int, tell: Callable[[int], None]) -> ColdStarts:
    """Start the function `runs` times with each kind of bundle; `tell` is called after each pair."""
    compiler, says = _interpreter()
    with tempfile.TemporaryDirectory() as folder, running() as stub:
        compiled, plain = _installed(Path(folder), compiler)
        pairs = []
        for _ in range(runs):
            pairs.append((_started(compiled, stub), _started(plain, stub)))
            tell(1)
    return ColdStarts(says, FUNCTION, [quick for quick, _ in pairs], [slow for _, slow in pairs])


def _interpreter() -> tuple[bundle.Compiler, str]:
    """The runtime's minor version if it is at hand, else the running one; and in words which."""
    found = bundle.find_compiler()
    if found:
        return found, f"Python {bundle.RUNTIME_VERSION}, as on Lambda"
    running_version = f"{sys.version_info.major}.{sys.version_info.minor}"
    words = f"Python {running_version}, as there is no {bundle.RUNTIME_VERSION} here"
    return bundle.Compiler(Path(sys.executable), sys.implementation.cache_tag), words


def _installed(folder: Path, compiler: bundle.Compiler) -> tuple[Installed, Installed]:
    """The bundle with byte code, and the one without."""
    version = _version(compiler.python)
    here = f"{platform.machine()}-manylinux_2_28"
    runtime = _runtime(folder / "runtime", compiler.python, version, here)
    target = bundle.Target(version, here)
    compiled, plain = (
        Installed(
            compiler.python,
            bundle.function(_ROOT, folder / "build", FUNCTION, with_byte_code).path,
            bundle.dependencies(_ROOT, folder / "build", with_byte_code, target).path,
            runtime,
        )
        for with_byte_code in (compiler, None)
    )
    return compiled, plain


def _runtime(folder: Path, python: Path, version: str, platform_tag: str) -> Path:
    """What the managed runtime brings along, in the versions that the tests use."""
    pinned = _ROOT / "requirements-dev.txt"
    subprocess.run(
        [
            *(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(folder)),
            *("--constraint", str(pinned), "--python-version", version, "--python-platform", platform_tag),
            *("--only-binary", ":all:", "awslambdaric", "boto3"),
        ],
        check=True,
    )
    subprocess.run([python, "-m", "compileall", "-q", str(folder)], check=True)
    return folder


def _version(python: Path) -> str:
    words = subprocess.run([python, "--version"], check=True, capture_output=True, text=True).stdout.split()
    return words[1].rpartition(".")[0]


def _started(installed: Installed, stub: Stub) -> Start:
    """Start a process, have it answer about one signal, and end it."""
    variables = environment(synthesised_template(STAGE), FUNCTION, stub.endpoint)
    # Lambda's code folders cannot be written to: what has no byte code never gets any.
    variables |= {"PYTHONPATH": installed.path, "PYTHONDONTWRITEBYTECODE": "1"}
    with RuntimeApi() as api:
        cpu, start = _cpu_of_ended_processes(), time.monotonic()
        with function_process(api, variables, python=str(installed.python), folder=installed.function):
            outcome = api.outcome(kinesis_event([example("payment.attempted")]))
    if outcome.kind != "response" or outcome.body["batchItemFailures"]:
        raise RuntimeError(f"{FUNCTION} did not answer from its bundle: {outcome.body}")
    return Start(outcome.at - start, _cpu_of_ended_processes() - cpu)


def _cpu_of_ended_processes() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
