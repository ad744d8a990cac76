"""The key under which personal identifiers become names."""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


def identity_key(client: "SecretsManagerClient", secret: str) -> bytes:
    """The key in the secret's JSON, `{"key": "…"}`; raises `ValueError` that names the secret when it has none."""
    text = client.get_secret_value(SecretId=secret)["SecretString"]
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    key = document.get("key") if isinstance(document, dict) else None
    if not isinstance(key, str):
        raise ValueError(f'the secret {secret} must be JSON of the form {{"key": "…"}}')  # noqa: TRY004  (content, not type)
    return key.encode()
