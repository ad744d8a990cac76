"""What plays DynamoDB in the stores' contract tests; all else that a `World` needs is moto's."""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import uuid4

import boto3
from botocore.awsrequest import AWSResponse

from tests.stub.services import Services
from tests.stub.tables import Tables
from tests.support.aws import ONE_TRY, Aws

DYNAMODB_LOCAL = "SLUICE_TESTS_DYNAMODB_LOCAL"
"""The environment variable with the endpoint of Amazon's DynamoDB Local, while `make conformance` runs."""

NOWHERE = "http://stub.invalid"
"""The stub's address. It is none of AWS: moto, which sees each request first, would answer those."""

Connection = Callable[[boto3.Session, str], Any]
"""Makes a session's client for a service's name: `dynamodb`, or `dynamodbstreams`."""


def backends() -> Mapping[str, Callable[[], Aws]]:
    """Every backend that is there, by its name."""
    here: dict[str, Callable[[], Aws]] = {"moto": Aws, "stub": lambda: Elsewhere(to_stub())}
    if endpoint := os.environ.get(DYNAMODB_LOCAL):
        here["dynamodb-local"] = lambda: Elsewhere(to_dynamodb_local(endpoint))
    return here


class Elsewhere(Aws):
    """An account that moto plays, but for DynamoDB and its streams."""

    def __init__(self, connect: Connection) -> None:
        super().__init__()
        struck, calm = boto3.Session(), boto3.Session()
        struck.events.register("before-call", self.wire.before_call)
        struck.events.register("after-call", self.wire.after_call)
        self.struck["dynamodb"] = connect(struck, "dynamodb")
        self.calm |= {service: connect(calm, service) for service in ("dynamodb", "dynamodbstreams")}


def to_stub() -> Connection:
    """The stub, in this process, behind a transport without sockets."""
    services = Services(Tables())

    def answer(request: Any, **_: Any) -> AWSResponse:
        service, _, operation = request.headers["X-Amz-Target"].decode().partition(".")
        status, headers, body = services.answer(service, operation, request.body)
        return AWSResponse(request.url, status, headers, _Raw(body))

    def connect(session: boto3.Session, service: str) -> Any:
        client: Any = session.client(service, endpoint_url=NOWHERE, config=ONE_TRY)  # type: ignore[call-overload]  # any service by name
        client.meta.events.register("before-send", answer)
        return client

    return connect


def to_dynamodb_local(endpoint: str) -> Connection:
    """Amazon's own emulator, which tells accounts apart by their access key: so each has a new one."""
    keys = {"aws_access_key_id": uuid4().hex, "aws_secret_access_key": "testing"}

    def connect(session: boto3.Session, service: str) -> Any:
        return session.client(service, endpoint_url=endpoint, config=ONE_TRY, **keys)  # type: ignore[call-overload]  # any service by name

    return connect


class _Raw:
    """A body as urllib3 hands it to botocore."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body
