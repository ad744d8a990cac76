"""What counts as a failure of the infrastructure: to be tried again, never to be dropped."""

from botocore.exceptions import BotoCoreError, ClientError

INFRASTRUCTURE = (ClientError, BotoCoreError)
"""A service refused or could not be reached, after the SDK's own retries."""


class StoreUnavailable(Exception):  # noqa: N818  (it names a state of the store)
    """A store could not do what was asked; the same call may succeed later."""


def error_code(error: ClientError) -> str:
    """AWS's code, such as `ConditionalCheckFailedException`."""
    return str(error.response.get("Error", {}).get("Code", ""))
