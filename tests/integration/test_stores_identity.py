"""The identity key, as Secrets Manager keeps it."""

import json

import pytest

from shared.stores import identity_key
from tests.support.aws import KEY, World

pytestmark = pytest.mark.integration


def test_the_key_is_read_from_the_secret(cloud: World) -> None:
    """As bytes, ready for hashing."""
    assert identity_key(cloud.aws.calm["secretsmanager"], cloud.secret) == KEY.encode()


@pytest.mark.parametrize("text", ["{}", '{"key": 3}', "[]", "no JSON", '"key"'])
def test_a_secret_without_a_key_is_named(cloud: World, text: str) -> None:
    """The message says which secret, and what it must look like; never what is in it."""
    secret = cloud.aws.calm["secretsmanager"].create_secret(Name=f"{cloud.name}-wrong", SecretString=text)["ARN"]

    with pytest.raises(ValueError, match="must be JSON of the form") as error:
        identity_key(cloud.aws.calm["secretsmanager"], secret)

    assert secret in str(error.value)
    assert json.dumps(text) not in str(error.value)
