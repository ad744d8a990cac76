"""How the command line finds a local cloud, or says that there is none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.local.connection import LocalCloudNotUpError, LocalConnection, announce, connect, withdraw

pytestmark = pytest.mark.unit


def connection(pid: int) -> LocalConnection:
    return LocalConnection("http://127.0.0.1:4566", "dev", "us-east-1", pid, {"BusName": "sluice-dev"})


def test_what_is_announced_is_found(tmp_path: Path) -> None:
    """A cloud whose process lives is found with its endpoint and outputs, and no longer once it has withdrawn."""
    state = tmp_path / "state" / "local.json"
    announce(connection(os.getpid()), state)
    assert connect(state) == connection(os.getpid())
    assert connect(state).client_arguments()["endpoint_url"] == "http://127.0.0.1:4566"
    withdraw(state)
    with pytest.raises(LocalCloudNotUpError, match="sluice local up"):
        connect(state)


def test_a_cloud_whose_process_has_ended_is_not_up(tmp_path: Path) -> None:
    """A state file that a killed process left behind is told as such."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        ended.wait()
    announce(connection(ended.pid), tmp_path / "local.json")
    with pytest.raises(LocalCloudNotUpError, match=f"process {ended.pid} has ended"):
        connect(tmp_path / "local.json")


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"endpoint": 1, "more": 2}'])
def test_a_broken_state_file_is_told(tmp_path: Path, content: str) -> None:
    """A state file that cannot be read is an error that says what to do with it."""
    (tmp_path / "local.json").write_text(content, encoding="utf-8")
    with pytest.raises(LocalCloudNotUpError, match="remove it"):
        connect(tmp_path / "local.json")
