"""Eight lanes that judge at once, each a thread with clients of its own, against one stub in another process."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, repeat
from time import perf_counter
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from botocore.config import Config

from shared.decisions import Pinned
from shared.runtime.arrivals import from_kinesis
from shared.runtime.evaluation import Evaluation
from shared.runtime.guarding import Guarding
from shared.runtime.memory import Memory
from shared.signals import Limits
from shared.stores import DecisionLog, InvalidSignals, Ledger, TimelineStore
from shared.stores.guards import Guards
from tests.stub.services import running
from tests.support.aws import GRACE, PSEUDONYMS, Fixed
from tests.support.faults import Call, CrashAfter, Fault, Wire
from tests.support.lambdas import deliver_stream
from tests.support.records import opened
from tests.support.signals import kinesis_record

LANES = 8
BATCH = 500
WRITERS = 8
_TABLES = {"decisions": ("decision_id",), "timelines": ("entity", "tile"), "ledger": ("entity", "item")}
_NO_ACCOUNT: dict[str, Any] = {
    "aws_access_key_id": "testing",
    "aws_secret_access_key": "testing",
    "region_name": "us-east-1",
}  # no real key: the stub is on this machine
_SDK = Config(retries={"mode": "standard", "total_max_attempts": 1}, max_pool_connections=64, user_agent="guardrails")


@dataclass(frozen=True)
class Ran:
    """What a run of all lanes left behind."""

    seconds: float
    crashes: int
    records: Sequence[dict[str, Any]]
    guards: Guards

    def dispositions(self) -> Counter[str]:
        return Counter(record["disposition"] for record in self.records)


class Place:
    """The stub, with fresh tables for each run."""

    def __init__(self, endpoint: str, batch: int) -> None:
        self._endpoint = endpoint
        self._batch = batch
        self._runs = count(1)
        self._log = Logger(service="guardrails", level="CRITICAL")
        self._calm, _ = self._client()

    def run(self, pinned: Pinned, lanes: Sequence[Sequence[Any]], crashing: float = 0.0, seed: int = 1) -> Ran:
        """Each lane's documents in its own order, in batches, delivered again after a crash until all are judged.

        `crashing` is the chance of a process to die after a reservation, before it sees the answer; after a decision
        was written it is a five hundredth of that.
        """
        name = f"run-{next(self._runs)}"
        for table, keys in {**_TABLES, "policy": ("part", "item")}.items():
            self._create(f"{name}-{table}", keys)
        crews = [self._client() for _ in lanes]
        strikes = [_Crashing(crashing, seed + number) for number, _ in enumerate(lanes)]

        def work(number: int) -> None:
            client, wire = crews[number]
            wire.strike = strikes[number]
            evaluation = self._evaluation(client, name, pinned)

            def attempt(batch: Sequence[Any]) -> list[str]:
                return evaluation.run(batch, ordered=True)[0]

            arrivals = [from_kinesis(kinesis_record(place, each)) for place, each in enumerate(lanes[number])]
            deliver_stream(repeat(attempt), arrivals, repeat(self._batch), wire)

        started = perf_counter()
        with ThreadPoolExecutor(len(lanes)) as pool:
            list(pool.map(work, range(len(lanes))))
        seconds = perf_counter() - started
        crashes = sum(strike.crashes for strike in strikes)
        return Ran(seconds, crashes, self._records(name), Guards(self._calm, f"{name}-policy"))

    def _client(self) -> tuple[Any, Wire]:
        wire, session = Wire(), boto3.Session(**_NO_ACCOUNT)
        session.events.register("before-call", wire.before_call)
        session.events.register("after-call", wire.after_call)
        return session.client("dynamodb", endpoint_url=self._endpoint, config=_SDK), wire

    def _evaluation(self, client: Any, name: str, pinned: Pinned) -> Evaluation:
        timelines = TimelineStore(client, f"{name}-timelines", 500, GRACE)
        # Nothing here is invalid: neither the bucket nor the queue is ever asked.
        invalid = InvalidSignals(client, client, "none", "none")
        return Evaluation(
            Fixed(pinned),
            PSEUDONYMS,
            DecisionLog(client, f"{name}-decisions"),
            Memory(timelines, Ledger(client, f"{name}-ledger"), PSEUDONYMS, self._log, WRITERS),
            Guarding(Guards(client, f"{name}-policy"), self._log),
            invalid,
            Limits(),
            self._log,
            WRITERS,
        )

    def _create(self, table: str, keys: Sequence[str]) -> None:
        kinds = zip(keys, ("HASH", "RANGE"), strict=False)
        self._calm.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in kinds],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            BillingMode="PAY_PER_REQUEST",
        )

    def _records(self, name: str) -> list[dict[str, Any]]:
        pages = self._calm.get_paginator("scan").paginate(TableName=f"{name}-decisions")
        return opened(item for page in pages for item in page["Items"])


class _Crashing:
    """Has a process die now and then, always at the same places for the same seed."""

    def __init__(self, chance: float, seed: int) -> None:
        self._chance = chance
        self._random = random.Random(seed)
        self.crashes = 0

    def __call__(self, call: Call) -> Fault | None:
        chance = {"UpdateItem": self._chance, "PutItem": self._chance / 500}.get(call.operation, 0.0)
        if not chance or self._random.random() >= chance:
            return None
        self.crashes += 1
        return CrashAfter()


@contextmanager
def place(batch: int) -> Iterator[Place]:
    """A stub that runs for as long as the block; lanes take so many signals at once."""
    with running() as stub:
        yield Place(stub.endpoint, batch)
