"""An AWS account that is nobody's: the environment that every test sees, and moto behind it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from moto import mock_aws

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


@contextmanager
def played_account() -> Iterator[None]:
    """For fixtures that live longer than a test, and so come before the environment of one."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name, value in SAFE.items():
            environment.setenv(name, value)
        yield
