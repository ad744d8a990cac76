"""AWS, emulated by moto in this process: started clean, reached from here and over HTTP, stopped without a trace."""

import functools
import logging
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import jsonpath_ng.ext.parser
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.serialize import BaseJSONSerializer
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from moto.sqs.models import Queue, SQSBackend
from werkzeug.serving import make_server

from infra.local.connection import LOCAL_CREDENTIALS, REGION

# moto's backends are plain dicts and lists, walked by readers while writers change them: one request at a time.
_ONE_AT_A_TIME = threading.RLock()

AWS_ENVIRONMENT = {
    **LOCAL_CREDENTIALS,
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    # With account-id hosts, botocore calls DynamoDB Streams on a host that moto does not know.
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    # A developer's own profiles and endpoints stay out of the local cloud.
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


class PortTakenError(Exception):
    """The port asked for cannot be bound; the message says what to do."""


def one_at_a_time() -> AbstractContextManager[object]:
    """For those who read moto's own records instead of asking its API."""
    return _ONE_AT_A_TIME


class AlreadyUpError(Exception):
    """There is a local cloud already: in this process, or served from this folder by another."""


@contextmanager
def emulated_aws() -> Iterator[None]:
    """Every AWS call of this process goes to moto, which starts empty; the environment is put back at the end."""
    if BotocoreStubber.process_request is _serialised_request:
        raise AlreadyUpError("this process has a local cloud already, and moto keeps one AWS a process: close it first")
    foreign = [name for name in os.environ if name.startswith("AWS_")]
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, AWS_ENVIRONMENT))
        for name in foreign:
            if name not in AWS_ENVIRONMENT:
                del os.environ[name]
        stack.enter_context(quick_moto())
        stack.enter_context(patch.object(BotocoreStubber, "process_request", _serialised_request))
        stack.enter_context(patch.object(Queue, "wait_for_messages", _wait_without_the_lock))
        stack.enter_context(mock_aws())
        yield


@contextmanager
def quick_moto() -> Iterator[None]:
    """Else JSONPaths are parsed for each event and rule, a message to a queue costs as much as the queue holds, and
    each attribute of a DynamoDB item is looked for under every name and type that it could have had.
    """
    with (
        patch("jsonpath_ng.ext.parse", functools.cache(jsonpath_ng.ext.parser.parse)),
        patch.object(SQSBackend, "send_message", _send_without_counting),
        patch.object(BaseJSONSerializer, "_serialize_type_structure", _serialize_structure),
        patch("moto.sqs.models.unix_time_millis", lambda: time.time() * 1000),
    ):
        yield


_send_message = SQSBackend.send_message
_process_request = BotocoreStubber.process_request
_wait_for_messages = Queue.wait_for_messages
_serialize_any_structure = BaseJSONSerializer._serialize_type_structure  # noqa: SLF001 - moto offers no other way in


def _send_without_counting(self: SQSBackend, *arguments: Any, **named: Any) -> Any:
    # moto asks a FIFO queue's settings here, and counts the visible, hidden and delayed messages on the way.
    with patch.object(Queue, "BASE_ATTRIBUTES", ()):
        return _send_message(self, *arguments, **named)


def _serialize_structure(self: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
    if shape.name != "AttributeValue" or type(value) is not dict:
        _serialize_any_structure(self, serialized, value, shape, key)
        return
    attribute: dict[str, Any] = {}
    for kind, content in value.items():
        self._serialize(attribute, content, shape.members[kind], kind)
    self._default_serialize(serialized, attribute, shape, key)


def _serialised_request(self: BotocoreStubber, request: Any) -> Any:
    with _ONE_AT_A_TIME:
        return _process_request(self, request)


def _wait_without_the_lock(self: Queue, timeout: int) -> None:
    """A long poll of SQS must not keep everyone else from sending what it waits for."""
    _ONE_AT_A_TIME.release()
    try:
        _wait_for_messages(self, timeout)
    finally:
        _ONE_AT_A_TIME.acquire()


class _SerialisedApplication(DomainDispatcherApplication):
    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        with _ONE_AT_A_TIME:
            return super().__call__(environ, start_response)


@contextmanager
def served(port: int) -> Iterator[str]:
    """The emulated AWS over HTTP, for clients of other processes; yields the endpoint. Port 0 takes any free port."""
    host = "127.0.0.1"  # never reachable from the network
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            raise PortTakenError(
                f"port {port} of {host} cannot be used ({error.strerror}): "
                "stop what listens there, or choose another port"
            ) from error
        listening.listen()
        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request would bury our own output
        server = make_server(
            host,
            listening.getsockname()[1],
            _SerialisedApplication(create_backend_app),
            threaded=True,
            request_handler=MotoRequestHandler,
            fd=listening.fileno(),
        )
    thread = threading.Thread(target=server.serve_forever, name="local-cloud", daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
