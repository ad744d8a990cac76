"""How the command finds the cloud to ask, and what it says when there is none."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from infra.local.connection import REGION, STATE_FILE, LocalConnection, announce
from tests.integration.cli_fixtures import NOON, Stage, deployed_stage
from tests.support.cli import sluice

pytestmark = pytest.mark.integration


@pytest.fixture
def stage() -> Iterator[Stage]:
    with deployed_stage() as stage:
        yield stage


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probing:
        probing.bind(("127.0.0.1", 0))
        return int(probing.getsockname()[1])


def test_a_stage_that_is_not_deployed(stage: Stage) -> None:
    """Without its stack a stage is told with the region and ways on, in one sentence."""
    result = sluice("decisions", "list", "--stage", "prod")
    assert result.exit_code == 2
    assert "there is no stack sluice-prod in us-east-1" in result.stderr
    assert "--local" in result.stderr


def test_the_stage_comes_from_the_environment(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """SLUICE_STAGE names the stage when the option does not."""
    monkeypatch.setenv("SLUICE_STAGE", "prod")
    assert "sluice-prod" in sluice("status").stderr


def test_without_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Missing credentials are one sentence with a way on, and no traceback."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    result = sluice("status")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "Unable to locate credentials; sign in" in result.stderr


def test_without_a_region(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A missing region is one sentence that says where to put it."""
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    assert "specify a region in AWS_DEFAULT_REGION" in sluice("status").stderr


def test_an_unknown_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile that does not exist is told by its name."""
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    result = sluice("status")
    assert result.exit_code == 2
    assert "nobody" in result.stderr


def test_no_local_cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without a local cloud --local says how to start one."""
    monkeypatch.chdir(tmp_path)
    result = sluice("status", "--local")
    assert result.exit_code == 2
    assert "sluice local up" in result.stderr


def test_a_local_cloud_that_does_not_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free_port: int) -> None:
    """A local cloud whose port is dead is one sentence, too."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    outputs = {"DecisionsTable": "decisions"}
    announce(LocalConnection(f"http://127.0.0.1:{free_port}", "dev", REGION, os.getpid(), outputs), STATE_FILE)
    result = sluice("decisions", "show", "x", "--local")
    assert result.exit_code == 2
    assert "Could not connect to the endpoint" in result.stderr


def test_a_stack_of_an_older_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An output that the stack does not have is named."""
    monkeypatch.chdir(tmp_path)
    announce(LocalConnection("http://127.0.0.1:1", "dev", REGION, os.getpid(), {}), STATE_FILE)
    assert "has no output LedgerTable" in sluice("restrictions", "show", "user:u_1", "--local").stderr


def test_the_local_cloud_is_asked_over_http(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free_port: int
) -> None:
    """With --local the commands ask the endpoint that the state file names, with its own credentials."""
    stage.restrict("user:u_1", "buy", source="rule:x", at=NOON)
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name)
    server = ThreadedMotoServer("127.0.0.1", free_port, verbose=False)
    server.start()
    try:
        connection = LocalConnection(f"http://127.0.0.1:{free_port}", "dev", REGION, os.getpid(), stage.outputs)
        announce(connection, STATE_FILE)
        shown = sluice("restrictions", "show", "user:u_1", "--at", "2026-11-20T13:00:00Z", "--json", "--local")
        status = sluice("status", "--json", "--local")
    finally:
        server.stop()
    assert json.loads(shown.stdout)["in_force"][0]["capability"] == "buy"
    assert json.loads(status.stdout)["place"] == connection.endpoint
