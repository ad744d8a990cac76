"""How the garbage collector is handled where Lambda starts a process."""

import gc
import importlib

import pytest

import functions
from shared.runtime.roots import built_at_start

pytestmark = pytest.mark.unit


def test_the_collector_rests_while_lambda_starts_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is made at the start is not searched for garbage, neither then nor later; what comes after it is."""
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    at_start: list[bool] = []
    try:
        importlib.reload(functions)
        built_at_start(lambda: at_start.append(gc.isenabled()))

        assert at_start == [False]
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
    finally:
        gc.enable()
        gc.unfreeze()


def test_the_collector_goes_on_where_the_start_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that goes on without what could not be built collects its garbage."""
    monkeypatch.setenv("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
    try:
        importlib.reload(functions)
        with pytest.raises(KeyError):
            built_at_start({}.popitem)

        assert gc.isenabled()
    finally:
        gc.enable()


def test_the_collector_is_left_alone_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of Lambda nothing is built when a handler is imported, and the collector works as it did."""
    monkeypatch.delenv("AWS_LAMBDA_INITIALIZATION_TYPE", raising=False)
    frozen, built = gc.get_freeze_count(), list[str]()
    importlib.reload(functions)
    built_at_start(lambda: built.append("root"))

    assert gc.isenabled()
    assert (gc.get_freeze_count(), built) == (frozen, [])
