"""What the same signals would take at least: their JSON parsed once, and calls that cost what a socket costs."""

import json
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import boto3

from shared.runtime.roots import SDK
from tests.benchmarks.evaluate import prices
from tests.benchmarks.evaluate.endpoint import DECISIONS, Endpoint
from tests.benchmarks.evaluate.past import FIELDS
from tests.benchmarks.evaluate.prices import MILLION
from tests.benchmarks.template import REGION
from tests.benchmarks.traffic import Sent, batches

_ROUNDS = 300
_ASKED: Any = {"TableName": DECISIONS, "Key": {"decision_id": {"S": "-"}}}
_KEYS, _WRITES, _EVENTS = 100, 25, 10
"""The most that one call of BatchGetItem, of a batch of writes, of PutEvents takes."""


@dataclass(frozen=True)
class Floor:
    """Of a signal: seconds of CPU to parse it, of one bare call and of the same call by the SDK as Sluice has it;
    calls when each is as full as can be; units."""

    parse: float
    call: float
    sdk_call: float
    calls: float
    writes: float
    reads: float

    @property
    def cpu(self) -> float:
        return self.parse + self.call * self.calls

    @property
    def dollars(self) -> float:
        """Of a million signals, for the tables' units alone."""
        return MILLION * (
            self.writes * prices.STANDARD.write_unit.dollars + self.reads * prices.STANDARD.read_unit.dollars
        )


def floor(signals: Sequence[Sent], batch: int, endpoint: Endpoint) -> Floor:
    """One unit to read and one to write for each distinct entity of a batch, and one each for the decision."""
    calls = entities = 0.0
    for some in batches(signals, batch):
        met = entities_in(some)
        entities += met
        calls += ceil((met + len(some)) / _KEYS) + ceil((met + len(some)) / _WRITES) + ceil(len(some) / _EVENTS)
    number = len(signals)
    units = entities / number + 1
    return Floor(_parsing(signals), _bare_call(endpoint), _sdk_call(endpoint), calls / number, units, units)


def _bare_call(endpoint: Endpoint) -> float:
    """One call that somebody else has built and signed, and whose answer nobody reads."""
    host, _, port = endpoint.endpoint.removeprefix("http://").partition(":")
    body = json.dumps(_ASKED).encode()
    head = (
        f"POST / HTTP/1.1\r\nHost: {host}\r\nX-Amz-Target: DynamoDB_20120810.GetItem\r\nContent-Length: {len(body)}\r\n"
    )
    with socket.create_connection((host, int(port))) as connection:

        def call() -> None:
            connection.sendall(head.encode() + b"\r\n" + body)
            connection.recv(65_536)

        return _cpu_of(call, _ROUNDS)


def _sdk_call(endpoint: Endpoint) -> float:
    """The same call by boto3, with the settings that the functions have."""
    keys = {"aws_access_key_id": "-", "aws_secret_access_key": "-"}
    client = boto3.client("dynamodb", config=SDK, endpoint_url=endpoint.endpoint, region_name=REGION, **keys)
    client.get_item(**_ASKED)
    return _cpu_of(lambda: client.get_item(**_ASKED), _ROUNDS)


def _parsing(signals: Sequence[Sent]) -> float:
    waiting = iter(signals)
    return _cpu_of(lambda: json.loads(next(waiting).payload), len(signals))


def _cpu_of(step: Callable[[], object], times: int) -> float:
    """Seconds of CPU of one time."""
    start = time.process_time()
    for _ in range(times):
        step()
    return (time.process_time() - start) / times


def entities_in(signals: Sequence[Sent]) -> int:
    """How many distinct entities a batch is about, of those of whom something is kept."""
    roles = [field for role, field in FIELDS.items() if role != "seller"]
    return len({(field, json.loads(signal.payload)["data"][field]) for signal in signals for field in roles})
