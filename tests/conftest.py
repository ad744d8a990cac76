"""What all tests share: an environment of their own, Hypothesis' profiles, and an AWS that moto plays."""

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from moto import mock_aws

from shared.runtime import roots
from tests.support.aws import Aws, World

settings.register_profile(
    "default",
    max_examples=100,
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("long", settings.get_profile("default"), max_examples=2_000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

SAFE = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    # Tables are as wide as the terminal; no test depends on whose it is.
    "COLUMNS": "200",
    # Else botocore asks a host for streams that moto does not know.
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
}
FOREIGN = ("AWS_", "SLUICE_", "POWERTOOLS_")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the credentials, settings or endpoints of whoever runs it."""
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        monkeypatch.delenv(name)
    for name, value in SAFE.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    """An account that moto plays, with clients whose calls a test can strike with faults."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name, value in SAFE.items():
            environment.setenv(name, value)
        yield Aws()


@pytest.fixture
def cloud(aws: Aws) -> World:
    """Empty tables, bucket, queues, bus and secret, as the stack has them; no faults."""
    return aws.fresh()


class Context:
    """What Lambda hands to a handler that has all its time."""

    def get_remaining_time_in_millis(self) -> int:
        return 50_000


Handler = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture
def handler(cloud: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Handler]:
    """The handlers by their function's name, as Lambda calls them: with nothing but the stack's environment."""
    for name, value in cloud.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "tests")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Sluice")

    # As in a new process: nothing is built yet, and the module's metrics read the environment as it is loaded.
    roots.evaluation.cache_clear()
    roots.enforcement.cache_clear()
    roots.expiry.cache_clear()

    def named(name: str) -> Handler:
        module = f"functions.{name}.handler"
        sys.modules.pop(module, None)
        handler = importlib.import_module(module).handler
        return lambda event: handler(event, Context())

    return named
