"""The guardrails' benchmark, small: that it runs, and that every bound which it states holds."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]


def test_every_bound_holds_under_eight_lanes_and_crashes() -> None:
    """The command says so line by line, and by its exit code."""
    asked = "--batches 2 --batch 30 --crashes 20".split()
    command = [sys.executable, "-m", "tests.benchmarks.guardrails", *asked]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=540)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "holds" in ran.stdout
    assert "BROKEN" not in ran.stdout
