"""What the benchmark of policies would measure is right before anyone measures it."""

import pytest

from tests.benchmarks.policy.__main__ import main

pytestmark = pytest.mark.property


def test_rules_of_every_setting_are_judged_as_by_the_plain_evaluator():
    """Generated rules, written as documents, come out as their literals say, with gaps in the signals or without."""
    main(["--quick"])
