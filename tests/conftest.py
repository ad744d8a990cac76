"""What all tests share: an environment of their own, Hypothesis' profiles, and an AWS that moto plays."""

import functools
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import botocore.session
import pytest
import typer.testing
from hypothesis import HealthCheck, settings

from infra.local.emulator import quick_moto
from shared.runtime import roots
from tests.support.account import SAFE, played_account
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

FOREIGN = ("AWS_", "SLUICE_", "POWERTOOLS_")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A file's tests go to one worker, unless it says otherwise: what its fixtures make is made once."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture(scope="session", autouse=True)
def made_once() -> Iterator[None]:
    """What is the same each time is made once: services' models, megabytes of JSON that each session would read for
    itself, and the tree of `sluice`'s commands, which each call of it would build; and moto loses no time."""
    with pytest.MonkeyPatch.context() as patch, quick_moto():
        for module, name in ((botocore.session, "create_loader"), (typer.testing, "_get_command")):
            patch.setattr(module, name, functools.cache(getattr(module, name)))
        yield


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
    with played_account():
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
