"""Real botocore clients whose calls end in this process: `before-send` is where the network would begin."""

from collections.abc import Callable
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.retries import quota, standard

from shared.runtime.roots import SDK
from tests.faults.calls import Call, Reply

SERVICES = ("dynamodb", "s3", "sqs", "events")
PAUSE = 0.1
"""Seconds that the SDK waits before it tries again; its own wait is a random one."""
_QUICK = SDK.merge(
    Config(
        # Retries are put together anew for each process: see `Wire.connect`.
        retries={"mode": "standard", "total_max_attempts": 1},
        # Nobody looks at signatures and user agents here, and they take half of a call's time.
        signature_version=UNSIGNED,
        user_agent="faults",
        # Whatever the environment says: calls go nowhere but here.
        ignore_configured_endpoint_urls=True,
    )
)


class Wire:
    """The clients of one process, made once: that is what costs time. `connect` makes them those of another process."""

    def __init__(self) -> None:
        session = boto3.Session(
            aws_access_key_id="testing", aws_secret_access_key="testing", region_name="us-east-1"
        )  # no real key, and nothing leaves this process
        session.events.register("before-send", self._sent)
        self.clients: dict[str, Any] = {name: session.client(name, config=_QUICK) for name in SERVICES}
        self._retries: dict[str, standard.RetryHandler] = {}
        for client in self.clients.values():
            client.meta.events.register("needs-retry", self._needs_retry)

    def connect(self, answer: Callable[[Call], Reply], attempts: int, elapse: Callable[[float], None]) -> None:
        """From now on `answer` takes every call. The SDK tries each so often, with the quota that a new process has.

        Its pauses are `elapse`d, not slept.
        """
        self._answer = answer
        self._elapse = elapse
        self._retries = {name: _standard_retries(name, attempts) for name in self.clients}

    def _sent(self, request: AWSPreparedRequest, event_name: str, **_: Any) -> AWSResponse:
        _, service, operation = event_name.split(".")
        body = request.body.read() if hasattr(request.body, "read") else request.body or b""
        call = Call(
            _NAMES.get(service, service),
            operation,
            request.url,
            body.encode() if isinstance(body, str) else body,
            request.headers,
        )
        return self._answer(call).as_response(request.url)

    def _needs_retry(self, event_name: str, **told: Any) -> int | None:
        service = event_name.split(".")[1]
        if self._retries[_NAMES.get(service, service)].needs_retry(**told) is None:
            return None
        self._elapse(PAUSE)
        return 0


_NAMES = {"eventbridge": "events"}


def _standard_retries(service: str, attempts: int) -> standard.RetryHandler:
    """What botocore itself would put together for a new client: see `botocore.retries.standard`."""
    adapter = standard.RetryEventAdapter()
    detector = standard.ThrottlingErrorDetector(adapter)
    policy = standard.RetryPolicy(
        standard.StandardRetryConditions(max_attempts=attempts),
        standard.ExponentialBackoff(service_name=service, throttling_detector=detector),
    )
    return standard.RetryHandler(policy, adapter, standard.RetryQuotaChecker(quota.RetryQuota(), detector), service)
