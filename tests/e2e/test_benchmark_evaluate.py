"""What the benchmark of handlers would measure is right before anyone measures it."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).resolve().parents[2]


def test_both_handlers_fire_the_rules_that_they_should() -> None:
    """On payments of one hour, the real handlers and the usual way fire what the plain computation says."""
    command = [sys.executable, "-m", "tests.benchmarks.evaluate", "--quick"]
    ran = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=540)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("both fired the same ")
