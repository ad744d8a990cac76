"""`sluice simulate`: traffic in one file, the truth in another."""

import json
from pathlib import Path

import pytest
from typer.testing import Result

from infra.local.simulation import Settings
from tests.support.cli import sluice

pytestmark = pytest.mark.unit


def simulate(out: Path, *words: str) -> Result:
    return sluice("simulate", "--out", str(out), *words)


def test_signals_and_truth_are_written_apart(tmp_path: Path) -> None:
    """Signals are JSON lines; the truth is in a file of its own; equal seeds give equal bytes."""
    assert simulate(tmp_path / "a", "--seed", "3", "--signals", "200").exit_code == 0
    assert simulate(tmp_path / "b", "--seed", "3", "--signals", "200").exit_code == 0
    signals = (tmp_path / "a" / "signals.jsonl").read_bytes()
    assert signals == (tmp_path / "b" / "signals.jsonl").read_bytes()
    assert b"campaign" not in signals
    assert all(json.loads(line) for line in (tmp_path / "a" / "truth.jsonl").read_text().splitlines())


def test_tactics_can_be_given_to_each_campaign(tmp_path: Path) -> None:
    """Words hold for one campaign, or for all that are not named, in whatever order they stand."""
    for number, tactics in enumerate(("slow card_testing=fast,aged", "card_testing=fast,aged slow")):
        result = simulate(tmp_path / str(number), "--signals", "200", "--tactics", tactics)
        assert result.exit_code == 0
    assert (tmp_path / "0" / "signals.jsonl").read_bytes() == (tmp_path / "1" / "signals.jsonl").read_bytes()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """Where nothing can be written, one sentence says so."""
    (tmp_path / "file").write_text("")
    result = simulate(tmp_path / "file" / "out", "--signals", "10")
    assert result.exit_code == 2
    assert "cannot be written to: Not a directory" in result.stderr


def test_the_help_tells_the_defaults() -> None:
    """What is asked for when an option is left out is told as the simulation has it."""
    told = sluice("simulate", "--help").stdout
    for default in (Settings.seed, Settings.signals, f"{Settings.days:g}", Settings.abuse_share):
        assert f"[default: ({default})" in " ".join(told.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--campaign", "robbery"), "known are"),
        (("--tactics", "sloow"), "fast|slow"),
        (("--tactics", "robbery=slow"), "known are"),
        (("--days", "0"), "days"),
    ],
)
def test_what_is_not_known_is_refused(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    """A wrong option is told in one sentence, and nothing is written."""
    result = simulate(tmp_path / "out", *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not (tmp_path / "out").exists()
