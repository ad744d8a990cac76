"""`sluice local`: a local cloud for people, from its first line to Ctrl-C."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest

from infra.local.connection import STATE_FILE, LocalCloudNotUpError, LocalConnection, connect
from tests.support.cli import sluice

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("sluice local up")]

SECONDS_TO_COME_UP = 180
INTERRUPTIBLE = """
import signal
from shared.cli.main import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
main()
"""


def replayed(folder: Path) -> Path:
    """A file with one signal."""
    path = folder / "signals.jsonl"
    path.write_text(sluice("signals", "example", "login.failed", "--json").stdout, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("laptop")


@contextmanager
def started(folder: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """`sluice local up`, as from a terminal."""
    command = [sys.executable, "-c", INTERRUPTIBLE, "local", "up", "--port", "0", *words]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with (folder / "printed").open("w", encoding="utf-8") as printed:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=printed, stderr=subprocess.STDOUT, text=True
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def up(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A local cloud with one signal replayed."""
    with started(folder, "--replay", str(replayed(folder))) as process:
        yield process


def wait_until(found: Callable[[], bool], process: subprocess.Popen[str], folder: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_COME_UP
    while not found():
        assert process.poll() is None, (folder / "printed").read_text(encoding="utf-8")
        assert time.monotonic() < deadline, "it did not come up"
        time.sleep(0.2)


@pytest.fixture
def connection(up: subprocess.Popen[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> LocalConnection:
    """The cloud, once it has replayed; commands are given in its folder."""
    monkeypatch.chdir(folder)
    wait_until(lambda: "Ctrl-C ends it" in (folder / "printed").read_text(encoding="utf-8"), up, folder)
    return connect()


def test_it_says_where_it_is(connection: LocalConnection, folder: Path) -> None:
    """It prints its endpoint, what is there by name, how to put a signal, and what came of the replay."""
    printed = (folder / "printed").read_text(encoding="utf-8")
    assert connection.endpoint in printed
    assert connection.outputs["DecisionsTable"] in printed
    assert f"aws kinesis put-record --stream-name {connection.outputs['SignalsStream']}" in printed
    assert "signals sent" in printed


def test_a_signal_becomes_a_decision_that_can_be_asked_for(connection: LocalConnection) -> None:
    """A signal put by any client of AWS is judged at once, and the command finds its decision."""
    event = sluice("signals", "example", "payment.attempted", "--json").stdout
    kinesis = boto3.client("kinesis", **connection.client_arguments())
    subject = json.loads(event)["subject"]
    kinesis.put_record(StreamName=connection.outputs["SignalsStream"], PartitionKey=subject, Data=event.encode())
    deadline = time.monotonic() + SECONDS_TO_COME_UP
    while (found := sluice("decisions", "list", "--subject", subject, "--json", "--local")).exit_code:
        assert time.monotonic() < deadline, found.stderr
        time.sleep(0.2)
    assert json.loads(found.stdout)["signal_type"] == "payment.attempted"


def test_ctrl_c_ends_it_cleanly(connection: LocalConnection, up: subprocess.Popen[str], folder: Path) -> None:
    """Interrupted, it ends with success and words, and leaves nothing that another command could take for it."""
    up.send_signal(signal.SIGINT)
    assert up.wait(timeout=60) == 0
    assert "The local cloud ends" in (folder / "printed").read_text(encoding="utf-8")
    with pytest.raises(LocalCloudNotUpError):
        connect()


def test_a_process_that_is_told_to_end_leaves_nothing_either(tmp_path: Path) -> None:
    """Whoever ends it by its id, as a supervisor does, finds it as after Ctrl-C."""
    state = tmp_path / STATE_FILE
    with started(tmp_path) as process:
        wait_until(state.exists, process, tmp_path)
        process.terminate()
        assert process.wait(timeout=60) == 0
    assert not state.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("none.jsonl",), "none.jsonl is no file"),
        (("some.csv",), "--as payments"),
        (("some.csv", "--as", "orders"), "payments and logins"),
    ],
)
def test_a_file_that_cannot_be_replayed(
    words: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is not there, or that nothing says how to read, is one sentence."""
    (tmp_path / "some.csv").write_text("a,b\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    result = sluice("local", "replay", *words)
    assert result.exit_code == 2
    assert said in result.stderr
