"""The stores' contract on moto, on the stub and on Amazon's DynamoDB Local: `make conformance`."""

import os
import sys
from pathlib import Path

import pytest
from rich.console import Console

from tests.conformance.agreement import agreement
from tests.conformance.dynamodb_local import UnavailableError, running
from tests.conformance.report import Results, show_agreement
from tests.support.backends import DYNAMODB_LOCAL

CONTRACT = Path(__file__).resolve().parents[1] / "integration" / "contract"
RANDOM_CALLS, SEED = 2_000, 1
_OPTIONS = ("--quiet", "-rN", "--tb=short", "-p", "no:xdist", "-p", "no:cacheprovider")


def main() -> int:
    """Run it, and say what passed where; what the command is given besides goes to pytest.

    The exit code is 0 where everything is as it should be, and 2 where DynamoDB Local cannot run.
    """
    console, results = Console(), Results()
    try:
        with running() as endpoint:
            os.environ[DYNAMODB_LOCAL] = endpoint
            code = pytest.main([*_OPTIONS, *sys.argv[1:], str(CONTRACT)], plugins=[results])
            compared = agreement(endpoint, RANDOM_CALLS, SEED)
    except UnavailableError as unavailable:
        console.print(f"make conformance: {unavailable}", soft_wrap=True, markup=False, highlight=False)
        console.print("`make test` runs the same contract without it, on moto and on the stub.", highlight=False)
        return 2
    results.show(console)
    show_agreement(console, compared)
    return code or bool(compared.different)


if __name__ == "__main__":
    sys.exit(main())
