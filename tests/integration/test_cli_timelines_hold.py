"""`sluice timelines hold` and `unhold`: what must be kept."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli_fixtures import Stage, deployed_stage
from tests.integration.timelines_fixtures import CARD, ERASE, USER, a_signal, decided, items
from tests.support.cli import sluice

pytestmark = pytest.mark.integration


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.chdir(tmp_path)
    with deployed_stage() as stage:
        yield stage


def test_an_erasure_and_a_hold_can_be_looked_at(stage: Stage) -> None:
    """By the id that was printed, and by whose hold it is: who, when and why."""
    decided(stage, a_signal(1))
    sluice("timelines", "hold", CARD, "--why", "court order 12")
    erasure_id = sluice(*ERASE).stdout.strip()
    for decision_id, why in ((erasure_id, "request 7"), (f"hold/{CARD}", "court order 12")):
        result = sluice("decisions", "show", decision_id)
        assert result.exit_code == 0
        assert why in result.stdout


def test_a_legal_hold_keeps_everything(stage: Stage) -> None:
    """Under a hold nothing is erased; it says who placed it and why, and can be lifted."""
    decided(stage, a_signal(1))
    assert sluice("timelines", "hold", USER, "--why", "court order 12").exit_code == 0
    refused = sluice(*ERASE)
    assert refused.exit_code == 2
    assert "court order 12" in refused.stderr
    assert sluice("timelines", "hold", USER, "--why", "another").exit_code == 2
    assert sluice("timelines", "unhold", USER).exit_code == 0
    assert sluice("timelines", "unhold", USER).exit_code == 1
    assert sluice(*ERASE).exit_code == 0


def test_a_hold_that_comes_while_it_asks_keeps_everything(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the question and the answer somebody may have placed one."""
    decided(stage, a_signal(1))
    before = items(stage, "TimelinesTable")

    def answer(*_: object, **__: object) -> bool:
        sluice("timelines", "hold", USER, "--why", "court order 12")
        return True

    monkeypatch.setattr("typer.confirm", answer)
    result = sluice(*ERASE[:-1])
    assert (result.exit_code, items(stage, "TimelinesTable")) == (2, before)
    assert "court order 12" in result.stderr
