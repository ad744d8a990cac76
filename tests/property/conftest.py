"""The laws are tried against the stub: it keeps the stores' contract, which each backend is held to, and is quicker."""

from collections.abc import Iterator

import pytest

from tests.support.account import played_account
from tests.support.aws import Aws
from tests.support.backends import Elsewhere, to_stub


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    """An account whose DynamoDB the stub plays, and moto everything else."""
    with played_account():
        yield Elsewhere(to_stub())
