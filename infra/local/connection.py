"""How another process finds the local cloud that is up. Light to import: the command line reads this, never moto."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

STATE_DIRECTORY = Path(".sluice")
STATE_FILE = STATE_DIRECTORY / "local.json"
ACCOUNT = "123456789012"
REGION = "us-east-1"

# No secret: moto asks for a signature and looks at nothing in it.
LOCAL_CREDENTIALS: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
}


class LocalCloudNotUpError(Exception):
    """There is no local cloud to talk to; the message says how to start one."""


@dataclass(frozen=True)
class LocalConnection:
    """Where a local cloud that is up can be reached, and what it deployed."""

    endpoint: str
    stage: str
    region: str
    pid: int
    outputs: dict[str, str]

    def client_arguments(self) -> dict[str, Any]:
        """Keyword arguments for `boto3.client(service, **arguments)`, and for a session's `client` and `resource`."""
        return {
            "endpoint_url": self.endpoint,
            "region_name": self.region,
            "aws_access_key_id": LOCAL_CREDENTIALS["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": LOCAL_CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        }


def announce(connection: LocalConnection, state_file: Path = STATE_FILE) -> None:
    """Write the state file that `connect` reads; atomically, so that no reader sees half of it."""
    state_file.parent.mkdir(parents=True, exist_ok=True)
    partial = state_file.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(connection), indent=2) + "\n", encoding="utf-8")
    partial.replace(state_file)


def withdraw(state_file: Path = STATE_FILE) -> None:
    """Remove the state file, if it is there."""
    state_file.unlink(missing_ok=True)


def connect(state_file: Path = STATE_FILE) -> LocalConnection:
    """The local cloud that is up; raises LocalCloudNotUpError when there is none, or when its process has died."""
    try:
        connection = LocalConnection(**json.loads(state_file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise LocalCloudNotUpError(
            f"no local cloud is up here ({state_file} does not exist): run `sluice local up` in another terminal"
        ) from None
    except (ValueError, TypeError) as error:
        raise LocalCloudNotUpError(
            f"{state_file} is not readable as a local cloud's state ({error}): "
            "remove it and run `sluice local up` in another terminal"
        ) from error
    if not _alive(connection.pid):
        raise LocalCloudNotUpError(
            f"the local cloud of {state_file} is gone (process {connection.pid} has ended): "
            "run `sluice local up` in another terminal"
        )
    return connection


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it lives, and belongs to someone else
        return True
    return True


def typed() -> str:
    """The `sluice` command as it can be typed here: `make` puts it on the path of its own recipes only."""
    beside = Path(sys.executable).parent / "sluice"
    return str(beside.relative_to(Path.cwd()) if beside.is_relative_to(Path.cwd()) else beside)
